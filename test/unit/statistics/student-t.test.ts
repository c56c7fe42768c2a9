import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { studentTCdf, studentTQuantile, studentTUpperTail } from "../../../kernels/statistics/student-t.ts";
import { assertClose, byR, byScipy } from "./reference.ts";

describe("Student's t distribution", () => {
  it("has R's tails for few, fractional and very many degrees of freedom", () => {
    assertClose(
      [0.1, 1, 2.5, 12, 300].map((t) => studentTUpperTail(t, 7.3)),
      byR("pt(c(0.1, 1, 2.5, 12, 300), 7.3, lower.tail = FALSE)"),
      1e-12,
    );
    assertClose(
      [-40, -2, 0, 2].map((t) => studentTCdf(t, 1)),
      byR("pt(c(-40, -2, 0, 2), 1)"),
      1e-12,
    );
    assertClose(
      [1.5, 6, 30].map((t) => studentTUpperTail(t, 9999)),
      byR("pt(c(1.5, 6, 30), 9999, lower.tail = FALSE)"),
      1e-12,
    );
    assertClose(
      [2.5, 5].map((t) => studentTUpperTail(t, 1e6)),
      byR("pt(c(2.5, 5), 1e6, lower.tail = FALSE)"),
      1e-12,
    );
    assertClose(studentTUpperTail(3.2, 38.7), byScipy("stats.t.sf(3.2, 38.7)"), 1e-12);
  });

  it("has R's quantiles", () => {
    assertClose(
      [1, 2, 4.7, 19, 38.2, 499, 9999, 1e6].map((df) => studentTQuantile(0.995, df)),
      byR("qt(0.995, c(1, 2, 4.7, 19, 38.2, 499, 9999, 1e6))"),
      1e-12,
    );
    assertClose(
      [1e-8, 0.3, 0.5, 0.9].map((p) => studentTQuantile(p, 3.5)),
      byR("qt(c(1e-8, 0.3, 0.5, 0.9), 3.5)"),
      1e-12,
    );
    assertClose(studentTQuantile(0.995, 23.4), byScipy("stats.t.ppf(0.995, 23.4)"), 1e-12);
  });

  it("gives back the probability of its own quantile", () => {
    const probability = fc.double({ min: 1e-6, max: 0.999999, noNaN: true });
    fc.assert(
      fc.property(probability, fc.double({ min: 1, max: 1e5, noNaN: true }), (p, df) => {
        assert.ok(Math.abs(studentTCdf(studentTQuantile(p, df), df) - p) < 1e-12);
      }),
    );
  });

  it("is 0 and 1 at the infinities", () => {
    assert.equal(studentTUpperTail(Number.POSITIVE_INFINITY, 4), 0);
    assert.equal(studentTCdf(Number.POSITIVE_INFINITY, 4), 1);
  });
});
