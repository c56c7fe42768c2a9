/**
 * A comparison that may be looked at after every pair of forks and stopped whenever it suffices, without
 * raising its error rate: a mixture sequential probability ratio test (mSPRT) with always-valid p values
 * (R. Johari, P. Koomen, L. Pekelis & D. Walsh, Operations Research 70, 2022), for a variance that nobody knows
 * (`mixture.ts`). It asks the three questions of `hypotheses.ts`, those of the fixed test, so that its p go to
 * `decide` as they are.
 *
 *   const sequence = new SequentialComparison({ direction: "lower", tolerance: 0.02 });
 *   sequence.push(baselineForkMean, candidateForkMean);    // in the order in which they were run
 *   decide([{ p: sequence.p }])[0].verdict;                // after any pair, and as often as one likes
 *
 * The values are candidate − factor × baseline of each pair: what disturbs both forks of a pair alike cancels.
 * They are assumed normal and independent from pair to pair. Fork means with a long tail do no harm where both
 * versions have it (differences are then nearly symmetric); pairs that follow each other's level do: see the
 * README for what was measured. Under that assumption P(p ever < α) ≤ α for each question, for ever.
 *
 * p only falls: it is 1 / the greatest evidence so far, at most 1. The price of looking: half of the bursts end
 * with two thirds to nine tenths of the forks with which the fixed test finds 95 % of such changes, and one in
 * ten takes half as many again.
 */
import { statisticsError } from "./errors.ts";
import { ofEveryFamily, type ComparisonP, type Direction, type Family } from "./hypotheses.ts";
import { logEvidenceAbove, mixingVarianceFor, mixtureReach } from "./mixture.ts";
import { contrastSums, NO_PAIRS, ratioInterval, withPair, type PairMoments } from "./pair-moments.ts";
import type { Interval } from "./quantile.ts";
import {
  requireCount,
  requireProbability,
  requireSamples,
  requireThat,
  requireTolerance,
} from "./validate.ts";

export interface SequentialSettings {
  readonly direction: Direction;
  readonly tolerance: number;
  /**
   * About how many pairs it should take; default 20. The tests are sharpest around it, and sharp enough from
   * half to three times as many. It sets the variance of the mixture over effects (in standard deviations of
   * a pair's contrast, squared) to λ / plannedPairs, λ = 6.6: many pairs are planned for small effects.
   */
  readonly plannedPairs?: number;
}

/** All of it, as plain numbers: what a burst keeps to go on after a crash. */
export interface SequentialState extends Required<SequentialSettings> {
  readonly moments: PairMoments;
  readonly p: ComparisonP;
}

const PLANNED_PAIRS = 20;
/** One-sided tests at 0.05 are as sharp as two-sided ones at twice that. */
const SHARPEST_AT = 0.1;

const NOTHING_SHOWN: ComparisonP = { regressed: 1, nonInferior: 1, improved: 1 };

export class SequentialComparison {
  readonly #settings: Required<SequentialSettings>;
  readonly #mixingVariance: number;
  #moments: PairMoments = NO_PAIRS;
  #p: ComparisonP = NOTHING_SHOWN;

  /** @throws STATISTICS_BAD_ARGUMENT */
  constructor({ direction, tolerance, plannedPairs = PLANNED_PAIRS }: SequentialSettings) {
    requireTolerance(tolerance);
    requireCount(plannedPairs, 2, "plannedPairs");
    this.#settings = { direction, tolerance, plannedPairs };
    this.#mixingVariance = mixingVarianceFor(plannedPairs, SHARPEST_AT);
  }

  /** Goes on as if it had never stopped. @throws STATISTICS_BAD_ARGUMENT for what cannot have been a state */
  static resume({ moments, p, ...settings }: SequentialState): SequentialComparison {
    const resumed = new SequentialComparison(settings);
    requireState({ moments, p });
    resumed.#moments = moments;
    resumed.#p = p;
    return resumed;
  }

  /**
   * One fork of each version, side by side in time, in random order within the pair.
   * @throws STATISTICS_NOT_FINITE; STATISTICS_NEGATIVE_BASELINE where a tolerance asks for a relative change.
   *   The pair then counts as never pushed.
   */
  push(baseline: number, candidate: number): void {
    requireSamples(Float64Array.of(baseline), 1, "baseline");
    requireSamples(Float64Array.of(candidate), 1, "candidate");
    const { direction, tolerance } = this.#settings;
    if (baseline < 0 && tolerance > 0) {
      throw statisticsError("STATISTICS_NEGATIVE_BASELINE", `a fork mean of the baseline is ${baseline}`);
    }
    this.#moments = withPair(this.#moments, baseline, candidate);
    this.#p = ofEveryFamily(direction, tolerance, ({ factor, side }, family) => {
      const { n, mean, squares } = contrastSums(this.#moments, factor);
      const toSide = { n, mean: side === "above" ? mean : -mean, squares };
      return Math.min(this.#p[family], Math.exp(-logEvidenceAbove(toSide, this.#mixingVariance)));
    });
  }

  get pairs(): number {
    return this.#moments.pairs;
  }

  /** Always-valid, each at most 1 and never rising. */
  get p(): ComparisonP {
    return this.#p;
  }

  /** mean(candidate) / mean(baseline) − 1; null without pairs or where the baseline's mean is 0. */
  get relDelta(): number | null {
    const { baselineMean, candidateMean } = this.#moments;
    return baselineMean === 0 ? null : candidateMean / baselineMean - 1;
  }

  /** Plain data, its own copy: JSON keeps it to the last bit. */
  get state(): SequentialState {
    return { ...this.#settings, moments: this.#moments, p: this.#p };
  }

  /**
   * Confidence sequence of mean(candidate) − mean(baseline): with a chance of `confidence` it holds the true
   * difference after every pair.
   * @returns null while nothing can be said
   */
  differenceInterval(confidence = 0.99): Interval | null {
    const reach = this.#reach(confidence);
    if (reach === null) return null;
    const { n, mean, squares } = contrastSums(this.#moments, 1);
    const width = Math.sqrt((reach * squares) / n);
    return [mean - width, mean + width];
  }

  /**
   * The same of the relative change: the ratios f for which candidate − f × baseline may have mean 0.
   * @returns null while nothing can be said, as long as the baseline's mean is not told apart from 0
   */
  relativeInterval(confidence = 0.99): Interval | null {
    const reach = this.#reach(confidence);
    return reach === null ? null : ratioInterval(this.#moments, reach);
  }

  #reach(confidence: number): number | null {
    requireProbability(confidence, "confidence");
    return this.pairs === 0 ? null : mixtureReach(this.pairs, this.#mixingVariance, 1 - confidence);
  }
}

/** What came from a file may lack anything. */
function requireState({ moments, p }: Pick<SequentialState, "moments" | "p">): void {
  requireCount(moments.pairs, 0, "moments.pairs");
  for (const name of Object.keys(NO_PAIRS) as (keyof PairMoments)[]) {
    const value = moments[name];
    const fits = Number.isFinite(value) && (value >= 0 || !name.endsWith("Squares"));
    requireThat(fits, `moments.${name} is ${value}`, `moments.${name}`);
  }
  for (const family of Object.keys(NOTHING_SHOWN) as Family[]) {
    requireThat(p[family] >= 0 && p[family] <= 1, `p.${family} is ${p[family]}`, `p.${family}`);
  }
}
