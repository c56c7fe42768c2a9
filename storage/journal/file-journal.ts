import { renameSync } from "node:fs";
import { open, stat } from "node:fs/promises";
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
import { makeDirectoryDurably, syncDirectory } from "../durable-file.ts";
import {
  admit,
  checkAppend,
  checkPrefix,
  checkSnapshot,
  checkStreamName,
  checkUnchanged,
} from "./admission.ts";
import type { StreamState } from "./admission.ts";
import { FrameBuilder } from "./frame-builder.ts";
import { checkFsyncPolicy, SyncBeat } from "./fsync-policy.ts";
import type { FsyncPolicy } from "./fsync-policy.ts";
import { GroupCommit } from "./group-commit.ts";
import { JournalIndex } from "./journal-index.ts";
import type { IndexedStream } from "./journal-index.ts";
import { JournalLock } from "./journal-lock.ts";
import { checkFileOptions } from "./journal-options.ts";
import { PendingAppend } from "./pending-append.ts";
import { decodePlainData, encodePlainData } from "./plain-data.ts";
import { formatRevision, parseRevision } from "./revision.ts";
import { FORMAT_VERSION, FRAME_HEADER_BYTES, MAX_FRAME_BYTES } from "./segment-format.ts";
import type { Entry } from "./segment-format.ts";
import { SegmentReader } from "./segment-reader.ts";
import { recoverSegments, segmentPath } from "./segment-recovery.ts";
import type { RecoveredSegment, Recovery } from "./segment-recovery.ts";
import { draftThinned, removeDrafts } from "./segment-thinning.ts";
import type { ThinnedDraft, Thinner } from "./segment-thinning.ts";
import { createSegment, openSegmentFile, SegmentWriter, writeFailed } from "./segment-writer.ts";
import { SnapshotStore } from "./snapshot-store.ts";

/** How a file journal writes. */
export interface FileJournalOptions {
  readonly clock?: Clock;
  /** Default `always`: an append is confirmed when it is on the disk. */
  readonly fsync?: FsyncPolicy;
  /** A segment that has reached this size is followed by a new one; default 64 MiB, at least 48 bytes. */
  readonly segmentBytes?: number;
}

/** A journal in a folder of files. */
export interface FileJournal extends Journal {
  /** What was cut off the end on opening, never confirmed by the process that wrote it; null: nothing. */
  readonly recovery: Recovery | null;
}

