import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { BandSchedule, PRIORITIES } from "../../../cluster/queue/band-schedule.ts";

function go(schedule: BandSchedule, waits: (priority: number) => boolean): number {
  const next = schedule.next(waits);
  schedule.went(next);
  return next;
}

describe("the order of priorities", () => {
  it("is none when nothing waits", () => {
    assert.equal(
      new BandSchedule().next(() => false),
      -1,
    );
  });

  it("lets the highest that waits go first", () => {
    const schedule = new BandSchedule();
    const gone = Array.from({ length: 15 }, () => go(schedule, (one) => one === 2 || one === 7));
    assert.deepEqual(new Set(gone), new Set([7]));
    assert.equal(
      schedule.next((one) => one < 7),
      6,
    );
  });

  it("lets whatever waits go at least once in 160 times, and only what waits", () => {
    const waiting = fc.uniqueArray(fc.integer({ min: 0, max: PRIORITIES - 1 }), { minLength: 1 });
    fc.assert(
      fc.property(waiting, fc.array(fc.integer({ min: 0, max: 9 })), (all, before) => {
        const schedule = new BandSchedule();
        for (const one of before) go(schedule, (other) => other === one);
        const gone = Array.from({ length: 160 }, () => go(schedule, (one) => all.includes(one)));
        assert.deepEqual(new Set(gone), new Set(all));
      }),
    );
  });
});
