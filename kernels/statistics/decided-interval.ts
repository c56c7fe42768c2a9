/**
 * The changes that the decided tests leave: an interval that says what `decide` said, and nothing else.
 *
 * A bound is where the same Welch test on fork means, asked of another factor, just does not refute it any more,
 * at the level at which Benjamini–Hochberg decided its family: k · α ÷ m where k of m were shown, α ÷ m where none
 * was. (Intervals at these levels keep the share of wrong ones among those that are read: Y. Benjamini & D. Yekutieli,
 * J. American Statistical Association 100, 2005.) So of a metric of which lower is better
 *
 *   regressed      all of it lies above 1 + tolerance
 *   improved       all of it lies below 1 − tolerance
 *   non_inferior   it ends below 1 + tolerance, and not below 1 − tolerance
 *   inconclusive   1 + tolerance lies in it
 *
 * Where an improvement was not shown the interval reaches at least to 1 − tolerance: wider than the other test asks
 * for, and never narrower.
 */
import type { Kernel } from "../../runtime/contracts/index.ts";
import { changeP } from "./comparison.ts";
import { hypothesisOf, type ComparisonP, type Direction, type Family } from "./hypotheses.ts";
import { momentsOf, type Moments } from "./moments.ts";
import type { Interval } from "./quantile.ts";
import { decide } from "./verdict.ts";
import { contrastTails, welchContrast } from "./welch.ts";

export interface DecidedRequest {
  /** Fork means; at least two. */
  readonly baseline: Float64Array;
  readonly candidate: Float64Array;
  readonly direction: Direction;
  readonly tolerance: number;
}

/** That of `decide`. */
const ALPHA = 0.05;

/**
 * All that is decided together, at once.
 * @returns of mean(candidate) ÷ mean(baseline), in the order given; null where nothing bounds it
 * @throws as `changeP`; STATISTICS_EMPTY, STATISTICS_BAD_ARGUMENT
 */
export function decidedIntervals(requests: readonly DecidedRequest[]): readonly (Interval | null)[] {
  const rows = requests.map(({ baseline, candidate, direction, tolerance }) => ({
    p: changeP(baseline, candidate, direction, tolerance),
  }));
  const decided = decide(rows, ALPHA);
  const shownIn = (family: Family): number => decided.filter(({ q }) => q[family] < ALPHA).length;
  const level = (family: Family): number => (Math.max(1, shownIn(family)) * ALPHA) / requests.length;
  const levels = {
    regressed: level("regressed"),
    nonInferior: level("nonInferior"),
    improved: level("improved"),
  };
  return requests.map((request, index) => {
    const { q } = decided[index]!;
    const isShown = (family: Family): boolean => q[family] < ALPHA;
    return intervalOf(request, levels, isShown);
  });
}

export const decidedIntervalsKernel: Kernel<readonly DecidedRequest[], readonly (Interval | null)[]> = {
  name: "statistics.decidedIntervals",
  module: import.meta.url,
  export: "decidedIntervals",
};

function intervalOf(
  { baseline, candidate, direction, tolerance }: DecidedRequest,
  levels: ComparisonP,
  isShown: (family: Family) => boolean,
): Interval | null {
  const before = momentsOf(baseline);
  const after = momentsOf(candidate);
  if (before.mean <= 0 || after.mean < 0) return null;
  const bound = (family: Family): number => {
    const { factor, side } = hypothesisOf(family, direction, tolerance);
    const isRefuted = (ratio: number): boolean => pOf(before, after, ratio)[side] < levels[family];
    const asked = { factor, isShown: isShown(family), estimate: after.mean / before.mean, isRefuted };
    return side === "above" ? lowerBound(asked) : upperBound(asked);
  };
  const worse = bound("regressed");
  const { factor } = hypothesisOf("improved", direction, tolerance);
  const outermost = direction === "lower" ? Math.max : Math.min;
  const better = isShown("improved") ? bound("improved") : outermost(factor, bound("nonInferior"));
  const [low, high] = direction === "lower" ? [worse, better] : [better, worse];
  return Number.isFinite(high) ? [low, high] : null;
}

function pOf(before: Moments, after: Moments, ratio: number) {
  return contrastTails(welchContrast(before, after, ratio));
}

interface Bounded {
  /** The one that was decided on; the bound lies on the side of it that `isShown` says, whatever rounding does. */
  readonly factor: number;
  readonly isShown: boolean;
  readonly estimate: number;
  readonly isRefuted: (ratio: number) => boolean;
}

/** The least ratio that is not refuted; no time is below 0. */
function lowerBound({ factor, isShown, estimate, isRefuted }: Bounded): number {
  if (isShown) return between(factor, estimate, isRefuted);
  const kept = Math.min(factor, estimate);
  return isRefuted(0) ? between(0, kept, isRefuted) : 0;
}

/** The greatest ratio that is not refuted. */
function upperBound({ factor, isShown, estimate, isRefuted }: Bounded): number {
  if (isShown) return between(factor, estimate, isRefuted);
  const kept = Math.max(factor, estimate);
  let refuted = Math.max(kept, 1) * 2;
  while (!isRefuted(refuted)) {
    refuted *= 2;
    if (refuted > MOST_RATIO) return Number.POSITIVE_INFINITY;
  }
  return between(refuted, kept, isRefuted);
}

const MOST_RATIO = 1e9;
const HALVINGS = 60;

/** @returns one that is kept, as near to what is refuted as halving comes */
function between(refuted: number, kept: number, isRefuted: (ratio: number) => boolean): number {
  let [out, inside] = [refuted, kept];
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (out + inside) / 2;
    if (middle === out || middle === inside) break;
    if (isRefuted(middle)) out = middle;
    else inside = middle;
  }
  return inside;
}
