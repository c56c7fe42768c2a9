/**
 * The journal on JetStream: one stream of the server for all streams of the journal, a subject for each, a message
 * for each append. So an append is kept whole or not at all, and is as large as a message at most.
 *
 * An append is compared with the last message of its subject by the server that keeps it (`append-format.ts` says what
 * stands there). One that is tried again, since its acknowledgement was lost, is refused if it was kept the first
 * time: then the message behind the expected one bears its id, and it has succeeded.
 *
 *     known head ──▶ publish, expecting it ──▶ stored ──▶ revision
 *                          │ wrong sequence
 *                          ├── the message behind it is ours ──▶ revision
 *                          └── read the head ──▶ JOURNAL_FENCED | JOURNAL_CONFLICT
 *
 * What was confirmed is kept by as many servers as the journal has replicas, in their memory and files; see the
 * README for what a loss of power may take.
 */
import { randomUUID } from "node:crypto";
import {
  MyriadError,
  NO_STREAM,
  systemClock,
  type Fence,
  type Journal,
  type JournalEvent,
  type Revision,
  type Snapshot,
} from "../../runtime/contracts/index.ts";
import {
  checkAppend,
  checkPrefix,
  checkSnapshot,
  checkStreamName,
  checkUnchanged,
  encodePlainData,
  storageError,
} from "../../storage/index.ts";
import type { Nats } from "../nats/connect.ts";
import {
  asPublished,
  isFull,
  isRefusal,
  isWrongSequence,
  JetStream,
  refused,
  type Refusal,
} from "../nats/jetstream.ts";
import { readStream } from "../nats/stream-reader.ts";
import type { Subjects } from "../nats/subjects.ts";
import { appendOf, fieldsOf, headAfter, streamOf, type Head, type NewAppend } from "./append-format.ts";
import { checkJournalOptions, type JetStreamJournalOptions } from "./journal-options.ts";
import { formatRevision, parseRevision } from "./revision.ts";
import { Snapshots } from "./snapshots.ts";
import { StreamHeads } from "./stream-heads.ts";
import { reading, StreamReader } from "./stream-events.ts";

/** What an append has beside its events; a name that its subject has no room for stands there as well. */
const HEADER_BYTES = 4_096;
const EXPECTED = "Nats-Expected-Last-Subject-Sequence";

/**
 * Opens the journal of a cluster, and makes its streams the first time. It leaves the connection open when it is closed.
 * @throws JOURNAL_OPTION_INVALID, STREAM_UNAVAILABLE, STREAM_REFUSED
 */
export async function openJetStreamJournal(
  nats: Nats,
  subjects: Subjects,
  options: JetStreamJournalOptions = {},
): Promise<Journal> {
  checkJournalOptions(options);
  const { replicas = 1, retryMs = 10_000, clock = systemClock } = options;
  const jetStream = new JetStream(nats, clock);
  const kept = {
    retention: "limits",
    storage: "file",
    num_replicas: replicas,
    duplicate_window: 1_000_000_000,
  };
  let keptBy: number;
  try {
    keptBy = await jetStream.ensureStream(
      {
        ...kept,
        name: subjects.stream("JOURNAL"),
        subjects: [subjects.journals],
        discard: "new",
        deny_delete: true,
        deny_purge: true,
      },
      retryMs,
    );
    await jetStream.ensureStream(
      {
        ...kept,
        name: subjects.stream("SNAPSHOTS"),
        subjects: [subjects.snapshots],
        max_msgs_per_subject: 1,
      },
      retryMs,
    );
  } catch (thrown) {
    jetStream.close();
    throw thrown;
  }
  const isExact = keptBy === 1 || nats.features.replicatedCompare;
  return new OpenJournal(jetStream, subjects, retryMs, isExact);
}

class OpenJournal implements Journal {
  readonly #jetStream: JetStream;
  readonly #subjects: Subjects;
  readonly #retryMs: number;
  readonly #heads: StreamHeads;
  readonly #reader: StreamReader;
  readonly #snapshots: Snapshots;
  readonly #id = randomUUID();
  readonly #begun = new Set<Promise<unknown>>();
  #appends = 0;
  #isClosed = false;

