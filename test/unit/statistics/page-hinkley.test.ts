import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  driftRunLength,
  PageHinkley,
  type Drift,
  type DriftOptions,
  type DriftState,
} from "../../../kernels/statistics/page-hinkley.ts";
import { normals } from "./normals.ts";
import { assertClose, byR, dataSet } from "./reference.ts";

const STANDARD = { mean: 0, stdDev: 1 } as const;

function alarmsOf(values: readonly number[], options: DriftOptions): readonly Drift[] {
  const detector = new PageHinkley(options);
  return values.map((value) => detector.push(value)).filter((drift) => drift !== null);
}

/** Mean values to the first alarm of the given options, the warm-up not counted. */
function meanRunLength(options: DriftOptions, trials: number, seed: string, shift = 0): number {
  const normal = normals(seed);
  const warmUp = options.reference === undefined ? options.warmUp! : 0;
  let total = 0;
  for (let trial = 0; trial < trials; trial++) {
    const detector = new PageHinkley(options);
    let count = 1;
    while (detector.push(normal() + (count > warmUp ? shift : 0)) === null) count += 1;
    total += count - warmUp;
  }
  return total / trials;
}

describe("the Page–Hinkley detector", () => {
  it("adds what exceeds the allowance, and alarms beyond the threshold", () => {
    const options = { reference: STANDARD, allowance: 0.5, threshold: 2 };
    // up: 0, 0.5, 0, 1, 2 (not beyond), 2.25.
    const alarms = alarmsOf([0.25, 1, -1, 1.5, 1.5, 0.75], options);
    assert.deepEqual(alarms, [{ direction: "up", index: 5, since: 3, statistic: 2.25 }]);
  });

  it("is the largest rise of the cumulative sum over its least value so far", () => {
    const values = fc.array(fc.integer({ min: -20, max: 20 }), { maxLength: 40 });
    fc.assert(
      fc.property(values, (run) => {
        const detector = new PageHinkley({ reference: STANDARD, allowance: 0.5, threshold: 1e6 });
        const sums = [0];
        for (const value of run) {
          detector.push(value);
          sums.push(sums.at(-1)! + value - 0.5);
        }
        assert.equal(detector.state.up.sum, sums.at(-1)! - Math.min(...sums));
      }),
    );
  });

  it("scores a value against those before it as R does, and learns it then", () => {
    const scoreOf = (before: number): number => {
      const detector = new PageHinkley({ warmUp: before, allowance: 0, threshold: 1e3 });
      for (const value of dataSet("history30").slice(0, before + 1)) detector.push(value);
      return detector.state.up.sum - detector.state.down.sum;
    };
    const scores = byR("c(score(history30, 3), score(history30, 4), score(history30, 20))");
    assertClose([scoreOf(2), scoreOf(3), scoreOf(19)], scores, 1e-12);
  });

  it("takes a value beyond all tails for an alarm", () => {
    const normal = normals("far");
    const detector = new PageHinkley();
    for (let index = 0; index < 200; index++) detector.push(normal());
    assert.equal(detector.push(-1e4)?.direction, "down");
  });

  it("sees falls as it sees rises", () => {
    const normal = normals("mirror");
    const values = Array.from({ length: 400 }, (_, index) => normal() + (index >= 200 ? 1.5 : 0));
    const rises = alarmsOf(values, {});
    const falls = alarmsOf(
      values.map((value) => -value),
      {},
    );
    assert.ok(rises.length > 0);
    const turned = falls.map((fall) => ({ ...fall, direction: fall.direction === "up" ? "down" : "up" }));
    assert.deepEqual(turned, rises);
  });

  it("says from where on the level is another, and starts anew on the new level", () => {
    const normal = normals("since");
    const values = Array.from({ length: 600 }, (_, index) => 50 + 0.5 * normal() + (index >= 200 ? 1 : 0));
    const alarms = alarmsOf(values, {});
    assert.equal(alarms.length, 1);
    const { since, index, direction } = alarms[0]!;
    assert.equal(direction, "up");
    assert.ok(Math.abs(since - 200) <= 5 && index >= 200 && index < 215, `${since} ${index}`);
  });

  it("goes on from a state that went through JSON", () => {
    const normal = normals("state");
    const values = Array.from({ length: 300 }, (_, index) => normal() + (index >= 150 ? 1 : 0));
    for (const options of [{}, { reference: STANDARD }, { warmUp: 60, threshold: 3 }]) {
      let state: DriftState | undefined;
      const resumed = values.map((value) => {
        const detector = new PageHinkley(options, state);
        const drift = detector.push(value);
        state = JSON.parse(JSON.stringify(detector.state)) as DriftState;
        return drift;
      });
      assert.deepEqual(
        resumed.filter((drift) => drift !== null),
        alarmsOf(values, options),
      );
    }
  });

  it("alarms at once when a level without any spread is left, and not for rounding", () => {
    const constant = Array.from({ length: 30 }, () => 0.3);
    assert.deepEqual(alarmsOf([...constant, 0.1 + 0.2, 0.3], {}), []);
    const [alarm] = alarmsOf([...constant, 0.3001], {});
    assert.deepEqual(alarm, { direction: "up", index: 30, since: 30, statistic: Number.POSITIVE_INFINITY });
  });

  it("does not alarm during its warm-up", () => {
    assert.deepEqual(alarmsOf([1, 1.1, 0.9, 1e6, 1.2], { warmUp: 5 }), []);
  });

  it("runs as long as it says between false alarms, its level given or learned from however few values", () => {
    const expected = byR("run_length(0.5, 3, 0)")[0]!;
    // Run lengths scatter like an exponential: 600 of them give a standard error of 4 %.
    for (const options of [{ reference: STANDARD }, { warmUp: 2 }, { warmUp: 30 }]) {
      const found = meanRunLength({ ...options, threshold: 3 }, 600, JSON.stringify(options));
      assert.ok(Math.abs(found / expected - 1) < 0.16, `${JSON.stringify(options)}: ${found}`);
    }
  });

  it("finds a shift in the time that it says", () => {
    const expected = byR("run_length(0.5, 8, 1)")[0]!;
    const found = meanRunLength({ reference: STANDARD }, 400, "shift", 1);
    assert.ok(Math.abs(found / expected - 1) < 0.1, String(found));
  });

  it("refuses what is no value and what are no settings", () => {
    const detector = new PageHinkley();
    for (const value of [Number.NaN, Number.NEGATIVE_INFINITY, 1e101]) {
      assert.throws(() => detector.push(value), { code: "STATISTICS_NOT_FINITE" });
    }
    assert.equal(detector.state.seen, 0);
    const options: readonly DriftOptions[] = [
      { allowance: -1 },
      { allowance: Number.NaN },
      { threshold: 0 },
      { threshold: Number.POSITIVE_INFINITY },
      { warmUp: 1 },
      { reference: { mean: 0, stdDev: 0 } },
      { reference: { mean: Number.NaN, stdDev: 1 } },
    ];
    for (const refused of options) {
      assert.throws(() => new PageHinkley(refused), { code: "STATISTICS_BAD_ARGUMENT" });
    }
  });
});

