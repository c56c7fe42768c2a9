import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  actor,
  type ActorType,
  type SystemMetrics,
  type TelemetryOptions,
} from "../../../../runtime/index.ts";
import { createTestSystem, type TestSystem } from "../../../../runtime/testkit/index.ts";
import { hand, type Order } from "./actors.ts";

const world = (telemetry: TelemetryOptions = {}): TestSystem => createTestSystem({ telemetry });
const metricsOf = async ({ system, settle }: TestSystem): Promise<SystemMetrics> => {
  await settle();
  return system.telemetry!.metrics();
};

describe("metrics", () => {
  it("are off unless asked for", () => {
    assert.equal(createTestSystem().system.telemetry, null);
  });

  it("are refused options that make no sense", () => {
    const onSpan = (): void => undefined;
    for (const telemetry of [
      { instances: -1 },
      { instances: 1.5 },
      { traces: { share: 2, onSpan } },
      { traces: { share: NaN, onSpan } },
      { traces: { share: 1, onSpan, capacity: -1 } },
      { traces: { share: 1 } as never },
      { traces: { share: "1" as never, onSpan } },
      { traces: null as never },
      null as never,
      true as never,
    ]) {
      assert.throws(() => createTestSystem({ telemetry }), { code: "TELEMETRY_INVALID" });
    }
  });

  it("are refused to who asks for them by what they are not", async () => {
    const { system } = createTestSystem({ telemetry: {} });
    for (const options of [null, "messages", { by: "time" }, { timeoutMs: "5" }, { timeoutMs: NaN }]) {
      await assert.rejects(system.telemetry!.metrics(options as never), { code: "TELEMETRY_INVALID" });
    }
    assert.throws(() => system.telemetry!.within("", 5 as never), { code: "TELEMETRY_INVALID" });
    await system.shutdown();
  });

  it("count what each actor and each type has handled, and how long it took", async () => {
    const test = world();
    const { system, clock } = test;
    const [a, b] = [
      system.spawn(hand, undefined, { name: "a" }),
      system.spawn(hand, undefined, { name: "b" }),
    ];
    for (let count = 0; count < 3; count++) a.tell({ kind: "work", run: () => clock.jump(10) });
    b.tell({ kind: "work", run: () => clock.jump(40) });
    const { types, instances, threads, late } = await metricsOf(test);
    assert.deepEqual([threads, late], [[0], []]);
    assert.equal(types.length, 1);
    const [type] = types;
    assert.deepEqual([type!.type, type!.spawned, type!.alive, type!.handled], ["hand", 2, 2, 4]);
    assert.equal(type!.handlingMs.sum, 70);
    assert.equal(type!.handlingMs.max, 40);
    assert.deepEqual(
      instances.map(({ address, handled, handlingMs }) => [address, handled, handlingMs.sum]),
      [
        [a.address, 3, 30],
        [b.address, 1, 40],
      ],
    );
    await system.shutdown();
  });

  it("tell how many messages wait, how many waited at the most, and how long", async () => {
    const test = world();
    const { system, clock, settle } = test;
    const ref = system.spawn(hand, undefined, { name: "a" });
    await settle();
    for (let count = 0; count < 5; count++) ref.tell({ kind: "work", run: () => clock.jump(10) });
    const [before] = (await system.telemetry!.metrics()).instances;
    assert.deepEqual([before!.waiting, before!.deepest], [5, 5]);
    const [after] = (await metricsOf(test)).instances;
    assert.deepEqual([after!.waiting, after!.deepest, after!.waitMs.count], [0, 5, 5]);
    assert.deepEqual([after!.waitMs.min, after!.waitMs.max, after!.waitMs.sum], [0, 40, 100]);
    await system.shutdown();
  });

  it("count failures and restarts", async () => {
    const test = world();
    const ref = test.system.spawn(hand, undefined, { name: "a" });
    for (let count = 0; count < 2; count++) ref.tell({ kind: "crash" });
    ref.tell({ kind: "work" });
    await test.advance(60_000);
    const [one] = (await metricsOf(test)).instances;
    assert.deepEqual([one!.failed, one!.restarts, one!.handled], [2, 2, 3]);
    await test.system.shutdown();
  });

  it("keep in a type's sums what actors did that have stopped", async () => {
    const test = world();
    for (let count = 0; count < 3; count++) {
      const ref = test.system.spawn(hand, undefined);
      ref.tell({ kind: "work" });
      await test.settle();
      await test.system.stop(ref);
    }
    test.system.spawn(hand, undefined).tell({ kind: "work" });
    const { types, instances } = await metricsOf(test);
    assert.deepEqual([types[0]!.spawned, types[0]!.alive, types[0]!.handled], [4, 1, 4]);
    assert.equal(instances.length, 1);
    await test.system.shutdown();
  });

  it("do not count as waiting or handled what an actor leaves behind", async () => {
    const test = world();
    const ref = test.system.spawn(hand, undefined);
    ref.tell({ kind: "work", run: () => void test.system.stop(ref) });
    for (let count = 0; count < 3; count++) ref.tell({ kind: "work" });
    const { types } = await metricsOf(test);
    assert.deepEqual([types[0]!.handled, types[0]!.waiting, types[0]!.alive], [1, 0, 0]);
    assert.equal(test.system.deadLetters.total, 3);
    await test.system.shutdown();
  });

  it("list those actors first that have the most messages, or whose messages waited most", async () => {
    const test = world({ instances: 2 });
    const { system, clock, settle } = test;
    const [a, b, c] = ["a", "b", "c"].map((name) => system.spawn(hand, undefined, { name }));
    await settle();
    for (let count = 0; count < 3; count++) b!.tell({ kind: "work" });
    for (let count = 0; count < 2; count++) a!.tell({ kind: "work" });
    await settle();
    c!.tell({ kind: "work" });
    clock.jump(500);
    const byMessages = (await metricsOf(test)).instances;
    assert.deepEqual(
      byMessages.map(({ address }) => address),
      [b!.address, a!.address],
    );
    const byWait = (await system.telemetry!.metrics({ by: "wait" })).instances;
    assert.equal(byWait[0]!.address, c!.address);
    await system.shutdown();
  });

  it("do not tell actors apart when none is to be listed, and count them all the same", async () => {
    const test = world({ instances: 0 });
    const refs = Array.from({ length: 4 }, () => test.system.spawn(hand, undefined));
    for (const ref of refs) ref.tell({ kind: "work" });
    await test.settle();
    await test.system.stop(refs[0]!);
    const { types, instances } = await metricsOf(test);
    assert.deepEqual([types[0]!.spawned, types[0]!.alive, types[0]!.handled, instances.length], [4, 3, 4, 0]);
    await test.system.shutdown();
  });

  it("leave priority, bounds and overflow policies as they are", async () => {
    const handled: string[] = [];
    type Ranked = readonly [name: string, rank: number];
    const ranked: ActorType<undefined, null, Ranked> = actor({
      name: "ranked",
      initial: () => null,
      receive(state, [name]: Ranked) {
        handled.push(name);
        return state;
      },
      mailbox: { priority: ([, rank]) => rank, capacity: 3, overflow: "drop-newest" },
    });
    const plain: ActorType<undefined, null, string> = actor({
      name: "plain",
      initial: () => null,
      receive(state, name: string) {
        handled.push(name);
        return state;
      },
      mailbox: { capacity: 2, overflow: "drop-oldest" },
    });
    const test = world();
    const [first, second] = [test.system.spawn(ranked, undefined), test.system.spawn(plain, undefined)];
    for (const message of [
      ["low", 1],
      ["high", 9],
      ["middle", 5],
      ["lost", 10],
    ] as const)
      first.tell(message);
    for (const message of ["lost too", "a", "b"]) second.tell(message);
    const { types } = await metricsOf(test);
    assert.deepEqual(handled, ["high", "middle", "low", "a", "b"]);
    assert.deepEqual(
      test.system.deadLetters.list().map(({ message, reason }) => [message, reason]),
      [
        [["lost", 10], "overflow"],
        ["lost too", "overflow"],
      ],
    );
    assert.deepEqual(
      types.map(({ type, handled: count, waiting, deepest, waitMs }) => [
        type,
        count,
        waiting,
        deepest,
        waitMs.count,
      ]),
      [
        ["plain", 2, 0, 2, 2],
        ["ranked", 3, 0, 3, 3],
      ],
    );
    await test.system.shutdown();
  });

  it("count the wait of messages alone, not that of timers and piped results", async () => {
    const test = world();
    const [a, b] = [test.system.spawn(hand, undefined), test.system.spawn(hand, undefined)];
    a.tell({ kind: "later", delayMs: 10 });
    a.tell({ kind: "ask", of: b } satisfies Order);
    await test.advance(10);
    const [one] = (await metricsOf(test)).instances;
    assert.deepEqual([one!.address, one!.handled, one!.waitMs.count], [a.address, 4, 2]);
    await test.system.shutdown();
  });
});
