import {
  checksOf,
  isBetween,
  isClock,
  isObject,
  type Check,
  type Clock,
} from "../../runtime/contracts/index.ts";
import { storageError } from "../../storage/index.ts";

/** How a journal on JetStream is opened. */
export interface JetStreamJournalOptions {
  /** On how many servers each event is kept, 1 to 5; default: 1. A journal that is there keeps what it has. */
  readonly replicas?: number;
  /** Milliseconds for which an append, and a read that does not get on, is tried while no server can be reached; default: 10,000. */
  readonly retryMs?: number;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

const check: Check<"JOURNAL_OPTION_INVALID"> = checksOf(storageError);
const LONGEST_MS = 3_600_000;

/** @throws JOURNAL_OPTION_INVALID */
export function checkJournalOptions(options: JetStreamJournalOptions): void {
  check(isObject(options), "JOURNAL_OPTION_INVALID", "The options of a journal are an object", options);
  const { replicas = 1, retryMs = 1, clock } = options;
  const isCount = Number.isInteger(replicas) && isBetween(replicas, 1, 5);
  check(isCount, "JOURNAL_OPTION_INVALID", "replicas is a whole number from 1 to 5", replicas);
  const isTime = isBetween(retryMs, 1, LONGEST_MS);
  check(isTime, "JOURNAL_OPTION_INVALID", `retryMs is from 1 to ${LONGEST_MS}`, retryMs);
  check(clock === undefined || isClock(clock), "JOURNAL_OPTION_INVALID", "clock is a Clock", clock);
}
