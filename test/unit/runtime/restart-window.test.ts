import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { RestartWindow } from "../../../runtime/restart-window.ts";

describe("restart window", () => {
  it("agrees with a list of all admitted times", () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 60 });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 5 }),
        fc.integer({ min: 1, max: 60 }),
        gaps,
        (max, withinMs, steps) => {
          const window = new RestartWindow(max, withinMs);
          const admitted: number[] = [];
          let now = 0;
          for (const gap of steps) {
            now += gap;
            const recent = admitted.filter((time) => now - time < withinMs).length;
            assert.equal(window.record(now) > 0, recent < max);
            if (recent < max) admitted.push(now);
          }
        },
      ),
    );
  });

  it("counts restarts in a row and begins again after a quiet time", () => {
    const window = new RestartWindow(Infinity, 100);
    assert.deepEqual(
      [0, 50, 149, 249, 250].map((now) => window.record(now)),
      [1, 2, 3, 1, 2],
    );
  });
});