  constructor(jetStream: JetStream, subjects: Subjects, retryMs: number, isExact: boolean) {
    this.#jetStream = jetStream;
    this.#subjects = subjects;
    this.#retryMs = retryMs;
    this.#heads = new StreamHeads(jetStream, subjects, retryMs, isExact);
    this.#reader = new StreamReader(jetStream, subjects, this.#heads, retryMs, () => this.#checkOpen());
    this.#snapshots = new Snapshots(jetStream, subjects, retryMs);
  }

  async append(
    stream: string,
    expected: Revision,
    events: readonly unknown[],
    fence?: Fence,
  ): Promise<Revision> {
    const known = checkAppend(stream, expected, events, fence);
    const eventCount = events.length;
    // Before anything is awaited: what the caller does to its events afterwards is not our business.
    const bytes = encodePlainData(Array.from(events));
    checkUnchanged(events, eventCount);
    this.#checkOpen();
    this.#checkSize(stream, bytes);
    const append = this.#new(known, eventCount);
    return await this.#settle(this.#append(stream, expected, append, bytes));
  }

  read(stream: string, from: Revision = NO_STREAM): AsyncIterable<JournalEvent> {
    return this.#reader.read(stream, from);
  }

  async revision(stream: string): Promise<Revision> {
    this.#checkOpen();
    checkStreamName(stream);
    const { head } = await this.#settle(reading(this.#heads.fetch(stream)));
    return formatRevision(head.sequence);
  }

  async streams(prefix = ""): Promise<readonly string[]> {
    this.#checkOpen();
    checkPrefix(prefix);
    return await this.#settle(reading(this.#streams(prefix)));
  }

  async saveSnapshot(stream: string, given: Snapshot): Promise<void> {
    const snapshot = checkSnapshot(stream, given);
    const position = parseRevision(stream, snapshot.revision);
    const bytes = this.#snapshots.encode(stream, snapshot);
    this.#checkOpen();
    const known = this.#heads.remembered(stream)?.sequence;
    const isKnown = position === null || (position.within === null && position.sequence === known);
    const saving = async (): Promise<void> => {
      if (!isKnown) await this.#reader.check(stream, snapshot.revision);
      await this.#snapshots.save(stream, bytes);
    };
    await this.#settle(saving());
  }

  async loadSnapshot(stream: string): Promise<Snapshot | null> {
    this.#checkOpen();
    checkStreamName(stream);
    return await this.#settle(reading(this.#snapshots.load(stream)));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#begun);
    this.#jetStream.close();
  }

  #new(fence: Fence | null, eventCount: number): NewAppend {
    this.#appends += 1;
    const id = `${this.#id}.${this.#appends.toString(36)}`;
    return { id, recordedAt: this.#jetStream.clock.now(), eventCount, fence };
  }

  #checkOpen(): void {
    if (this.#isClosed) throw storageError("JOURNAL_CLOSED", "The journal is closed.");
  }

