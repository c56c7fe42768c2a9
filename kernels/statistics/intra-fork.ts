/**
 * Intra-fork correlation: ICC(1) of the one-way random-effects analysis of variance (Shrout & Fleiss,
 * Psychological Bulletin 86, 1979; unequal group sizes: Donner, International Statistical Review 54, 1986),
 * forks nested in versions, so that a difference between versions does not count as correlation.
 */
import { momentsOf } from "./moments.ts";
import { requireForks } from "./validate.ts";

/**
 * @param versions the forks of each version
 * @returns at most 1, below 0 where forks differ less than chance would have it; 0 without any variance;
 *   null when no fork holds two iterations, since nothing then tells apart within and between
 * @throws STATISTICS_EMPTY, STATISTICS_TOO_FEW, STATISTICS_NOT_FINITE
 */
export function intraForkCorrelation(versions: readonly (readonly Float64Array[])[]): number | null {
  versions.forEach((forks, index) => requireForks(forks, `versions[${index}]`));
  const parts = versions.map(squaresOf);
  const withinDf = sumOf(parts, "withinDf");
  const betweenDf = sumOf(parts, "betweenDf");
  if (withinDf === 0 || betweenDf === 0) return null;
  const within = sumOf(parts, "within") / withinDf;
  const between = sumOf(parts, "between") / betweenDf;
  const size = sumOf(parts, "effectiveSize") / betweenDf;
  const total = between + (size - 1) * within;
  return total > 0 ? (between - within) / total : 0;
}

interface Squares {
  readonly within: number;
  readonly withinDf: number;
  readonly between: number;
  readonly betweenDf: number;
  /** N − Σn²/N: divided by betweenDf, the size that stands for all forks. */
  readonly effectiveSize: number;
}

function squaresOf(forks: readonly Float64Array[]): Squares {
  const moments = forks.map(momentsOf);
  const count = moments.reduce((sum, fork) => sum + fork.n, 0);
  // The mean of all, taken from the first fork's on: equal means give exactly no variance between.
  const first = moments[0]!.mean;
  const grand = first + moments.reduce((sum, fork) => sum + fork.n * (fork.mean - first), 0) / count;
  return {
    within: moments.reduce((sum, fork) => sum + (fork.n - 1) * fork.variance, 0),
    withinDf: count - forks.length,
    between: moments.reduce((sum, fork) => sum + fork.n * (fork.mean - grand) ** 2, 0),
    betweenDf: forks.length - 1,
    effectiveSize: count - moments.reduce((sum, fork) => sum + fork.n ** 2, 0) / count,
  };
}

function sumOf(parts: readonly Squares[], key: keyof Squares): number {
  return parts.reduce((sum, part) => sum + part[key], 0);
}
