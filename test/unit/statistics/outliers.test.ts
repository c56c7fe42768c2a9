import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { outlierClasses, outliersOf } from "../../../kernels/statistics/outliers.ts";
import type { OutlierClass } from "../../../kernels/statistics/outliers.ts";
import { sortedQuantile } from "../../../kernels/statistics/quantile.ts";
import { assertClose, byR, dataSet } from "./reference.ts";

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

describe("outlier classes by Tukey's fences", () => {
  const inOrder = ({ lowSevere, lowMild, highMild, highSevere }: Record<OutlierClass, number>) => [
    lowSevere,
    lowMild,
    highMild,
    highSevere,
  ];

  it("lie and count as by R's quantile and IQR, in any order of the values", () => {
    const { counts, fences } = outlierClasses(dataSet("long"));
    assertClose(inOrder(fences), byR("tukey_fences(long)"), 1e-13);
    assert.deepEqual(inOrder(counts), byR("tukey_counts(long)"));
    const spiky = Float64Array.of(...dataSet("spiky"), 10.6, 9.3);
    assert.deepEqual(inOrder(outlierClasses(spiky).counts), byR("tukey_counts(c(spiky, 10.6, 9.3))"));
  });

  it("begin beyond 1.5 and 3 interquartile ranges: what lies on a fence is none", () => {
    // Quartiles 2 and 4, range 2: fences at -4, -1, 7, 10.
    const withStrays = (...strays: readonly number[]): readonly number[] =>
      inOrder(outlierClasses(Float64Array.of(1, 2, 2, 3, 4, 4, 5, ...strays)).counts);
    assert.deepEqual(withStrays(-1, 7), [0, 0, 0, 0]);
    assert.deepEqual(withStrays(-1.5, 7.5), [0, 1, 1, 0]);
    assert.deepEqual(withStrays(-4, 10), [0, 1, 1, 0]);
    assert.deepEqual(withStrays(-4.5, 10.5), [1, 0, 0, 1]);
  });

  it("are all severe where more than half of the values are equal, and none of a constant sample", () => {
    assert.deepEqual(inOrder(outlierClasses(dataSet("coarse")).counts), [1, 0, 0, 2]);
    assert.deepEqual(inOrder(outlierClasses(new Float64Array(9).fill(3)).counts), [0, 0, 0, 0]);
    assert.deepEqual(inOrder(outlierClasses(Float64Array.of(3)).counts), [0, 0, 0, 0]);
  });

  it("are of numbers alone", () => {
    assert.throws(() => outlierClasses(new Float64Array(0)), { code: "STATISTICS_EMPTY" });
    assert.throws(() => outlierClasses(Float64Array.of(1, Number.NaN)), { code: "STATISTICS_NOT_FINITE" });
  });
});
