/**
 * The Mann–Kendall test for a monotone trend (H. B. Mann, Econometrica 13, 1945; M. G. Kendall, Rank
 * Correlation Methods, 4th ed. 1975): S counts pairs that rise with time less pairs that fall. Exact where
 * there are fewer than 50 values and none are tied, else the normal approximation with the variance corrected
 * for ties and a continuity correction of 1. The same choices as R's cor.test(method = "kendall") with
 * `continuity = TRUE`, save that the correction always lowers |S| towards the less significant side.
 *
 * Assumes independent values: correlated neighbours look like a trend. Takes n²/2 comparisons.
 */
import { normalCdf } from "./normal.ts";
import { requireSamples } from "./validate.ts";
import type { Alternative } from "./welch.ts";

export interface MannKendallResult {
  /** Rising pairs less falling pairs. */
  readonly s: number;
  /** Kendall's tau-b: S by its largest possible value, ties considered; 0 for a constant series. */
  readonly tau: number;
  readonly p: number;
  readonly exact: boolean;
}

const EXACT_BELOW = 50;

/**
 * @param series in the order of time
 * @param alternative "greater": the series rises
 * @throws STATISTICS_EMPTY, STATISTICS_TOO_FEW (below 3), STATISTICS_NOT_FINITE
 */
export function mannKendall(series: Float64Array, alternative: Alternative = "two-sided"): MannKendallResult {
  requireSamples(series, 3, "series");
  const n = series.length;
  const ties = tieSizes(series);
  const exact = n < EXACT_BELOW && ties.length === 0;
  const s = risingLessFalling(series);
  const tail = exact ? exactTail(n) : approximateTail(n, ties);
  const [greater, less] = [tail(s), tail(-s)];
  const oneSided = alternative === "greater" ? greater : less;
  const p = alternative === "two-sided" ? Math.min(1, 2 * Math.min(greater, less)) : oneSided;
  const pairs = (n * (n - 1)) / 2;
  const untied = pairs - ties.reduce((sum, size) => sum + (size * (size - 1)) / 2, 0);
  return { s, tau: untied === 0 ? 0 : s / Math.sqrt(pairs * untied), p, exact };
}

function risingLessFalling(series: Float64Array): number {
  let s = 0;
  for (let later = 1; later < series.length; later++) {
    const value = series[later]!;
    for (let earlier = 0; earlier < later; earlier++) {
      const before = series[earlier]!;
      s += (value > before ? 1 : 0) - (value < before ? 1 : 0);
    }
  }
  return s;
}

/** Sizes of the groups of equal values, two at least. */
export function tieSizes(values: Float64Array): readonly number[] {
  const sorted = values.toSorted();
  const sizes: number[] = [];
  for (let from = 0, to = 0; from < sorted.length; from = to) {
    while (to < sorted.length && sorted[to] === sorted[from]) to++;
    if (to - from > 1) sizes.push(to - from);
  }
  return sizes;
}

/** The variance of S for n values in random order. */
export function varianceOfS(n: number, ties: readonly number[]): number {
  const term = (size: number): number => size * (size - 1) * (2 * size + 5);
  return (term(n) - ties.reduce((sum, size) => sum + term(size), 0)) / 18;
}

/** P(S ≥ s). */
function approximateTail(n: number, ties: readonly number[]): (s: number) => number {
  const deviation = Math.sqrt(varianceOfS(n, ties));
  return (s) => (deviation === 0 ? 1 : normalCdf((1 - s) / deviation));
}

/** P(S ≥ s) without ties: a random order has few enough falling pairs. */
function exactTail(n: number): (s: number) => number {
  const pairs = (n * (n - 1)) / 2;
  const shares = fallingPairShares(n);
  const atMost = (most: number): number =>
    shares.subarray(0, most + 1).reduce((sum, share) => sum + share, 0);
  return (s) => {
    const falling = (pairs - s) / 2;
    return 2 * falling <= pairs ? atMost(falling) : 1 - atMost(pairs - falling - 1);
  };
}

/**
 * The shares of the orders of n values that have 0, 1, … falling pairs. A value put into an order of `size`
 * smaller ones falls behind 0…size of them, each equally likely. Additions only, so nothing cancels.
 */
function fallingPairShares(n: number): Float64Array {
  const half = Math.floor((n * (n - 1)) / 4) + 1;
  let shares = new Float64Array(half).fill(1, 0, 1);
  for (let size = 1; size < n; size++) {
    const next = new Float64Array(half);
    for (let falling = 0; falling < half; falling++) {
      let sum = 0;
      for (let from = Math.max(0, falling - size); from <= falling; from++) sum += shares[from]!;
      next[falling] = sum / (size + 1);
    }
    shares = next;
  }
  return shares;
}
