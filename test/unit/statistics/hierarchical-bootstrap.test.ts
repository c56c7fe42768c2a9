import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { seededRandom, type Random } from "../../../runtime/contracts/index.ts";
import {
  hierarchicalInterval,
  hierarchicalIntervalKernel,
  normalCdf,
  normalQuantile,
  studentTQuantile,
} from "../../../kernels/statistics/index.ts";
import type { HierarchicalRequest } from "../../../kernels/statistics/index.ts";
import { sortedQuantile } from "../../../kernels/statistics/quantile.ts";
import { assertClose, byR } from "./reference.ts";

const normal = (random: Random): number => normalQuantile(random.next() || 0.5);

function version(
  random: Random,
  forks: number,
  iterations: number,
  correlation: number,
  centre: number,
): readonly Float64Array[] {
  return Array.from({ length: forks }, () => {
    const own = Math.sqrt(correlation) * normal(random);
    return Float64Array.from({ length: iterations }, () => {
      return centre * (1 + 0.1 * (own + Math.sqrt(1 - correlation) * normal(random)));
    });
  });
}

const request: HierarchicalRequest = {
  baseline: version(seededRandom("baseline"), 8, 12, 0.3, 100),
  candidate: version(seededRandom("candidate"), 9, 12, 0.3, 105),
  of: "mean",
  change: "relative",
  seed: "hierarchical",
};

