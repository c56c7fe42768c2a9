/**
 * The Contract Net (Smith, 1980): a task goes to the agent that bids best for it.
 *
 *     announce ──▶ bids, until all have answered or the time is up
 *     award ─────▶ accepted, or the next bid; the others are told that they lost
 *     execute ───▶ result, kept in the record of what bids are worth
 *     confirm ───▶ the agent may forget the task
 *
 * Agents are refs, on this node or another. An agent that is lost counts as one that does not answer: before it
 * has accepted the next one is asked, after that the contract fails, for what it did is not known. Who has to have
 * a task done all the same takes it from a durable queue.
 */
import { MyriadError, type Clock } from "../../runtime/contracts/index.ts";
import type { ActorRef, Reply } from "../../runtime/index.ts";
import { clusterError } from "../errors.ts";
import { isBid, rankBids, type Bid, type RankedBid, type TrackRecord } from "./bids.ts";

/** A task that agents bid for. */
export interface NetTask<Data> {
  readonly taskId: string;
  readonly taskType: string;
  readonly data: Data;
}

/** What is said to an agent; `bidder` makes an actor that understands it. */
export type BidderMessage<Data, Result> =
  | {
      readonly kind: "announce";
      readonly task: NetTask<Data>;
      /** Milliseconds; a later bid is not heard. */
      readonly withinMs: number;
      readonly reply: Reply<Bid | null>;
    }
  | { readonly kind: "award"; readonly taskId: string; readonly reply: Reply<boolean> }
  | { readonly kind: "execute"; readonly task: NetTask<Data>; readonly reply: Reply<Result> }
  | { readonly kind: "reject"; readonly taskId: string }
  | { readonly kind: "confirm"; readonly taskId: string };

/** An agent that may bid. */
export interface Bidder<Data, Result> {
  readonly agentId: string;
  readonly ref: ActorRef<BidderMessage<Data, Result>>;
  /** Bids of less confidence are not heard; from 0 to 1, default 0. */
  readonly confidenceThreshold?: number;
}

/** How a contract is made. */
export interface ContractOptions {
  readonly clock: Clock;
  /** What bids were worth before; this one is added. */
  readonly record: TrackRecord;
  /** Milliseconds in which agents bid; default 10,000. */
  readonly bidMs?: number;
  /** Milliseconds in which an agent must accept; default 5,000. */
  readonly acceptMs?: number;
  /** Milliseconds that the execution may take; default 300,000. */
  readonly executeMs?: number;
}

/** Who did the task, and who else would have. */
export interface Contracted<Result> {
  readonly agentId: string;
  readonly result: Result;
  readonly seconds: number;
  /** All bids that could win, best first. */
  readonly bids: readonly RankedBid[];
  /** Agents of better bids that did not accept. */
  readonly refused: readonly string[];
}

/** @throws NO_AGENT_AVAILABLE when nobody bids enough, or nobody accepts; what the execution failed with */
export async function contract<Data, Result>(
  task: NetTask<Data>,
  bidders: readonly Bidder<Data, Result>[],
  options: ContractOptions,
): Promise<Contracted<Result>> {
  const byId = new Map(bidders.map((bidder) => [bidder.agentId, bidder]));
  const bids = rankBids(await announce(task, [...byId.values()], options), options.record);
  const refused: string[] = [];
  for (const bid of bids) {
    const bidder = byId.get(bid.agentId)!;
    if (!(await accepts(bidder, task, options))) {
      refused.push(bid.agentId);
      continue;
    }
    for (const { agentId } of bids) {
      if (agentId !== bid.agentId) tell(byId.get(agentId)!, { kind: "reject", taskId: task.taskId });
    }
    const { result, seconds } = await execute(bidder, bid, task, options);
    tell(bidder, { kind: "confirm", taskId: task.taskId });
    return { agentId: bid.agentId, result, seconds, bids, refused };
  }
  const why = bids.length === 0 ? "nobody bid for it" : `none of ${bids.length} bidders accepted it`;
  throw clusterError("NO_AGENT_AVAILABLE", `task ${task.taskId} (${task.taskType}): ${why}`);
}

async function announce<Data, Result>(
  task: NetTask<Data>,
  bidders: readonly Bidder<Data, Result>[],
  { bidMs = 10_000 }: ContractOptions,
): Promise<readonly (Bid & { readonly agentId: string })[]> {
  const answers = await Promise.all(
    bidders.map(async ({ agentId, ref, confidenceThreshold = 0 }) => {
      const bid: unknown = await ref
        .ask((reply: Reply<Bid | null>) => ({ kind: "announce", task, withinMs: bidMs, reply }), {
          timeoutMs: bidMs,
        })
        .catch(() => null);
      return isBid(bid) && bid.confidence >= confidenceThreshold ? [{ ...bid, agentId }] : [];
    }),
  );
  return answers.flat();
}

async function accepts<Data, Result>(
  { ref }: Bidder<Data, Result>,
  { taskId }: NetTask<Data>,
  { acceptMs = 5_000 }: ContractOptions,
): Promise<boolean> {
  const answer: unknown = await ref
    .ask((reply: Reply<boolean>) => ({ kind: "award", taskId, reply }), { timeoutMs: acceptMs })
    .catch(() => false);
  return answer === true;
}

async function execute<Data, Result>(
  { agentId, ref }: Bidder<Data, Result>,
  { confidence, estimatedSeconds }: Bid,
  task: NetTask<Data>,
  { clock, record, executeMs = 300_000 }: ContractOptions,
): Promise<{ readonly result: Result; readonly seconds: number }> {
  const begunAt = clock.monotonic();
  const done = (success: boolean): number => {
    const seconds = (clock.monotonic() - begunAt) / 1_000;
    record.note(agentId, { confidence, estimatedSeconds, success, seconds });
    return seconds;
  };
  try {
    const result = await ref.ask((reply: Reply<Result>) => ({ kind: "execute", task, reply }), {
      timeoutMs: executeMs,
    });
    return { result, seconds: done(true) };
  } catch (thrown) {
    done(false);
    throw thrown;
  }
}

/** News that nobody waits for: a full mailbox or a lost node is no reason to fail. */
function tell<Data, Result>({ ref }: Bidder<Data, Result>, news: BidderMessage<Data, Result>): void {
  try {
    ref.tell(news);
  } catch (thrown) {
    if (!(thrown instanceof MyriadError)) throw thrown;
  }
}
