/**
 * The Mann–Whitney U test (H. B. Mann & D. R. Whitney, Annals of Math. Statistics 18, 1947). Exact where both
 * samples hold fewer than 50 values and none are tied, else the normal approximation with the variance
 * corrected for ties and a continuity correction of ½ (E. L. Lehmann, Nonparametrics, 1975, §1.4). The same
 * choices as R's wilcox.test.
 */
import { normalCdf } from "./normal.ts";
import { requireSamples } from "./validate.ts";
import type { Alternative } from "./welch.ts";

export interface MannWhitneyResult {
  /** Pairs in which the candidate's value is the larger; a tie counts ½. */
  readonly u: number;
  readonly p: number;
  readonly exact: boolean;
}

const EXACT_BELOW = 50;

/** @throws STATISTICS_EMPTY, STATISTICS_NOT_FINITE */
export function mannWhitney(
  baseline: Float64Array,
  candidate: Float64Array,
  alternative: Alternative = "two-sided",
): MannWhitneyResult {
  requireSamples(baseline, 1, "baseline");
  requireSamples(candidate, 1, "candidate");
  const { u, tieTerm } = rankPairs(baseline, candidate);
  const exact = tieTerm === 0 && Math.max(baseline.length, candidate.length) < EXACT_BELOW;
  const sizes: Sizes = [baseline.length, candidate.length];
  const greater = exact
    ? exactLowerTail(sizes, sizes[0] * sizes[1] - u)
    : approximateTail(sizes, u, tieTerm, 1);
  const less = exact ? exactLowerTail(sizes, u) : approximateTail(sizes, u, tieTerm, -1);
  if (alternative === "two-sided") return { u, p: Math.min(1, 2 * Math.min(greater, less)), exact };
  return { u, p: alternative === "greater" ? greater : less, exact };
}

type Sizes = readonly [baseline: number, candidate: number];

interface PairCount {
  readonly u: number;
  /** Σ (t³ − t) over groups of t tied values of both samples together. */
  readonly tieTerm: number;
}

function rankPairs(baseline: Float64Array, candidate: Float64Array): PairCount {
  const left = baseline.toSorted();
  const right = candidate.toSorted();
  let u = 0;
  let tieTerm = 0;
  let below = 0;
  for (let at = 0; below < left.length || at < right.length;) {
    const value = Math.min(left[below] ?? Number.POSITIVE_INFINITY, right[at] ?? Number.POSITIVE_INFINITY);
    const inLeft = runOf(left, below, value);
    const inRight = runOf(right, at, value);
    u += inRight * (below + inLeft / 2);
    tieTerm += (inLeft + inRight) ** 3 - (inLeft + inRight);
    below += inLeft;
    at += inRight;
  }
  return { u, tieTerm };
}

function runOf(sorted: Float64Array, from: number, value: number): number {
  let end = from;
  while (end < sorted.length && sorted[end] === value) end++;
  return end - from;
}

/** P(U ≥ u) for side 1, P(U ≤ u) for side −1. */
function approximateTail([m, n]: Sizes, u: number, tieTerm: number, side: 1 | -1): number {
  const total = m + n;
  const variance = ((m * n) / 12) * (total + 1 - tieTerm / (total * (total - 1)));
  if (variance <= 0) return 1;
  const distance = side * (u - (m * n) / 2) - 0.5;
  return normalCdf(-distance / Math.sqrt(variance));
}

/** P(U ≤ u) with no ties. */
function exactLowerTail(sizes: Sizes, u: number): number {
  const [m, n] = sizes;
  if (2 * u > m * n) return 1 - exactLowerTail(sizes, m * n - u - 1);
  const counts = arrangementCounts(sizes, u);
  let total = 1;
  for (let k = 1; k <= n; k++) total = (total * (m + k)) / k;
  return counts.reduce((sum, count) => sum + count, 0) / total;
}

/**
 * How many arrangements of m and n values give U = 0…most. By what holds the largest place, baseline or
 * candidate: count(m, n, u) = count(m − 1, n, u) + count(m, n − 1, u − m). Additions only, so nothing cancels.
 */
function arrangementCounts([m, n]: Sizes, most: number): Float64Array {
  const rows = Array.from({ length: m + 1 }, () => new Float64Array(most + 1));
  for (const row of rows) row[0] = 1;
  for (let j = 1; j <= n; j++) {
    for (let i = 1; i <= m; i++) {
      const row = rows[i]!;
      const above = rows[i - 1]!;
      for (let u = most; u >= 0; u--) row[u] = above[u]! + (u >= i ? row[u - i]! : 0);
    }
  }
  return rows[m]!;
}
