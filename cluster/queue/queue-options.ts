import {
  isBetween,
  isClock,
  isObject,
  isOptionalFunction,
  isRandom,
  isText,
  isWhole,
  type Clock,
  type Random,
} from "../../runtime/contracts/index.ts";
import { check } from "../errors.ts";
import type { ClaimSigner } from "./claim.ts";
import type { Envelope } from "./envelope.ts";

/** How a task queue is opened. Of one that is there already, what its stream was made with stays. */
export interface TaskQueueOptions {
  /** Letters, digits, `_` and `-`; 64 at most. */
  readonly name: string;
  /** On how many servers each task is kept, 1 to 5; default: 1. */
  readonly replicas?: number;
  /** The most bytes that wait in the queue; more are refused with QUEUE_FULL. Default: as many as the server has room for. */
  readonly maxBytes?: number;
  /** Milliseconds for which a message id is known; default: 120,000. */
  readonly dedupMs?: number;
  /** Milliseconds for which a task is tried while no server can be reached; default: 10,000. */
  readonly retryMs?: number;
  /** Signs what is enqueued here; default: nothing is signed. */
  readonly signer?: ClaimSigner;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** How tasks are worked on. */
export interface WorkOptions {
  /** How many tasks run at once; default: 16. As many again are fetched ahead. */
  readonly concurrency?: number;
  /** How often a task is tried in all before it is given up; default: 3. */
  readonly attempts?: number;
  /** How often a task is delivered, also to workers that died of it or were stopped, before it is given up untried; default: 10. */
  readonly deliveries?: number;
  /** Milliseconds to wait after attempt n, counted from 0; default: 1,000 · (2^n + U(0, 1)). */
  readonly waitMs?: (attempt: number, random: Random) => number;
  /** Milliseconds after which the tasks of a worker that is silent go to others, if this worker is the queue's first; default: 30,000. */
  readonly ackWaitMs?: number;
  /** Whether a task of that sender may be signed by that key; given, an unsigned one is not run either. */
  readonly trusts?: (sender: string, publicKey: string) => boolean;
  /** Is told what becomes of tasks that do not simply succeed. What it throws is ignored. */
  readonly onEvent?: (event: QueueEvent) => void;
  /** For the waits; default: seeded by the machine. */
  readonly random?: Random;
}

/** What becomes of a task that does not simply succeed. */
export type QueueEvent =
  | { readonly kind: "expired"; readonly envelope: Envelope }
  | {
      readonly kind: "retried";
      readonly envelope: Envelope;
      readonly waitMs: number;
      readonly error: unknown;
    }
  | { readonly kind: "dead-lettered"; readonly id: string; readonly reason: string }
  /** It will be tried again. */
  | { readonly kind: "dead-letter-failed"; readonly id: string; readonly error: unknown };

const NAME = /^[\w-]{1,64}$/;
const LONGEST_MS = 24 * 3_600_000;

/** @throws CLUSTER_OPTION_INVALID */
export function checkQueueOptions(options: TaskQueueOptions): void {
  const code = "CLUSTER_OPTION_INVALID";
  check(isObject(options), code, "The options of a queue are an object", options);
  const { name, replicas = 1, maxBytes = 1, dedupMs = 100, retryMs = 1, signer, clock } = options;
  check(isText(name) && NAME.test(name), code, "A queue's name is of letters, digits, _ and -", name);
  const isCount = Number.isInteger(replicas) && isBetween(replicas, 1, 5);
  check(isCount, code, "replicas is a whole number from 1 to 5", replicas);
  check(isWhole(maxBytes, 1), code, "maxBytes is a whole number from 1", maxBytes);
  check(isBetween(dedupMs, 100, LONGEST_MS), code, `dedupMs is from 100 to ${LONGEST_MS}`, dedupMs);
  check(isBetween(retryMs, 1, LONGEST_MS), code, `retryMs is from 1 to ${LONGEST_MS}`, retryMs);
  check(signer === undefined || isObject(signer), code, "signer is made by claimSigner", "something else");
  check(clock === undefined || isClock(clock), code, "clock is a Clock", clock);
}

/** @throws CLUSTER_OPTION_INVALID */
export function checkWorkOptions(options: WorkOptions): void {
  const code = "CLUSTER_OPTION_INVALID";
  check(isObject(options), code, "The options of a worker are an object", options);
  const { concurrency = 1, attempts = 1, deliveries = 1, ackWaitMs = 100, random } = options;
  const isCount = isWhole(concurrency, 1) && concurrency <= 10_000;
  check(isCount, code, "concurrency is a whole number from 1 to 10000", concurrency);
  check(isWhole(attempts, 1), code, "attempts is a whole number from 1", attempts);
  check(isWhole(deliveries, 1), code, "deliveries is a whole number from 1", deliveries);
  check(isBetween(ackWaitMs, 100, LONGEST_MS), code, `ackWaitMs is from 100 to ${LONGEST_MS}`, ackWaitMs);
  for (const name of ["waitMs", "trusts", "onEvent"] as const)
    check(isOptionalFunction(options[name]), code, `${name} is a function`, options[name]);
  check(random === undefined || isRandom(random), code, "random is a Random", random);
}
