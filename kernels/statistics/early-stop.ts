/**
 * When a burst may end before all its forks are run: one sequential comparison a metric, all looked at together
 * after every pair of forks. Decided is
 *
 *   regressed    as soon as one metric is: nothing that the others show makes up for it
 *   else         as soon as no metric is inconclusive; where an improvement is wanted, the first metric has
 *                to be improved, so that a gain is not given away for being called non-inferior first
 *
 * Verdicts are `decide`'s over the always-valid p of all metrics. Those hold at whatever pair one stops, so each
 * family keeps its level however the burst ends: decided early, or never, when the same p decide at its end. A
 * test of a fixed number of forks must not follow: where the burst stopped depended on the data.
 *
 * There is no least number of pairs beside the one in the mixture itself: of n pairs without any noise its evidence is
 * 2 k^((n − 1) / 2), k = 1 + 6.6 n / plannedPairs. With 20 planned that is 14 after five pairs and 31 after six,
 * where 20 is needed; with more planned it takes more.
 */
import type { ComparisonP } from "./hypotheses.ts";
import { decide, overallVerdict, type Verdict } from "./verdict.ts";
import { SequentialComparison, type SequentialSettings } from "./sequential-comparison.ts";
import { requireThat } from "./validate.ts";

export interface EarlyStopSettings {
  /**
   * The first is the goal's. Of those that no fork measures p is known beforehand: they are decided with the
   * others, since what is decided together is adjusted together.
   */
  readonly metrics: readonly (Omit<SequentialSettings, "plannedPairs"> | { readonly p: ComparisonP })[];
  /** The most pairs that will be run, two at least: fixed before the data. */
  readonly plannedPairs: number;
  readonly wanted: "improved" | "not_worse";
}

/** The mean of one metric in the two forks of a pair. */
export interface PairOfMeans {
  readonly baseline: number;
  readonly candidate: number;
}

/** A summary needs them, also where what is known beforehand decides. */
const LEAST_PAIRS = 2;

export class EarlyStop {
  /** One a metric that forks measure. */
  readonly sequences: readonly SequentialComparison[];
  readonly #compared: readonly { readonly p: ComparisonP }[];
  readonly #wanted: EarlyStopSettings["wanted"];

  /** @throws STATISTICS_BAD_ARGUMENT */
  constructor({ metrics, plannedPairs, wanted }: EarlyStopSettings) {
    this.#compared = metrics.map((metric) =>
      "p" in metric ? metric : new SequentialComparison({ ...metric, plannedPairs }),
    );
    this.sequences = this.#compared.filter((compared) => compared instanceof SequentialComparison);
    requireThat(this.sequences.length > 0, "there is no metric to look at", "metrics");
    this.#wanted = wanted;
  }

  /**
   * One figure a metric that forks measure, of two forks that were run side by side in random order.
   * @throws as `SequentialComparison.push`
   */
  push(means: readonly PairOfMeans[]): void {
    requireThat(
      means.length === this.sequences.length,
      `of ${this.sequences.length} metrics ${means.length} are given`,
      "means",
    );
    this.sequences.forEach((sequence, index) =>
      sequence.push(means[index]!.baseline, means[index]!.candidate),
    );
  }

  get pairs(): number {
    return this.sequences[0]!.pairs;
  }

  /** What it is decided as; null: not yet. */
  get decided(): Verdict | null {
    if (this.pairs < LEAST_PAIRS) return null;
    const verdicts = decide(this.#compared.map(({ p }) => ({ p }))).map(({ verdict }) => verdict);
    const overall = overallVerdict(verdicts);
    if (overall === "regressed") return overall;
    const isMissing = this.#wanted === "improved" && verdicts[0] !== "improved";
    return overall === "inconclusive" || isMissing ? null : overall;
  }
}