describe("the hierarchical bootstrap", () => {
  it("finds its change in the samples: of means of forks, or of a quantile of all iterations", () => {
    const baseline = [Float64Array.of(1, 2, 3), Float64Array.of(6)];
    const candidate = [Float64Array.of(4), Float64Array.of(8)];
    const change = (of: HierarchicalRequest["of"], kind: "relative" | "absolute"): number | null =>
      hierarchicalInterval({ ...request, baseline, candidate, of, change: kind, resamples: 100 }).change;
    assert.equal(change("mean", "absolute"), 2);
    assert.equal(change("mean", "relative"), 0.5);
    assert.equal(change({ quantile: 0.5 }, "absolute"), 3.5);
    assert.equal(change({ quantile: 0.5 }, "relative"), 1.4);
  });

  it("spreads a mean as forks and iterations drawn in turn do", () => {
    // Two constant forks against one value: the mean is 1 or 3 a quarter of the time each, else 2.
    const constant = [new Float64Array(4).fill(1), new Float64Array(4).fill(3)];
    const none = [Float64Array.of(0), Float64Array.of(0)];
    const { interval } = hierarchicalInterval({
      ...request,
      baseline: none,
      candidate: constant,
      change: "absolute",
    });
    assert.deepEqual(interval, [1, 3]);
    // Forks alike, so that all spread comes from iterations: 0 and 1, n = 400 in all, at Φ(−t √(4/3)) of t(3).
    const alike = Array.from({ length: 4 }, () =>
      Float64Array.from({ length: 100 }, (_, index) => index % 2),
    );
    const zeros = alike.map(() => Float64Array.of(0));
    const within = hierarchicalInterval({
      ...request,
      baseline: zeros,
      candidate: alike,
      change: "absolute",
      confidence: 0.8,
      resamples: 20_000,
    });
    const [reach] = byR("qt(0.9, 3) * sqrt(4 / 3) * 0.5 / sqrt(400)");
    within.interval!.forEach((end, index) => {
      // A percentile of 20,000 resamples scatters by 2 % of the reach.
      assert.ok(
        Math.abs(end - (0.5 + (index === 0 ? -1 : 1) * reach!)) < 0.06 * reach!,
        String(within.interval),
      );
    });
  });

  it("takes each quantile of a resample as of the resample sorted", () => {
    // Constant forks: a resample holds so many of each, and its median is one of five values.
    const forks = [1, 2, 4].map((value) => new Float64Array(3).fill(value));
    const zeros = forks.map(() => Float64Array.of(0));
    const ask = (confidence: number): readonly number[] =>
      hierarchicalInterval({
        ...request,
        baseline: zeros,
        candidate: forks,
        of: { quantile: 0.5 },
        change: "absolute",
        confidence,
      }).interval!;
    assert.deepEqual(ask(0.99), [1, 4]);
    // The median is 1 in 7 of 27 resamples (0.259), 2 in 13, 4 in 7; Φ(−t √1.5) of t(2) is 0.293 and 0.159.
    assert.deepEqual(ask(0.3), [2, 2]);
    assert.deepEqual(ask(0.5), [1, 4]);
  });

  it("has the percentiles of the resamples that its seed draws, sorted by hand", () => {
    const singles = [3, 1, 2, 10, 7].map((value) => Float64Array.of(value));
    const random = seededRandom(9);
    const median = (): number => {
      const drawn = singles.map(() => {
        const fork = singles[random.below(5)]!;
        // The iteration of that fork: the only one.
        return fork[Math.floor(random.next() * fork.length)]!;
      });
      return drawn.sort((a, b) => a - b)[2]!;
    };
    const changes = Float64Array.from({ length: 500 }, () => -median() + median()).sort();
    const { interval } = hierarchicalInterval({
      ...request,
      baseline: singles,
      candidate: singles,
      of: { quantile: 0.5 },
      change: "absolute",
      seed: 9,
      confidence: 0.8,
      resamples: 500,
    });
    const share = normalCdf(-studentTQuantile(0.9, 4) * Math.sqrt(5 / 4));
    assert.deepEqual(interval, [sortedQuantile(changes, share), sortedQuantile(changes, 1 - share)]);
  });

  it("is the same for the same seed and another for another", () => {
    assert.deepEqual(hierarchicalInterval(structuredClone(request)), hierarchicalInterval(request));
    assert.notDeepEqual(hierarchicalInterval({ ...request, seed: 2 }), hierarchicalInterval(request));
  });

  it("does not depend on the unit where the change is relative, and follows it where it is absolute", () => {
    const scaled = (forks: readonly Float64Array[]): readonly Float64Array[] =>
      forks.map((fork) => fork.map((value) => value / 1024));
    const other = { ...request, baseline: scaled(request.baseline), candidate: scaled(request.candidate) };
    for (const of of ["mean", { quantile: 0.9 }] as const) {
      const settings = { of, resamples: 300 };
      assert.deepEqual(
        hierarchicalInterval({ ...other, ...settings }),
        hierarchicalInterval({ ...request, ...settings }),
      );
      const [lo, hi] = hierarchicalInterval({ ...request, ...settings, change: "absolute" }).interval!;
      const { interval } = hierarchicalInterval({ ...other, ...settings, change: "absolute" });
      assertClose(interval!, [lo / 1024, hi / 1024], 1e-12);
    }
  });

  it("is wider than one that takes iterations for independent, where forks differ", () => {
    const width = (forks: (version: readonly Float64Array[]) => readonly Float64Array[]): number => {
      const changed = { baseline: forks(request.baseline), candidate: forks(request.candidate) };
      const [lo, hi] = hierarchicalInterval({ ...request, ...changed }).interval!;
      return hi - lo;
    };
    const apart = (version: readonly Float64Array[]): readonly Float64Array[] =>
      version.flatMap((fork) => Array.from(fork, (value) => Float64Array.of(value)));
    assert.ok(width((version) => version) > 1.5 * width(apart));
  });

  it("holds the true change about as often as it says, in 150 seeded trials", () => {
    const random = seededRandom("hierarchical coverage");
    let held = 0;
    for (let trial = 0; trial < 150; trial++) {
      const { interval } = hierarchicalInterval({
        ...request,
        baseline: version(random, 20, 10, 0.5, 1),
        candidate: version(random, 20, 10, 0.5, 1.1),
        seed: trial,
        confidence: 0.9,
        resamples: 300,
      });
      held += interval![0] <= 0.1 && 0.1 <= interval![1] ? 1 : 0;
    }
    // Binomial(150, 0.9) leaves 1e-3 below 123.
    assert.ok(held >= 123 && held < 150, String(held));
  });

  it("has no relative change from 0, unless both are 0", () => {
    const zeros = [Float64Array.of(0), Float64Array.of(0)];
    const ones = [Float64Array.of(1), Float64Array.of(1)];
    const from0 = hierarchicalInterval({ ...request, baseline: zeros, candidate: ones });
    assert.deepEqual(from0, { change: null, interval: null });
    const none = hierarchicalInterval({ ...request, baseline: zeros, candidate: zeros });
    assert.deepEqual(none, { change: 0, interval: [0, 0] });
  });

  it("refuses what it cannot resample", () => {
    const refuses = (change: Partial<HierarchicalRequest>, code: string, location: string): void =>
      assert.throws(() => hierarchicalInterval({ ...request, ...change }), { code, location });
    refuses({ baseline: [] }, "STATISTICS_EMPTY", "baseline");
    refuses({ candidate: [Float64Array.of(1)] }, "STATISTICS_TOO_FEW", "candidate");
    refuses({ candidate: [Float64Array.of(1), new Float64Array()] }, "STATISTICS_EMPTY", "candidate[1]");
    refuses(
      { baseline: [Float64Array.of(1), Float64Array.of(Number.NaN)] },
      "STATISTICS_NOT_FINITE",
      "baseline[1][0]",
    );
    refuses({ of: { quantile: 1 } }, "STATISTICS_BAD_ARGUMENT", "quantile");
    refuses({ confidence: 0 }, "STATISTICS_BAD_ARGUMENT", "confidence");
    refuses({ resamples: 99 }, "STATISTICS_BAD_ARGUMENT", "resamples");
  });

  it("whatever its samples, gives finite ends or none", () => {
    const value = fc.oneof(
      fc.constantFrom(0, 1e-300, 1e100),
      fc.double({ min: -1e100, max: 1e100, noNaN: true }),
    );
    const fork = fc.array(value, { minLength: 1, maxLength: 4 }).map((values) => Float64Array.from(values));
    const forks = fc.array(fork, { minLength: 2, maxLength: 4 });
    const of = fc.constantFrom("mean" as const, { quantile: 0.5 }, { quantile: 0.99 });
    fc.assert(
      fc.property(
        forks,
        forks,
        of,
        fc.constantFrom("relative", "absolute"),
        (baseline, candidate, what, change) => {
          const result = hierarchicalInterval({
            ...request,
            baseline,
            candidate,
            of: what,
            change,
            resamples: 100,
          });
          for (const figure of [result.change ?? 0, ...(result.interval ?? [])])
            assert.ok(Number.isFinite(figure));
          if (result.interval !== null) assert.ok(result.interval[0] <= result.interval[1]);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("is named as a kernel by its module and export", async () => {
    const module = (await import(hierarchicalIntervalKernel.module)) as Readonly<Record<string, unknown>>;
    assert.equal(module[hierarchicalIntervalKernel.export], hierarchicalInterval);
  });
});
