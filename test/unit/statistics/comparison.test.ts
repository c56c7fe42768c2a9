import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { compareMetric, compareMetricKernel } from "../../../kernels/statistics/index.ts";
import type { CompareRequest } from "../../../kernels/statistics/index.ts";
import { assertClose, byR, dataSet } from "./reference.ts";

/** Forks of three iterations whose means are the given values. */
function forksAround(means: Float64Array): readonly Float64Array[] {
  return Array.from(means, (mean) => Float64Array.of(mean - 1, mean, mean + 1));
}

const request: CompareRequest = {
  baseline: forksAround(dataSet("forks1")),
  candidate: forksAround(dataSet("forks2")),
  direction: "lower",
  tolerance: 0.02,
  seed: "comparison",
};

const constantForks = (value: number, count = 3): readonly Float64Array[] =>
  Array.from({ length: count }, () => new Float64Array(2).fill(value));

describe("a comparison on fork means", () => {
  it("has the p values of R's one-sided tests against the scaled baseline, lower is better", () => {
    const { p } = compareMetric(request);
    assertClose(p.regressed, byR("t.test(forks2, 1.02 * forks1, alternative = 'greater')$p.value"), 1e-11);
    assertClose(p.nonInferior, byR("t.test(forks2, 1.02 * forks1, alternative = 'less')$p.value"), 1e-11);
    assertClose(p.improved, byR("t.test(forks2, 0.98 * forks1, alternative = 'less')$p.value"), 1e-11);
  });

  it("turns the hypotheses round where higher is better", () => {
    const { p } = compareMetric({ ...request, direction: "higher" });
    assertClose(p.regressed, byR("t.test(forks2, 0.98 * forks1, alternative = 'less')$p.value"), 1e-11);
    assertClose(p.nonInferior, byR("t.test(forks2, 0.98 * forks1, alternative = 'greater')$p.value"), 1e-11);
    assertClose(p.improved, byR("t.test(forks2, 1.02 * forks1, alternative = 'greater')$p.value"), 1e-11);
  });

  it("summarises the fork means of both versions", () => {
    const { baseline, candidate, forks, iterationsPerFork } = compareMetric(request);
    assertClose(
      [baseline.mean, baseline.median, baseline.stdDev, candidate.mean, candidate.median, candidate.stdDev],
      byR("c(mean(forks1), median(forks1), sd(forks1), mean(forks2), median(forks2), sd(forks2))"),
      1e-12,
    );
    assertClose(baseline.ci99, byR("t.test(forks1, conf.level = 0.99)$conf.int[1:2]"), 1e-12);
    assertClose(candidate.ci99, byR("t.test(forks2, conf.level = 0.99)$conf.int[1:2]"), 1e-12);
    assert.deepEqual([baseline.n, candidate.n, forks, iterationsPerFork], [20, 22, 20, 3]);
  });

  it("reports the relative change with an interval that holds it", () => {
    const { relDelta, ci99 } = compareMetric(request);
    assertClose(relDelta!, [104.99254545454545 / 100.36295 - 1], 1e-12);
    assert.ok(ci99![0] < relDelta! && relDelta! < ci99![1]);
  });

  it("is the same for the same seed, and survives structured clone and JSON", () => {
    const first = compareMetric(request);
    assert.deepEqual(compareMetric(structuredClone(request)), first);
    assert.deepEqual(JSON.parse(JSON.stringify(first)), first);
  });

  it("does not depend on the unit", () => {
    const thousandth = (forks: readonly Float64Array[]): readonly Float64Array[] =>
      forks.map((fork) => fork.map((value) => value / 1024));
    const scaled = compareMetric({
      ...request,
      baseline: thousandth(request.baseline),
      candidate: thousandth(request.candidate),
    });
    assert.deepEqual(scaled.p, compareMetric(request).p);
    assert.deepEqual(scaled.ci99, compareMetric(request).ci99);
  });
});

