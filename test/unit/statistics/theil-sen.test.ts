import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { theilSen, type TheilSenLine } from "../../../kernels/statistics/theil-sen.ts";
import { normals } from "./normals.ts";
import { assertClose, byScipy, dataSet } from "./reference.ts";

const figures = ({ slope, interval, intercept }: TheilSenLine): readonly number[] => [
  slope,
  ...interval,
  intercept,
];

describe("the Theil–Sen line", () => {
  it("has SciPy's slope, interval and intercept, with ties in x and in y", () => {
    const line = (name: string, confidence?: number): readonly number[] =>
      figures(theilSen({ y: dataSet(name), ...(confidence === undefined ? {} : { confidence }) }));
    assertClose(line("falling10", 0.95), byScipy("line(falling10, None, 0.95)"), 1e-12);
    assertClose(line("wave60"), byScipy("line(wave60, None, 0.99)"), 1e-12);
    assertClose(line("tied12", 0.86), byScipy("line(tied12, None, 0.86)"), 1e-12);
    const uneven = { y: dataSet("values14"), x: dataSet("times14") };
    assertClose(figures(theilSen(uneven)), byScipy("line(values14, times14, 0.99)"), 1e-12);
    const narrower = theilSen({ ...uneven, confidence: 0.93 });
    assertClose(figures(narrower), byScipy("line(values14, times14, 0.93)"), 1e-12);
  });

  it("is a straight line's own, whatever a fifth of the points is", () => {
    const strays = fc.array(fc.tuple(fc.nat({ max: 19 }), fc.double({ min: -1e9, max: 1e9, noNaN: true })), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(strays, (replaced) => {
        const y = Float64Array.from({ length: 20 }, (_, index) => 3 * index - 7);
        for (const [index, value] of replaced) y[index] = value;
        assert.equal(theilSen({ y }).slope, 3);
      }),
    );
  });

  it("does not heed the order of its points", () => {
    const [x, y] = [dataSet("times14"), dataSet("values14")];
    const order = fc.shuffledSubarray([...x.keys()], { minLength: 14 });
    const expected = figures(theilSen({ x, y }));
    fc.assert(
      fc.property(order, (shuffled) => {
        const by = (values: Float64Array): Float64Array => Float64Array.from(shuffled, (at) => values[at]!);
        assertClose(figures(theilSen({ x: by(x), y: by(y) })), expected, 1e-12);
      }),
    );
  });

  it("covers the true slope as often as it says", () => {
    const normal = normals("slopes");
    const trials = 1_000;
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) {
      const y = Float64Array.from({ length: 30 }, (_, index) => 0.2 * index + normal());
      const [lo, hi] = theilSen({ y, confidence: 0.9 }).interval;
      covered += lo <= 0.2 && 0.2 <= hi ? 1 : 0;
    }
    // 900 ± 4 standard errors.
    assert.ok(covered >= 862 && covered <= 938, String(covered));
  });

  it("of constant values is flat, its interval a point", () => {
    assert.deepEqual(theilSen({ y: new Float64Array(5).fill(4) }), {
      slope: 0,
      interval: [0, 0],
      intercept: 4,
    });
  });

  it("refuses too few, what is not finite, and what gives no slope", () => {
    const three = Float64Array.of(1, 2, 3);
    assert.throws(() => theilSen({ y: new Float64Array(0) }), { code: "STATISTICS_EMPTY" });
    assert.throws(() => theilSen({ y: Float64Array.of(1, 2) }), { code: "STATISTICS_TOO_FEW" });
    assert.throws(() => theilSen({ y: three, x: Float64Array.of(1, Number.NaN, 2) }), {
      code: "STATISTICS_NOT_FINITE",
    });
    const refuses = (request: object): void => {
      assert.throws(() => theilSen({ y: three, ...request }), { code: "STATISTICS_BAD_ARGUMENT" });
    };
    refuses({ x: Float64Array.of(1, 2, 3, 4) });
    refuses({ x: Float64Array.of(2, 2, 2) });
    refuses({ confidence: 1 });
    refuses({ y: new Float64Array(5_001) });
  });
});
