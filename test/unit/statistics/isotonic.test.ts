import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isotonicAt, isotonicFit } from "../../../kernels/statistics/isotonic.ts";
import { assertClose, byR, byScipy, dataSet } from "./reference.ts";

const [x, y, weights] = [dataSet("scores16"), dataSet("rates16"), dataSet("masses16")];
const between = [0.05, 0.31, 0.5, 0.77] as const;

const point = fc.tuple(
  fc.integer({ min: 0, max: 15 }),
  fc.double({ min: -10, max: 10, noNaN: true }),
  fc.double({ min: 0.01, max: 10, noNaN: true }),
);
const points = fc.array(point, { minLength: 1, maxLength: 25 }).map((drawn) => ({
  x: Float64Array.from(drawn, ([at]) => at),
  y: Float64Array.from(drawn, ([, value]) => value),
  weights: Float64Array.from(drawn, ([, , weight]) => weight),
}));

describe("isotonic regression", () => {
  it("has the levels of R's isoreg, and SciPy's with weights, rising and falling", () => {
    const fit = isotonicFit({ x, y });
    assertClose([...fit.y], byR("isoreg(scores16, rates16)$yf"), 1e-13);
    assert.deepEqual(fit.x, x.toSorted());
    const weighted = isotonicFit({ x, y, weights });
    assertClose([...weighted.y], byScipy("isotonic(scores16, rates16, masses16)"), 1e-13);
    const falling = isotonicFit({ x, y, weights, increasing: false });
    assertClose([...falling.y], byScipy("isotonic(scores16, rates16, masses16, False)"), 1e-13);
  });

  it("predicts by steps as R does, and on straight lines as NumPy does", () => {
    const fit = isotonicFit({ x, y });
    const steps = byR("as.stepfun(isoreg(scores16, rates16))(c(0.05, 0.31, 0.5, 0.77))");
    assertClose(
      between.map((at) => isotonicAt(fit, at, "step")),
      steps,
      1e-13,
    );
    const weighted = isotonicFit({ x, y, weights });
    assertClose(
      between.map((at) => isotonicAt(weighted, at)),
      byScipy(
        "list(np.interp([0.05, 0.31, 0.5, 0.77], np.sort(scores16), isotonic(scores16, rates16, masses16)))",
      ),
      1e-13,
    );
  });

  it("holds the outermost levels beyond the data", () => {
    const fit = isotonicFit({ x, y });
    for (const how of ["linear", "step"] as const) {
      assert.equal(isotonicAt(fit, -1e100, how), fit.y[0]);
      assert.equal(isotonicAt(fit, 2, how), fit.y.at(-1));
      fit.x.forEach((at, index) => assert.equal(isotonicAt(fit, at, how), fit.y[index]));
    }
  });

  it("is monotone, and keeps the weighted mean", () => {
    fc.assert(
      fc.property(points, fc.boolean(), (data, increasing) => {
        const fit = isotonicFit({ ...data, increasing });
        const sign = increasing ? 1 : -1;
        fit.y.forEach((level, index) => {
          assert.ok(index === 0 || sign * level >= sign * fit.y[index - 1]!);
        });
        const residue = data.x.reduce((sum, at, index) => {
          return sum + data.weights[index]! * (data.y[index]! - isotonicAt(fit, at));
        }, 0);
        assert.ok(Math.abs(residue) < 1e-9, String(residue));
      }),
    );
  });

  it("fits at least as well as any other monotone function", () => {
    const rises = fc.array(fc.double({ min: 0, max: 3, noNaN: true }), { minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(points, rises, fc.double({ min: -10, max: 5, noNaN: true }), (data, steps, start) => {
        const fit = isotonicFit(data);
        const other = steps.map((_, at) => steps.slice(0, at).reduce((sum, step) => sum + step, start));
        const loss = (level: (at: number) => number): number =>
          data.x.reduce((sum, at, index) => {
            return sum + data.weights[index]! * (data.y[index]! - level(at)) ** 2;
          }, 0);
        assert.ok(loss((at) => isotonicAt(fit, at)) <= loss((at) => other[at]!) + 1e-9);
      }),
    );
  });

  it("does not heed the order of points, and takes a weight of two for two points", () => {
    const twice = isotonicFit({ x: Float64Array.of(3, 1, 2, 2), y: Float64Array.of(5, 1, 4, 4) });
    const weighted = isotonicFit({
      x: Float64Array.of(1, 2, 3),
      y: Float64Array.of(1, 4, 5),
      weights: Float64Array.of(1, 2, 1),
    });
    assert.deepEqual(twice, weighted);
  });

  it("refuses lengths that differ, weights that do not count, and what is not finite", () => {
    const two = Float64Array.of(1, 2);
    const refuses = (code: string, request: object): void => {
      assert.throws(() => isotonicFit({ x: two, y: two, ...request }), { code });
    };
    refuses("STATISTICS_EMPTY", { x: new Float64Array(0) });
    refuses("STATISTICS_BAD_ARGUMENT", { y: Float64Array.of(1) });
    refuses("STATISTICS_BAD_ARGUMENT", { weights: Float64Array.of(1) });
    refuses("STATISTICS_BAD_ARGUMENT", { weights: Float64Array.of(1, 0) });
    refuses("STATISTICS_NOT_FINITE", { y: Float64Array.of(1, Number.NaN) });
    assert.throws(() => isotonicAt(isotonicFit({ x: two, y: two }), Number.NaN), {
      code: "STATISTICS_NOT_FINITE",
    });
  });
});
