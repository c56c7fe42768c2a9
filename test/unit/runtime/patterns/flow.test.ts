import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { filtering, mapping, sink, source, stage, Flow, type FlowPart } from "../../../../runtime/index.ts";
import { createTestSystem } from "../../../../runtime/testkit/index.ts";

const numbers = source("numbers", function* (to: number) {
  for (let number = 1; number <= to; number++) yield number;
});

const collecting: FlowPart<unknown[], unknown, never> = sink("collecting", (item, into: unknown[]) => {
  into.push(item);
});

const doubling = mapping("doubling", (item: number) => item * 2);
const odd = filtering("odd", (item: number) => item % 2 === 1);
/** Each number as often as it says. */
const repeating = stage("repeating", (item: number, times: number) => new Array<number>(times).fill(item));

const range = (to: number): number[] => Array.from({ length: to }, (_, index) => index + 1);

describe("flows between actors", () => {
  it("give every item once, in order, through all stages, and then complete", async () => {
    const { system } = createTestSystem();
    const got: unknown[] = [];
    const flow = Flow.from(numbers, 9).via(odd, null).via(doubling, null).via(repeating, 2);
    assert.equal(await flow.into(system, collecting, got), 10);
    assert.deepEqual(got, [2, 2, 6, 6, 10, 10, 14, 14, 18, 18]);
    assert.equal(await Flow.from(numbers, 0).into(system, collecting, got), 0);
    await system.shutdown();
  });

  it("nothing is lost, nothing comes twice, and no more is under way than was requested, for any window and speed", async () => {
    const plan = fc.record({
      items: fc.integer({ min: 0, max: 60 }),
      window: fc.integer({ min: 1, max: 9 }),
      repeats: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 5 }),
      delays: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 5 }),
      asyncSource: fc.boolean(),
      asyncStage: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ items, window, repeats, delays, asyncSource, asyncStage }) => {
        const { system, clock, advance } = createTestSystem();
        const pause = (ms: number): Promise<void> => new Promise((resolve) => clock.schedule(ms, resolve));
        let given = 0;
        let taken = 0;
        let most = 0;
        const step = (): number => {
          given += 1;
          most = Math.max(most, given - taken);
          return given;
        };
        const from = source("from", () =>
          asyncSource
            ? (async function* () {
                for (let index = 0; index < items; index++) {
                  await pause(delays[index % delays.length]!);
                  yield step();
                }
              })()
            : (function* () {
                for (let index = 0; index < items; index++) yield step();
              })(),
        );
        const many = stage("many", (item: number) => {
          taken += 1;
          const out = new Array<number>(repeats[item % repeats.length]!).fill(item);
          return asyncStage ? pause(delays[item % delays.length]!).then(() => out) : out;
        });
        const got: number[] = [];
        const slow = sink("slow", (item: number) => {
          got.push(item);
          const ms = delays[got.length % delays.length]!;
          return ms === 0 ? undefined : pause(ms);
        });
        const done = Flow.from(from, null).via(many, null).into(system, slow, null, { window });
        await advance(2_000);
        const expected = range(items).flatMap((item) =>
          new Array<number>(repeats[item % repeats.length]!).fill(item),
        );
        assert.equal(await done, expected.length);
        assert.deepEqual(got, expected);
        assert.ok(most <= window, `${most} under way in a window of ${window}`);
        await system.shutdown();
      }),
      { numRuns: 60 },
    );
  });

  it("a slow sink holds back an endless source", async () => {
    const { system, clock, settle } = createTestSystem();
    let given = 0;
    const endless = source("endless", function* () {
      for (;;) yield (given += 1);
    });
    const stuck = sink("stuck", () => new Promise<void>(() => undefined));
    const cancel = new AbortController();
    const done = Flow.from(endless, null).via(doubling, null).into(system, stuck, null, {
      window: 4,
      signal: cancel.signal,
    });
    await settle();
    // Four requested by the sink, one of them in hand; four more by the stage, and one doubled that waits.
    assert.ok(given <= 10, String(given));
    cancel.abort();
    await assert.rejects(done, { code: "ASK_CANCELLED" });
    await system.shutdown();
    assert.equal(clock.pending, 0);
  });

  it("a failure of any part fails the flow with its cause and stops all parts", async () => {
    const broken = new Error("broken");
    const throws = (item: number): void => {
      if (item === 5) throw broken;
    };
    const badSource = source("bad-source", function* () {
      for (const item of range(9)) {
        throws(item);
        yield item;
      }
    });
    const lateSource = source("late-source", async function* () {
      yield* range(4);
      await Promise.resolve();
      throw broken;
    });
    const badStage = mapping("bad-stage", (item: number) => {
      throws(item);
      return item;
    });
    const lateStage = stage("late-stage", async (item: number) => {
      await Promise.resolve();
      throws(item);
      return [item];
    });
    const badSink = sink("bad-sink", (item: number) => throws(item));
    const { system, settle } = createTestSystem();
    const stopped: string[] = [];
    system.events.subscribe("actor-stopped", ({ address }) => stopped.push(address));
    const into: number[] = [];
    const flows = [
      Flow.from(badSource, null).into(system, collecting, into),
      Flow.from(lateSource, null).into(system, collecting, into),
      Flow.from(numbers, 9).via(badStage, null).into(system, collecting, into),
      Flow.from(numbers, 9).via(lateStage, null).into(system, collecting, into),
      Flow.from(numbers, 9).into(system, badSink, null),
    ];
    for (const flow of flows) await assert.rejects(flow, { code: "FLOW_FAILED", cause: broken });
    await settle();
    // Each flow has an actor above its parts.
    assert.equal(stopped.length, 3 + 3 + 4 + 4 + 3);
    await system.shutdown();
  });

  it("a source that is not exhausted is closed", async () => {
    const { system, settle } = createTestSystem();
    const closed: string[] = [];
    const sync = source("sync", function* () {
      try {
        for (;;) yield 1;
      } finally {
        closed.push("sync");
      }
    });
    const asynchronous = source("async", async function* () {
      try {
        for (;;) yield await Promise.resolve(1);
      } finally {
        closed.push("async");
      }
    });
    const once = sink("once", () => {
      throw new Error("enough");
    });
    for (const from of [sync, asynchronous]) {
      await assert.rejects(Flow.from(from, null).into(system, once, null), { code: "FLOW_FAILED" });
    }
    await settle();
    assert.deepEqual(closed, ["sync", "async"]);
    await system.shutdown();
  });

  it("the shutdown of the system ends a flow with a code", async () => {
    const { system, settle } = createTestSystem();
    const stuck = sink("stuck", () => new Promise<void>(() => undefined));
    const done = assert.rejects(Flow.from(numbers, 9).into(system, stuck, null), {
      code: "ASK_TARGET_STOPPED",
    });
    await settle();
    await system.shutdown();
    await done;
  });

  it("wait for promises wherever a part's function gives one, in order", async () => {
    const { system } = createTestSystem();
    const later = async <Value>(value: Value): Promise<Value> => {
      await Promise.resolve();
      return value;
    };
    const got: number[] = [];
    const flow = Flow.from(numbers, 6)
      .via(
        filtering("even", (item: number) => later(item % 2 === 0)),
        null,
      )
      .via(
        mapping("squared", (item: number) => later(item ** 2)),
        null,
      );
    const into = sink("into", (item: number) => later(got.push(item)));
    assert.equal(await flow.into(system, into, null), 3);
    assert.deepEqual(got, [4, 16, 36]);
    await system.shutdown();
  });

  it("do not mind what a sink gives that is no promise", async () => {
    const { system } = createTestSystem();
    for (const given of [null, 0, 5, "done", {}, { then: 5 }]) {
      const got: number[] = [];
      const into = sink("into", (item: number) => {
        got.push(item);
        return given;
      });
      assert.equal(await Flow.from(numbers, 3).into(system, into, null), 3);
      assert.deepEqual(got, [1, 2, 3]);
    }
    await system.shutdown();
  });

  it("fail with a code over a source or a stage that gives no iterable", async () => {
    const { system } = createTestSystem();
    const failed = { code: "FLOW_FAILED", cause: { code: "FLOW_INVALID" } };
    const fails = async (flow: Flow<unknown>): Promise<void> => {
      await assert.rejects(flow.into(system, collecting, []), (error: typeof failed) => {
        assert.deepEqual([error.code, error.cause.code], [failed.code, failed.cause.code]);
        return true;
      });
    };
    const strange = { [Symbol.iterator]: () => ({ next: () => 5 }) };
    for (const given of [undefined, null, 5, "text", {}, Promise.resolve([1]), strange]) {
      await fails(
        Flow.from(
          source("from", () => given as never),
          null,
        ),
      );
    }
    for (const given of [undefined, null, 5, "text", {}, Promise.resolve(undefined)]) {
      await fails(
        Flow.from(numbers, 1).via(
          stage("strange", () => given as never),
          null,
        ),
      );
    }
    await system.shutdown();
  });

  it("refuses what is no part, no function and no spawner", async () => {
    const { system, settle } = createTestSystem();
    for (const given of [5, undefined, {}]) {
      const what = given as never;
      const flow = Flow.from(numbers, 1);
      const makers = [source, mapping, filtering, stage, sink] as readonly ((
        name: string,
        of: never,
      ) => unknown)[];
      for (const make of makers) assert.throws(() => make("part", what), { code: "FLOW_INVALID" });
      assert.throws(() => Flow.from(what, 1), { code: "FLOW_INVALID" });
      assert.throws(() => flow.via(what, null), { code: "FLOW_INVALID" });
      await assert.rejects(flow.into(system, what, []), { code: "FLOW_INVALID" });
      await assert.rejects(flow.into(what, collecting, []), { code: "FLOW_INVALID" });
    }
    for (const options of [null, 5, { signal: 5 }]) {
      const run = Flow.from(numbers, 1).into(system, collecting, [], options as never);
      await assert.rejects(run, { code: "FLOW_INVALID" });
    }
    assert.throws(() => Flow.from(numbers, 1, { placement: "x" as never }), { code: "PLACEMENT_INVALID" });
    assert.throws(() => Flow.from(numbers, 1, null as never), { code: "FLOW_INVALID" });
    await settle();
    assert.ok(system.idle);
    await system.shutdown();
  });

  it("refuses what is no window, and a part that cannot be placed", async () => {
    const { system } = createTestSystem();
    for (const window of [0, 1.5, 1025, NaN]) {
      await assert.rejects(Flow.from(numbers, 1).into(system, collecting, [], { window }), {
        code: "FLOW_INVALID",
      });
    }
    const elsewhere = Flow.from(numbers, 1, { placement: { thread: 7 } });
    await assert.rejects(elsewhere.into(system, collecting, []), { code: "PLACEMENT_INVALID" });
    await system.shutdown();
  });
});
