import type { Fence, MyriadError, Revision } from "../../runtime/contracts/index.ts";
import type { AppendRequest, StreamState } from "./admission.ts";
import type { IndexedStream } from "./journal-index.ts";
import type { Entry } from "./segment-format.ts";

/**
 * One append on its way to the disk, from the call to its settling. One object with room for all that becomes
 * known on the way: at some hundred thousand appends a second each further object would be felt.
 */
export class PendingAppend implements AppendRequest, Entry {
  readonly stream: string;
  readonly expected: Revision;
  readonly eventCount: number;
  readonly fence: Fence | null;
  readonly recordedAt: number;
  readonly payload: Uint8Array;
  readonly promise: Promise<Revision>;
  /** Set when its batch is made. */
  indexed: IndexedStream | null = null;
  eventsBefore = 0;
  /** What its stream is after it, or why it was refused. */
  outcome: StreamState | MyriadError | null = null;
  /** Where it ends in its frame. */
  frameEnd = 0;
  #resolve!: (revision: Revision) => void;
  #reject!: (error: MyriadError) => void;

  constructor(request: AppendRequest, recordedAt: number, payload: Uint8Array) {
    this.stream = request.stream;
    this.expected = request.expected;
    this.eventCount = request.eventCount;
    this.fence = request.fence;
    this.recordedAt = recordedAt;
    this.payload = payload;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  resolve(revision: Revision): void {
    this.#resolve(revision);
  }

  reject(error: MyriadError): void {
    this.#reject(error);
  }
}
