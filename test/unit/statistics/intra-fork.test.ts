import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { intraForkCorrelation } from "../../../kernels/statistics/intra-fork.ts";
import { assertClose, byR, dataSet } from "./reference.ts";

const judged = dataSet("judged");

function cut(values: Float64Array, sizes: readonly number[]): readonly Float64Array[] {
  let from = 0;
  return sizes.map((size) => values.slice(from, (from += size)));
}

describe("the intra-fork correlation", () => {
  it("is the ICC(1) of Shrout and Fleiss's example, .17 in print", () => {
    const icc = intraForkCorrelation([cut(judged, [4, 4, 4, 4, 4, 4])])!;
    assertClose(icc, byR("icc1(judged, rep(1:6, each = 4))"), 1e-13);
    assert.equal(icc.toFixed(2), "0.17");
  });

  it("takes forks of unequal size", () => {
    const inR = byR(
      "icc1(judged, c(1, 1, 1, 2, 2, 3, 3, 3, 3, 3, 4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 6))",
    );
    assertClose(intraForkCorrelation([cut(judged, [3, 2, 5, 2, 4, 8])])!, inR, 1e-12);
  });

  it("is taken within versions: a difference between them is no correlation", () => {
    const other = judged.map((_, index) => 3 * judged[23 - index]! + 40);
    const sizes = [4, 4, 4, 4, 4, 4];
    const inR = byR(
      "nested_icc(c(judged, 3 * judged[24:1] + 40), rep(1:6, 2, each = 4), rep(1:2, each = 24))",
    );
    assertClose(intraForkCorrelation([cut(judged, sizes), cut(other, sizes)])!, inR, 1e-12);
  });

  it("is 1 where all variation lies between forks, and 0 without variation", () => {
    const constant = (value: number): Float64Array => new Float64Array(5).fill(value);
    assert.equal(intraForkCorrelation([[constant(1), constant(2), constant(3)]]), 1);
    for (const value of [0.1, 0.7, 1 / 3, 1e9 / 7]) {
      assert.equal(intraForkCorrelation([[constant(value), constant(value), constant(value)]]), 0);
    }
  });

  it("has no value for forks of a single iteration", () => {
    assert.equal(intraForkCorrelation([[Float64Array.of(1), Float64Array.of(2)]]), null);
  });
});
