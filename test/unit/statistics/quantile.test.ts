import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sortedQuantile, sortedQuantileInterval } from "../../../kernels/statistics/quantile.ts";
import { assertClose, byR, dataSet } from "./reference.ts";

const long = dataSet("long").sort();
const upTo = (n: number): Float64Array => Float64Array.from({ length: n }, (_, index) => index + 1);

describe("sample quantiles", () => {
  it("are R's type 7", () => {
    assertClose(
      [0.5, 0.95, 0.99].map((p) => sortedQuantile(long, p)),
      byR("quantile(long, c(0.5, 0.95, 0.99), names = FALSE)"),
      1e-15,
    );
  });

  it("reach from the smallest to the largest value, of a single value too", () => {
    assert.equal(sortedQuantile(upTo(5), 0), 1);
    assert.equal(sortedQuantile(upTo(5), 1), 5);
    assert.equal(sortedQuantile(upTo(1), 0.7), 1);
  });
});

describe("order-statistic intervals", () => {
  it("are the order statistics that R's binomial quantiles name", () => {
    assert.deepEqual(sortedQuantileInterval(long, 0.5, 0.99), byR("order_interval(long, 0.5, 0.99)"));
    assert.deepEqual(sortedQuantileInterval(long, 0.95, 0.99), byR("order_interval(long, 0.95, 0.99)"));
    assert.deepEqual(sortedQuantileInterval(long, 0.99, 0.99), byR("order_interval(long, 0.99, 0.99)"));
  });

  it("are none while the sample is too small for the confidence", () => {
    // 2⁻⁷ > 0.005 > 2⁻⁸, and 0.99^527 > 0.005 > 0.99^528.
    assert.equal(sortedQuantileInterval(upTo(7), 0.5, 0.99), null);
    assert.deepEqual(sortedQuantileInterval(upTo(8), 0.5, 0.99), [1, 8]);
    assert.equal(sortedQuantileInterval(upTo(527), 0.99, 0.99), null);
    assert.notEqual(sortedQuantileInterval(upTo(528), 0.99, 0.99), null);
  });
});
