import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { seededRandom } from "../../../runtime/contracts/index.ts";
import {
  changeP,
  equivalenceTest,
  nonInferiorityTest,
  normalQuantile,
} from "../../../kernels/statistics/index.ts";
import { assertClose, byR, dataSet } from "./reference.ts";

const baseline = dataSet("forks1");
const candidate = dataSet("forks2");
const skewed = { baseline: dataSet("skewed1"), candidate: dataSet("skewed2") };
const shifted = (samples: Float64Array, by: number): Float64Array => samples.map((value) => value + by);

describe("the equivalence of two means", () => {
  it("has R's p values and interval for an absolute margin", () => {
    const result = equivalenceTest({ baseline, candidate, margin: { absolute: 8 } });
    assertClose(result.upperP, byR("t.test(forks2, forks1, mu = 8, alternative = 'less')$p.value"), 1e-12);
    assertClose(
      result.lowerP,
      byR("t.test(forks2, forks1, mu = -8, alternative = 'greater')$p.value"),
      1e-11,
    );
    assertClose(result.interval!, byR("t.test(forks2, forks1, conf.level = 0.9)$conf.int[1:2]"), 1e-12);
    assert.equal(result.p, result.upperP);
    assert.equal(result.equivalent, true);
  });

  it("has those of R's tests against the scaled baseline for a relative margin", () => {
    const result = equivalenceTest({ baseline, candidate, margin: { relative: 0.08 } });
    assertClose(result.upperP, byR("t.test(forks2, 1.08 * forks1, alternative = 'less')$p.value"), 1e-12);
    assertClose(result.lowerP, byR("t.test(forks2, 0.92 * forks1, alternative = 'greater')$p.value"), 1e-11);
    assertClose(result.interval!, byR("ratio_interval(forks1, forks2, 0.05)"), 1e-11);
  });

  it("has a lopsided interval of a ratio of which little is known", () => {
    const { interval, equivalent } = equivalenceTest({ ...skewed, margin: { relative: 0.5 } });
    assertClose(interval!, byR("ratio_interval(skewed1, skewed2, 0.05)"), 1e-11);
    assert.equal(equivalent, false);
  });

  it("has no interval of a ratio to what may be 0", () => {
    const drugs = { baseline: dataSet("sleep1"), candidate: dataSet("sleep2") };
    assert.equal(equivalenceTest({ ...drugs, margin: { relative: 0.5 } }).interval, null);
    assert.notEqual(equivalenceTest({ ...drugs, margin: { absolute: 0.5 } }).interval, null);
  });

  it("is shown exactly when the interval lies within the margins", () => {
    const forks = fc.array(fc.double({ min: 90, max: 110, noNaN: true }), { minLength: 2, maxLength: 8 });
    const width = fc.double({ min: 0.001, max: 0.4, noNaN: true });
    fc.assert(
      fc.property(forks, forks, width, fc.constantFrom(0.01, 0.05, 0.2), (before, after, share, alpha) => {
        const samples = { baseline: Float64Array.from(before), candidate: Float64Array.from(after), alpha };
        for (const margin of [{ relative: share }, { absolute: 100 * share }]) {
          const { interval, equivalent, p } = equivalenceTest({ ...samples, margin });
          if (Math.abs(p - alpha) < 1e-9 || interval === null) continue;
          const reach = "relative" in margin ? margin.relative : margin.absolute;
          assert.equal(equivalent, -reach < interval[0] && interval[1] < reach);
        }
      }),
    );
  });

  it("does not depend on the unit, nor an absolute one on the zero", () => {
    const thousandth = { baseline: baseline.map((x) => x / 1024), candidate: candidate.map((x) => x / 1024) };
    const relative = { relative: 0.08 };
    assert.equal(
      equivalenceTest({ ...thousandth, margin: relative }).p,
      equivalenceTest({ baseline, candidate, margin: relative }).p,
    );
    const moved = { baseline: shifted(baseline, 512), candidate: shifted(candidate, 512) };
    assertClose(
      equivalenceTest({ ...moved, margin: { absolute: 8 } }).p,
      [equivalenceTest({ baseline, candidate, margin: { absolute: 8 } }).p],
      1e-10,
    );
  });

  it("is certain without spread, and shows nothing at exactly the margin", () => {
    const hundred = new Float64Array(3).fill(100);
    const test = (value: number): readonly unknown[] => {
      const result = equivalenceTest({
        baseline: hundred,
        candidate: new Float64Array(3).fill(value),
        margin: { relative: 0.02 },
      });
      return [result.p, result.equivalent];
    };
    assert.deepEqual(test(101), [0, true]);
    assert.deepEqual(test(102), [1, false]);
    assert.deepEqual(test(103), [1, false]);
    const absolute = equivalenceTest({
      baseline: new Float64Array(3).fill(0.1),
      candidate: new Float64Array(3).fill(0.3),
      margin: { absolute: 0.2 },
    });
    assert.deepEqual([absolute.upperP, absolute.equivalent], [1, false]);
  });

  it("is claimed falsely in about 5 % of seeded trials at the margin, and truly in nearly all without change", () => {
    const random = seededRandom("tost");
    const sample = (centre: number): Float64Array =>
      Float64Array.from({ length: 15 }, () => centre + 0.05 * normalQuantile(random.next() || 0.5));
    const claimed = (centre: number, margin: number): number => {
      let count = 0;
      for (let trial = 0; trial < 1000; trial++) {
        const request = { baseline: sample(1), candidate: sample(centre), margin: { relative: margin } };
        if (equivalenceTest(request).equivalent) count += 1;
      }
      return count;
    };
    // Binomial(1000, 0.05) leaves 1e-3 beyond 28 and 75 on either side.
    const atMargin = claimed(1.1, 0.1);
    assert.ok(atMargin > 27 && atMargin < 76, String(atMargin));
    assert.ok(claimed(1, 0.1) > 990);
  });
});

