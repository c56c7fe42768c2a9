/**
 * Evidence that may be looked at after every value: the likelihood ratio of "the mean is not 0" to "the mean is
 * 0" for independent normal values of unknown variance, mixed over the size of the effect θ = mean / standard
 * deviation by a normal density of variance g around 0 (H. Robbins, Annals of Math. Statistics 41, 1970; freed
 * of the variance by scale invariance: T. L. Lai, Annals of Statistics 4, 1976; H. Wang & A. Ramdas,
 * Sequential Analysis 44, 2025).
 *
 * Under mean 0, whatever the variance, the ratio is a nonnegative martingale of mean 1 from the first value on,
 * so that it ever reaches 1/α with a chance of at most α (Ville's inequality). Nothing is estimated beforehand
 * and there is no burn-in: few values simply cannot make the ratio large.
 *
 * Of n values with sum s and sum of squares q, with k = 1 + n g and a = q − s² g / k:
 *
 *   two sides    k^(−1/2) (q / a)^(n/2)
 *   above only   that, times 2 P(T ≤ s √(n g / (k a))), T Student's t with n degrees of freedom
 *
 * "Above only" mixes over θ > 0 alone. It rises with Student's t statistic, and values with a mean below 0 are
 * values with mean 0 moved down, whose t statistic is the smaller after each of them: so it keeps its level for
 * every mean ≤ 0 and not only at 0.
 */
import { studentTCdf } from "./student-t.ts";

export interface MixtureSums {
  readonly n: number;
  readonly mean: number;
  /** Σ (x − mean)². */
  readonly squares: number;
}

/** ln of the ratio for "the mean is above 0" to "it is at most 0"; 0 while all values, or their squares to the machine, are 0. */
export function logEvidenceAbove({ n, mean, squares }: MixtureSums, g: number): number {
  const k = 1 + n * g;
  const a = squares + (n * mean * mean) / k;
  if (a === 0) return 0;
  const twoSided = 0.5 * (n * Math.log1p((n * mean * mean * (1 - 1 / k)) / a) - Math.log(k));
  return twoSided + Math.log(2 * studentTCdf(n * mean * Math.sqrt((n * g) / (k * a)), n));
}

/**
 * The two-sided ratio of x − m stays below 1/α just while n (mean − m)² < reach × squares: the m for which it
 * does are a confidence sequence, which holds the true mean after all n at once with a chance of 1 − α.
 * @returns null while there is no such bound
 */
export function mixtureReach(n: number, g: number, alpha: number): number | null {
  const k = 1 + n * g;
  const most = Math.exp((Math.log(k) - 2 * Math.log(alpha)) / n);
  return most < k ? (most - 1) / (1 - most / k) : null;
}

/**
 * The g with which a confidence sequence of 1 − α is narrowest after `n` values: λ / n, where λ is the larger
 * root of (1 + λ) e^(−λ) = α² (known variance; with it estimated the width is within 1.3 % of the least from
 * n = 10 on, at α = 0.05). Widths change slowly around it: from n/2 to 3n they stay within a tenth of the least.
 */
export function mixingVarianceFor(n: number, alpha: number): number {
  let lambda = -2 * Math.log(alpha);
  // The step shrinks errors by 1/(1 + λ), below a quarter for every α < 0.2.
  for (let step = 0; step < 40; step++) lambda = Math.log1p(lambda) - 2 * Math.log(alpha);
  return lambda / n;
}
