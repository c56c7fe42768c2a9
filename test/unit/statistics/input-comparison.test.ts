import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compareInputs, decide, studentTCdf, studentTQuantile } from "../../../kernels/statistics/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";
import { normals } from "./normals.ts";
import { assertClose, dataSet } from "./reference.ts";

const pairs = Math.min(dataSet("forks1").length, dataSet("forks2").length);
const baseline = dataSet("forks1").slice(0, pairs);
const candidate = dataSet("forks2").slice(0, pairs);
const SETTINGS = { direction: "lower", tolerance: 0.02 } as const;

/** Student's t of the pairs' contrasts with `factor`, as it is defined. */
function tOf(factor: number): { readonly t: number; readonly df: number } {
  const contrasts = Array.from(baseline, (value, at) => candidate[at]! - factor * value);
  const mean = contrasts.reduce((sum, value) => sum + value) / contrasts.length;
  const squares = contrasts.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const df = contrasts.length - 1;
  return { t: mean / Math.sqrt(squares / df / contrasts.length), df };
}

describe("a comparison of exact figures, input by input", () => {
  it("asks the three questions by paired t tests", () => {
    const { p, test, iterationsPerFork } = compareInputs({ baseline, candidate, ...SETTINGS });
    const worse = tOf(1.02);
    const better = tOf(0.98);
    assertClose(p.regressed, [1 - studentTCdf(worse.t, worse.df)], 1e-9);
    assertClose(p.nonInferior, [studentTCdf(worse.t, worse.df)], 1e-9);
    assertClose(p.improved, [studentTCdf(better.t, better.df)], 1e-9);
    assert.deepEqual([test, iterationsPerFork], ["paired-t-on-inputs", baseline.length]);
  });

  it("has as interval the ratios that the tests at its ends just do not reject", () => {
    const { ci99, relDelta } = compareInputs({ baseline, candidate, ...SETTINGS });
    const [lo, hi] = ci99!;
    assert.ok(lo < relDelta! && relDelta! < hi);
    for (const end of [lo, hi]) {
      const { t, df } = tOf(1 + end);
      assert.ok(Math.abs(Math.abs(t) - studentTQuantile(0.995, df)) < 1e-6, String(t));
    }
  });

  it("sees through inputs of very different sizes, since each is held against itself", () => {
    const sizes = Float64Array.from({ length: 30 }, (_, at) => 10 ** (at / 10));
    const noise = normals("sizes");
    const shorter = sizes.map((size) => size * (0.9 + 0.01 * noise()));
    const [row] = decide([compareInputs({ baseline: sizes, candidate: shorter, ...SETTINGS })]);
    assert.equal(row!.verdict, "improved");
  });

  it("calls the same figures no worse, zeros too, and never better or worse", () => {
    for (const figures of [Float64Array.of(1, 1000), Float64Array.of(0, 0, 0)]) {
      const same = compareInputs({ baseline: figures, candidate: figures.slice(), ...SETTINGS });
      assert.deepEqual(same.p, { regressed: 1, nonInferior: 0, improved: 1 });
      assert.deepEqual([same.relDelta, same.ci99], [0, [0, 0]]);
    }
    const exact = { baseline, candidate: baseline, direction: "higher", tolerance: 0 } as const;
    assert.equal(compareInputs(exact).p.nonInferior, 1);
  });

  it("takes a constant change for what it is", () => {
    const [row] = decide([
      compareInputs({
        baseline: Float64Array.of(10, 10, 10),
        candidate: Float64Array.of(11, 11, 11),
        direction: "higher",
        tolerance: 0.02,
      }),
    ]);
    assert.equal(row!.verdict, "improved");
  });

  it("refuses figures that are not in pairs, or too few of them", () => {
    const refused = (one: readonly number[], other: readonly number[], code: string): void =>
      assert.throws(
        () =>
          compareInputs({
            baseline: Float64Array.from(one),
            candidate: Float64Array.from(other),
            ...SETTINGS,
          }),
        hasCode(code),
      );
    refused([1, 2], [1, 2, 3], "STATISTICS_BAD_ARGUMENT");
    refused([1], [1], "STATISTICS_TOO_FEW");
    refused([1, Number.NaN], [1, 1], "STATISTICS_NOT_FINITE");
    refused([-1, -2], [1, 1], "STATISTICS_NEGATIVE_BASELINE");
  });
});
