import { NO_STREAM } from "../../runtime/contracts/index.ts";
import type { Fence, Revision } from "../../runtime/contracts/index.ts";
import type { MyriadError } from "../../runtime/contracts/index.ts";
import { storageError } from "../errors.ts";
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

const MAX_STREAM_NAME_BYTES = 1024;

/** @throws JOURNAL_EVENT_REFUSED for a name that is empty, longer than 1,024 bytes, or not well-formed. */
export function checkStreamName(stream: string): void {
  if (stream.length > 0 && stream.length * 3 <= MAX_STREAM_NAME_BYTES && !/\p{Surrogate}/u.test(stream))
    return;
  const bytes = Buffer.byteLength(stream);
  if (bytes > 0 && bytes <= MAX_STREAM_NAME_BYTES && !/\p{Surrogate}/u.test(stream)) return;
  throw storageError(
    "JOURNAL_EVENT_REFUSED",
    `A stream's name has 1 to ${MAX_STREAM_NAME_BYTES} bytes of text.`,
  );
}

/** @throws JOURNAL_EVENT_REFUSED for a fence that is not a whole number of at least 0. */
export function checkFence(fence: Fence | undefined): Fence | null {
  if (fence === undefined) return null;
  if (Number.isSafeInteger(fence) && fence >= 0) return fence;
  throw storageError("JOURNAL_EVENT_REFUSED", `A fence is a whole number of at least 0, not ${fence}.`);
}
