import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  actor,
  byKey,
  type ActorRef,
  type ActorType,
  type Keyed,
  type Reply,
} from "../../../../runtime/index.ts";
import { createTestSystem } from "../../../../runtime/testkit/index.ts";

type Message =
  | { readonly kind: "note"; readonly text: string }
  | { readonly kind: "count"; readonly reply: Reply<number> }
  | { readonly kind: "crash" | "stop" };

function noter(log: string[]): ActorType<string, { readonly key: string; count: number }, Message> {
  return actor({
    name: "noter",
    initial(key: string) {
      log.push(`${key} begins`);
      return { key, count: 0 };
    },
    receive(state, message: Message, ctx) {
      state.count += 1;
      if (message.kind === "note") log.push(`${state.key} ${message.text}`);
      if (message.kind === "count") message.reply.send(state.count);
      if (message.kind === "crash") throw new Error("crash");
      if (message.kind === "stop") ctx.stop();
      return state;
    },
    stopped: (state) => void log.push(`${state.key} ends`),
  });
}

function world(idleMs = 100) {
  const test = createTestSystem();
  const log: string[] = [];
  const keeper = test.system.spawn(byKey({ name: "noters", type: noter(log), idleMs }), undefined);
  const note = (key: string, text: string): void => keeper.tell({ key, message: { kind: "note", text } });
  return { ...test, log, keeper, note };
}

const count = (keeper: ActorRef<Keyed<Message>>, key: string): Promise<number> =>
  keeper.ask((reply: Reply<number>) => ({ key, message: { kind: "count", reply } }));