describe("the stated run length", () => {
  it("is near the one by Page's integral equation", () => {
    assertClose(driftRunLength(0.5, 8), byR("run_length(0.5, 8, 0)"), 0.01);
    assertClose(driftRunLength(0.5, 8, 1), byR("run_length(0.5, 8, 1)"), 0.01);
    assertClose(driftRunLength(0.5, 5), byR("run_length(0.5, 5, 0)"), 0.01);
    assertClose(driftRunLength(0.5, 3), byR("run_length(0.5, 3, 0)"), 0.01);
    assertClose(driftRunLength(0.25, 6, 0.5), byR("run_length(0.25, 6, 0.5)"), 0.01);
    assertClose(driftRunLength(0, 4, 2), byR("run_length(0, 4, 2)"), 0.07);
    assertClose(driftRunLength(1, 3), byR("run_length(1, 3, 0)"), 0.06);
  });

  it("is continuous where the shift equals the allowance, and the same for both directions", () => {
    assertClose(driftRunLength(1, 5, 1), [driftRunLength(1, 5, 1 + 1e-5)], 1e-4);
    assertClose(driftRunLength(0.5, 5, -0.7), [driftRunLength(0.5, 5, 0.7)], 1e-15);
  });

  it("refuses settings that are none", () => {
    assert.throws(() => driftRunLength(-1, 5), { code: "STATISTICS_BAD_ARGUMENT" });
    assert.throws(() => driftRunLength(0.5, 5, Number.NaN), { code: "STATISTICS_BAD_ARGUMENT" });
  });
});
