import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { SplitSearch, type Split } from "../../../kernels/statistics/energy-split.ts";
import { assertClose, byR, dataSet } from "./reference.ts";

function bestOf(run: Float64Array, leastSegment: number): readonly [at: number, statistic: number] {
  const search = new SplitSearch(run, leastSegment);
  const { at, statistic } = search.best(search.ranks);
  return [at, statistic];
}

/** Q by its definition: mean distances between the sides and within them. */
function energyOf(run: readonly number[], at: number, end: number): number {
  const meanDistance = (left: readonly number[], right: readonly number[], pairs: number): number =>
    left.flatMap((x) => right.map((y) => Math.abs(x - y))).reduce((sum, d) => sum + d, 0) / pairs;
  const [before, after] = [run.slice(0, at), run.slice(at, end)];
  const [m, n] = [before.length, after.length];
  const within = meanDistance(before, before, m * (m - 1)) + meanDistance(after, after, n * (n - 1));
  return ((m * n) / end) * (2 * meanDistance(before, after, m * n) - within);
}

function bestByDefinition(run: readonly number[], leastSegment: number): Split {
  let best: Split = { at: 0, statistic: Number.NEGATIVE_INFINITY };
  for (let end = run.length; end >= 2 * leastSegment; end -= Math.ceil(run.length / 32)) {
    for (let at = leastSegment; at <= end - leastSegment; at++) {
      const statistic = energyOf(run, at, end);
      if (statistic > best.statistic) best = { at, statistic };
    }
  }
  return best;
}

describe("the best split of a run", () => {
  it("is that of the definition in R, over every end of a short run and every third of 90 values", () => {
    assertClose(bestOf(dataSet("history30"), 5), byR("energy_split(history30, 5)"), 1e-12);
    assertClose(bestOf(dataSet("history30").slice(0, 18), 2), byR("energy_split(history30[1:18], 2)"), 1e-12);
    // Values about a million: R's own sums of differences are the more exact ones.
    assertClose(
      bestOf(dataSet("history90"), 5),
      byR("energy_split(history90, 5, seq(90, 10, by = -3))"),
      1e-10,
    );
  });

  it("is that of the definition for any values, ties among them", () => {
    const values = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ min: -1e3, max: 1e3, noNaN: true }));
    fc.assert(
      fc.property(fc.array(values, { minLength: 4, maxLength: 70 }), (run) => {
        const [, statistic] = bestOf(Float64Array.from(run), 2);
        const expected = bestByDefinition(run, 2).statistic;
        const size = run.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
        assert.ok(Math.abs(statistic - expected) <= 1e-9 * size * run.length, `${statistic} ${expected}`);
      }),
      { numRuns: 60 },
    );
  });

  it("does not depend on what was searched before", () => {
    const run = dataSet("history90");
    const search = new SplitSearch(run, 5);
    const first = search.best(search.ranks);
    search.best(search.ranks.toReversed());
    assert.deepEqual(search.best(search.ranks), first);
  });

  it("moves and grows with the values", () => {
    const run = dataSet("history30");
    const [at, statistic] = bestOf(run, 5);
    const moved = bestOf(
      run.map((value) => 4 * value - 1024),
      5,
    );
    assert.equal(moved[0], at);
    assertClose(moved[1], [4 * statistic], 1e-12);
  });
});
