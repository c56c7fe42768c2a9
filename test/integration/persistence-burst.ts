/**
 * A child process for the test beside it: event-sourced counters over the file journal in the folder given as
 * argument, under a burst of commands without end. Prints one line for each effect: `counter number`.
 * When it starts it sends each counter's last commands again, as a sender would that has missed the replies.
 */
import { createSystem, eventSourced } from "../../runtime/index.ts";
import type { ActorRef, Reply } from "../../runtime/index.ts";
import { openFileJournal } from "../../storage/index.ts";

const COUNTERS = 16;
const OUTSTANDING = 4;
const SENT_AGAIN = 5;

type Command =
  | { readonly kind: "count"; readonly number: number }
  | { readonly kind: "next"; readonly reply: Reply<number> };

const journal = await openFileJournal(process.argv[2]!);
const system = createSystem({ journal });

const counter = eventSourced<string, number, Command, number>({
  name: "counter",
  stream: (name) => name,
  empty: () => 0,
  handle(next, command) {
    if (command.kind === "next") return { effect: () => command.reply.send(next) };
    const { number } = command;
    return {
      events: [number],
      effect(_state, ctx) {
        process.stdout.write(`${name(ctx.self)} ${number}\n`);
        ctx.self.tell({ kind: "count", number: number + OUTSTANDING });
      },
    };
  },
  duplicate(_state, command, ctx) {
    if (command.kind === "count") ctx.self.tell({ kind: "count", number: command.number + OUTSTANDING });
  },
  apply: (next) => next + 1,
  messageId: (command) => (command.kind === "count" ? String(command.number) : null),
  snapshotEvery: 50,
});

for (let index = 0; index < COUNTERS; index++) {
  void burst(system.spawn(counter, `counter-${index}`, { name: `counter-${index}` }));
}

async function burst(ref: ActorRef<Command>): Promise<void> {
  const next = await ref.ask<number>((reply) => ({ kind: "next", reply }), { timeoutMs: 60_000 });
  for (let number = Math.max(0, next - SENT_AGAIN); number < next + OUTSTANDING; number++) {
    ref.tell({ kind: "count", number });
  }
}

function name(ref: ActorRef<Command>): string {
  return /counter-\d+/.exec(ref.address)![0];
}
