import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { seasonalMedian, seasonalScore } from "../../../kernels/statistics/seasonal-median.ts";
import { normals } from "./normals.ts";
import { assertClose, byR, dataSet } from "./reference.ts";

const week28 = dataSet("week28");
const days = Uint8Array.from({ length: 28 }, (_, index) => index % 7);

describe("the seasonal median", () => {
  it("has the medians and the scale of the definition in R", () => {
    const { medians, scale } = seasonalMedian({ samples: week28, phases: days, phaseCount: 7 });
    assertClose(medians as readonly number[], byR("c(tapply(week28, rep(0:6, 4), median))"), 1e-14);
    assertClose(scale, byR("phase_scale(week28, rep(0:6, 4))"), 1e-14);
  });

  it("leaves what the phase does not explain, and scores a stray", () => {
    const baseline = seasonalMedian({ samples: week28, phases: days, phaseCount: 7 });
    const { residuals, medians, scale } = baseline;
    week28.forEach((sample, index) => assert.equal(residuals[index], sample - medians[index % 7]!));
    assert.ok(seasonalScore(baseline, 3, week28[10]!)! > 20);
    assert.ok(Math.abs(seasonalScore(baseline, 5, 30)!) < 1);
    assert.ok(seasonalScore(baseline, 4, 30)! < -3.5);
    assertClose(seasonalScore(baseline, 2, medians[2]! + scale)!, [1], 1e-14);
  });

  it("does not heed the order in which samples come", () => {
    const expected = seasonalMedian({ samples: week28, phases: days, phaseCount: 7 });
    fc.assert(
      fc.property(fc.shuffledSubarray([...days.keys()], { minLength: 28 }), (order) => {
        const samples = Float64Array.from(order, (at) => week28[at]!);
        const found = seasonalMedian({ samples, phases: order.map((at) => at % 7), phaseCount: 7 });
        assert.deepEqual(found.medians, expected.medians);
        assert.equal(found.scale, expected.scale);
      }),
    );
  });

  it("scores a new value beyond 3.5 as rarely as a normal one, with three weeks and a tenth strays", () => {
    const normal = normals("hours");
    let beyond = 0;
    const trials = 150;
    for (let trial = 0; trial < trials; trial++) {
      const phases = Uint8Array.from({ length: 24 * 3 }, (_, index) => index % 24);
      const samples = Float64Array.from(phases, (phase, index) => {
        return 10 * Math.sin(phase) + (index % 10 === 0 ? 100 : normal());
      });
      const baseline = seasonalMedian({ samples, phases, phaseCount: 24 });
      for (let phase = 0; phase < 24; phase++) {
        beyond += Math.abs(seasonalScore(baseline, phase, 10 * Math.sin(phase) + normal())!) > 3.5 ? 1 : 0;
      }
    }
    // 0.05 % of normal values; medians of three that hold a stray, and a scale from few, bring it to about 1 %.
    assert.ok(beyond / (trials * 24) < 0.02, String(beyond / (trials * 24)));
  });

  it("knows no median of a phase without samples, and no scale without spread", () => {
    const constant = { samples: Float64Array.of(1, 1, 2, 2), phases: [0, 0, 2, 2], phaseCount: 3 };
    const baseline = seasonalMedian(constant);
    assert.deepEqual(baseline.medians, [1, null, 2]);
    assert.equal(baseline.scale, 0);
    assert.equal(seasonalScore(baseline, 0, 1), 0);
    assert.equal(seasonalScore(baseline, 0, 0.5), Number.NEGATIVE_INFINITY);
    assert.equal(seasonalScore(baseline, 1, 5), null);
  });

  it("takes the mean distance where most distances are 0", () => {
    const samples = Float64Array.of(5, 5, 5, 5, 5, 9);
    const { scale } = seasonalMedian({ samples, phases: new Uint8Array(6), phaseCount: 1 });
    // Five of the six lie on the median of the others, one 4 from it.
    assertClose(scale, [(1.253314 * 4) / 6], 1e-14);
  });

  it("refuses phases that are none, and phases with one sample each", () => {
    const samples = Float64Array.of(1, 2, 3);
    const refuses = (code: string, request: object): void => {
      assert.throws(() => seasonalMedian({ samples, phases: [0, 1, 1], phaseCount: 2, ...request }), {
        code,
      });
    };
    refuses("STATISTICS_BAD_ARGUMENT", { phases: [0, 1] });
    refuses("STATISTICS_BAD_ARGUMENT", { phases: [0, 1, 2] });
    refuses("STATISTICS_BAD_ARGUMENT", { phases: [0, -1, 1] });
    refuses("STATISTICS_BAD_ARGUMENT", { phases: [0, Number.NaN, 1] });
    refuses("STATISTICS_BAD_ARGUMENT", { phaseCount: 0 });
    refuses("STATISTICS_TOO_FEW", { phases: [0, 1, 2], phaseCount: 3 });
    refuses("STATISTICS_EMPTY", { samples: new Float64Array(0), phases: [] });
    refuses("STATISTICS_NOT_FINITE", { samples: Float64Array.of(1, Number.NaN, 3) });
    const baseline = seasonalMedian({ samples, phases: [0, 1, 1], phaseCount: 2 });
    assert.throws(() => seasonalScore(baseline, 2, 1), { code: "STATISTICS_BAD_ARGUMENT" });
    assert.throws(() => seasonalScore(baseline, 0, Number.NaN), { code: "STATISTICS_NOT_FINITE" });
  });
});