/** What thinning changed, and what the segments take up. */
export interface ThinnedJournal {
  readonly events: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/** The journal of a state directory, whose owner may let go of what is in its events. */
export interface OwnedJournal extends FileJournal {
  /**
   * Puts smaller events in the place of old ones. Their number, order, revisions and times stay, and so do all other
   * streams; appends and reads go on meanwhile, and a read gives each event as it was or as it is. Segments are exchanged
   * one by one (`segment-thinning.ts`): what is killed on the way has thinned some of them, and can be said again.
   * @throws JOURNAL_WRITE_FAILED, JOURNAL_CORRUPT, JOURNAL_CLOSED; segments before that stay thinned
   */
  thin(thinner: Thinner): Promise<ThinnedJournal>;
}

/**
 * A journal in a folder of its own: segments `00000001.journal` … (see `segment-format.ts`), snapshots in
 * `snapshots/`, and `owner.json` while it is open (see `journal-lock.ts`): a folder is open once at a time, in one
 * process and thread. What a killed process has left open can be opened at once.
 *
 * An append is encoded at the call, admitted when its batch is made (nothing is in flight then, so it is
 * judged on durable state and the batch before it), and settled when the batch is on the disk or refused.
 * After JOURNAL_WRITE_FAILED reading goes on, and later appends are tried anew.
 *
 * @throws JOURNAL_IN_USE, JOURNAL_CORRUPT, STATE_NEWER, JOURNAL_OPTION_INVALID, JOURNAL_WRITE_FAILED when the folder
 *   cannot be made or written.
 */
export function openFileJournal(directory: string, options: FileJournalOptions = {}): Promise<FileJournal> {
  return openJournal(directory, options, false);
}

/** For the owner of the state directory that the folder is part of; see `journal-lock.ts`. */
export function openGuardedJournal(directory: string, options: FileJournalOptions): Promise<OwnedJournal> {
  return openJournal(directory, options, true);
}

async function openJournal(
  directory: string,
  options: FileJournalOptions,
  isGuarded: boolean,
): Promise<OwnedJournal> {
  checkFileOptions(directory, options);
  const { fsync: policy = "always" } = options;
  checkFsyncPolicy(policy);
  let lock: JournalLock | null = null;
  try {
    await makeDirectoryDurably(directory);
    lock = await JournalLock.take(directory, isGuarded);
    await removeDrafts(directory);
    const index = new JournalIndex();
    const { last, recovery } = await recoverSegments(directory, index);
    const writer = await openWriter(directory, last, policy);
    return new SegmentedJournal(directory, options, { lock, index, recovery, writer });
  } catch (error) {
    await lock?.release().catch(() => undefined); // What stopped the opening says more.
    throw error instanceof MyriadError ? error : writeFailed(directory, error);
  }
}

/** Goes on behind what was recovered; a segment of an older version is left as it is. */
async function openWriter(
  directory: string,
  last: RecoveredSegment | null,
  policy: FsyncPolicy,
): Promise<SegmentWriter> {
  const isCurrent = last !== null && last.header.version === FORMAT_VERSION;
  const segment = isCurrent
    ? last
    : await createSegment(directory, (last?.header.ordinal ?? 0) + 1, last?.frames ?? 0);
  const file = await openSegmentFile(segment.path, flagsFor(policy));
  try {
    // What a killed process had written or made may not have been on its way to the disk yet.
    await file.datasync();
    await syncDirectory(directory);
  } catch (error) {
    await file.close();
    throw error;
  }
  return new SegmentWriter(file, segment);
}

function flagsFor(policy: FsyncPolicy): "through" | "r+" {
  return policy === "always" ? "through" : "r+";
}

const DEFAULT_SEGMENT_BYTES = 64 * 1024 * 1024;

interface OpenedSegments {
  readonly lock: JournalLock;
  readonly index: JournalIndex;
  readonly recovery: Recovery | null;
  readonly writer: SegmentWriter;
}

class SegmentedJournal implements OwnedJournal {
  readonly recovery: Recovery | null;
  readonly #directory: string;
  readonly #lock: JournalLock;
  readonly #clock: Clock;
  readonly #policy: FsyncPolicy;
  readonly #beat: SyncBeat;
  readonly #frame = new FrameBuilder();
  readonly #segmentBytes: number;
  readonly #index: JournalIndex;
  readonly #reader: SegmentReader;
  readonly #snapshots: SnapshotStore;
  readonly #commits: GroupCommit;
  #writer: SegmentWriter;
  /** Nothing more is written to its segment. */
  #isFinished = false;
  #thinning: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | null = null;

  constructor(directory: string, options: FileJournalOptions, opened: OpenedSegments) {
    this.#directory = directory;
    this.#lock = opened.lock;
    this.#clock = options.clock ?? systemClock;
    this.#segmentBytes = options.segmentBytes ?? DEFAULT_SEGMENT_BYTES;
    this.#index = opened.index;
    this.recovery = opened.recovery;
    this.#writer = opened.writer;
    this.#reader = new SegmentReader(directory);
    this.#snapshots = new SnapshotStore(join(directory, "snapshots"));
    this.#commits = new GroupCommit((batch) => this.#commit(batch));
    this.#policy = options.fsync ?? "always";
    this.#beat = new SyncBeat(this.#policy, this.#clock, () => this.#commits.between(() => this.#syncIdle()));
  }

