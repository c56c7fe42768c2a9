import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";

import { MyriadError, NO_STREAM, systemClock } from "../../runtime/contracts/index.ts";
import type {
  Clock,
  Fence,
  Journal,
  JournalEvent,
  Revision,
  Snapshot,
} from "../../runtime/contracts/index.ts";
import { storageError } from "../errors.ts";
import { makeDirectoryDurably } from "../durable-file.ts";
import { admit, checkFence, checkStreamName } from "./admission.ts";
import type { AppendRequest, StreamState } from "./admission.ts";
import { GroupCommit } from "./group-commit.ts";
import type { PendingAppend } from "./group-commit.ts";
import { JournalIndex } from "./journal-index.ts";
import type { EntryLocation, IndexedStream } from "./journal-index.ts";
import { decodePlainData, encodePlainData } from "./plain-data.ts";
import { formatRevision, parseRevision } from "./revision.ts";
import { encodeEntry, MAX_FRAME_BYTES } from "./segment-format.ts";
import type { Entry } from "./segment-format.ts";
import { SegmentReader } from "./segment-reader.ts";
import { recoverSegments } from "./segment-recovery.ts";
import type { Recovery } from "./segment-recovery.ts";
import { createSegment, SegmentWriter, writeFailed } from "./segment-writer.ts";
import type { FsyncPolicy } from "./segment-writer.ts";
import { SnapshotStore } from "./snapshot-store.ts";

export interface FileJournalOptions {
  readonly clock?: Clock;
  /** Default `always`. */
  readonly fsync?: FsyncPolicy;
  /** A segment that has reached this size is followed by a new one; default 64 MiB. */
  readonly segmentBytes?: number;
}

export interface FileJournal extends Journal {
  /** What was cut off the end on opening, never confirmed by the process that wrote it; null: nothing. */
  readonly recovery: Recovery | null;
}

/**
 * A journal in a folder of its own: segments `00000001.journal` … (see `segment-format.ts`), snapshots in
 * `snapshots/`. One process, one opening at a time: the caller holds the lock (`state-directory.ts`).
 *
 * An append is encoded at the call, admitted when its batch is made (nothing is in flight then, so it is
 * judged on durable state and the batch before it), and settled when the batch is on the disk or refused.
 * After JOURNAL_WRITE_FAILED reading goes on, and later appends are tried anew.
 *
 * @throws JOURNAL_CORRUPT, STATE_NEWER, JOURNAL_WRITE_FAILED when the folder cannot be made or written.
 */
export async function openFileJournal(
  directory: string,
  options: FileJournalOptions = {},
): Promise<FileJournal> {
  const index = new JournalIndex();
  const fsync = options.fsync ?? "always";
  try {
    await makeDirectoryDurably(directory);
    const { last, recovery } = await recoverSegments(directory, index);
    const segment = last ?? (await createSegment(directory, 1, 0));
    const file = await open(segment.path, "r+");
    const writer = new SegmentWriter(file, segment, fsync);
    return new SegmentedJournal(directory, options, { index, recovery, file, writer });
  } catch (error) {
    throw error instanceof MyriadError ? error : writeFailed(directory, error);
  }
}

const DEFAULT_SEGMENT_BYTES = 64 * 1024 * 1024;

interface OpenedSegments {
  readonly index: JournalIndex;
  readonly recovery: Recovery | null;
  readonly file: FileHandle;
  readonly writer: SegmentWriter;
}

/** An append as it waits: all that is known before its place in the stream is. */
interface EncodedAppend extends AppendRequest {
  readonly recordedAt: number;
  readonly payload: Uint8Array;
}

class SegmentedJournal implements FileJournal {
  readonly recovery: Recovery | null;
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #fsync: FsyncPolicy;
  readonly #segmentBytes: number;
  readonly #index: JournalIndex;
  readonly #reader: SegmentReader;
  readonly #snapshots: SnapshotStore;
  readonly #commits: GroupCommit<EncodedAppend>;
  #file: FileHandle;
  #writer: SegmentWriter;
  #closing: Promise<void> | null = null;

  constructor(directory: string, options: FileJournalOptions, opened: OpenedSegments) {
    this.#directory = directory;
    this.#clock = options.clock ?? systemClock;
    this.#fsync = options.fsync ?? "always";
    this.#segmentBytes = options.segmentBytes ?? DEFAULT_SEGMENT_BYTES;
    this.#index = opened.index;
    this.recovery = opened.recovery;
    this.#file = opened.file;
    this.#writer = opened.writer;
    this.#reader = new SegmentReader(directory);
    this.#snapshots = new SnapshotStore(join(directory, "snapshots"));
    this.#commits = new GroupCommit((batch) => this.#commit(batch));
  }

  async append(
    stream: string,
    expected: Revision,
    events: readonly unknown[],
    fence?: Fence,
  ): Promise<Revision> {
    this.#assertOpen();
    checkStreamName(stream);
    const payload = encodePlainData(events);
    if (payload.length > MAX_FRAME_BYTES - 4096) {
      throw storageError(
        "JOURNAL_EVENT_REFUSED",
        `The events of one append take ${payload.length} bytes, which is too large.`,
      );
    }
    const recordedAt = this.#clock.now();
    const request = {
      stream,
      expected,
      eventCount: events.length,
      fence: checkFence(fence),
      recordedAt,
      payload,
    };
    return await this.#commits.add(request, payload.length);
  }

