/**
 * The journal: append-only streams of events, the one truth from which state is rebuilt.
 *
 * - `append` resolves when the events are durable, all of them or none.
 * - Events of a stream are read back in the order of their appends; streams are independent.
 * - A revision is opaque: it is compared for equality and handed back, never computed with.
 * - Snapshots are kept apart; losing one costs time, never truth.
 * - Events are plain data (what structured clone carries less functions and class instances).
 */
export interface Journal {
  /**
   * @param expected the stream's revision as the writer knows it; `NO_STREAM` when it must not exist yet.
   * @param fence a writer with a fence older than the newest seen for the stream is refused.
   * @returns the stream's new revision.
   * @throws JOURNAL_CONFLICT when `expected` is not the stream's revision, and nothing was written;
   *   JOURNAL_FENCED; JOURNAL_CLOSED; JOURNAL_WRITE_FAILED when the disk refused.
   */
  append(stream: string, expected: Revision, events: readonly unknown[], fence?: Fence): Promise<Revision>;
  /** The events after `from` (default: all), as they stood when the reading began. */
  read(stream: string, from?: Revision): AsyncIterable<JournalEvent>;
  /** The stream's revision now; `NO_STREAM` when nothing was ever appended. */
  revision(stream: string): Promise<Revision>;
  /** Names of all streams that begin with `prefix`, in the order of their first append. */
  streams(prefix?: string): Promise<readonly string[]>;
  saveSnapshot(stream: string, snapshot: Snapshot): Promise<void>;
  loadSnapshot(stream: string): Promise<Snapshot | null>;
  close(): Promise<void>;
}

/** An event as it is read back, and where it stands. */
export interface JournalEvent {
  readonly stream: string;
  /** The stream's revision just after this event. */
  readonly revision: Revision;
  /** Milliseconds since the epoch at the append. */
  readonly recordedAt: number;
  readonly event: unknown;
}

/** The state after all events up to `revision`. */
export interface Snapshot {
  readonly revision: Revision;
  readonly state: unknown;
}

/** How far a stream has come. */
export type Revision = string & { readonly brand: "Revision" };
/** Grows with every change of a stream's owner; the larger one wins. */
export type Fence = number & { readonly brand: "Fence" };

/** The revision of a stream to which nothing was ever appended. */
export const NO_STREAM: Revision = "" as Revision;
