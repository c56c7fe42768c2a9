/**
 * Sample quantiles (type 7 of Hyndman & Fan, The American Statistician 50, 1996: R's and NumPy's default)
 * and their distribution-free intervals between order statistics (H. A. David & H. N. Nagaraja, Order
 * Statistics, 3rd ed. 2003, §7.1), all of a sample sorted ascending.
 */
import { binomialCdf } from "./incomplete-beta.ts";

/** A confidence interval, both ends in it. */
export type Interval = readonly [lo: number, hi: number];

export function sortedQuantile(sorted: Float64Array, p: number): number {
  const position = (sorted.length - 1) * p;
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (position - below) * (high - low);
}

/**
 * The narrowest pair of order statistics that leaves at most half of 1 − `confidence` on either side.
 * @returns null when the sample is too small to have one (below 8 for the median, 528 for p99, at 0.99)
 */
export function sortedQuantileInterval(sorted: Float64Array, p: number, confidence: number): Interval | null {
  const n = sorted.length;
  const outside = (1 - confidence) / 2;
  const lower = lowerRank(n, p, outside);
  const upper = n + 1 - lowerRank(n, 1 - p, outside);
  return lower < 1 || upper > n ? null : [sorted[lower - 1]!, sorted[upper - 1]!];
}

/** The largest rank r with P(fewer than r of n fall below the quantile) ≤ `outside`; 0 when there is none. */
function lowerRank(n: number, p: number, outside: number): number {
  let fits = 0;
  let fails = n + 1;
  while (fails - fits > 1) {
    const rank = (fits + fails) >> 1;
    if (binomialCdf(rank - 1, n, p) <= outside) fits = rank;
    else fails = rank;
  }
  return fits;
}
