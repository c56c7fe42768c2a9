import { describe, it } from "node:test";
import { logBeta, logGamma } from "../../../kernels/statistics/log-gamma.ts";
import { assertClose, byR } from "./reference.ts";

describe("ln gamma and ln beta", () => {
  it("agree with R from 1e-8 to a million", () => {
    const points = [1e-8, 0.1, 0.5, 1.5, 3.25, 9.999, 10, 47.5, 1234.5, 1e6];
    assertClose(
      points.map(logGamma),
      byR("lgamma(c(1e-8, 0.1, 0.5, 1.5, 3.25, 9.999, 10, 47.5, 1234.5, 1e6))"),
      1e-13,
    );
  });

  it("do not cancel for large or unequal arguments", () => {
    const left = [0.5, 2, 0.5, 12, 500, 5000, 1e-3];
    const right = [0.5, 3, 40, 15.5, 0.5, 5000, 1e5];
    assertClose(
      left.map((a, index) => logBeta(a, right[index]!)),
      byR("lbeta(c(0.5, 2, 0.5, 12, 500, 5000, 1e-3), c(0.5, 3, 40, 15.5, 0.5, 5000, 1e5))"),
      1e-14,
    );
  });
});