describe("actors by key", () => {
  it("the first message to a key spawns its actor; later ones reach the same", async () => {
    const { system, log, note, keeper } = world();
    note("a", "1");
    note("b", "2");
    note("a", "3");
    assert.equal(await count(keeper, "a"), 3);
    assert.deepEqual(log, ["a begins", "a 1", "a 3", "b begins", "b 2"].toSorted(order(log)));
    for (const key of ["", "$1", "a/b", "\ud800", "x".repeat(300)]) assert.equal(await count(keeper, key), 1);
    await system.shutdown();
  });

  it("an actor that was sent nothing for idleMs is passivated, and the next message spawns it anew", async () => {
    const { system, clock, log, note, keeper, advance, settle } = world();
    note("a", "1");
    await advance(60);
    note("b", "2");
    await advance(39);
    assert.ok(!log.includes("a ends"));
    await advance(1);
    assert.ok(log.includes("a ends") && !log.includes("b ends"));
    await advance(60);
    assert.ok(log.includes("b ends"));
    await settle();
    assert.equal(clock.pending, 0);
    assert.equal(await count(keeper, "a"), 1);
    await system.shutdown();
  });

  it("what comes while an actor is being passivated goes to the next one, in order", async () => {
    const { system, clock, log, note, keeper, advance } = world();
    note("a", "1");
    await advance(99);
    // The message below and the timer meet: the keeper drains first, and keeps what comes then.
    clock.jump(1);
    note("a", "2");
    note("a", "3");
    const asked = count(keeper, "a");
    assert.equal(await asked, 3);
    assert.deepEqual(log, ["a begins", "a 1", "a ends", "a begins", "a 2", "a 3"]);
    assert.equal(system.deadLetters.total, 0);
    await system.shutdown();
  });

  it("one that stops by itself is spawned anew by the next message", async () => {
    const { system, log, note, keeper, settle } = world();
    keeper.tell({ key: "a", message: { kind: "stop" } });
    await settle();
    note("a", "1");
    await settle();
    assert.deepEqual(log, ["a begins", "a ends", "a begins", "a 1"]);
    await system.shutdown();
  });

  it("any messages and pauses lose nothing and keep each key's order", async () => {
    const steps = fc.array(
      fc.oneof(
        { weight: 3, arbitrary: fc.record({ key: fc.constantFrom("a", "b", "c") }) },
        { weight: 1, arbitrary: fc.record({ crash: fc.constantFrom("a", "b", "c") }) },
        { weight: 2, arbitrary: fc.record({ wait: fc.integer({ min: 0, max: 12 }), settle: fc.boolean() }) },
      ),
      { maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const test = createTestSystem();
        const log: string[] = [];
        const keeping = byKey({
          name: "noters",
          type: noter(log),
          idleMs: 10,
          supervision: { maxRestarts: Infinity },
        });
        const keeper = test.system.spawn(keeping, undefined);
        for (const [index, step] of sequence.entries()) {
          if ("key" in step) keeper.tell({ key: step.key, message: { kind: "note", text: String(index) } });
          else if ("crash" in step) keeper.tell({ key: step.crash, message: { kind: "crash" } });
          else if (step.settle) await test.advance(step.wait);
          else test.clock.jump(step.wait);
        }
        await test.advance(100);
        for (const key of ["a", "b", "c"]) {
          const sent = sequence.flatMap((step, index) => ("key" in step && step.key === key ? [index] : []));
          const got = log.filter((line) => new RegExp(`^${key} [0-9]`).test(line));
          assert.deepEqual(
            got.map((line) => Number(line.slice(2))),
            sent,
          );
        }
        assert.equal(test.system.deadLetters.total, 0);
        assert.equal(test.clock.pending, 0);
        await test.system.shutdown();
      }),
      { numRuns: 100 },
    );
  });

  it("refuses an idle time that makes no sense", () => {
    for (const idleMs of [0, NaN, "5" as never]) {
      assert.throws(() => byKey({ name: "x", type: noter([]), idleMs }), { code: "TIMER_INVALID" });
    }
  });

  it("refuses a definition that makes no sense", () => {
    const whole = { name: "x", type: noter([]), idleMs: 5 };
    for (const definition of [
      undefined,
      null,
      5,
      { ...whole, type: {} },
      { ...whole, placement: "spread" },
    ]) {
      assert.throws(() => byKey(definition as never), { code: "ACTOR_TYPE_INVALID" });
    }
  });

  it("what is no keyed message becomes a dead letter, and every actor lives on", async () => {
    const { system, log, keeper, note, settle } = world();
    const strange = [null, undefined, 5, "a", {}, { key: "a" }, { key: 5, message: 1 }, { message: 1 }];
    note("a", "1");
    for (const message of strange) keeper.tell(message as never);
    await assert.rejects(
      keeper.ask((reply: Reply<number>) => ({ kind: "count", reply }) as never),
      { code: "MESSAGE_REFUSED" },
    );
    note("a", "2");
    await settle();
    assert.deepEqual(log, ["a begins", "a 1", "a 2"]);
    const letters = system.deadLetters.list();
    assert.deepEqual(letters.map(({ message }) => message).slice(0, -1), strange);
    assert.ok(letters.every(({ reason, target }) => reason === "refused" && target === keeper.address));
    await system.shutdown();
  });

  it("what cannot be passed on becomes a dead letter, also when it waited for the next life of its actor", async () => {
    const test = createTestSystem();
    const log: string[] = [];
    let broken = false;
    const placement = (key: string): "local" => {
      if (broken && key === "a") throw new RangeError("no place");
      return "local";
    };
    const keeping = byKey({ name: "noters", type: noter(log), idleMs: 100, placement });
    const keeper = test.system.spawn(keeping, undefined);
    const note = (key: string, text: string): void => keeper.tell({ key, message: { kind: "note", text } });
    note("a", "1");
    note("b", "1");
    await test.advance(99);
    note("b", "2");
    await test.settle();
    // The keeper drains the actor of `a` first, and keeps what comes then.
    test.clock.jump(1);
    broken = true;
    note("a", "2");
    let told: unknown = null;
    void count(keeper, "a").catch((error: unknown) => (told = error));
    note("b", "3");
    await test.settle();
    // At once: no time has passed.
    assert.equal((told as { code?: unknown } | null)?.code, "MESSAGE_REFUSED");
    assert.deepEqual(
      log.filter((line) => line.startsWith("b")),
      ["b begins", "b 1", "b 2", "b 3"],
    );
    const letters = test.system.deadLetters.list();
    assert.deepEqual(
      letters.map(({ reason, message }) => [reason, (message as Keyed<Message>).key]),
      [
        ["refused", "a"],
        ["refused", "a"],
      ],
    );
    broken = false;
    note("a", "3");
    await test.settle();
    assert.equal(log.at(-1), "a 3");
    await test.system.shutdown();
  });

  it("places actors with the definition as `this`", async () => {
    const test = createTestSystem();
    const definition = {
      name: "noters",
      type: noter([]),
      idleMs: 100,
      where: "local" as const,
      placement(): "local" {
        return this.where;
      },
    };
    const keeper = test.system.spawn(byKey(definition), undefined);
    assert.equal(await count(keeper, "a"), 1);
    await test.system.shutdown();
  });
});

/** As they stand in `lines`: keys take turns, only the order within a key is promised. */
function order(lines: readonly string[]): (a: string, b: string) => number {
  return (a, b) => lines.indexOf(a) - lines.indexOf(b);
}
