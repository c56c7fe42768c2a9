/**
 * The Theil–Sen line: the median of the slopes of all pairs of points that differ in x (H. Theil, Indagationes
 * Mathematicae 12, 1950; P. K. Sen, J. American Statistical Association 63, 1968), and Sen's interval between
 * two of those slopes, at ranks (N ± z × deviation of Kendall's S) / 2 with the variance corrected for ties in
 * x and in y. Up to 29 % of the points may be arbitrary without carrying the slope away. The same figures as
 * scipy.stats.theilslopes(method = "joint").
 *
 * Assumes independent, equally distributed errors about the line. Holds all slopes in memory at once: n²/2.
 */
import { tieSizes, varianceOfS } from "./mann-kendall.ts";
import { normalQuantile } from "./normal.ts";
import { sortedQuantile, type Interval } from "./quantile.ts";
import { requireProbability, requireSamples, requireThat } from "./validate.ts";

export interface TheilSenRequest {
  readonly y: Float64Array;
  /** Default 0, 1, 2, …: a value a step of time. */
  readonly x?: Float64Array;
  /** Default 0.99. */
  readonly confidence?: number;
}

export interface TheilSenLine {
  /** In units of y a unit of x. */
  readonly slope: number;
  readonly interval: Interval;
  /** Median of y − slope × x. */
  readonly intercept: number;
}

/** 12.5 million slopes, 100 MB. */
const MOST_POINTS = 5_000;

/**
 * @throws STATISTICS_EMPTY, STATISTICS_TOO_FEW (below 3), STATISTICS_NOT_FINITE, STATISTICS_BAD_ARGUMENT (more
 *   than 5,000 points, x and y of different lengths, a single x)
 */
export function theilSen(request: TheilSenRequest): TheilSenLine {
  const { y, confidence = 0.99 } = request;
  requireSamples(y, 3, "y");
  const x = request.x ?? y.map((_, index) => index);
  requireSamples(x, 3, "x");
  requireThat(x.length === y.length, `x holds ${x.length} values and y ${y.length}`, "x");
  requireThat(y.length <= MOST_POINTS, `${y.length} points are more than ${MOST_POINTS}`, "y");
  requireProbability(confidence, "confidence");
  const slopes = slopesOf(x, y).sort();
  requireThat(slopes.length > 0, "all x are equal, so there is no slope", "x");
  const slope = sortedQuantile(slopes, 0.5);
  const rests = y.map((value, index) => value - slope * x[index]!);
  const interval = senInterval(slopes, varianceOfS(y.length, [...tieSizes(x), ...tieSizes(y)]), confidence);
  return { slope, interval, intercept: sortedQuantile(rests.sort(), 0.5) };
}

function slopesOf(x: Float64Array, y: Float64Array): Float64Array {
  const n = x.length;
  const slopes = new Float64Array((n * (n - 1)) / 2);
  let count = 0;
  for (let right = 1; right < n; right++) {
    for (let left = 0; left < right; left++) {
      const run = x[right]! - x[left]!;
      if (run !== 0) slopes[count++] = (y[right]! - y[left]!) / run;
    }
  }
  return slopes.subarray(0, count);
}

function senInterval(slopes: Float64Array, variance: number, confidence: number): Interval {
  const n = slopes.length;
  const reach = -normalQuantile((1 - confidence) / 2) * Math.sqrt(Math.max(0, variance));
  const lower = Math.max(0, Math.round((n - reach) / 2) - 1);
  const upper = Math.min(n - 1, Math.round((n + reach) / 2));
  return [slopes[lower]!, slopes[upper]!];
}
