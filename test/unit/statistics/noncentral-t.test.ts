import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { noncentralTUpperTail } from "../../../kernels/statistics/noncentral-t.ts";
import { studentTUpperTail } from "../../../kernels/statistics/student-t.ts";
import { byR, byScipy } from "./reference.ts";

/** R and SciPy sum series of their own, to about 1e-11. */
function assertNear(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  assert.equal(actual.length, expected.length);
  actual.forEach((figure, index) =>
    assert.ok(Math.abs(figure - expected[index]!) <= tolerance, `${figure} is not ${expected[index]!}`),
  );
}

describe("the noncentral t distribution", () => {
  it("has R's upper tails for few, fractional and very many degrees of freedom", () => {
    assertNear(
      [-3, 0, 0.5, 1.7, 4, 12].map((t) => noncentralTUpperTail(t, 38, 3)),
      byR("pt(c(-3, 0, 0.5, 1.7, 4, 12), 38, 3, lower.tail = FALSE)"),
      1e-11,
    );
    assertNear(
      [-2, 0.5, 1.7, 4].map((t) => noncentralTUpperTail(t, 3.7, -1.2)),
      byR("pt(c(-2, 0.5, 1.7, 4), 3.7, -1.2, lower.tail = FALSE)"),
      1e-11,
    );
    assertNear(
      [noncentralTUpperTail(1.7, 1, 3), noncentralTUpperTail(40, 1, 30)],
      byR("pt(c(1.7, 40), 1, c(3, 30), lower.tail = FALSE)"),
      1e-11,
    );
    assertNear(
      [1.6, 3.3].map((t) => noncentralTUpperTail(t, 1e5, 2.5)),
      byR("pt(c(1.6, 3.3), 1e5, 2.5, lower.tail = FALSE)"),
      1e-10,
    );
  });

  it("agrees with SciPy", () => {
    assertNear([noncentralTUpperTail(2.1, 12.5, 1.8)], byScipy("stats.nct.sf(2.1, 12.5, 1.8)"), 1e-12);
  });

  it("agrees with its definition to forty digits", () => {
    // mpmath 1.3: the mean of Φ(ncp − t S) by quad over ln S, mp.dps = 40.
    assertNear([noncentralTUpperTail(150, 0.5, 120)], [0.6763844629707173], 1e-13);
    assertNear([noncentralTUpperTail(40, 10, 37)], [0.4255984758379073], 1e-13);
  });

  it("is Student's without noncentrality, to 1e-13", () => {
    const t = fc.double({ min: -50, max: 50, noNaN: true });
    fc.assert(
      fc.property(t, fc.double({ min: 1, max: 1e4, noNaN: true }), (at, df) => {
        const off = Math.abs(noncentralTUpperTail(at, df, 0) - studentTUpperTail(at, df));
        assert.ok(off < 1e-13, String(off));
      }),
      { numRuns: 50 },
    );
  });

  it("mirrors, and rises with the noncentrality", () => {
    const between = (least: number, most: number): fc.Arbitrary<number> =>
      fc.double({ min: least, max: most, noNaN: true });
    fc.assert(
      fc.property(between(-20, 20), between(1, 200), between(-20, 20), (t, df, ncp) => {
        const tail = noncentralTUpperTail(t, df, ncp);
        assert.ok(Math.abs(tail + noncentralTUpperTail(-t, df, -ncp) - 1) < 1e-13);
        assert.ok(noncentralTUpperTail(t, df, ncp + 0.1) >= tail - 1e-13);
      }),
      { numRuns: 50 },
    );
  });
});
