import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decide, decideLook } from "../../../kernels/statistics/index.ts";
import type { ComparisonP, Look, MetricVerdict } from "../../../kernels/statistics/index.ts";

const NOTHING: ComparisonP = { regressed: 1, nonInferior: 1, improved: 1 };

function verdictOf(look: Look, p: Partial<ComparisonP>): MetricVerdict {
  return decideLook(look, [{ p: { ...NOTHING, ...p } }])[0]!.verdict;
}

describe("two looks", () => {
  it("never call a regression in the screen, however plain", () => {
    assert.equal(verdictOf("screen", { regressed: 0 }), "inconclusive");
    assert.equal(verdictOf("full", { regressed: 0 }), "regressed");
  });

  it("give the whole of α to regressions in the full look", () => {
    assert.equal(verdictOf("full", { regressed: 0.0499 }), "regressed");
    assert.equal(verdictOf("full", { regressed: 0.0501 }), "inconclusive");
  });

  it("spend a fifth of α in the screen and four fifths in the full look on letting pass", () => {
    assert.equal(verdictOf("screen", { nonInferior: 0.0099 }), "non_inferior");
    assert.equal(verdictOf("screen", { nonInferior: 0.0101 }), "inconclusive");
    assert.equal(verdictOf("full", { nonInferior: 0.0399 }), "non_inferior");
    assert.equal(verdictOf("full", { nonInferior: 0.0401 }), "inconclusive");
    assert.equal(verdictOf("screen", { improved: 0.0099, nonInferior: 0.001 }), "improved");
  });

  it("adjust within a look over everything that it holds", () => {
    const p = { ...NOTHING, nonInferior: 0.009 };
    const crowd = Array.from({ length: 9 }, () => ({ p: NOTHING }));
    assert.equal(decideLook("screen", [{ p }])[0]!.verdict, "non_inferior");
    assert.equal(decideLook("screen", [{ p }, ...crowd])[0]!.verdict, "inconclusive");
  });

  it("keep the p values, and hold q against α", () => {
    const p = { regressed: 0.9, nonInferior: 0.002, improved: 0.4 };
    const [row] = decideLook("screen", [{ p, name: "a" }]);
    assert.deepEqual(row!.p, p);
    assert.equal(row!.name, "a");
    assert.deepEqual(row!.q, { regressed: 1, nonInferior: 0.01, improved: 1 });
  });

  it("refuse to decide nothing", () => {
    assert.throws(() => decideLook("full", []), { code: "STATISTICS_EMPTY" });
    assert.throws(() => decide([]), { code: "STATISTICS_EMPTY" });
  });
});