  #checkSize(stream: string, { length }: Uint8Array): void {
    const most = this.#jetStream.maxBytes - HEADER_BYTES;
    if (length <= most) return;
    const message = `An append has ${length} bytes; the server's messages leave room for ${most}.`;
    throw storageError("JOURNAL_EVENT_REFUSED", message, { location: stream });
  }

  async #settle<Value>(begun: Promise<Value>): Promise<Value> {
    this.#begun.add(begun);
    try {
      return await begun;
    } finally {
      this.#begun.delete(begun);
    }
  }

  async #append(stream: string, expected: Revision, append: NewAppend, bytes: Uint8Array): Promise<Revision> {
    try {
      // A reading that has begun must not see it.
      const begun = this.#reader.begun(stream);
      if (begun !== null) await begun;
      const known = append.eventCount > 0 ? this.#heads.remembered(stream) : undefined;
      const isAsExpected = known !== undefined && formatRevision(known.sequence) === expected;
      let head = isAsExpected ? known : (await this.#heads.fetch(stream)).head;
      for (;;) {
        admit(stream, head, expected, append);
        if (append.eventCount === 0) return expected;
        const kept = await this.#keep(stream, head, append, bytes);
        if (kept !== null) return formatRevision(kept.sequence);
        head = (await this.#heads.fetch(stream)).head;
      }
    } catch (cause) {
      throw writing(stream, cause);
    }
  }

  /** @returns the head after it; null: the stream is not at that head */
  async #keep(stream: string, head: Head, append: NewAppend, bytes: Uint8Array): Promise<Head | null> {
    const subject = this.#heads.subject(stream);
    const isDigest = subject.includes("~");
    const fields = {
      ...fieldsOf(append, head, stream, isDigest),
      [EXPECTED]: String(head.lastSequence),
    };
    const published = await this.#jetStream.publish(subject, bytes, fields, this.#retryMs, asPublished);
    if (published.kind === "refused" && !isWrongSequence(published.refusal))
      throw refusedBy(stream, published.refusal);
    const isOurs = published.kind === "stored" && this.#heads.isExact;
    const sequence = isOurs ? published.sequence : await this.#ours(stream, head, append);
    if (sequence === null) return null;
    const after = headAfter(head, append, sequence);
    this.#heads.remember(stream, after);
    return after;
  }

  /** The sequence of it, if it is what follows that head, from this or an earlier try; null: it is not. */
  async #ours(stream: string, head: Head, { id }: NewAppend): Promise<number | null> {
    const next = await this.#heads.following(stream, head.sequence);
    return next?.id === id ? next.head.sequence : null;
  }

  /** Read until there are as many as the leader has: a server that has just come back may have fewer. */
  async #streams(prefix: string): Promise<readonly string[]> {
    const stream = this.#subjects.stream("JOURNAL");
    const until = this.#jetStream.clock.monotonic() + this.#retryMs;
    const info = await this.#jetStream.call(`STREAM.INFO.${stream}`, {}, this.#retryMs);
    if (isRefusal(info)) throw refused("listing streams", info);
    const { num_subjects: count = 0 } = info["state"] as { readonly num_subjects?: number };
    for (;;) {
      const named = await this.#named(stream);
      if (named.size >= count) {
        const sorted = [...named].toSorted(([, one], [, other]) => one - other);
        return sorted.map(([name]) => name).filter((name) => name.startsWith(prefix));
      }
      await this.#jetStream.pause(stream, until, `${named.size} of ${count} streams are there`);
    }
  }

  /** Of each stream its first append. */
  async #named(stream: string): Promise<ReadonlyMap<string, number>> {
    const named = new Map<string, number>();
    const all = {
      stream,
      subject: this.#subjects.journals,
      from: "last-of-each",
      isHeadersOnly: true,
    } as const;
    for await (const { subject, sequence, headers } of readStream(this.#jetStream, all, this.#retryMs)) {
      const header = (name: string): string | null => headers?.get(name) || null;
      const { head } = appendOf(sequence, header, subject);
      named.set(streamOf(subject, header) ?? subject, head.firstSequence);
    }
    return named;
  }
}

/** The fence is looked at first: a stale owner shall learn that it is stale, not that it lost a race. */
function admit(stream: string, head: Head, expected: Revision, { fence }: NewAppend): void {
  if (fence !== null && head.fence !== null && fence < head.fence) {
    const message = `Stream "${stream}" has been written with fence ${head.fence}; ${fence} is stale.`;
    throw storageError("JOURNAL_FENCED", message);
  }
  const revision = formatRevision(head.sequence);
  if (expected === revision) return;
  const message = `Stream "${stream}" is at revision "${revision}", not at the expected "${expected}".`;
  throw storageError("JOURNAL_CONFLICT", message);
}

function refusedBy(stream: string, refusal: Refusal): MyriadError {
  const why = isFull(refusal) ? "the stream or the server is full" : "the server refused it";
  const message = `An append to "${stream}" was not kept, ${why}: ${refusal.text} (${refusal.reason})`;
  return storageError("JOURNAL_WRITE_FAILED", message, {
    hint: "Make room on the servers, or correct what the message names, then repeat the append.",
  });
}

const PASSED_ON: ReadonlySet<string> = new Set([
  "JOURNAL_FENCED",
  "JOURNAL_CONFLICT",
  "JOURNAL_CORRUPT",
  "JOURNAL_WRITE_FAILED",
]);

function writing(stream: string, cause: unknown): MyriadError {
  if (cause instanceof MyriadError && PASSED_ON.has(cause.code)) return cause;
  const message = `An append to "${stream}" was not confirmed in time; whether it is kept is not known.`;
  return storageError("JOURNAL_WRITE_FAILED", message, {
    cause,
    hint: "Read the stream again when the servers are back, and decide anew.",
  });
}
