import { checksOf, isObject, isText, isWhole, NO_STREAM } from "../../runtime/contracts/index.ts";
import type { Check, Fence, MyriadError, Revision, Snapshot } from "../../runtime/contracts/index.ts";
import { storageError } from "../errors.ts";
import type { StorageErrorCode } from "../errors.ts";
import { formatRevision } from "./revision.ts";

/** What a journal knows of a stream besides its events. */
export interface StreamState {
  readonly eventCount: number;
  readonly revision: Revision;
  /** The newest fence that was written with an append; null before the first one. */
  readonly fence: Fence | null;
}

export const EMPTY_STREAM: StreamState = { eventCount: 0, revision: NO_STREAM, fence: null };

export interface AppendRequest {
  readonly stream: string;
  readonly expected: Revision;
  readonly eventCount: number;
  readonly fence: Fence | null;
}

/**
 * Whether a stream in `state` takes this append: the state after it, or the error that refuses it.
 * The fence is looked at first: a stale owner shall learn that it is stale, not that it lost a race.
 * An append without a fence is held to its expected revision only.
 */
export function admit(state: StreamState, request: AppendRequest): StreamState | MyriadError {
  const { stream, expected, fence } = request;
  if (fence !== null && state.fence !== null && fence < state.fence) {
    return storageError(
      "JOURNAL_FENCED",
      `Stream "${stream}" has been written with fence ${state.fence}; ${fence} is stale.`,
    );
  }
  if (expected !== state.revision) {
    return storageError(
      "JOURNAL_CONFLICT",
      `Stream "${stream}" is at revision "${state.revision}", not at the expected "${expected}".`,
    );
  }
  const eventCount = state.eventCount + request.eventCount;
  return { eventCount, revision: formatRevision(eventCount), fence: fence ?? state.fence };
}

/*
 * What both journals look at before anything else: a type keeps nobody from giving something else, and an append
 * of what only resembles an array would be confirmed and never read.
 */
const check: Check<StorageErrorCode> = checksOf(storageError);

/** @returns the fence; @throws JOURNAL_EVENT_REFUSED, JOURNAL_UNKNOWN_REVISION for an expected one that is no text */
export function checkAppend(
  stream: string,
  expected: Revision,
  events: readonly unknown[],
  fence: Fence | undefined,
): Fence | null {
  checkStreamName(stream);
  check(isText(expected), "JOURNAL_UNKNOWN_REVISION", "The expected revision is a text", expected);
  const isList = Array.isArray(events) && isWhole(events.length, 0);
  check(isList, "JOURNAL_EVENT_REFUSED", "The events of an append are an array", events);
  if (fence === undefined) return null;
  const isFence = Number.isSafeInteger(fence) && fence >= 0;
  check(isFence, "JOURNAL_EVENT_REFUSED", "A fence is a whole number of at least 0", fence);
  return fence;
}

/** An event may have a getter, and that the array. @throws JOURNAL_EVENT_REFUSED */
export function checkUnchanged(events: readonly unknown[], eventCount: number): void {
  const expected = "The events of an append stay as many while they are read";
  check(events.length === eventCount, "JOURNAL_EVENT_REFUSED", expected, events.length);
}

/** @returns what was read of it, once; @throws JOURNAL_EVENT_REFUSED */
export function checkSnapshot(stream: string, snapshot: Snapshot): Snapshot {
  checkStreamName(stream);
  check(isObject(snapshot), "JOURNAL_EVENT_REFUSED", "A snapshot has a revision and a state", snapshot);
  const { revision, state } = snapshot;
  return { revision, state };
}

/** @throws JOURNAL_EVENT_REFUSED */
export function checkPrefix(prefix: string): void {
  check(isText(prefix), "JOURNAL_EVENT_REFUSED", "The prefix of streams is a text", prefix);
}

const MAX_STREAM_NAME_BYTES = 1024;

/** @throws JOURNAL_EVENT_REFUSED for a name that is no text, empty, longer than 1,024 bytes, or not well-formed. */
export function checkStreamName(stream: string): void {
  if (isText(stream) && stream.length > 0 && !/\p{Surrogate}/u.test(stream)) {
    if (stream.length * 3 <= MAX_STREAM_NAME_BYTES) return;
    if (Buffer.byteLength(stream) <= MAX_STREAM_NAME_BYTES) return;
  }
  const expected = `A stream's name has 1 to ${MAX_STREAM_NAME_BYTES} bytes of text`;
  check(false, "JOURNAL_EVENT_REFUSED", expected, stream);
}
