/**
 * One metric of two versions, compared on FORK MEANS: iterations within a fork are not independent, forks
 * are. The test is fixed before the data: three one-sided Welch tests on the relative change, those of
 * `hypotheses.ts`, each a linear contrast with its own variance and degrees of freedom. The p values are
 * raw: `decide` adjusts them over all cases and metrics. Everything else is reported, not decided on.
 * Takes the order of milliseconds (the bootstrap): call it by `compareMetricKernel` off the actor's thread.
 */
import type { Kernel } from "../../runtime/contracts/index.ts";
import { bcaInterval } from "./bootstrap.ts";
import { cliffsDelta, hedgesG } from "./effect-size.ts";
import { statisticsError } from "./errors.ts";
import { ofEveryFamily, type ComparisonP, type Direction } from "./hypotheses.ts";
import { intraForkCorrelation } from "./intra-fork.ts";
import { mannWhitney } from "./mann-whitney.ts";
import { meanOf, momentsOf } from "./moments.ts";
import { sortedQuantile, type Interval } from "./quantile.ts";
import { meanInterval } from "./summary.ts";
import { requireForks, requireSamples, requireTolerance } from "./validate.ts";
import { contrastTails, welchContrast } from "./welch.ts";

export interface CompareRequest {
  /** One array a fork, one value an iteration; at least two forks. */
  readonly baseline: readonly Float64Array[];
  readonly candidate: readonly Float64Array[];
  readonly direction: Direction;
  /** Relative change that does not matter, in [0, 1): 0.02 is two percent. */
  readonly tolerance: number;
  /** Seed of the bootstrap. */
  readonly seed: string | number;
}

/** The fork means of one version in figures. */
export interface ForkSummary {
  /** Forks of this version. */
  readonly n: number;
  readonly mean: number;
  readonly median: number;
  readonly stdDev: number;
  /** 99 % t interval of the mean. */
  readonly ci99: Interval;
}

/** Two versions compared in one metric, on their fork means. */
export interface MetricComparison {
  /** `count`: the figures are no samples (see `count-comparison.ts`). */
  readonly test: "welch-on-fork-means" | "count";
  readonly direction: Direction;
  readonly tolerance: number;
  /** Forks a version and iterations a fork: the smallest, where they are not all equal. */
  readonly forks: number;
  readonly iterationsPerFork: number;
  /** ICC(1), forks nested in versions; null when every fork holds a single iteration. */
  readonly intraForkCorrelation: number | null;
  readonly baseline: ForkSummary;
  readonly candidate: ForkSummary;
  /** mean(candidate) / mean(baseline) − 1, negative is less; null when only the baseline's mean is 0. */
  readonly relDelta: number | null;
  /** 99 % BCa interval of relDelta over fork means, 5,000 resamples; null where a resample has no ratio, and of counts. */
  readonly ci99: Interval | null;
  readonly p: ComparisonP;
  /** Two-sided, on fork means. */
  readonly mannWhitneyP: number;
  /** Of fork means, positive where the candidate's are larger; null when both are constant and differ. */
  readonly hedgesG: number | null;
  readonly cliffsDelta: number;
}

/**
 * @throws STATISTICS_EMPTY, STATISTICS_TOO_FEW (fewer than two forks), STATISTICS_NOT_FINITE,
 *   STATISTICS_NEGATIVE_BASELINE, STATISTICS_BAD_ARGUMENT
 */
export function compareMetric(request: CompareRequest): MetricComparison {
  const { direction, tolerance, seed } = request;
  const baseline = forkMeans(request.baseline, "baseline");
  const candidate = forkMeans(request.candidate, "candidate");
  const sizes = [...request.baseline, ...request.candidate].map((fork) => fork.length);
  return {
    test: "welch-on-fork-means",
    direction,
    tolerance,
    forks: Math.min(baseline.length, candidate.length),
    iterationsPerFork: sizes.reduce((least, size) => Math.min(least, size)),
    intraForkCorrelation: intraForkCorrelation([request.baseline, request.candidate]),
    baseline: forkSummary(baseline),
    candidate: forkSummary(candidate),
    p: changeP(baseline, candidate, direction, tolerance),
    ...relativeChange(baseline, candidate, seed),
    mannWhitneyP: mannWhitney(baseline, candidate).p,
    hedgesG: hedgesG(baseline, candidate),
    cliffsDelta: cliffsDelta(baseline, candidate),
  };
}

export const compareMetricKernel: Kernel<CompareRequest, MetricComparison> = {
  name: "statistics.compareMetric",
  module: import.meta.url,
  export: "compareMetric",
};

/**
 * The units of inference. A constant fork has exactly its value as mean.
 * @param location what the forks are called in errors
 * @throws STATISTICS_EMPTY, STATISTICS_TOO_FEW (fewer than two forks), STATISTICS_NOT_FINITE
 */
export function forkMeans(forks: readonly Float64Array[], location = "forks"): Float64Array {
  requireForks(forks, location);
  return Float64Array.from(forks, (fork) => momentsOf(fork).mean);
}

export function forkSummary(means: Float64Array): ForkSummary {
  const moments = momentsOf(means);
  return {
    n: moments.n,
    mean: moments.mean,
    median: sortedQuantile(means.toSorted(), 0.5),
    stdDev: Math.sqrt(moments.variance),
    ci99: meanInterval(moments, 0.99),
  };
}

/**
 * What is decided on, alone: the three p values of two sets of fork means, without what is only reported.
 * @throws as `compareMetric`
 */
export function changeP(
  baseline: Float64Array,
  candidate: Float64Array,
  direction: Direction,
  tolerance: number,
): ComparisonP {
  requireSamples(baseline, 2, "baseline");
  requireSamples(candidate, 2, "candidate");
  requireTolerance(tolerance);
  const before = momentsOf(baseline);
  const after = momentsOf(candidate);
  if (before.mean < 0) {
    throw statisticsError("STATISTICS_NEGATIVE_BASELINE", `the baseline's mean is ${before.mean}`);
  }
  return ofEveryFamily(
    direction,
    tolerance,
    ({ factor, side }) => contrastTails(welchContrast(before, after, factor))[side],
  );
}

function relativeChange(
  baseline: Float64Array,
  candidate: Float64Array,
  seed: string | number,
): Pick<MetricComparison, "relDelta" | "ci99"> {
  const relDelta = ratioOfMeans(baseline, candidate) - 1;
  const ratio = bcaInterval({ baseline, candidate, statistic: ratioOfMeans, seed });
  return {
    relDelta: Number.isFinite(relDelta) ? relDelta : null,
    ci99: ratio === null ? null : [ratio[0] - 1, ratio[1] - 1],
  };
}

/** 0 against 0 is no change. */
function ratioOfMeans(baseline: Float64Array, candidate: Float64Array): number {
  const before = meanOf(baseline);
  const after = meanOf(candidate);
  return before === 0 && after === 0 ? 1 : after / before;
}
