import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { ComparisonRow } from "../../../actors/index.ts";
import { figuresOf } from "../../../bench/compare-sessions.ts";
import { compareMetric, decide } from "../../../kernels/statistics/index.ts";

function rowOf(baseline: readonly Float64Array[], candidate: readonly Float64Array[]): ComparisonRow {
  const request = { baseline, candidate, direction: "lower", tolerance: 0.02, seed: 1 } as const;
  const [decided] = decide([compareMetric(request)]);
  return { ...decided!, caseId: "case", metric: "wall_time", unit: "ns", engine: "isolate" };
}

function meanOf(values: Iterable<number>): number {
  const all = [...values];
  return all.reduce((sum, value) => sum + value, 0) / all.length;
}

/** Within and between forks of one version: squares around the fork's mean, and fork means around theirs. */
function variance(forks: readonly Float64Array[]): number {
  const size = forks[0]!.length;
  const means = forks.map(meanOf);
  const grand = meanOf(means);
  const within = meanOf(
    forks.map((fork, at) => fork.reduce((sum, x) => sum + (x - means[at]!) ** 2, 0) / (size - 1)),
  );
  const between = means.reduce((sum, mean) => sum + (mean - grand) ** 2, 0) / (forks.length - 1);
  return within + between - within / size;
}

describe("figures of a comparison", () => {
  it("give the variation of iterations back from fork means and intra-fork correlation", () => {
    const value = fc.double({ min: 50, max: 150, noNaN: true });
    const fork = fc.array(value, { minLength: 6, maxLength: 6 }).map((values) => Float64Array.from(values));
    fc.assert(
      fc.property(fc.array(fork, { minLength: 4, maxLength: 4 }), (forks) => {
        const row = rowOf(forks, forks);
        fc.pre(row.baseline.stdDev > 0.1);
        const { iterationVariation, forkVariation } = figuresOf(row);
        const expected = Math.sqrt(variance(forks)) / row.baseline.mean;
        assert.ok(
          Math.abs(iterationVariation - expected) < 1e-6 * expected,
          `${iterationVariation} ${expected}`,
        );
        assert.ok(Math.abs(forkVariation - row.baseline.stdDev / row.baseline.mean) < 1e-12);
      }),
      { numRuns: 30 },
    );
  });

  it("give the change of means", () => {
    const fork = (centre: number): Float64Array => Float64Array.of(centre - 1, centre + 1);
    const { change } = figuresOf(rowOf([fork(100), fork(100)], [fork(110), fork(120)]));
    assert.ok(Math.abs(change - 0.15) < 1e-12);
  });
});
