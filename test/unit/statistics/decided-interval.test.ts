import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { changeP } from "../../../kernels/statistics/comparison.ts";
import { decidedIntervals } from "../../../kernels/statistics/decided-interval.ts";
import type { DecidedRequest } from "../../../kernels/statistics/decided-interval.ts";
import { decide } from "../../../kernels/statistics/verdict.ts";
import type { MetricVerdict } from "../../../kernels/statistics/verdict.ts";
import { seededRandom } from "../../../runtime/contracts/index.ts";
import type { Random } from "../../../runtime/contracts/index.ts";

/** What the interval alone says, for a metric of which lower is better. */
function readOff([low, high]: readonly [number, number], tolerance: number): MetricVerdict {
  if (low > 1 + tolerance) return "regressed";
  if (high < 1 - tolerance) return "improved";
  return high < 1 + tolerance ? "non_inferior" : "inconclusive";
}

const verdictsOf = (requests: readonly DecidedRequest[]): readonly MetricVerdict[] =>
  decide(
    requests.map(({ baseline, candidate, direction, tolerance }) => ({
      p: changeP(baseline, candidate, direction, tolerance),
    })),
  ).map(({ verdict }) => verdict);

function means(random: Random, count: number, centre: number, spread: number): Float64Array {
  return Float64Array.from({ length: count }, () => {
    const draws = Array.from({ length: 6 }, () => random.next());
    return centre * (1 + spread * (draws.reduce((sum, draw) => sum + draw) - 3));
  });
}

/** A run of one to thirty tasks: few forks and many, quiet and wild, equal and far apart. */
function someRun(random: Random): readonly DecidedRequest[] {
  const tolerance = [0, 0.02, 0.05, 0.3][random.below(4)]!;
  return Array.from({ length: 1 + random.below(30) }, () => {
    const forks = 2 + random.below(random.below(2) === 0 ? 3 : 20);
    const spread = [0, 0.001, 0.02, 0.1][random.below(4)]!;
    const factor = [1, 1, 1 + tolerance, 1 - tolerance, 1.04, 0.9, 3][random.below(7)]!;
    return {
      baseline: means(random, forks, 100, spread),
      candidate: means(random, forks, 100 * factor, spread),
      direction: "lower",
      tolerance,
    };
  });
}

describe("the interval of what was decided", () => {
  it("tells the verdict by itself: no bound lies on the other side of the tolerance than the verdict says", () => {
    const random = seededRandom("decided intervals");
    const seen = new Set<MetricVerdict>();
    for (let round = 0; round < 150; round++) {
      const run = someRun(random);
      const verdicts = verdictsOf(run);
      decidedIntervals(run).forEach((interval, index) => {
        const { tolerance } = run[index]!;
        if (interval === null) return;
        assert.equal(readOff(interval, tolerance), verdicts[index], `round ${round}, task ${index}`);
        assert.ok(interval[0] <= interval[1]);
        seen.add(verdicts[index]!);
      });
    }
    assert.equal(seen.size, 4, "all verdicts were met");
  });

  it("is the same mirrored where higher is better", () => {
    const random = seededRandom("mirrored");
    for (let round = 0; round < 50; round++) {
      const run = someRun(random).map((one) => ({ ...one, direction: "higher" as const }));
      const verdicts = verdictsOf(run);
      decidedIntervals(run).forEach((interval, index) => {
        if (interval === null) return;
        const [low, high] = interval;
        const { tolerance } = run[index]!;
        assert.equal(high < 1 - tolerance, verdicts[index] === "regressed");
        assert.equal(low > 1 + tolerance && verdicts[index] === "improved", low > 1 + tolerance);
      });
    }
  });

  it("has the ends of Fieller's 90 % interval where one task is decided alone", () => {
    // Two samples of equal size and variance: the ends solve (8 − 10 r)² = t² (1 + r²) s² ÷ n, t = t(0.95, df(r)).
    const baseline = Float64Array.from([9, 10, 11, 10]);
    const candidate = Float64Array.from([7, 8, 9, 8]);
    const [interval] = decidedIntervals([{ baseline, candidate, direction: "lower", tolerance: 0.5 }]);
    const [low, high] = interval!;
    for (const end of [low, high]) {
      const { above, below } = tailsAt(baseline, candidate, end);
      assert.ok(Math.abs(Math.min(above, below) - 0.05) < 1e-9, `${end}: ${above}, ${below}`);
    }
    assert.ok(low < 0.8 && 0.8 < high);
  });

  it("is narrower for none of many tasks than for one of them alone", () => {
    const random = seededRandom("many");
    const run = Array.from({ length: 12 }, (): DecidedRequest => ({
      baseline: means(random, 10, 100, 0.05),
      candidate: means(random, 10, 100, 0.05),
      direction: "lower",
      tolerance: 0.02,
    }));
    const together = decidedIntervals(run);
    run.forEach((request, index) => {
      const [alone] = decidedIntervals([request]);
      assert.ok(together[index]![0] <= alone![0] && together[index]![1] >= alone![1]);
    });
  });

  it("is exact without any spread, and missing where nothing bounds it", () => {
    const same = (value: number): Float64Array => new Float64Array(5).fill(value);
    const of = (baseline: Float64Array, candidate: Float64Array) =>
      decidedIntervals([{ baseline, candidate, direction: "lower", tolerance: 0.02 }])[0]!;
    const [low, high] = of(same(10), same(20));
    assert.ok(Math.abs(low - 2) < 1e-9 && Math.abs(high - 2) < 1e-9);
    assert.equal(of(same(0), same(1)), null);
    assert.equal(of(Float64Array.of(0, 100, 0), Float64Array.of(5, 6, 7)), null);
  });
});

function tailsAt(baseline: Float64Array, candidate: Float64Array, factor: number) {
  const tolerance = Math.abs(factor - 1);
  const p = changeP(baseline, candidate, factor > 1 ? "lower" : "higher", tolerance);
  // Of "lower" regressed asks above 1 + tolerance, of "higher" below 1 − tolerance.
  return factor > 1
    ? { above: p.regressed, below: p.nonInferior }
    : { above: p.nonInferior, below: p.regressed };
}