  read(stream: string, from: Revision = NO_STREAM): AsyncIterable<JournalEvent> {
    const { state, locations } = this.#index.get(stream);
    return this.#readUpTo(stream, from, { state, locations }, locations.length);
  }

  revision(stream: string): Promise<Revision> {
    return this.#whenOpen(() => formatRevision(this.#index.get(stream).state.eventCount));
  }

  streams(prefix = ""): Promise<readonly string[]> {
    return this.#whenOpen(() => [...this.#index.names()].filter((name) => name.startsWith(prefix)));
  }

  async saveSnapshot(stream: string, snapshot: Snapshot): Promise<void> {
    this.#assertOpen();
    parseRevision(stream, snapshot.revision, this.#index.get(stream).state.eventCount);
    await this.#snapshots.save(stream, snapshot);
  }

  async loadSnapshot(stream: string): Promise<Snapshot | null> {
    this.#assertOpen();
    const snapshot = await this.#snapshots.load(stream);
    if (snapshot === null) return null;
    // A folder put together from two backups may hold a snapshot of a future that the segments never saw.
    const eventCount = this.#index.get(stream).state.eventCount;
    return Number(snapshot.revision) <= eventCount ? snapshot : null;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async *#readUpTo(
    stream: string,
    from: Revision,
    at: IndexedStream,
    end: number,
  ): AsyncGenerator<JournalEvent> {
    this.#assertOpen();
    const after = parseRevision(stream, from, at.state.eventCount);
    const first = firstLocationAfter(at.locations, after);
    for await (const entry of this.#reader.read(at.locations, first, end)) {
      for (const event of eventsOf(entry, after)) {
        yield event;
        this.#assertOpen();
      }
    }
  }

  async #commit(batch: readonly PendingAppend<EncodedAppend>[]): Promise<void> {
    const { entries, settle } = this.#admitBatch(batch);
    try {
      if (entries.length > 0) await this.#write(entries);
      for (const settleOne of settle) settleOne(null);
    } catch (error) {
      const failure = error instanceof MyriadError ? error : writeFailed(this.#directory, error);
      for (const settleOne of settle) settleOne(failure);
    }
  }

  /** Judges each append on the index and the appends before it in the batch. */
  #admitBatch(batch: readonly PendingAppend<EncodedAppend>[]): AdmittedBatch {
    const states = new Map<string, StreamState>();
    const entries: Entry[] = [];
    const settle = batch.map(({ request, resolve, reject }) => {
      const state = states.get(request.stream) ?? this.#index.get(request.stream).state;
      const next = admit(state, request);
      if (next instanceof MyriadError) return () => reject(next);
      if (request.eventCount > 0) {
        states.set(request.stream, next);
        entries.push({ ...request, eventsBefore: state.eventCount });
      }
      return (failure: unknown) =>
        failure === null ? resolve(formatRevision(next.eventCount)) : reject(failure);
    });
    return { entries, settle };
  }

  async #write(entries: readonly Entry[]): Promise<void> {
    if (this.#writer.sizeBytes >= this.#segmentBytes) await this.#roll();
    const encoded = entries.map(encodeEntry);
    let offset = await this.#writer.write(encoded);
    for (const [position, entry] of entries.entries()) {
      const { length } = encoded[position]!;
      this.#index.add(entry, this.#writer.header.ordinal, offset, length);
      offset += length;
    }
  }

  async #roll(): Promise<void> {
    const segment = await createSegment(
      this.#directory,
      this.#writer.header.ordinal + 1,
      this.#writer.frames,
    );
    const file = await open(segment.path, "r+");
    await this.#file.close();
    this.#file = file;
    this.#writer = new SegmentWriter(file, segment, this.#fsync);
  }

  async #close(): Promise<void> {
    await this.#commits.idle();
    await this.#file.close();
    await this.#reader.close();
  }

  #whenOpen<Answer>(answer: () => Answer): Promise<Answer> {
    return new Promise((resolve) => {
      this.#assertOpen();
      resolve(answer());
    });
  }

  #assertOpen(): void {
    if (this.#closing !== null) throw storageError("JOURNAL_CLOSED", "The journal is closed.");
  }
}

interface AdmittedBatch {
  readonly entries: readonly Entry[];
  /** One an append of the batch, called with what the writing ended in: null, or its error. */
  readonly settle: readonly ((failure: unknown) => void)[];
}

function* eventsOf(entry: Entry, after: number): Iterable<JournalEvent> {
  const events = decodePlainData(entry.payload) as readonly unknown[];
  const { stream, recordedAt, eventsBefore } = entry;
  for (let position = Math.max(0, after - eventsBefore); position < entry.eventCount; position++) {
    yield {
      stream,
      revision: formatRevision(eventsBefore + position + 1),
      recordedAt,
      event: events[position],
    };
  }
}

/** Index of the first append that holds an event behind the first `after` ones. */
function firstLocationAfter(locations: readonly EntryLocation[], after: number): number {
  let low = 0;
  let high = locations.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const { eventsBefore, eventCount } = locations[middle]!;
    if (eventsBefore + eventCount <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}
