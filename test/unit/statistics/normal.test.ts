import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { normalCdf, normalQuantile } from "../../../kernels/statistics/normal.ts";
import { assertClose, byR, byScipy } from "./reference.ts";

describe("the normal distribution", () => {
  it("agrees with R from −37 to 5", () => {
    assertClose(
      [-37, -20, -8, -2.5, -0.1, 0, 0.7, 1.96, 5].map(normalCdf),
      byR("pnorm(c(-37, -20, -8, -2.5, -0.1, 0, 0.7, 1.96, 5))"),
      1e-13,
    );
  });

  it("has the quantiles that R and SciPy give, from 1e-300 on", () => {
    assertClose(
      [1e-300, 1e-12, 0.005, 0.2, 0.5, 0.975, 0.995, 0.9999999]
        .map(normalQuantile)
        .map((z) => (Math.abs(z) < 1e-15 ? 0 : z)),
      byR("qnorm(c(1e-300, 1e-12, 0.005, 0.2, 0.5, 0.975, 0.995, 0.9999999))"),
      1e-13,
    );
    assertClose(normalQuantile(0.00123), byScipy("stats.norm.ppf(0.00123)"), 1e-13);
  });

  it("has no quantile at 0, at 1 or at NaN", () => {
    for (const p of [0, 1, -0.5, Number.NaN]) {
      assert.throws(() => normalQuantile(p), { code: "STATISTICS_BAD_ARGUMENT" });
    }
  });
});