  append(stream: string, expected: Revision, events: readonly unknown[], fence?: Fence): Promise<Revision> {
    try {
      const append = this.#encode(stream, expected, events, fence);
      this.#commits.add(append);
      return append.promise;
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : writeFailed(this.#directory, error));
    }
  }

  #encode(stream: string, expected: Revision, events: readonly unknown[], fence?: Fence): PendingAppend {
    this.#assertOpen();
    const known = checkAppend(stream, expected, events, fence);
    const eventCount = events.length;
    const payload = encodePlainData(events);
    checkUnchanged(events, eventCount);
    if (payload.length > MAX_FRAME_BYTES - 4096) {
      throw storageError(
        "JOURNAL_EVENT_REFUSED",
        `The events of one append take ${payload.length} bytes, which is too large.`,
      );
    }
    const request = { stream, expected, eventCount, fence: known };
    return new PendingAppend(request, this.#clock.now(), payload);
  }

  read(stream: string, from: Revision = NO_STREAM): AsyncIterable<JournalEvent> {
    const { state, locations } = this.#index.get(stream);
    return this.#readUpTo(stream, from, { state, locations }, locations.count);
  }

  revision(stream: string): Promise<Revision> {
    return this.#whenOpen(() => {
      checkStreamName(stream);
      return this.#index.get(stream).state.revision;
    });
  }