describe("a comparison without spread", () => {
  it("is certain beyond the tolerance", () => {
    const compare = (candidate: number): CompareRequest => ({
      ...request,
      baseline: constantForks(1000),
      candidate: constantForks(candidate),
    });
    assert.deepEqual(compareMetric(compare(1021)).p, { regressed: 0, nonInferior: 1, improved: 1 });
    assert.deepEqual(compareMetric(compare(1001)).p, { regressed: 1, nonInferior: 0, improved: 1 });
    assert.deepEqual(compareMetric(compare(979)).p, { regressed: 1, nonInferior: 0, improved: 0 });
  });

  it("at exactly the tolerance shows nothing", () => {
    const edge = compareMetric({ ...request, baseline: constantForks(1000), candidate: constantForks(1020) });
    assert.deepEqual(edge.p, { regressed: 1, nonInferior: 1, improved: 1 });
  });

  it("reports a point for the change and no Hedges g", () => {
    const half = compareMetric({ ...request, baseline: constantForks(1000), candidate: constantForks(500) });
    assert.deepEqual(half.ci99, [-0.5, -0.5]);
    assert.deepEqual([half.relDelta, half.hedgesG, half.cliffsDelta], [-0.5, null, -1]);
    assert.deepEqual(half.baseline.ci99, [1000, 1000]);
  });

  it("has no relative change from zero, unless both are zero", () => {
    const grown = compareMetric({ ...request, baseline: constantForks(0), candidate: constantForks(3) });
    assert.deepEqual([grown.relDelta, grown.ci99, grown.p.regressed], [null, null, 0]);
    const none = compareMetric({ ...request, baseline: constantForks(0), candidate: constantForks(0) });
    assert.deepEqual([none.relDelta, none.ci99], [0, [0, 0]]);
  });
});

describe("a comparison's input", () => {
  it("needs two forks a version, none of them empty", () => {
    const one = [Float64Array.of(1, 2)];
    assert.throws(() => compareMetric({ ...request, baseline: [] }), { code: "STATISTICS_EMPTY" });
    assert.throws(() => compareMetric({ ...request, candidate: one }), {
      code: "STATISTICS_TOO_FEW",
      location: "candidate",
    });
    const hollow = [Float64Array.of(1), new Float64Array()];
    assert.throws(() => compareMetric({ ...request, candidate: hollow }), {
      code: "STATISTICS_EMPTY",
      location: "candidate[1]",
    });
  });

  it("names the value that is no number", () => {
    const candidate = [Float64Array.of(1, 2), Float64Array.of(3, Number.NaN)];
    assert.throws(() => compareMetric({ ...request, candidate }), {
      code: "STATISTICS_NOT_FINITE",
      location: "candidate[1][1]",
    });
  });

  it("needs a tolerance within [0, 1) and a baseline that is not negative", () => {
    for (const tolerance of [-0.01, 1, Number.NaN]) {
      assert.throws(() => compareMetric({ ...request, tolerance }), { code: "STATISTICS_BAD_ARGUMENT" });
    }
    const below = constantForks(-1);
    assert.throws(() => compareMetric({ ...request, baseline: below }), {
      code: "STATISTICS_NEGATIVE_BASELINE",
    });
  });

  it("whatever it is, gives finite figures and probabilities", () => {
    const value = fc.oneof(
      fc.constantFrom(0, 1, 1e-300, 1e100),
      fc.double({ min: 0, max: 1e100, noNaN: true }),
    );
    const fork = fc.array(value, { minLength: 1, maxLength: 4 }).map((values) => Float64Array.from(values));
    const version = fc.array(fork, { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(version, version, fc.constantFrom("lower", "higher"), (baseline, candidate, direction) => {
        const result = compareMetric({ ...request, baseline, candidate, direction });
        JSON.stringify(result, (key, figure: unknown) => {
          assert.ok(typeof figure !== "number" || Number.isFinite(figure), `${key} is ${String(figure)}`);
          return figure;
        });
        const { regressed, nonInferior, improved } = result.p;
        for (const p of [regressed, nonInferior, improved, result.mannWhitneyP]) assert.ok(p >= 0 && p <= 1);
      }),
      { numRuns: 40 },
    );
  });
});

describe("the comparison's kernel", () => {
  it("names a module and the export that computes it", async () => {
    const module = (await import(compareMetricKernel.module)) as Readonly<Record<string, unknown>>;
    assert.equal(module[compareMetricKernel.export], compareMetric);
  });
});