describe("non-inferiority of means", () => {
  it("is the side of the worse margin, and the verdict's own where that is relative", () => {
    const margin = { relative: 0.08 };
    for (const direction of ["lower", "higher"] as const) {
      const { p } = nonInferiorityTest({ baseline, candidate, margin, direction });
      assert.equal(p, changeP(baseline, candidate, direction, 0.08).nonInferior);
    }
    const absolute = nonInferiorityTest({ baseline, candidate, margin: { absolute: 8 }, direction: "lower" });
    assertClose(absolute.p, byR("t.test(forks2, forks1, mu = 8, alternative = 'less')$p.value"), 1e-12);
    assert.equal(absolute.nonInferior, true);
  });

  it("does not mind how much better the candidate is", () => {
    const half = candidate.map((value) => value / 2);
    const request = { baseline, candidate: half, margin: { relative: 0.01 } };
    assert.equal(nonInferiorityTest({ ...request, direction: "lower" }).nonInferior, true);
    assert.equal(nonInferiorityTest({ ...request, direction: "higher" }).nonInferior, false);
    assert.equal(equivalenceTest(request).equivalent, false);
  });
});

describe("the input of an equivalence test", () => {
  it("needs a margin in its range and an alpha below one half", () => {
    const margins = [
      { absolute: 0 },
      { absolute: Number.NaN },
      { absolute: Number.POSITIVE_INFINITY },
      { relative: 0 },
      { relative: 1 },
    ];
    for (const margin of margins) {
      const refused = { code: "STATISTICS_BAD_ARGUMENT", location: "margin" };
      assert.throws(() => equivalenceTest({ baseline, candidate, margin }), refused);
    }
    for (const alpha of [0, 0.5, Number.NaN]) {
      assert.throws(() => equivalenceTest({ baseline, candidate, margin: { absolute: 1 }, alpha }), {
        location: "alpha",
      });
    }
  });

  it("needs two values of each, finite ones, and a baseline that is not negative for a relative margin", () => {
    const margin = { relative: 0.1 };
    const refuses = (samples: Partial<typeof skewed>, code: string): void =>
      assert.throws(() => equivalenceTest({ baseline, candidate, ...samples, margin }), { code });
    refuses({ baseline: new Float64Array() }, "STATISTICS_EMPTY");
    refuses({ candidate: Float64Array.of(1) }, "STATISTICS_TOO_FEW");
    refuses({ candidate: Float64Array.of(1, Number.NaN) }, "STATISTICS_NOT_FINITE");
    refuses({ baseline: baseline.map((value) => -value) }, "STATISTICS_NEGATIVE_BASELINE");
  });

  it("whatever it is, gives probabilities and finite ends", () => {
    const value = fc.oneof(
      fc.constantFrom(0, 1, 1e-300, 1e100),
      fc.double({ min: 0, max: 1e100, noNaN: true }),
    );
    const sample = fc.array(value, { minLength: 2, maxLength: 4 }).map((values) => Float64Array.from(values));
    const margin = fc.constantFrom({ relative: 0.01 }, { absolute: 3 }, { absolute: 1e-9 });
    fc.assert(
      fc.property(sample, sample, margin, (before, after, within) => {
        const result = equivalenceTest({ baseline: before, candidate: after, margin: within });
        for (const p of [result.p, result.lowerP, result.upperP]) assert.ok(p >= 0 && p <= 1, String(p));
        for (const end of result.interval ?? []) assert.ok(Number.isFinite(end), String(end));
      }),
      { numRuns: 200 },
    );
  });
});
