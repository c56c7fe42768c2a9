/** An app for systems with threads: the actors that its tests place on other ones. */
import { threadId } from "node:worker_threads";
import { actor, defineApp } from "../../runtime/index.ts";
import type { ActorRef, ActorType, App, Placement, Reply } from "../../runtime/index.ts";

export type CounterMessage =
  | { readonly kind: "add"; readonly step: number }
  | { readonly kind: "get"; readonly reply: Reply<number> }
  | { readonly kind: "where"; readonly reply: Reply<number> }
  | { readonly kind: "echo"; readonly value: unknown; readonly reply: Reply<unknown> }
  | { readonly kind: "tell"; readonly to: ActorRef<never>; readonly message: unknown }
  | { readonly kind: "pass"; readonly to: ActorRef<never>; readonly reply: Reply<number> }
  | { readonly kind: "refuse"; readonly reply: Reply<number> }
  | { readonly kind: "keep"; readonly reply: Reply<number> }
  | { readonly kind: "crash"; readonly why: string }
  | { readonly kind: "hang" }
  | { readonly kind: "exit" }
  | { readonly kind: "fill" };

/** Counts, answers, and breaks in every way that an actor or its thread can break. */
export const counter: ActorType<number, number, CounterMessage> = actor({
  name: "counter",
  initial: (from: number) => from,
  receive(count, message: CounterMessage, ctx) {
    switch (message.kind) {
      case "add":
        return count + message.step;
      case "get":
        message.reply.send(count);
        return count;
      case "where":
        message.reply.send(threadId);
        return count;
      case "echo":
        message.reply.send(message.value);
        return count;
      case "tell":
        (message.to as ActorRef<unknown>).tell(message.message);
        return count;
      case "pass":
        (message.to as ActorRef<unknown>).tell({ kind: "get", reply: message.reply });
        return count;
      case "refuse":
        message.reply.fail(new RangeError("not today"));
        return count;
      case "keep":
        ctx.timers.single("keep", 3_600_000, message);
        return count;
      case "crash":
        throw new Error(message.why);
      case "hang":
        for (;;);
      case "exit":
        return process.exit(3);
      case "fill": {
        const hoard: unknown[] = [];
        for (;;) hoard.push(new Array(100_000).fill({ fresh: hoard.length }));
      }
    }
  },
  layouts: { add: { step: "f64" }, get: { reply: "reply" } },
});

export type ParentMessage =
  | {
      readonly kind: "spawn";
      readonly name: string;
      readonly placement: Placement;
      readonly reply: Reply<ActorRef<CounterMessage>>;
    }
  | { readonly kind: "watch"; readonly ref: ActorRef<never> }
  | { readonly kind: "seen"; readonly reply: Reply<readonly string[]> };

/** Spawns counters where it is told, watches what it is told, and says what it was signalled. */
export const parent: ActorType<undefined, readonly string[], ParentMessage> = actor({
  name: "parent",
  initial: (): readonly string[] => [],
  receive(seen, message: ParentMessage, ctx) {
    if (message.kind === "spawn") {
      const { name, placement } = message;
      message.reply.send(ctx.spawn(counter, 0, { name, placement }));
    } else if (message.kind === "watch") ctx.watch(message.ref);
    else message.reply.send(seen);
    return seen;
  },
  signal: (seen, { ref, reason }) => [
    ...seen,
    `${ref.address.split("#")[0]!} ${reason.kind}${reason.kind === "failed" ? ` ${codeOf(reason.error)}` : ""}`,
  ],
  supervision: { maxRestarts: 10, withinMs: 60_000 },
});

const codeOf = (error: unknown): string => String((error as { readonly code?: string }).code);

/** Stops children that fail instead of beginning them anew. */
export const stopper: ActorType<undefined, null, ParentMessage> = actor({
  name: "stopper",
  initial: () => null,
  receive(state, message: ParentMessage, ctx) {
    if (message.kind === "spawn") {
      message.reply.send(ctx.spawn(counter, 0, { name: message.name, placement: message.placement }));
    }
    return state;
  },
  supervision: { decide: () => "stop" },
});

export const app: App = defineApp({ actors: [counter, parent, stopper], module: import.meta.url });
