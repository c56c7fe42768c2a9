/**
 * BCa bootstrap interval of a statistic of two independent samples (B. Efron, J. American Statistical
 * Association 82, 1987; two samples: Efron & Tibshirani, An Introduction to the Bootstrap, 1993, ch. 14).
 * Each sample is resampled on its own; the bias correction counts resamples below the estimate (ties half);
 * the acceleration comes from the jackknife values of both samples. Deterministic by seed.
 */
import { seededRandom, type Random } from "../../runtime/contracts/index.ts";
import { meanOf } from "./moments.ts";
import { normalCdf, normalQuantile } from "./normal.ts";
import { sortedQuantile, type Interval } from "./quantile.ts";
import { requireCount, requireProbability, requireSamples } from "./validate.ts";

/** Must not keep or change its arguments: they are buffers that the next resample overwrites. */
export type TwoSampleStatistic = (baseline: Float64Array, candidate: Float64Array) => number;

export interface BootstrapRequest {
  readonly baseline: Float64Array;
  readonly candidate: Float64Array;
  readonly statistic: TwoSampleStatistic;
  readonly seed: string | number;
  /** Default 0.99. */
  readonly confidence?: number;
  /** Default 5,000; at least 100. */
  readonly resamples?: number;
}

const RESAMPLES = 5_000;

/**
 * @returns null when the statistic has no finite value on some resample (a ratio to a mean of zero)
 * @throws STATISTICS_EMPTY, STATISTICS_TOO_FEW (below 2), STATISTICS_NOT_FINITE, STATISTICS_BAD_ARGUMENT
 */
export function bcaInterval(request: BootstrapRequest): Interval | null {
  const { baseline, candidate, statistic, confidence = 0.99, resamples = RESAMPLES } = request;
  requireSamples(baseline, 2, "baseline");
  requireSamples(candidate, 2, "candidate");
  requireProbability(confidence, "confidence");
  requireCount(resamples, 100, "resamples");
  const estimate = statistic(baseline, candidate);
  const replicates = replicate(request, resamples);
  const influence = [
    jackknife(baseline, (rest) => statistic(rest, candidate)),
    jackknife(candidate, (rest) => statistic(baseline, rest)),
  ];
  if (![replicates, ...influence].every((values) => values.every(Number.isFinite))) return null;
  return bcaOf(estimate, replicates, accelerationOf(influence), confidence);
}

/** The interval from its parts; `replicates` is sorted in place. */
export function bcaOf(
  estimate: number,
  replicates: Float64Array,
  acceleration: number,
  confidence: number,
): Interval {
  const sorted = replicates.sort();
  const bias = normalQuantile(shareBelow(sorted, estimate));
  const bound = (p: number): number => {
    const shifted = bias + normalQuantile(p);
    const scale = 1 - acceleration * shifted;
    // At a scale of 0 the transformation has its pole; beyond it the bound is the end of the resamples.
    const share = scale > 0 ? normalCdf(bias + shifted / scale) : shifted > 0 ? 1 : 0;
    return sortedQuantile(sorted, share);
  };
  return [bound((1 - confidence) / 2), bound(1 - (1 - confidence) / 2)];
}

/** a = ⅙ Σ(U³)/n³ / (Σ(U²)/n²)^1.5 over the jackknife values of every sample. */
export function accelerationOf(influence: readonly Float64Array[]): number {
  let cubes = 0;
  let squares = 0;
  for (const values of influence) {
    const n = values.length;
    const centre = meanOf(values);
    for (const value of values) {
      const push = ((n - 1) * (centre - value)) / n;
      squares += push ** 2;
      cubes += push ** 3;
    }
  }
  return squares > 0 ? cubes / (6 * squares ** 1.5) : 0;
}

function shareBelow(sorted: Float64Array, estimate: number): number {
  let count = 0;
  for (const value of sorted) count += value < estimate ? 1 : value === estimate ? 0.5 : 0;
  const least = 0.5 / sorted.length;
  return Math.min(1 - least, Math.max(least, count / sorted.length));
}

function replicate(request: BootstrapRequest, resamples: number): Float64Array {
  const random = seededRandom(request.seed);
  const baseline = new Float64Array(request.baseline.length);
  const candidate = new Float64Array(request.candidate.length);
  const values = new Float64Array(resamples);
  for (let index = 0; index < resamples; index++) {
    resample(request.baseline, baseline, random);
    resample(request.candidate, candidate, random);
    values[index] = request.statistic(baseline, candidate);
  }
  return values;
}

function resample(from: Float64Array, into: Float64Array, random: Random): void {
  for (let index = 0; index < into.length; index++) into[index] = from[random.below(from.length)]!;
}

/** The statistic with each value left out in turn. */
function jackknife(samples: Float64Array, statistic: (rest: Float64Array) => number): Float64Array {
  const rest = samples.slice(1);
  return samples.map((_, index) => {
    if (index > 0) rest[index - 1] = samples[index - 1]!;
    return statistic(rest);
  });
}
