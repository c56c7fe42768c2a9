import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compareCounts, compareMetric, decide } from "../../../kernels/statistics/index.ts";
import type { MetricVerdict } from "../../../kernels/statistics/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";

const counted = (count: number): readonly Float64Array[] => [
  Float64Array.of(count, count),
  Float64Array.of(count, count),
];

function verdictOf(
  before: number,
  after: number,
  part: { readonly tolerance?: number; readonly direction?: "lower" | "higher" } = {},
): MetricVerdict {
  const request = { direction: "lower", tolerance: 0, seed: 1, ...part } as const;
  const compared = compareCounts({ ...request, baseline: counted(before), candidate: counted(after) });
  return decide([compared])[0]!.verdict;
}

describe("a comparison of counts", () => {
  it("finds one count more worse, one less better, and equal ones not worse, without any tolerance", () => {
    assert.equal(verdictOf(1_000, 1_001), "regressed");
    assert.equal(verdictOf(1_000, 999), "improved");
    assert.equal(verdictOf(1_000, 1_000), "non_inferior");
    assert.equal(verdictOf(0, 0), "non_inferior");
  });

  it("turns with the direction, and takes a change up to the tolerance as none", () => {
    assert.equal(verdictOf(1_000, 1_001, { direction: "higher" }), "improved");
    assert.equal(verdictOf(1_000, 999, { direction: "higher" }), "regressed");
    assert.equal(verdictOf(1_000, 1_020, { tolerance: 0.02 }), "non_inferior");
    assert.equal(verdictOf(1_000, 1_021, { tolerance: 0.02 }), "regressed");
    assert.equal(verdictOf(1_000, 980, { tolerance: 0.02 }), "non_inferior");
    assert.equal(verdictOf(1_000, 979, { tolerance: 0.02 }), "improved");
  });

  it("tells the figures as they are, and no interval", () => {
    const request = { direction: "lower", tolerance: 0, seed: 1 } as const;
    const { test, ci99, relDelta, baseline, candidate, p } = compareCounts({
      ...request,
      baseline: counted(400),
      candidate: counted(100),
    });
    assert.deepEqual({ test, ci99, relDelta }, { test: "count", ci99: null, relDelta: -0.75 });
    assert.deepEqual([baseline.mean, baseline.stdDev, candidate.mean], [400, 0, 100]);
    assert.deepEqual(p, { regressed: 1, nonInferior: 0, improved: 0 });
    // The test of samples leaves equal constants open where nothing is tolerated: nothing shows which is less.
    const asSamples = compareMetric({ ...request, baseline: counted(400), candidate: counted(400) });
    assert.deepEqual(asSamples.p, { regressed: 1, nonInferior: 1, improved: 1 });
  });

  it("refuses figures that differ among the runs of one version: those are samples", () => {
    const request = { direction: "lower", tolerance: 0, seed: 1, baseline: counted(4) } as const;
    const uneven = [Float64Array.of(4, 4), Float64Array.of(4, 5)];
    const unknown = [Float64Array.of(Number.NaN, 4), Float64Array.of(4, 4)];
    for (const candidate of [uneven, unknown]) {
      assert.throws(() => compareCounts({ ...request, candidate }), hasCode("STATISTICS_BAD_ARGUMENT"));
    }
  });
});
