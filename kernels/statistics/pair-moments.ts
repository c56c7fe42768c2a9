/** Means, squares and products of pairs, kept up to date pair by pair (B. P. Welford, Technometrics 4, 1962). */
import { roundingOf } from "./moments.ts";
import type { MixtureSums } from "./mixture.ts";
import type { Interval } from "./quantile.ts";

export interface PairMoments {
  readonly pairs: number;
  readonly baselineMean: number;
  readonly candidateMean: number;
  /** Sums of squared deviations from the mean, and of products of both deviations. */
  readonly baselineSquares: number;
  readonly candidateSquares: number;
  readonly products: number;
}

export const NO_PAIRS: PairMoments = {
  pairs: 0,
  baselineMean: 0,
  candidateMean: 0,
  baselineSquares: 0,
  candidateSquares: 0,
  products: 0,
};

export function withPair(before: PairMoments, baseline: number, candidate: number): PairMoments {
  const pairs = before.pairs + 1;
  const ofBaseline = baseline - before.baselineMean;
  const ofCandidate = candidate - before.candidateMean;
  const baselineMean = before.baselineMean + ofBaseline / pairs;
  const candidateMean = before.candidateMean + ofCandidate / pairs;
  return {
    pairs,
    baselineMean,
    candidateMean,
    baselineSquares: before.baselineSquares + ofBaseline * (baseline - baselineMean),
    candidateSquares: before.candidateSquares + ofCandidate * (candidate - candidateMean),
    products: before.products + ofBaseline * (candidate - candidateMean),
  };
}

/**
 * The relative changes f − 1 for which n (mean)² of the contrast candidate − f × baseline is at most reach × its squares.
 * @returns null as long as the baseline's mean is not told apart from 0
 */
export function ratioInterval(moments: PairMoments, reach: number): Interval | null {
  const { pairs, baselineMean, candidateMean, baselineSquares, products } = moments;
  if (baselineMean === 0) return null;
  // n (h mean)² ≤ reach (squares at the ratio + 2 h tilt + h² baselineSquares), for a ratio that is off by h.
  const ratio = candidateMean / baselineMean;
  const bend = pairs * baselineMean * baselineMean - reach * baselineSquares;
  const tilt = reach * (ratio * baselineSquares - products);
  if (!(bend > 0)) return null;
  const root = Math.sqrt(tilt * tilt + bend * reach * contrastSums(moments, ratio).squares);
  return [ratio + (tilt - root) / bend - 1, ratio + (tilt + root) / bend - 1];
}

/**
 * The values candidate − factor × baseline of all pairs. A mean that rounding alone explains is 0, and squares
 * are never less than what rounding hides of them.
 */
export function contrastSums(moments: PairMoments, factor: number): MixtureSums {
  const { pairs, baselineMean, candidateMean, baselineSquares, candidateSquares, products } = moments;
  const mean = candidateMean - factor * baselineMean;
  const isRounding = Math.abs(mean) <= roundingOf(candidateMean, factor * baselineMean);
  const both = candidateSquares + factor * factor * baselineSquares;
  const squares = Math.max(both - 2 * factor * products, 4 * Number.EPSILON * both);
  return { n: pairs, mean: isRounding ? 0 : mean, squares };
}
