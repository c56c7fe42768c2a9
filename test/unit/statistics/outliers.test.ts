import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { outliersOf } from "../../../kernels/statistics/outliers.ts";
import { sortedQuantile } from "../../../kernels/statistics/quantile.ts";
import { byR, dataSet } from "./reference.ts";

const flagged = (samples: Float64Array): readonly number[] =>
  outliersOf(samples, sortedQuantile(samples.toSorted(), 0.5)).indexes;

describe("outliers by the modified z score", () => {
  it("are those that R's median and mad flag, by their place in the sample", () => {
    assert.deepEqual(flagged(dataSet("spiky")), byR("modified_z_flags(spiky)"));
    assert.deepEqual(flagged(dataSet("long")), byR("modified_z_flags(long)"));
  });

  it("are counted and leave the sample as it was", () => {
    const samples = dataSet("spiky");
    assert.equal(outliersOf(samples, 10).count, 2);
    assert.deepEqual(samples, dataSet("spiky"));
  });

  it("are still found where more than half of the values are equal", () => {
    // The MAD is 0; mean absolute deviation 6/16 gives z(9) = 4 / (1.253314 × 0.375) = 8.5, z(6) = 2.1.
    assert.deepEqual(flagged(dataSet("coarse")), [13]);
  });

  it("are then judged by the mean absolute deviation: from 3.5 × 1.253314 of it on", () => {
    // Median 0, mean deviation (8 + d) / 20: z(d) exceeds 3.5 from d = 2.248 on.
    const withStray = (d: number): Float64Array =>
      Float64Array.from([...new Array<number>(11).fill(0), ...new Array<number>(8).fill(1), d]);
    assert.deepEqual(flagged(withStray(2.247)), []);
    assert.deepEqual(flagged(withStray(2.249)), [19]);
  });

  it("are none in a constant sample", () => {
    assert.deepEqual(flagged(new Float64Array(9).fill(3)), []);
  });
});
