import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { momentsOf } from "../../../kernels/statistics/moments.ts";
import { contrastTails, welchContrast, welchTest } from "../../../kernels/statistics/welch.ts";
import { assertClose, byR, byScipy, dataSet } from "./reference.ts";

const sleep1 = dataSet("sleep1");
const sleep2 = dataSet("sleep2");
const skewed1 = dataSet("skewed1");
const skewed2 = dataSet("skewed2");
const forks1 = dataSet("forks1");
const forks2 = dataSet("forks2");

describe("Welch's test", () => {
  it("has R's statistic, degrees of freedom and two-sided p", () => {
    const sleep = welchTest(sleep1, sleep2);
    assertClose(
      [sleep.t, sleep.df, sleep.p],
      byR("unlist(t.test(sleep2, sleep1)[c('statistic', 'parameter', 'p.value')], use.names = FALSE)"),
      1e-12,
    );
    const skewed = welchTest(skewed1, skewed2);
    assertClose(
      [skewed.t, skewed.df, skewed.p],
      byR("unlist(t.test(skewed2, skewed1)[c('statistic', 'parameter', 'p.value')], use.names = FALSE)"),
      1e-12,
    );
  });

  it("has R's and SciPy's one-sided p", () => {
    const greater = byR("t.test(skewed2, skewed1, alternative = 'greater')$p.value");
    assertClose(welchTest(skewed1, skewed2, "greater").p, greater, 1e-12);
    const less = byR("t.test(skewed2, skewed1, alternative = 'less')$p.value");
    assertClose(welchTest(skewed1, skewed2, "less").p, less, 1e-12);
    const scipyLess = byScipy("stats.ttest_ind(sleep2, sleep1, equal_var=False, alternative='less').pvalue");
    assertClose(welchTest(sleep1, sleep2, "less").p, scipyLess, 1e-12);
    const { t, p } = welchTest(forks1, forks2);
    assertClose([t, p], byScipy("list(stats.ttest_ind(forks2, forks1, equal_var=False))"), 1e-12);
  });

  it("is exact on constant samples", () => {
    const two = new Float64Array(5).fill(2);
    const three = new Float64Array(4).fill(3);
    assert.deepEqual(welchTest(two, three, "greater"), { t: Number.POSITIVE_INFINITY, df: 7, p: 0 });
    assert.deepEqual(welchTest(two, three, "less"), { t: Number.POSITIVE_INFINITY, df: 7, p: 1 });
    assert.deepEqual(welchTest(two, two), { t: 0, df: 8, p: 1 });
  });

  it("uses the other sample's spread where one is constant", () => {
    const { df, t } = welchTest(new Float64Array(5).fill(2), Float64Array.of(1, 2, 3, 4));
    assert.equal(df, 3);
    // Mean 2.5 against 2, standard error √(5/3) / 2.
    assertClose(t, [0.5 / (Math.sqrt(5 / 3) / 2)], 1e-14);
  });

  it("does not take rounding for evidence", () => {
    const exact = new Float64Array(8).fill(0.3);
    const rounded = exact.map((value, index) => (index === 0 ? value : 0.1 + 0.2));
    assert.deepEqual(welchTest(exact, rounded), { t: 0, df: 14, p: 1 });
  });

  it("needs two values a sample", () => {
    assert.throws(() => welchTest(Float64Array.of(1), sleep1), {
      code: "STATISTICS_TOO_FEW",
      location: "baseline",
    });
  });
});

describe("the contrast with a factor", () => {
  const tails = (factor: number): ReturnType<typeof contrastTails> =>
    contrastTails(welchContrast(momentsOf(forks1), momentsOf(forks2), factor));

  it("is the test against the scaled baseline", () => {
    const up = tails(1.02);
    assertClose(up.above, byR("t.test(forks2, 1.02 * forks1, alternative = 'greater')$p.value"), 1e-12);
    assertClose(up.below, byR("t.test(forks2, 1.02 * forks1, alternative = 'less')$p.value"), 1e-12);
    const scipy = byScipy(
      "stats.ttest_ind(forks2, 1.02 * forks1, equal_var=False, alternative='greater').pvalue",
    );
    assertClose(up.above, scipy, 1e-12);
    const down = tails(0.98);
    assertClose(down.above, byR("t.test(forks2, 0.98 * forks1, alternative = 'greater')$p.value"), 1e-12);
    assertClose(down.below, byR("t.test(forks2, 0.98 * forks1, alternative = 'less')$p.value"), 1e-12);
  });

  it("at exactly the tolerance shows neither side, rounding notwithstanding", () => {
    const constant = (value: number): ReturnType<typeof momentsOf> =>
      momentsOf(new Float64Array(3).fill(value));
    for (const mean of [100, 0.1, 3e-7, 12_345.678]) {
      const edge = contrastTails(welchContrast(constant(mean), constant(mean * 1.02), 1.02));
      assert.deepEqual(edge, { above: 1, below: 1 }, String(mean));
    }
  });

  it("keeps its degrees of freedom in the smallest units", () => {
    const tiny = (samples: Float64Array): ReturnType<typeof momentsOf> =>
      momentsOf(samples.map((x) => x * 2 ** -400));
    const { df } = welchContrast(tiny(forks1), tiny(forks2), 1);
    assertClose(df, [welchTest(forks1, forks2).df], 1e-14);
  });
});
