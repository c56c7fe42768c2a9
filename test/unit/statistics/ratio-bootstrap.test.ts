import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bcaInterval } from "../../../kernels/statistics/bootstrap.ts";
import { meanOf } from "../../../kernels/statistics/moments.ts";
import {
  ratioInterval,
  ratioIntervalBy,
  type RatioRequest,
} from "../../../kernels/statistics/ratio-bootstrap.ts";
import type { Executor } from "../../../runtime/contracts/index.ts";
import { normals } from "./normals.ts";
import { byScipy, dataSet } from "./reference.ts";

const [baseline, candidate] = [dataSet("skewed1"), dataSet("skewed2")];

/** Runs jobs one after the other, as a pool of so many workers would get them. */
function executorOf(workers: number): Executor {
  return {
    workers,
    run: async (kernel, input) => {
      const module = (await import(kernel.module)) as Record<string, (given: typeof input) => unknown>;
      return structuredClone(module[kernel.export]!(input)) as never;
    },
    close: () => Promise.resolve(),
  };
}

describe("the interval of a ratio of means", () => {
  it("is the general BCa interval's, but for its own resamples, and SciPy's", () => {
    const near = (actual: readonly number[], expected: readonly number[], share: number): void => {
      const width = expected[1]! - expected[0]!;
      actual.forEach((end, index) =>
        assert.ok(Math.abs(end - expected[index]!) < share * width, String(actual)),
      );
    };
    const found = ratioInterval({ baseline, candidate, seed: 4, resamples: 50_000 })!;
    near(found, byScipy("bca(skewed1, skewed2, ratio, 200000)"), 0.03);
    const general = bcaInterval({
      baseline,
      candidate,
      statistic: (before, after) => meanOf(after) / meanOf(before),
      seed: 4,
      resamples: 50_000,
    })!;
    near(found, general, 0.03);
  });

  it("is the same to the last bit whatever the number of workers", async () => {
    for (const resamples of [100, 120, 2_000]) {
      const request: RatioRequest = { baseline, candidate, seed: "workers", resamples };
      const alone = ratioInterval(request);
      for (const workers of [1, 2, 3, 7, 100]) {
        assert.deepEqual(await ratioIntervalBy(executorOf(workers), request), alone, String(workers));
      }
    }
  });

  it("is another for another seed", () => {
    const request = { baseline, candidate, resamples: 500 };
    assert.notDeepEqual(ratioInterval({ ...request, seed: 1 }), ratioInterval({ ...request, seed: 2 }));
  });

  it("of constant samples is a point, their ratio", () => {
    const tenths = new Float64Array(1_001).fill(0.1);
    const point = ratioInterval({ baseline: tenths, candidate: tenths.map((x) => 3 * x), seed: 1 });
    assert.deepEqual(point, [3.0000000000000004, 3.0000000000000004]);
    const zero = new Float64Array(4);
    assert.deepEqual(ratioInterval({ baseline: zero, candidate: zero, seed: 1 }), [1, 1]);
  });

  it("is none where a resample has a baseline of 0", () => {
    assert.equal(ratioInterval({ baseline: Float64Array.of(-1, 1), candidate, seed: 1 }), null);
  });

  it("covers the true ratio as often as it says", () => {
    const normal = normals("ratio coverage");
    const trials = 400;
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) {
      const sample = (mean: number): Float64Array =>
        Float64Array.from({ length: 200 }, () => mean * Math.exp(0.3 * normal() - 0.045));
      const request = { baseline: sample(1), candidate: sample(1.1), seed: trial, confidence: 0.9 };
      const [lo, hi] = ratioInterval({ ...request, resamples: 1_000 })!;
      covered += lo <= 1.1 && 1.1 <= hi ? 1 : 0;
    }
    // 360 ± 4 standard errors.
    assert.ok(covered >= 336 && covered <= 384, String(covered));
  });

  it("refuses what bcaInterval refuses, alone and by workers", async () => {
    const request = { baseline, candidate, seed: 1 };
    const refused: readonly (readonly [object, string])[] = [
      [{ baseline: new Float64Array(0) }, "STATISTICS_EMPTY"],
      [{ candidate: Float64Array.of(1) }, "STATISTICS_TOO_FEW"],
      [{ candidate: Float64Array.of(1, Number.NaN) }, "STATISTICS_NOT_FINITE"],
      [{ confidence: 1 }, "STATISTICS_BAD_ARGUMENT"],
      [{ resamples: 99 }, "STATISTICS_BAD_ARGUMENT"],
    ];
    for (const [change, code] of refused) {
      assert.throws(() => ratioInterval({ ...request, ...change }), { code });
      await assert.rejects(ratioIntervalBy(executorOf(2), { ...request, ...change }), { code });
    }
  });
});
