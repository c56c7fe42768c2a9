/**
 * How large a difference is, apart from whether it is shown. Both are positive where the candidate's values
 * are the larger.
 */
import { logGamma } from "./log-gamma.ts";
import { momentsOf, roundingOf } from "./moments.ts";
import { requireSamples } from "./validate.ts";

/**
 * Hedges g: difference of means over the pooled standard deviation, times the exact small-sample correction
 * Γ(m/2) / (√(m/2) Γ((m − 1)/2)) with m = n₁ + n₂ − 2 (L. V. Hedges, J. Educational Statistics 6, 1981).
 * @returns null when both samples are constant and differ: the ratio has no value
 * @throws STATISTICS_EMPTY, STATISTICS_TOO_FEW, STATISTICS_NOT_FINITE
 */
export function hedgesG(baseline: Float64Array, candidate: Float64Array): number | null {
  requireSamples(baseline, 2, "baseline");
  requireSamples(candidate, 2, "candidate");
  const left = momentsOf(baseline);
  const right = momentsOf(candidate);
  const difference = right.mean - left.mean;
  const rounding = roundingOf(left.mean, right.mean);
  if (Math.abs(difference) <= rounding) return 0;
  const m = left.n + right.n - 2;
  const pooled = ((left.n - 1) * left.variance + (right.n - 1) * right.variance) / m;
  if (Math.sqrt(pooled) <= rounding) return null;
  return (smallSampleCorrection(m) * difference) / Math.sqrt(pooled);
}

function smallSampleCorrection(m: number): number {
  return Math.exp(logGamma(m / 2) - logGamma((m - 1) / 2)) / Math.sqrt(m / 2);
}

/**
 * Cliff's delta: P(candidate > baseline) − P(candidate < baseline) over all pairs (N. Cliff, Psychological
 * Bulletin 114, 1993), counted by one merge of the sorted samples.
 * @throws STATISTICS_EMPTY, STATISTICS_NOT_FINITE
 */
export function cliffsDelta(baseline: Float64Array, candidate: Float64Array): number {
  requireSamples(baseline, 1, "baseline");
  requireSamples(candidate, 1, "candidate");
  const sorted = baseline.toSorted();
  let below = 0;
  let notAbove = 0;
  let balance = 0;
  for (const value of candidate.toSorted()) {
    while (below < sorted.length && sorted[below]! < value) below++;
    while (notAbove < sorted.length && sorted[notAbove]! <= value) notAbove++;
    balance += below - (sorted.length - notAbove);
  }
  return balance / (baseline.length * candidate.length);
}
