import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { cliffsDelta, hedgesG } from "../../../kernels/statistics/effect-size.ts";
import { assertClose, byR, dataSet } from "./reference.ts";

const constant = (value: number): Float64Array => new Float64Array(4).fill(value);

describe("Hedges g", () => {
  it("is the pooled standardised difference with the exact correction", () => {
    assertClose(hedgesG(dataSet("sleep1"), dataSet("sleep2"))!, byR("hedges(sleep1, sleep2)"), 1e-13);
    assertClose(hedgesG(dataSet("skewed2"), dataSet("skewed1"))!, byR("hedges(skewed2, skewed1)"), 1e-13);
  });

  it("exists for the smallest samples", () => {
    // m = 2: the correction is Γ(1) / Γ(½) = 1/√π; the difference is 2 pooled deviations of √½.
    assertClose(
      hedgesG(Float64Array.of(0, 1), Float64Array.of(2, 3))!,
      [2 / Math.SQRT1_2 / Math.sqrt(Math.PI)],
      1e-14,
    );
  });

  it("is 0 for equal constants and has no value for different ones", () => {
    assert.equal(hedgesG(constant(2), constant(2)), 0);
    assert.equal(hedgesG(constant(2), constant(3)), null);
  });

  it("takes what is rounding alone neither for a difference nor for spread", () => {
    const rounded = Float64Array.of(0.3, 0.1 + 0.2, 0.3, 0.1 + 0.2);
    assert.equal(hedgesG(constant(0.3), rounded), 0);
    assert.equal(hedgesG(rounded, constant(0.4)), null);
  });
});

describe("Cliff's delta", () => {
  it("is what the whole matrix of pairs gives", () => {
    assertClose(
      cliffsDelta(dataSet("sleep1"), dataSet("sleep2")),
      byR("mean(sign(outer(sleep2, sleep1, '-')))"),
      1e-15,
    );
    const long = dataSet("long");
    assertClose(
      cliffsDelta(
        long.subarray(0, 500),
        long.subarray(500).map((value) => value * 1.1),
      ),
      byR("mean(sign(outer(long[501:1000] * 1.1, long[1:500], '-')))"),
      1e-14,
    );
  });

  it("agrees with counting pairs, ties too, and turns its sign with the samples", () => {
    const sample = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(sample, sample, (left, right) => {
        let balance = 0;
        for (const a of left) for (const b of right) balance += Math.sign(b - a);
        const delta = cliffsDelta(Float64Array.from(left), Float64Array.from(right));
        assert.equal(delta, balance / (left.length * right.length));
        assert.equal(delta + cliffsDelta(Float64Array.from(right), Float64Array.from(left)), 0);
      }),
    );
  });

  it("takes two samples of 10,000 in one merge", () => {
    const left = Float64Array.from({ length: 10_000 }, (_, index) => index);
    assert.equal(
      cliffsDelta(
        left,
        left.map((value) => value + 10_000),
      ),
      1,
    );
  });
});
