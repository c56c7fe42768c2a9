import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { logEvidenceAbove, mixingVarianceFor, mixtureReach } from "../../../kernels/statistics/mixture.ts";
import type { MixtureSums } from "../../../kernels/statistics/mixture.ts";
import { momentsOf } from "../../../kernels/statistics/moments.ts";
import { assertClose, byR, dataSet } from "./reference.ts";

const skewed2 = dataSet("skewed2");
const forks1 = dataSet("forks1");
const forks2 = dataSet("forks2").slice(0, 20);

function sumsOf(values: Float64Array): MixtureSums {
  const { n, mean, variance } = momentsOf(values);
  return { n, mean, squares: variance * (n - 1) };
}

const evidence = (values: Float64Array, g: number): number => Math.exp(logEvidenceAbove(sumsOf(values), g));

describe("the evidence of a mixture over effects", () => {
  it("is the ratio that R integrates over effect and scale", () => {
    const above = skewed2.map((x) => x - 2);
    assertClose(evidence(above, 0.3), byR("evidence_above(skewed2 - 2, 0.3)"), 1e-9);
    const below = skewed2.map((x) => 1 - x);
    assertClose(evidence(below, 0.3), byR("evidence_above(1 - skewed2, 0.3)"), 1e-9);
    const contrasts = forks2.map((x, index) => x - 1.02 * forks1[index]!);
    assertClose(evidence(contrasts, 0.33), byR("evidence_above(forks2[1:20] - 1.02 * forks1, 0.33)"), 1e-9);
    assertClose(
      evidence(Float64Array.of(0.7, -0.2, 1.1), 1),
      byR("evidence_above(c(0.7, -0.2, 1.1), 1)"),
      1e-9,
    );
  });

  it("of one value favours its side by what the mixture's effects do, and both sides make up 2", () => {
    for (const g of [0.05, 0.3, 4]) {
      const above = evidence(Float64Array.of(3), g);
      const below = evidence(Float64Array.of(-3), g);
      assertClose(above + below, [2], 1e-12);
      assert.ok(above > 1 && above < 2);
      assert.equal(evidence(Float64Array.of(0.001), g), above);
    }
  });

  it("falls, after any values whatever, when all of them are moved down", () => {
    // Squares of what is smaller are 0 to the machine, and the evidence says nothing about zeros.
    const seen = (x: number): number => (Math.abs(x) < 1e-150 ? 0 : x);
    const value = fc.double({ min: -10, max: 10, noNaN: true }).map(seen);
    const values = fc.array(value, { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 5, noNaN: true }).map(seen), (list, down) => {
        const before = Float64Array.from(list);
        const after = before.map((x) => x - down);
        const slack = 1e-9;
        assert.ok(logEvidenceAbove(sumsOf(after), 0.3) <= logEvidenceAbove(sumsOf(before), 0.3) + slack);
      }),
    );
  });

  it("says nothing about zeros alone, and does not overflow at the ends of what is allowed", () => {
    assert.equal(evidence(new Float64Array(5), 0.3), 1);
    for (const scale of [1e-200, 1e100]) {
      const log = logEvidenceAbove(sumsOf(Float64Array.of(scale, 2 * scale, 3 * scale)), 0.3);
      assert.ok(Number.isFinite(log), String(log));
    }
  });
});

describe("the reach of a confidence sequence", () => {
  it("gives the interval that R finds by looking for 1/α", () => {
    const ends = (values: Float64Array, g: number, alpha: number): readonly number[] => {
      const { n, mean, squares } = sumsOf(values);
      const width = Math.sqrt((mixtureReach(n, g, alpha)! * squares) / n);
      return [mean - width, mean + width];
    };
    const differences = forks2.map((x, index) => x - forks1[index]!);
    assertClose(
      ends(differences, 0.33, 0.01),
      byR("mixture_interval(forks2[1:20] - forks1, 0.33, 0.01)"),
      1e-8,
    );
    assertClose(ends(skewed2, 0.1, 0.05), byR("mixture_interval(skewed2, 0.1, 0.05)"), 1e-8);
  });

  it("is none while too few values could ever reach 1/α", () => {
    assert.equal(mixtureReach(1, 0.3, 0.05), null);
    assert.equal(mixtureReach(4, 0.3, 0.01), null);
    assert.ok(mixtureReach(20, 0.3, 0.01)! > 0);
  });
});

describe("the mixing variance for a number of values", () => {
  it("makes the sequence nearly as narrow there as any other would", () => {
    for (const n of [10, 20, 100, 1000]) {
      const reached = Math.sqrt(mixtureReach(n, mixingVarianceFor(n, 0.05), 0.05)!);
      for (let factor = 0.2; factor < 5; factor *= 1.1) {
        const other = mixtureReach(n, factor * mixingVarianceFor(n, 0.05), 0.05);
        assert.ok(other === null || reached < 1.013 * Math.sqrt(other), `${n} ${factor}`);
      }
    }
  });

  it("serves half and three times as many within a tenth", () => {
    for (const n of [20, 100, 1000]) {
      const g = mixingVarianceFor(n, 0.1);
      for (const other of [n / 2, 3 * n]) {
        const best = Math.sqrt(mixtureReach(other, mixingVarianceFor(other, 0.1), 0.1)!);
        assert.ok(Math.sqrt(mixtureReach(other, g, 0.1)!) < 1.1 * best, `${n} for ${other}`);
      }
    }
  });
});
