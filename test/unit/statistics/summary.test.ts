import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { seededRandom } from "../../../runtime/contracts/index.ts";
import { normalQuantile, summarise } from "../../../kernels/statistics/index.ts";
import { assertClose, byR, dataSet } from "./reference.ts";

describe("a summary", () => {
  it("has R's mean, standard deviation, range, quantiles and 99 % intervals", () => {
    const summary = summarise(dataSet("long"));
    assertClose(
      [summary.mean, summary.stdDev, summary.min, summary.max],
      byR("c(mean(long), sd(long), min(long), max(long))"),
      1e-14,
    );
    assertClose(
      [summary.median, summary.p95, summary.p99],
      byR("quantile(long, c(0.5, 0.95, 0.99), names = FALSE)"),
      1e-15,
    );
    assertClose(summary.ci99.mean, byR("t.test(long, conf.level = 0.99)$conf.int[1:2]"), 1e-13);
    assert.deepEqual(summary.ci99.p99, byR("order_interval(long, 0.99, 0.99)"));
    assert.equal(summary.n, 1000);
    assert.equal(summary.outliers.count, 24);
  });

  it("leaves the sample in its order", () => {
    const samples = Float64Array.of(3, 1, 2);
    summarise(samples);
    assert.deepEqual(samples, Float64Array.of(3, 1, 2));
  });

  it("of a constant sample is that constant", () => {
    const summary = summarise(new Float64Array(1000).fill(0.7));
    assert.deepEqual(summary.ci99, {
      mean: [0.7, 0.7],
      median: [0.7, 0.7],
      p95: [0.7, 0.7],
      p99: [0.7, 0.7],
    });
    assert.equal(summary.stdDev, 0);
  });

  it("of whatever finite numbers holds ordered, finite figures", () => {
    const value = fc.double({ min: -1e100, max: 1e100, noNaN: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 2, maxLength: 40 }), (values) => {
        const { min, median, p95, p99, max, mean, stdDev, ci99 } = summarise(Float64Array.from(values));
        assert.ok([mean, stdDev, ...ci99.mean].every(Number.isFinite));
        assert.ok(min <= median && median <= p95 && p95 <= p99 && p99 <= max);
        assert.ok(ci99.mean[0] <= mean && mean <= ci99.mean[1]);
      }),
    );
  });

  it("refuses no sample, a single one, and what is no number", () => {
    assert.throws(() => summarise(new Float64Array()), { code: "STATISTICS_EMPTY" });
    assert.throws(() => summarise(Float64Array.of(1)), { code: "STATISTICS_TOO_FEW" });
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, -1e101]) {
      assert.throws(() => summarise(Float64Array.of(1, 2, bad)), {
        code: "STATISTICS_NOT_FINITE",
        location: "samples[2]",
      });
    }
  });

  it("covers the true mean of normal samples in about 99 % of 600 seeded sets", () => {
    const random = seededRandom("summary coverage");
    let covered = 0;
    for (let set = 0; set < 600; set++) {
      const samples = Float64Array.from({ length: 40 }, () => normalQuantile(random.next() || 0.5));
      const [lo, hi] = summarise(samples).ci99.mean;
      if (lo <= 0 && 0 <= hi) covered += 1;
    }
    // Binomial(600, 0.99): 585 and 600 leave 0.2 % on either side.
    assert.ok(covered >= 585 && covered <= 600, String(covered));
  });
});
