import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { accelerationOf, bcaInterval, bcaOf } from "../../../kernels/statistics/bootstrap.ts";
import { cliffsDelta, hedgesG } from "../../../kernels/statistics/effect-size.ts";
import { meanOf } from "../../../kernels/statistics/moments.ts";
import { assertClose, byScipy, dataSet } from "./reference.ts";

const forks1 = dataSet("forks1");
const forks2 = dataSet("forks2");
const skewed1 = dataSet("skewed1");
const skewed2 = dataSet("skewed2");

const ratio = (baseline: Float64Array, candidate: Float64Array): number =>
  meanOf(candidate) / meanOf(baseline);

function jackknifed(baseline: Float64Array, candidate: Float64Array): readonly Float64Array[] {
  const without = (samples: Float64Array, left: number): Float64Array =>
    samples.filter((_, index) => index !== left);
  return [
    baseline.map((_, index) => ratio(without(baseline, index), candidate)),
    candidate.map((_, index) => ratio(baseline, without(candidate, index))),
  ];
}

describe("the arithmetic of the BCa interval", () => {
  it("is SciPy's for given resamples", () => {
    const acceleration = accelerationOf(jackknifed(skewed1, skewed2));
    const scaled = dataSet("replicates").map((value) => 2.2 * value);
    const wide = bcaOf(ratio(skewed1, skewed2), scaled, acceleration, 0.99);
    assertClose(
      [...wide, acceleration],
      byScipy("bca_parts(skewed1, skewed2, 2.2 * replicates, 0.005)"),
      1e-11,
    );
    const small = accelerationOf(jackknifed(forks1, forks2));
    const narrow = bcaOf(ratio(forks1, forks2), dataSet("replicates"), small, 0.95);
    assertClose([...narrow, small], byScipy("bca_parts(forks1, forks2, replicates, 0.025)"), 1e-9);
  });

  it("corrects no bias where resamples lie evenly about the estimate, those equal to it included", () => {
    const even = Float64Array.from({ length: 404 }, (_, index) => Math.floor(index / 4) - 50);
    // 5 % from either end of the 404 values −50…50, four of each.
    assert.deepEqual(bcaOf(0, even, 0, 0.9), [-45, 45]);
  });

  it("stays within the resamples when the estimate lies beyond all of them", () => {
    const replicates = Float64Array.from({ length: 200 }, (_, index) => index);
    for (const acceleration of [-0.5, 0, 0.5]) {
      for (const estimate of [-10, 400]) {
        const [lo, hi] = bcaOf(estimate, replicates.slice(), acceleration, 0.99);
        assert.ok(0 <= lo && lo <= hi && hi <= 199, `${lo} ${hi}`);
      }
    }
  });
});

describe("the two-sample BCa interval", () => {
  it("comes close to SciPy's with 200,000 resamples, for a ratio and for an effect size", () => {
    // The ends of 5,000 resamples scatter: allowed is 6 % of the interval's width (skewed: of its longer side).
    const near = (actual: readonly number[] | null, expected: readonly number[], share: number): void => {
      const width = expected[1]! - expected[0]!;
      actual!.forEach((end, index) =>
        assert.ok(Math.abs(end - expected[index]!) < share * width, String(actual)),
      );
    };
    const seed = "bca against scipy";
    near(
      bcaInterval({ baseline: forks1, candidate: forks2, statistic: ratio, seed }),
      byScipy("bca(forks1, forks2, ratio, 200000)"),
      0.06,
    );
    near(
      bcaInterval({ baseline: skewed1, candidate: skewed2, statistic: ratio, seed }),
      byScipy("bca(skewed1, skewed2, ratio, 200000)"),
      0.06,
    );
    const statistic = (left: Float64Array, right: Float64Array): number => hedgesG(left, right) ?? Number.NaN;
    near(
      bcaInterval({ baseline: forks1, candidate: forks2, statistic, seed }),
      byScipy("bca(forks1, forks2, hedges, 200000)"),
      0.06,
    );
  });

  it("is the same for the same seed and another for another", () => {
    const request = { baseline: forks1, candidate: forks2, statistic: cliffsDelta, resamples: 500 };
    const first = bcaInterval({ ...request, statistic: ratio, seed: 7 });
    assert.deepEqual(bcaInterval({ ...request, statistic: ratio, seed: 7 }), first);
    assert.notDeepEqual(bcaInterval({ ...request, statistic: ratio, seed: 8 }), first);
  });

  it("of constant samples is a point", () => {
    const two = new Float64Array(5).fill(2);
    const three = new Float64Array(5).fill(3);
    const point = bcaInterval({ baseline: two, candidate: three, statistic: ratio, seed: 1, resamples: 100 });
    assert.deepEqual(point, [1.5, 1.5]);
  });

  it("is none where a resample gives the statistic no value", () => {
    const baseline = Float64Array.of(0, 0, 1);
    assert.equal(bcaInterval({ baseline, candidate: forks1, statistic: ratio, seed: 1 }), null);
  });

  it("refuses a hundred resamples less one, and a confidence of 1", () => {
    const request = { baseline: forks1, candidate: forks2, statistic: ratio, seed: 1 };
    assert.throws(() => bcaInterval({ ...request, resamples: 99 }), { code: "STATISTICS_BAD_ARGUMENT" });
    assert.throws(() => bcaInterval({ ...request, confidence: 1 }), { code: "STATISTICS_BAD_ARGUMENT" });
  });
});
