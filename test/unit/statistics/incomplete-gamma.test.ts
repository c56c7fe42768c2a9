import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { regularisedGammaUpper } from "../../../kernels/statistics/incomplete-gamma.ts";
import { assertClose, byR, byScipy } from "./reference.ts";

describe("the regularised incomplete gamma function", () => {
  it("agrees with R on both sides of the seam between series and fraction", () => {
    assertClose(
      [1e-10, 0.3, 1.49, 1.51, 8, 200, 700].map((x) => regularisedGammaUpper(0.5, x)),
      byR("pgamma(c(1e-10, 0.3, 1.49, 1.51, 8, 200, 700), 0.5, lower.tail = FALSE)"),
      1e-12,
    );
    assertClose(
      [0.1, 20, 30, 31.1, 60, 150].map((x) => regularisedGammaUpper(30, x)),
      byR("pgamma(c(0.1, 20, 30, 31.1, 60, 150), 30, lower.tail = FALSE)"),
      1e-12,
    );
  });

  it("agrees with SciPy", () => {
    assertClose(regularisedGammaUpper(0.5, 4.2), byScipy("special.gammaincc(0.5, 4.2)"), 1e-13);
  });

  it("is 1 at zero", () => {
    assert.equal(regularisedGammaUpper(3, 0), 1);
  });
});
