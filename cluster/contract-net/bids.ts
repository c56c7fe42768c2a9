/**
 * Which bid wins: the highest of
 *
 *     confidence × accuracy ÷ estimated seconds (at least 0.1)
 *
 * and of equal ones that of the agent whose id comes first. Accuracy is what the agent's earlier bids turned out to
 * be worth; without it the rule would reward whoever underestimates most.
 */

/** What an agent offers for a task. */
export interface Bid {
  /** That it will succeed, from 0 to 1. */
  readonly confidence: number;
  readonly estimatedSeconds: number;
}

/** A bid that can win, and what it is worth. */
export interface RankedBid extends Bid {
  readonly agentId: string;
  readonly score: number;
}

/** How a task went that was awarded on a bid. */
export interface Outcome extends Bid {
  readonly success: boolean;
  readonly seconds: number;
}

const LEAST_SECONDS = 0.1;
/** Each record begins as if one task of one second had gone as it was bid. */
const PRIOR = 1;

interface Sums {
  /** Of the seconds that tasks took, those that were told before. */
  readonly foreseen: number;
  readonly seconds: number;
  readonly successes: number;
  readonly confidence: number;
}

const NONE: Sums = { foreseen: PRIOR, seconds: PRIOR, successes: PRIOR, confidence: PRIOR };

/** What became of the bids of each agent. */
export class TrackRecord {
  readonly #sums = new Map<string, Sums>();

  note(agentId: string, { confidence, estimatedSeconds, success, seconds }: Outcome): void {
    const before = this.#sums.get(agentId) ?? NONE;
    this.#sums.set(agentId, {
      foreseen: before.foreseen + Math.min(estimatedSeconds, seconds),
      seconds: before.seconds + seconds,
      successes: before.successes + (success ? 1 : 0),
      confidence: before.confidence + confidence,
    });
  }

  /**
   * From 0 to 1: the share of its tasks' time that it foresaw, times how often it succeeded for how often it said
   * that it would. An agent that promises too little is not rewarded for it; one that nothing is known of has 1.
   */
  accuracyOf(agentId: string): number {
    const { foreseen, seconds, successes, confidence } = this.#sums.get(agentId) ?? NONE;
    return (foreseen / seconds) * Math.min(1, successes / confidence);
  }
}

/** @returns whether it is a bid at all: it comes from another node. */
export function isBid(given: unknown): given is Bid {
  if (typeof given !== "object" || given === null) return false;
  const { confidence, estimatedSeconds } = given as Partial<Record<keyof Bid, unknown>>;
  return (
    typeof confidence === "number" &&
    confidence >= 0 &&
    confidence <= 1 &&
    typeof estimatedSeconds === "number" &&
    estimatedSeconds >= 0 &&
    Number.isFinite(estimatedSeconds)
  );
}

/** The bids in the order in which they are awarded. */
export function rankBids(
  bids: readonly (Bid & { readonly agentId: string })[],
  record: TrackRecord,
): readonly RankedBid[] {
  return bids
    .map(({ agentId, confidence, estimatedSeconds }) => {
      const worth = confidence * record.accuracyOf(agentId);
      const score = worth / Math.max(LEAST_SECONDS, estimatedSeconds);
      return { agentId, confidence, estimatedSeconds, score };
    })
    .toSorted((a, b) => b.score - a.score || (a.agentId < b.agentId ? -1 : 1));
}
