import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openPool } from "../../kernels/pool/index.ts";
import { compareMetric, compareMetricKernel } from "../../kernels/statistics/index.ts";
import type { CompareRequest } from "../../kernels/statistics/index.ts";

const forks = (offset: number): readonly Float64Array[] =>
  Array.from({ length: 4 }, (_, fork) => Float64Array.of(offset + fork, offset + 2 * fork, offset + 1));

const request: CompareRequest = {
  baseline: forks(100),
  candidate: forks(120),
  direction: "lower",
  tolerance: 0.02,
  seed: "pool",
};

describe("the comparison's kernel in the pool", () => {
  it("answers what the function answers, and its errors keep code and location", async () => {
    const pool = openPool({ workers: 1 });
    try {
      assert.deepEqual(await pool.run(compareMetricKernel, request), compareMetric(request));
      const candidate = [Float64Array.of(1), Float64Array.of(Number.NaN)];
      await assert.rejects(pool.run(compareMetricKernel, { ...request, candidate }), {
        code: "STATISTICS_NOT_FINITE",
        location: "candidate[1][0]",
      });
    } finally {
      await pool.close();
    }
  });
});
