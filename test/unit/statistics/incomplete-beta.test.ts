import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { betaQuantile, binomialCdf, regularisedBeta } from "../../../kernels/statistics/incomplete-beta.ts";
import { assertClose, byR, byScipy } from "./reference.ts";

describe("the regularised incomplete beta function", () => {
  it("agrees with R for small parameters", () => {
    assertClose(
      [0.01, 0.3, 0.5, 0.9, 0.999].map((x) => regularisedBeta(x, 2, 5)),
      byR("pbeta(c(0.01, 0.3, 0.5, 0.9, 0.999), 2, 5)"),
      1e-13,
    );
    assertClose(
      [1e-6, 0.02, 0.5, 0.98].map((x) => regularisedBeta(x, 0.5, 0.5)),
      byR("pbeta(c(1e-6, 0.02, 0.5, 0.98), 0.5, 0.5)"),
      1e-13,
    );
  });

  it("agrees with R for large and unequal parameters, far tails included", () => {
    assertClose(
      [0.4, 0.48, 0.5, 0.51, 0.6].map((x) => regularisedBeta(x, 500, 500)),
      byR("pbeta(c(0.4, 0.48, 0.5, 0.51, 0.6), 500, 500)"),
      1e-12,
    );
    assertClose(
      [1e-5, 3e-4, 1e-3].map((x) => regularisedBeta(x, 3, 9998)),
      byR("pbeta(c(1e-5, 3e-4, 1e-3), 3, 9998)"),
      1e-12,
    );
    assertClose(
      [0.9, 0.999, 0.9999].map((x) => regularisedBeta(x, 5e5, 30)),
      byR("pbeta(c(0.9, 0.999, 0.9999), 5e5, 30)"),
      1e-12,
    );
  });

  it("agrees with SciPy", () => {
    assertClose(regularisedBeta(0.2, 2.5, 17.25), byScipy("special.betainc(2.5, 17.25, 0.2)"), 1e-13);
    assertClose(regularisedBeta(0.999, 4999.5, 0.5), byScipy("special.betainc(4999.5, 0.5, 0.999)"), 1e-14);
  });

  it("mirrors: I_x(a, b) + I_(1−x)(b, a) = 1", () => {
    const parameter = fc.double({ min: 0.1, max: 5000, noNaN: true });
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), parameter, parameter, (x, a, b) => {
        const sum = regularisedBeta(x, a, b) + regularisedBeta(1 - x, b, a, x);
        assert.ok(Math.abs(sum - 1) < 1e-12, String(sum));
      }),
    );
  });

  it("is inverted to the last bits", () => {
    assertClose(
      [0.005, 0.5, 0.995].map((p) => betaQuantile(p, 3, 9998)),
      byR("qbeta(c(0.005, 0.5, 0.995), 3, 9998)"),
      1e-12,
    );
    assertClose(
      [1e-6, 0.01, 0.99].map((p) => betaQuantile(p, 0.5, 8)),
      byR("qbeta(c(1e-6, 0.01, 0.99), 0.5, 8)"),
      1e-12,
    );
  });
});

describe("the binomial distribution", () => {
  it("agrees with R", () => {
    const k = [0, 3, 50, 9899, 9925];
    const n = [10, 10, 100, 10000, 10000];
    const p = [0.3, 0.3, 0.5, 0.99, 0.99];
    assertClose(
      k.map((count, index) => binomialCdf(count, n[index]!, p[index]!)),
      byR("pbinom(c(0, 3, 50, 9899, 9925), c(10, 10, 100, 10000, 10000), c(0.3, 0.3, 0.5, 0.99, 0.99))"),
      1e-12,
    );
  });

  it("is 0 below and 1 from n on", () => {
    assert.equal(binomialCdf(-1, 5, 0.3), 0);
    assert.equal(binomialCdf(5, 5, 0.3), 1);
  });
});