  streams(prefix = ""): Promise<readonly string[]> {
    return this.#whenOpen(() => {
      checkPrefix(prefix);
      return [...this.#index.names()].filter((name) => name.startsWith(prefix));
    });
  }

  async saveSnapshot(stream: string, snapshot: Snapshot): Promise<void> {
    this.#assertOpen();
    const checked = checkSnapshot(stream, snapshot);
    parseRevision(stream, checked.revision, this.#index.get(stream).state.eventCount);
    await this.#snapshots.save(stream, checked);
  }

  async loadSnapshot(stream: string): Promise<Snapshot | null> {
    this.#assertOpen();
    checkStreamName(stream);
    const snapshot = await this.#snapshots.load(stream);
    if (snapshot === null) return null;
    // A folder put together from two backups may hold a snapshot of a future that the segments never saw.
    const eventCount = this.#index.get(stream).state.eventCount;
    return Number(snapshot.revision) <= eventCount ? snapshot : null;
  }

  thin(thinner: Thinner): Promise<ThinnedJournal> {
    const thinned = this.#thinning
      .then(() => this.#thin(thinner))
      .catch((error: unknown) => Promise.reject(this.#failure(error)));
    this.#thinning = thinned.catch(() => undefined);
    return thinned;
  }

  async #thin(thinner: Thinner): Promise<ThinnedJournal> {
    this.#assertOpen();
    const bytesBefore = await this.#segmentsSize();
    const segments = this.#index.segmentsOf(thinner.streams);
    if (segments.has(this.#writer.header.ordinal)) await this.#rolled();
    let events = 0;
    for (const segment of segments) {
      this.#assertOpen();
      const draft = await draftThinned(segmentPath(this.#directory, segment), thinner);
      if (draft !== null) await this.#exchange(segment, draft);
      events += draft?.events ?? 0;
    }
    return { events, bytesBefore, bytesAfter: await this.#segmentsSize() };
  }

  /** Nothing is appended to a segment that another one follows. */
  #rolled(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#commits.between(() => this.#roll().then(resolve, (error: unknown) => reject(error as Error)));
    });
  }

  async #exchange(segment: number, { path, places }: ThinnedDraft): Promise<void> {
    await this.#reader.hold(segment);
    const file = await open(path, "r");
    try {
      // From here to `exchange` in one turn: see SegmentReader.
      renameSync(path, segmentPath(this.#directory, segment));
    } catch (error) {
      await file.close();
      throw error;
    }
    for (const { stream, eventsBefore, offset, length } of places) {
      const { locations } = this.#index.get(stream);
      locations.move(locations.holding(eventsBefore), offset, length);
    }
    this.#reader.exchange(segment, file);
    await syncDirectory(this.#directory);
  }

  async #segmentsSize(): Promise<number> {
    let bytes = 0;
    for (let segment = 1; segment <= this.#writer.header.ordinal; segment++) {
      bytes += (await stat(segmentPath(this.#directory, segment))).size;
    }
    return bytes;
  }

  #failure(error: unknown): Error {
    return error instanceof MyriadError ? error : writeFailed(this.#directory, error);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async *#readUpTo(
    stream: string,
    from: Revision,
    at: Pick<IndexedStream, "state" | "locations">,
    end: number,
  ): AsyncGenerator<JournalEvent> {
    this.#assertOpen();
    checkStreamName(stream);
    const after = parseRevision(stream, from, at.state.eventCount);
    if (after === at.state.eventCount) return;
    const first = at.locations.holding(after);
    for await (const entry of this.#reader.read(at.locations, first, end)) {
      for (const event of eventsOf(entry, after)) {
        yield event;
        this.#assertOpen();
      }
    }
  }

  async #commit(batch: readonly PendingAppend[]): Promise<void> {
    let failure: MyriadError | null = null;
    try {
      const entries = this.#admit(batch);
      if (entries.length > 0) await this.#write(entries);
    } catch (error) {
      failure = error instanceof MyriadError ? error : writeFailed(this.#directory, error);
    }
    this.#index.forget();
    for (const append of batch) {
      const { outcome } = append;
      append.indexed!.ahead = null;
      if (outcome instanceof MyriadError) append.reject(outcome);
      else if (failure !== null) append.reject(failure);
      else append.resolve(outcome!.revision);
    }
  }

  /** Judges each append on the index and the appends before it in the batch. @returns those to be written */
  #admit(batch: readonly PendingAppend[]): readonly PendingAppend[] {
    const entries: PendingAppend[] = [];
    for (const append of batch) {
      const indexed = this.#index.claim(append.stream);
      const before = indexed.ahead ?? indexed.state;
      const outcome = admit(before, append);
      append.indexed = indexed;
      append.outcome = outcome;
      if (outcome instanceof MyriadError || append.eventCount === 0) continue;
      append.eventsBefore = before.eventCount;
      indexed.ahead = outcome;
      entries.push(append);
    }
    return entries;
  }

  async #write(entries: readonly PendingAppend[]): Promise<void> {
    if (this.#isFinished || this.#writer.sizeBytes >= this.#segmentBytes) await this.#roll();
    this.#frame.begin();
    for (const entry of entries) entry.frameEnd = this.#frame.add(entry);
    const isSynced = this.#beat.due();
    const frameAt = await this.#writer.write(this.#frame, isSynced);
    this.#beat.wrote(isSynced);
    const { ordinal } = this.#writer.header;
    let start = FRAME_HEADER_BYTES;
    for (const { indexed, outcome, frameEnd } of entries) {
      this.#index.add(indexed!, outcome as StreamState, ordinal, frameAt + start, frameEnd - start);
      start = frameEnd;
    }
  }

  /** Where it fails the next write tries again: the next segment may be there already. */
  async #roll(): Promise<void> {
    const finished = this.#writer;
    await finished.finish();
    this.#isFinished = true;
    const segment = await createSegment(this.#directory, finished.header.ordinal + 1, finished.frames);
    const file = await openSegmentFile(segment.path, flagsFor(this.#policy));
    this.#writer = new SegmentWriter(file, segment);
    this.#isFinished = false;
    await finished.close();
  }

  /** A failure is not lost: the writer refuses what comes after it. */
  async #syncIdle(): Promise<void> {
    await this.#writer.sync().then(
      () => this.#beat.synced(),
      () => undefined,
    );
  }

  /** Whatever fails, the folder is given free, and last: nothing of ours may touch it then. */
  async #close(): Promise<void> {
    await this.#thinning;
    await this.#commits.idle();
    this.#beat.stop();
    await this.#snapshots.idle();
    const closed = this.#writer.sync().finally(() => this.#writer.close());
    await closed.finally(() => this.#reader.close()).finally(() => this.#lock.release());
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
