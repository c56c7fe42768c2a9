/**
 * Change points of a series by e-divisive (D. S. Matteson & N. A. James, J. American Statistical Association
 * 109, 2014): the best split of all segments is tested by permuting each segment within itself; a significant
 * one is kept, and the search goes on in its two halves. It finds changes of level, spread or shape and
 * assumes no distribution. It does assume that values of one segment could have come in any order: in a
 * series that wanders (correlated neighbours, a trend) it finds too many.
 *
 * The permutation test at every stage: p = (1 + permutations whose best split, over all segments, is at least
 * as large) / (1 + permutations). So the chance to find anything in a series without change is at most
 * `significance`, exactly; and about that is the chance to find one change too many in another series.
 *
 * Two things make it fast and change none of its results. Each segment draws from a stream of its own, named
 * by the seed and its place, so what was computed for a segment holds until it is split. And a stage ends once
 * enough permutations have reached what it tests.
 */
import { seededRandom, type Kernel, type Random } from "../../runtime/contracts/index.ts";
import { SplitSearch, type Split } from "./energy-split.ts";
import { momentsOf } from "./moments.ts";
import { requireCount, requireProbability, requireSamples, requireThat } from "./validate.ts";

export interface ChangePointRequest {
  /** In the order in which it was measured. */
  readonly series: Float64Array;
  readonly seed: string | number;
  /** Chance of a false alarm; default 0.05. */
  readonly significance?: number;
  /** Default 199, the fewest that are usual; 1 / (1 + permutations) is the smallest p. */
  readonly permutations?: number;
  /** Values between two changes, at least; default 5, at least 2. */
  readonly leastSegment?: number;
  /** Stop after so many; default: no bound. */
  readonly mostChanges?: number;
}

export interface ChangePoint {
  /** Of the first value of the new level. */
  readonly index: number;
  /** Of the permutation test that found it. */
  readonly p: number;
  /** Means of the segments that meet here, each up to the next change. */
  readonly before: number;
  readonly after: number;
  /** (after − before) / |before|; null when only the mean before is 0. */
  readonly relDelta: number | null;
}

/**
 * @returns the changes in the order of the series
 * @throws STATISTICS_EMPTY, STATISTICS_TOO_FEW (below two least segments), STATISTICS_NOT_FINITE,
 *   STATISTICS_BAD_ARGUMENT
 */
export function changePoints(request: ChangePointRequest): readonly ChangePoint[] {
  const { series, significance = 0.05, permutations = 199, leastSegment = 5, mostChanges } = request;
  requireCount(leastSegment, 2, "leastSegment");
  requireSamples(series, 2 * leastSegment, "series");
  requireProbability(significance, "significance");
  requireCount(permutations, 1, "permutations");
  const reachable = 1 / (1 + permutations) <= significance;
  requireThat(reachable, `${permutations} permutations cannot show p ≤ ${significance}`, "permutations");
  const most = mostChanges ?? series.length;
  requireCount(most, 0, "mostChanges");
  const random = seededRandom(request.seed);
  const segment = (from: number, to: number): Segment => new Segment(series, from, to, leastSegment, random);
  let segments = [segment(0, series.length)];
  const found: Found[] = [];
  while (found.length < most) {
    const chosen = segments.reduce((best, next) => (next.statistic > best.statistic ? next : best));
    const p = permutationP(segments, chosen, permutations, significance);
    if (p === null) break;
    const index = chosen.from + chosen.split.at;
    found.push({ index, p });
    const halves = [segment(chosen.from, index), segment(index, chosen.to)];
    segments = segments.filter((kept) => kept !== chosen).concat(halves);
  }
  return describe(series, found);
}

/** A few hundred thousand values a second and level of splits: call it by this off the actor's thread. */
export const changePointsKernel: Kernel<ChangePointRequest, readonly ChangePoint[]> = {
  name: "statistics.changePoints",
  module: import.meta.url,
  export: "changePoints",
};

/** A stretch without a change so far, and what its permutations have given. */
class Segment {
  readonly from: number;
  readonly to: number;
  readonly split: Split;
  /** Null where it is too short to be split. */
  readonly #search: SplitSearch | null;
  readonly #order: Int32Array;
  readonly #random: Random;
  /** The statistic's largest value in each permutation so far. */
  readonly #permuted: number[] = [];

  constructor(series: Float64Array, from: number, to: number, leastSegment: number, random: Random) {
    this.from = from;
    this.to = to;
    const splittable = to - from >= 2 * leastSegment;
    this.#search = splittable ? new SplitSearch(series.slice(from, to), leastSegment) : null;
    this.#order = this.#search?.ranks.slice() ?? new Int32Array(0);
    this.#random = random.fork(`${from}–${to}`);
    this.split = this.#search?.best(this.#order) ?? { at: 0, statistic: Number.NEGATIVE_INFINITY };
  }

  get statistic(): number {
    return this.split.statistic;
  }

  /** Whether the given permutation of this segment has a split of at least `statistic`. */
  reaches(permutation: number, statistic: number): boolean {
    if (this.#search === null) return false;
    while (this.#permuted.length <= permutation) {
      shuffle(this.#order, this.#random);
      this.#permuted.push(this.#search.best(this.#order).statistic);
    }
    return this.#permuted[permutation]! >= statistic - this.#search.rounding;
  }
}

/** Null as soon as p must exceed `significance`. */
function permutationP(
  segments: readonly Segment[],
  { statistic }: Segment,
  permutations: number,
  significance: number,
): number | null {
  if (statistic === Number.NEGATIVE_INFINITY) return null;
  let reached = 1;
  for (let permutation = 0; permutation < permutations; permutation++) {
    if (segments.some((segment) => segment.reaches(permutation, statistic))) reached += 1;
    if (reached / (1 + permutations) > significance) return null;
  }
  return reached / (1 + permutations);
}

/** R. A. Fisher & F. Yates, in the form of R. Durstenfeld, Communications of the ACM 7, 1964. */
function shuffle(order: Int32Array, random: Random): void {
  for (let last = order.length - 1; last > 0; last--) {
    // Of 53 bits: no place is likelier than another by more than 1e-12, and it takes half of the time of `below`.
    const other = Math.floor(random.next() * (last + 1));
    const moved = order[last]!;
    order[last] = order[other]!;
    order[other] = moved;
  }
}

interface Found {
  readonly index: number;
  readonly p: number;
}

function describe(series: Float64Array, found: readonly Found[]): readonly ChangePoint[] {
  const sorted = found.toSorted((left, right) => left.index - right.index);
  const ends = [...sorted.map(({ index }) => index), series.length];
  const means = ends.map((end, at) => momentsOf(series.subarray(at === 0 ? 0 : ends[at - 1]!, end)).mean);
  return sorted.map(({ index, p }, at) => {
    const before = means[at]!;
    const after = means[at + 1]!;
    return { index, p, before, after, relDelta: relativeChange(before, after) };
  });
}

function relativeChange(before: number, after: number): number | null {
  if (before === 0) return after === 0 ? 0 : null;
  return (after - before) / Math.abs(before);
}
