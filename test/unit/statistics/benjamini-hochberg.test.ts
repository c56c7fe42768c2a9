import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { benjaminiHochberg } from "../../../kernels/statistics/benjamini-hochberg.ts";
import { assertClose, byR } from "./reference.ts";

describe("the Benjamini–Hochberg adjustment", () => {
  it("is R's p.adjust, in the order given", () => {
    assertClose(
      benjaminiHochberg([0.01, 0.04, 0.03, 0.005, 0.5, 0.04, 1, 0]),
      byR("p.adjust(c(0.01, 0.04, 0.03, 0.005, 0.5, 0.04, 1, 0), 'BH')"),
      1e-15,
    );
  });

  it("rejects exactly what the step-up rule of the paper rejects", () => {
    const probability = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(probability, { minLength: 1, maxLength: 30 }), (pValues) => {
        const alpha = 0.1;
        const sorted = pValues.toSorted((left, right) => left - right);
        const last = sorted.findLastIndex((p, index) => (p * sorted.length) / (index + 1) <= alpha);
        const rejected = pValues.map((p) => last >= 0 && p <= sorted[last]!);
        assert.deepEqual(
          benjaminiHochberg(pValues).map((q) => q <= alpha),
          rejected,
        );
      }),
    );
  });

  it("refuses an empty family and what is no probability", () => {
    assert.throws(() => benjaminiHochberg([]), { code: "STATISTICS_EMPTY" });
    for (const p of [Number.NaN, -0.1, 1.1]) {
      assert.throws(() => benjaminiHochberg([0.5, p]), { code: "STATISTICS_BAD_ARGUMENT", location: "p[1]" });
    }
  });
});
