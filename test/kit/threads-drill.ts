/**
 * A round through all that threads do, for runtimes that the test runner itself does not run on. Prints what it
 * saw as JSON.
 *
 *     node threads-drill.js "shared memory"
 */
import { createSystem } from "../../runtime/index.ts";
import type { ActorRef, Reply, ThreadTransport } from "../../runtime/index.ts";
import { eventually } from "./eventually.ts";
import { app, counter } from "./thread-app.ts";
import type { CounterMessage } from "./thread-app.ts";

const transport = process.argv[2] as ThreadTransport;
const system = createSystem({ app, threads: { count: 2, hangMs: 2_000, transport } });
const lost: string[] = [];
system.events.subscribe("thread-lost", ({ why }) => lost.push(why));

const get = (ref: ActorRef<CounterMessage>): Promise<number> =>
  ref.ask((reply: Reply<number>) => ({ kind: "get", reply }), { timeoutMs: 20_000 });
const on = (thread: number) => ({ placement: { thread } });

const told = system.spawn(counter, 1, on(1));
for (let step = 1; step <= 10_000; step++) told.tell({ kind: "add", step });
const sum = await get(told);

const asked = system.spawn(counter, 7, on(2));
const answers = await Promise.all(Array.from({ length: 2_000 }, () => get(asked)));
let alone = 0;
for (let round = 0; round < 200; round++) alone += await get(asked);

const bulk = new Float64Array(131_072).fill(0.5);
const back = (await asked.ask((reply: Reply<unknown>) => ({
  kind: "echo",
  value: bulk,
  reply,
}))) as Float64Array;

const refused = await told
  .ask<number>((reply) => ({ kind: "refuse", reply }))
  .catch((error: unknown) => (error as { readonly code: string }).code);

told.tell({ kind: "exit" });
await eventually("the thread that left is replaced", () => lost.length === 1);
const restarted = await get(told);
asked.tell({ kind: "hang" });
await eventually("the thread that hangs is killed", () => lost.length === 2);
const again = await get(asked);
await eventually("all threads are back", () => {
  const { threads } = system.info();
  return threads.length === 3 && threads.every(({ ready }) => ready);
});

const { runtime, transport: used } = system.info();
await system.shutdown();
const answered = answers.reduce((total, answer) => total + answer, 0);
console.log(
  JSON.stringify({
    runtime,
    transport: used,
    sum,
    answered,
    alone,
    bulk: back.length * back[131_071]!,
    refused,
    restarted,
    again,
    lost: lost.length,
  }),
);
