/**
 * Quantiles of one sample and of two: how much later do the slowest five percent come? Values are assumed
 * independent. Iterations of few forks are not: where the intra-fork correlation exceeds 0.05, compare by
 * `hierarchicalInterval`, whose units are forks.
 */
import { sortedHarrellDavis, type HarrellDavis } from "./harrell-davis.ts";
import { sortedQuantileInterval, type Interval } from "./quantile.ts";
import { studentTQuantile } from "./student-t.ts";
import { requireProbability, requireSamples } from "./validate.ts";

/** The Harrell–Davis estimate with the jackknife's standard error. */
export interface QuantileEstimate extends HarrellDavis {
  /** Between order statistics, so right for any distribution; null where the sample is too small for one. */
  readonly interval: Interval | null;
}

export interface QuantileComparison {
  readonly baseline: QuantileEstimate;
  readonly candidate: QuantileEstimate;
  /** Of the estimates, candidate less baseline. */
  readonly difference: number;
  /**
   * difference ± t × its standard error, with Satterthwaite's degrees of freedom; null where a sample has
   * fewer than five values to expect on one side of the quantile.
   */
  readonly interval: Interval | null;
}

export interface QuantileRequest {
  readonly baseline: Float64Array;
  readonly candidate: Float64Array;
  /** Which quantile: 0.5 is the median. */
  readonly p: number;
  /** Of all intervals. Default 0.99. */
  readonly confidence?: number;
}

/** @throws STATISTICS_EMPTY, STATISTICS_TOO_FEW (below 2), STATISTICS_NOT_FINITE, STATISTICS_BAD_ARGUMENT */
export function estimateQuantile(samples: Float64Array, p: number, confidence = 0.99): QuantileEstimate {
  requireProbability(p, "p");
  requireProbability(confidence, "confidence");
  requireSamples(samples, 2, "samples");
  return estimateOf(samples, p, confidence);
}

/** @throws as `estimateQuantile` */
export function compareQuantiles(request: QuantileRequest): QuantileComparison {
  const { p, confidence = 0.99 } = request;
  requireProbability(p, "p");
  requireProbability(confidence, "confidence");
  requireSamples(request.baseline, 2, "baseline");
  requireSamples(request.candidate, 2, "candidate");
  const baseline = estimateOf(request.baseline, p, confidence);
  const candidate = estimateOf(request.candidate, p, confidence);
  const difference = candidate.estimate - baseline.estimate;
  const df = degreesOfFreedom(request, baseline, candidate);
  if (df === null) return { baseline, candidate, difference, interval: null };
  const reach =
    studentTQuantile(1 - (1 - confidence) / 2, df) *
    Math.hypot(baseline.standardError, candidate.standardError);
  return { baseline, candidate, difference, interval: [difference - reach, difference + reach] };
}

function estimateOf(samples: Float64Array, p: number, confidence: number): QuantileEstimate {
  const sorted = samples.toSorted();
  return { ...sortedHarrellDavis(sorted, p), interval: sortedQuantileInterval(sorted, p, confidence) };
}

const LEAST_BEYOND = 5;

/** Satterthwaite's, from those of both samples; null where one has too few values beyond the quantile. */
function degreesOfFreedom(
  { baseline, candidate, p }: QuantileRequest,
  before: HarrellDavis,
  after: HarrellDavis,
): number | null {
  const beyond = (n: number): number => n * Math.min(p, 1 - p);
  // 100 × (1 − 0.95) is not quite 5.
  if (beyond(Math.min(baseline.length, candidate.length)) < LEAST_BEYOND * (1 - 1e-9)) return null;
  // What is known of the spread of a far quantile comes from the values beyond it, and as many before it.
  const dfOf = (n: number): number => Math.min(n - 1, 2 * beyond(n));
  const spread = Math.hypot(before.standardError, after.standardError);
  if (spread === 0) return baseline.length + candidate.length - 2;
  const shareOf = ({ standardError }: HarrellDavis): number => (standardError / spread) ** 4;
  return 1 / (shareOf(before) / dfOf(baseline.length) + shareOf(after) / dfOf(candidate.length));
}
