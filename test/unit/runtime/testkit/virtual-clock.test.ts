import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { createTestSystem, VirtualClock } from "../../../../runtime/testkit/index.ts";

describe("virtual clock", () => {
  it("stands still until it is moved", () => {
    const clock = new VirtualClock(1_000);
    assert.deepEqual([clock.now(), clock.monotonic()], [1_000, 0]);
    clock.jump(5);
    assert.deepEqual([clock.now(), clock.monotonic()], [1_005, 5]);
  });

  it("runs actions by due time, then by the order they were scheduled, each at its own time", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 40 }), (delays) => {
        const clock = new VirtualClock();
        const ran: [number, number][] = [];
        for (const [index, delay] of delays.entries())
          clock.schedule(delay, () => ran.push([clock.now(), index]));
        clock.jump(20);
        const expected = delays.map((delay, index): [number, number] => [delay, index]);
        expected.sort((left, right) => left[0] - right[0] || left[1] - right[1]);
        assert.deepEqual(ran, expected);
      }),
    );
  });

  it("runs what an action schedules, if it falls due in the same move", () => {
    const clock = new VirtualClock();
    const ran: number[] = [];
    clock.schedule(10, () => clock.schedule(10, () => ran.push(clock.now())));
    clock.jump(19);
    assert.deepEqual(ran, []);
    clock.jump(1);
    assert.deepEqual(ran, [20]);
  });

  it("a cancelled action does not run; cancelling late or twice does nothing", () => {
    const clock = new VirtualClock();
    let runs = 0;
    const cancel = clock.schedule(1, () => (runs += 1));
    const keep = clock.schedule(1, () => (runs += 10));
    cancel();
    cancel();
    assert.equal(clock.pending, 1);
    clock.jump(1);
    keep();
    assert.equal(runs, 10);
  });

  it("lets promises settle between the moments of an advance, and not of a jump", async () => {
    for (const [move, expected] of [
      ["advance", ["first", "first settled", "second"]],
      ["jump", ["first", "second"]],
    ] as const) {
      const clock = new VirtualClock();
      const ran: string[] = [];
      clock.schedule(1, () => {
        ran.push("first");
        void Promise.resolve().then(() => ran.push("first settled"));
      });
      clock.schedule(2, () => ran.push("second"));
      if (move === "advance") await clock.advance(2);
      else clock.jump(2);
      assert.deepEqual(ran, expected);
    }
  });

  it("refuses a start, a delay and an action that are none, and goes on without them", async () => {
    for (const startedAt of [NaN, Infinity, "0" as never]) {
      assert.throws(() => new VirtualClock(startedAt), { code: "CLOCK_INVALID" });
      assert.throws(() => createTestSystem({ startedAt }), { code: "CLOCK_INVALID" });
    }
    assert.throws(() => new VirtualClock(0, 5 as never), { code: "CLOCK_INVALID" });
    const clock = new VirtualClock();
    const ran: string[] = [];
    for (const delayMs of [NaN, "5" as never, undefined as never]) {
      assert.throws(() => clock.schedule(delayMs, () => ran.push("never")), { code: "CLOCK_INVALID" });
    }
    assert.throws(() => clock.schedule(1, 5 as never), { code: "CLOCK_INVALID" });
    clock.schedule(2, () => ran.push("second"));
    await clock.advance(2);
    assert.deepEqual([ran, clock.now()], [["second"], 2]);
  });

  it("refuses to move backwards or for ever", async () => {
    const clock = new VirtualClock();
    for (const ms of [-1, NaN, Infinity]) {
      assert.throws(() => clock.jump(ms), { code: "CLOCK_INVALID" });
      await assert.rejects(clock.advance(ms), { code: "CLOCK_INVALID" });
    }
  });
});
