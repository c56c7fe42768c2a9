import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { mannKendall } from "../../../kernels/statistics/mann-kendall.ts";
import { normals } from "./normals.ts";
import { assertClose, byR, byScipy, dataSet } from "./reference.ts";

describe("the Mann–Kendall test", () => {
  it("is exact for fewer than 50 values without ties, as in R and SciPy", () => {
    const falling = dataSet("falling10");
    const { s, tau, p, exact } = mannKendall(falling);
    assert.equal(exact, true);
    assertClose([s], byR("kendall_s(falling10)"), 0);
    assertClose(tau, byR("cor(1:10, falling10, method = 'kendall')"), 1e-14);
    assertClose(p, byR("trend(falling10)"), 1e-12);
    assertClose(mannKendall(falling, "less").p, byR("trend(falling10, 'less')"), 1e-12);
    assertClose(mannKendall(falling, "greater").p, byR("trend(falling10, 'greater')"), 1e-12);
    const wave = dataSet("wave49");
    assertClose(mannKendall(wave).p, byR("trend(wave49)"), 1e-11);
    assertClose(mannKendall(wave, "greater").p, byR("trend(wave49, 'greater')"), 1e-11);
    const scipy = byScipy("stats.kendalltau(np.arange(49), wave49, method='exact').pvalue");
    assertClose(mannKendall(wave).p, scipy, 1e-11);
  });

  it("corrects for ties and continuity in the approximation, as in R", () => {
    const tied = dataSet("tied12");
    const { s, tau, p, exact } = mannKendall(tied);
    assert.equal(exact, false);
    assertClose([s], byR("kendall_s(tied12)"), 0);
    assertClose(tau, byR("cor(1:12, tied12, method = 'kendall')"), 1e-14);
    assertClose(p, byR("trend(tied12, exact = FALSE, continuity = TRUE)"), 1e-12);
    const less = byR("trend(tied12, 'less', exact = FALSE, continuity = TRUE)");
    assertClose(mannKendall(tied, "less").p, less, 1e-12);
    const rounded = byR("trend(rounded80, exact = FALSE, continuity = TRUE)");
    assertClose(mannKendall(dataSet("rounded80")).p, rounded, 1e-12);
  });

  it("approximates from 50 values on", () => {
    const wave = dataSet("wave60");
    assert.equal(mannKendall(wave).exact, false);
    assert.equal(mannKendall(wave.slice(0, 50)).exact, false);
    assertClose(mannKendall(wave).p, byR("trend(wave60, continuity = TRUE)"), 1e-12);
    const greater = byR("trend(wave60, 'greater', continuity = TRUE)");
    assertClose(mannKendall(wave, "greater").p, greater, 1e-12);
  });

  it("gives the one order of all that only rises its exact p", () => {
    const rising = Float64Array.of(1, 2, 3, 4, 5);
    assertClose(mannKendall(rising, "greater").p, [1 / 120], 1e-14);
    assert.equal(mannKendall(rising, "less").p, 1);
    assert.equal(mannKendall(rising).tau, 1);
  });

  it("shows nothing in a constant series", () => {
    const constant = new Float64Array(12).fill(3);
    assert.deepEqual(mannKendall(constant), { s: 0, tau: 0, p: 1, exact: false });
    assert.equal(mannKendall(constant, "greater").p, 1);
  });

  it("mirrors when time runs backwards, and heeds nothing but order", () => {
    const series = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 3, maxLength: 30 });
    fc.assert(
      fc.property(series, (run) => {
        const values = Float64Array.from(run);
        const up = mannKendall(values, "greater");
        const down = mannKendall(values.toReversed(), "less");
        assert.deepEqual(down, { ...up, s: 0 - up.s, tau: 0 - up.tau });
        assert.deepEqual(
          mannKendall(
            values.map((value) => value ** 3 + value),
            "greater",
          ),
          up,
        );
        assert.ok(up.p >= 0 && up.p <= 1 + 1e-12 && Math.abs(up.tau) <= 1);
      }),
    );
  });

  it("calls ten values without trend falling as rarely as it says, exactly and with ties", () => {
    const normal = normals("no trend");
    const trials = 2_000;
    for (const shape of [(x: number) => x, (x: number) => Math.round(x)]) {
      let flagged = 0;
      for (let trial = 0; trial < trials; trial++) {
        const series = Float64Array.from({ length: 10 }, () => shape(normal()));
        flagged += mannKendall(series, "less").p < 0.05 ? 1 : 0;
      }
      assert.ok(flagged <= 0.065 * trials, String(flagged));
    }
  });

  it("refuses too few and what is not finite", () => {
    assert.throws(() => mannKendall(new Float64Array(0)), { code: "STATISTICS_EMPTY" });
    assert.throws(() => mannKendall(Float64Array.of(1, 2)), { code: "STATISTICS_TOO_FEW" });
    assert.throws(() => mannKendall(Float64Array.of(1, Number.NaN, 2)), { code: "STATISTICS_NOT_FINITE" });
  });
});
