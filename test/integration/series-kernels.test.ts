import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openPool } from "../../kernels/pool/index.ts";
import {
  changePoints,
  changePointsKernel,
  ratioInterval,
  ratioIntervalBy,
} from "../../kernels/statistics/index.ts";

const series = Float64Array.from(
  { length: 60 },
  (_, index) => (index < 30 ? 100 : 104) + Math.sin(index * 7),
);
const ratio = { baseline: series, candidate: series.map((value) => value + 1), seed: "pool" };

describe("statistics of series in the pool", () => {
  it("answer what they answer on one thread", async () => {
    const pool = openPool({ workers: 2 });
    try {
      const request = { series, seed: 1 };
      assert.deepEqual(await pool.run(changePointsKernel, request), changePoints(request));
      assert.deepEqual(await ratioIntervalBy(pool, ratio), ratioInterval(ratio));
    } finally {
      await pool.close();
    }
  });

  it("are given up by their signal", async () => {
    const pool = openPool({ workers: 2 });
    try {
      const signal = AbortSignal.abort();
      await assert.rejects(ratioIntervalBy(pool, ratio, { signal }), { code: "KERNEL_ABORTED" });
    } finally {
      await pool.close();
    }
  });
});
