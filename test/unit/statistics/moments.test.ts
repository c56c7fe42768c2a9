import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { meanOf, momentsOf } from "../../../kernels/statistics/moments.ts";

describe("moments", () => {
  it("of a constant sample are its value and exactly no variance", () => {
    const moments = momentsOf(new Float64Array(10_007).fill(0.1));
    assert.deepEqual(moments, { n: 10_007, mean: 0.1, variance: 0 });
    // Here even the correctly rounded sum, divided by n, is not the value.
    const stubborn = 1.2981672403664548;
    assert.notEqual((898 * stubborn) / 898, stubborn);
    assert.equal(momentsOf(new Float64Array(898).fill(stubborn)).mean, stubborn);
  });

  it("keep the small differences of large values", () => {
    // Variance of 4, 7, 13, 16 is 30; a one-pass sum of squares loses it at this offset.
    const offset = 1e9;
    const moments = momentsOf(Float64Array.of(offset + 4, offset + 7, offset + 13, offset + 16));
    assert.deepEqual(moments, { n: 4, mean: offset + 10, variance: 30 });
  });

  it("make good for a mean that has to be rounded", () => {
    // Around 2⁵³ only even numbers exist; the mean of 0, 2, 2 above it is rounded, the variance is 4/3.
    const { variance } = momentsOf(Float64Array.of(2 ** 53, 2 ** 53 + 2, 2 ** 53 + 2));
    assert.ok(Math.abs(variance - 4 / 3) < 1e-15, String(variance));
  });

  it("do not lose a small value between large ones that cancel", () => {
    assert.equal(meanOf(Float64Array.of(1, 1e100, 1, -1e100)), 0.5);
  });
});
