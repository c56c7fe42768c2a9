/** What becomes of the messages for actors whose thread dies. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { createSystem } from "../../runtime/index.ts";
import type { ActorRef, ActorSystem, DeadLetter, Reply, ThreadOptions } from "../../runtime/index.ts";
import { eventually } from "../kit/eventually.ts";
import { app, counter, type CounterMessage } from "../kit/thread-app.ts";

let system: ActorSystem;
const open = (threads: ThreadOptions): ActorSystem =>
  (system = createSystem({ app, threads, deadLetterCapacity: 10_000 }));
afterEach(() => system.shutdown());

const ON_1 = { placement: { thread: 1 } } as const;
const MESSAGES = 5_000;
const get = (ref: ActorRef<CounterMessage>): Promise<number> =>
  ref.ask((reply: Reply<number>) => ({ kind: "get", reply }), { timeoutMs: 20_000 });
const steps = (letters: readonly DeadLetter[]): readonly unknown[] =>
  letters.map(({ message }) => (message as { readonly step?: number }).step);
const from = (first: number): readonly number[] =>
  Array.from({ length: MESSAGES + 1 - first }, (_, index) => first + index);

/** Breaks the thread of an actor, and tells the actor more before anybody knows. */
async function lose(kind: "exit" | "hang"): Promise<ActorRef<CounterMessage>> {
  const ref = system.spawn(counter, 0, ON_1);
  assert.equal(await get(ref), 0);
  let restarts = 0;
  system.events.subscribe("actor-restarted", () => (restarts += 1));
  ref.tell({ kind });
  for (let step = 1; step <= MESSAGES; step++) ref.tell({ kind: "add", step });
  await eventually("it has begun anew", () => restarts === 1);
  return ref;
}

describe("what waits for actors of a thread that is lost", () => {
  it("becomes dead letters, each once and in order, when the thread exits, and can be told again", async () => {
    open({ count: 1 });
    const ref = await lose("exit");
    const letters = system.deadLetters.list();
    assert.ok(letters.every(({ reason, target }) => reason === "thread-lost" && target === ref.address));
    assert.deepEqual([...steps(letters)].toSorted(ascending), from(1));
    assert.equal(system.deadLetters.replay(), MESSAGES);
    await eventually("all are told again", async () => (await get(ref)) === (MESSAGES * (MESSAGES + 1)) / 2);
  });

  it("becomes dead letters when the thread hangs, save what the thread had taken", async () => {
    open({ count: 1, hangMs: 300 });
    await lose("hang");
    const letters = steps(system.deadLetters.list());
    assert.ok(letters.length > MESSAGES / 2);
    assert.deepEqual(letters, from(MESSAGES + 1 - letters.length));
  });

  it("is told as it was when it has no layout, and with it what went beside the ring is named", async () => {
    open({ count: 1, hangMs: 300 });
    const ref = system.spawn(counter, 0, ON_1);
    assert.equal(await get(ref), 0);
    const reply: Reply<unknown> = null as never;
    ref.tell({ kind: "hang" });
    for (let n = 1; n <= MESSAGES; n++) ref.tell({ kind: "echo", value: { n, to: ref }, reply });
    ref.tell({ kind: "echo", value: new Uint8Array(100_000), reply });
    await eventually("the thread is lost", () => system.deadLetters.total > 0);
    const letters = system.deadLetters.list().map(({ message }) => message);
    assert.equal(letters.pop(), "a message that cannot be read again");
    const values = letters as readonly {
      readonly value: { readonly n: number; readonly to: ActorRef<never> };
    }[];
    assert.ok(values.length > MESSAGES / 2);
    assert.deepEqual(
      values.map(({ value }) => value.n),
      from(MESSAGES + 1 - values.length),
    );
    assert.ok(values.every(({ value }) => value.to.address === ref.address));
  });
});

describe("an actor that is stopped because its thread was lost", () => {
  it("is published as stopped, like any other", async () => {
    system = createSystem({ app, threads: 1, supervision: { decide: () => "stop" } });
    const stopped: string[] = [];
    system.events.subscribe("actor-stopped", ({ address, reason }) => {
      stopped.push(`${address} ${reason.kind}`);
    });
    const ref = system.spawn(counter, 0, ON_1);
    ref.tell({ kind: "exit" });
    await eventually("its stop is known", () => stopped.length > 0);
    assert.deepEqual(stopped, [`${ref.address} failed`]);
  });
});

const ascending = (a: unknown, b: unknown): number => Number(a) - Number(b);
