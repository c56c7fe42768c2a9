import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { mannWhitney } from "../../../kernels/statistics/mann-whitney.ts";
import { assertClose, byR, byScipy, dataSet } from "./reference.ts";

const sleep1 = dataSet("sleep1");
const sleep2 = dataSet("sleep2");
const skewed1 = dataSet("skewed1");
const skewed2 = dataSet("skewed2");

describe("the Mann–Whitney test", () => {
  it("is exact for small samples without ties, as in R and SciPy", () => {
    const { u, p, exact } = mannWhitney(skewed1, skewed2);
    assert.equal(exact, true);
    const inR = byR("unlist(wilcox.test(skewed2, skewed1)[c('statistic', 'p.value')], use.names = FALSE)");
    assertClose([u, p], inR, 1e-13);
    assertClose([u, p], byScipy("list(stats.mannwhitneyu(skewed2, skewed1, method='exact'))"), 1e-13);
    const greater = byR("wilcox.test(skewed2, skewed1, alternative = 'greater')$p.value");
    assertClose(mannWhitney(skewed1, skewed2, "greater").p, greater, 1e-13);
    const less = byR("wilcox.test(skewed2, skewed1, alternative = 'less')$p.value");
    assertClose(mannWhitney(skewed1, skewed2, "less").p, less, 1e-13);
    const forks = mannWhitney(dataSet("forks1"), dataSet("forks2"));
    const forksInR = byR("unlist(wilcox.test(forks2, forks1)[c('statistic', 'p.value')], use.names = FALSE)");
    assertClose([forks.u, forks.p], forksInR, 1e-12);
  });

  it("corrects for ties and continuity in the approximation", () => {
    const { u, p, exact } = mannWhitney(sleep1, sleep2);
    assert.equal(exact, false);
    const inR = byR(
      "unlist(wilcox.test(sleep2, sleep1, exact = FALSE)[c('statistic', 'p.value')], use.names = FALSE)",
    );
    assertClose([u, p], inR, 1e-12);
    assertClose([u, p], byScipy("list(stats.mannwhitneyu(sleep2, sleep1, method='asymptotic'))"), 1e-12);
    const greater = byR("wilcox.test(sleep2, sleep1, exact = FALSE, alternative = 'greater')$p.value");
    assertClose(mannWhitney(sleep1, sleep2, "greater").p, greater, 1e-12);
    const less = byR("wilcox.test(sleep2, sleep1, exact = FALSE, alternative = 'less')$p.value");
    assertClose(mannWhitney(sleep1, sleep2, "less").p, less, 1e-12);
    const coarse = mannWhitney(dataSet("spiky"), dataSet("coarse"));
    const inScipy = byScipy("list(stats.mannwhitneyu(coarse, spiky, method='asymptotic'))");
    assertClose([coarse.u, coarse.p], inScipy, 1e-12);
  });

  it("approximates where a sample has 50 values or more", () => {
    const long = dataSet("long");
    const slower = long.subarray(500).map((value) => value * 1.1);
    const { p, exact } = mannWhitney(long.subarray(0, 500), slower);
    assert.equal(exact, false);
    assertClose(p, byR("wilcox.test(long[501:1000] * 1.1, long[1:500])$p.value"), 1e-11);
  });

  it("shows nothing where all values are equal", () => {
    const same = new Float64Array(6).fill(1);
    assert.deepEqual(mannWhitney(same, same), { u: 18, p: 1, exact: false });
    assert.equal(mannWhitney(same, same, "greater").p, 1);
  });

  it("counts pairs as the definition does, and mirrors when the samples change places", () => {
    const sample = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(sample, sample, (left, right) => {
        let pairs = 0;
        for (const a of left) for (const b of right) pairs += b > a ? 1 : b === a ? 0.5 : 0;
        const here = mannWhitney(Float64Array.from(left), Float64Array.from(right), "greater");
        const there = mannWhitney(Float64Array.from(right), Float64Array.from(left), "less");
        assert.equal(here.u, pairs);
        assert.ok(Math.abs(here.p - there.p) < 1e-12);
        assert.ok(here.p >= 0 && here.p <= 1);
      }),
    );
  });

  it("gives the exact one-sided p of the most extreme order: one arrangement in all", () => {
    // 3 of 7 places can be chosen in 35 ways.
    assertClose(
      mannWhitney(Float64Array.of(1, 2, 3, 4), Float64Array.of(5, 6, 7), "greater").p,
      [1 / 35],
      1e-15,
    );
  });
});
