import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { benjaminiHochberg, holm } from "../../../kernels/statistics/index.ts";
import { assertClose, byR } from "./reference.ts";

const pValues = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 });

describe("the Holm adjustment", () => {
  it("is R's p.adjust, in the order given", () => {
    assertClose(
      holm([0.01, 0.04, 0.03, 0.005, 0.5, 0.04, 1, 0]),
      byR("p.adjust(c(0.01, 0.04, 0.03, 0.005, 0.5, 0.04, 1, 0), 'holm')"),
      1e-15,
    );
  });

  it("rejects exactly what the step-down rule of the paper rejects", () => {
    const alpha = 0.1;
    fc.assert(
      fc.property(pValues, (ps) => {
        const sorted = ps.toSorted((left, right) => left - right);
        const firstKept = sorted.findIndex((p, index) => p * (sorted.length - index) > alpha);
        const rejected = ps.map((p) => firstKept < 0 || p < sorted[firstKept]!);
        assert.deepEqual(
          holm(ps).map((p) => p <= alpha),
          rejected,
        );
      }),
    );
  });

  it("lies between Benjamini–Hochberg's and Bonferroni's, and keeps the order of p values", () => {
    fc.assert(
      fc.property(pValues, (ps) => {
        const adjusted = holm(ps);
        const q = benjaminiHochberg(ps);
        ps.forEach((p, index) => {
          // p × 3 / 3 may round to a little more than p.
          assert.ok(q[index]! <= adjusted[index]! * (1 + 1e-15));
          assert.ok(adjusted[index]! <= Math.min(1, p * ps.length));
          ps.forEach((other, at) => assert.ok(p > other || adjusted[index]! <= adjusted[at]!));
        });
      }),
    );
  });

  it("refuses an empty family and what is no probability", () => {
    assert.throws(() => holm([]), { code: "STATISTICS_EMPTY" });
    assert.throws(() => holm([0.5, Number.NaN]), { code: "STATISTICS_BAD_ARGUMENT", location: "p[1]" });
  });
});
