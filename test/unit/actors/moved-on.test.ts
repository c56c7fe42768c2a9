import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { movedOn } from "../../../actors/evidence/moved-on.ts";
import { forkOf } from "../../kit/session.ts";

describe("forks as if they had drifted on", () => {
  const halves = (first: number, second: number): Float64Array =>
    Float64Array.from({ length: 200 }, (_, index) => (index < 100 ? first : second));
  const meanOf = (values: Float64Array): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;

  it("take on average what the next half would have taken", () => {
    const drifting = [0, 1, 2].map((fork) => forkOf("baseline", fork, { wallNs: halves(1000, 900) }));
    const still = [0, 1, 2].map((fork) => forkOf("candidate", fork, { wallNs: halves(500, 500) }));
    const moved = movedOn([...drifting, ...still]);
    assert.deepEqual(
      moved.map(({ wallNs }) => Math.round(meanOf(wallNs))),
      [810, 810, 810, 500, 500, 500],
    );
  });

  it("all drift as their version's median fork does", () => {
    const drifts = [0.5, 0.1, 0];
    const forks = drifts.map((drift, fork) =>
      forkOf("baseline", fork, { wallNs: halves(1000, 1000 * (1 + drift)) }),
    );
    const [, , still] = movedOn(forks);
    assert.ok(Math.abs(meanOf(still!.wallNs) - (1000 * 1.1 ** 2) / 1.05) < 1e-9);
  });

  it("stay as they are where they are too short to show a drift, and where there are none", () => {
    const forks = [forkOf("baseline", 0)];
    assert.deepEqual(movedOn(forks), forks);
    assert.deepEqual(movedOn([]), []);
  });
});
