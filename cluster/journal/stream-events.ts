import { MyriadError, type JournalEvent, type Revision } from "../../runtime/contracts/index.ts";
import { checkStreamName, storageError } from "../../storage/index.ts";
import type { JetStream, StoredMessage } from "../nats/jetstream.ts";
import { readStream, type ReadMessage } from "../nats/stream-reader.ts";
import type { Subjects } from "../nats/subjects.ts";
import { appendOf, eventsOf } from "./append-format.ts";
import { formatWithin, parseRevision, unknown, type Position } from "./revision.ts";
import type { FetchedHead, StreamHeads } from "./stream-heads.ts";

/** What a reading has yet to give. */
interface Range {
  /** The first message to look at. */
  readonly from: number;
  /** The append before that; null: the first message is an append that counts. */
  readonly after: number | null;
  /** How many events of the first append were read before. */
  readonly skipped: number;
  /** The last one, where the stream stood when the reading began. */
  readonly until: number;
  /** Null: only its place is known. */
  readonly last: StoredMessage | null;
}

/** A message, from whichever way of reading. */
interface Found {
  readonly sequence: number;
  readonly header: (name: string) => string | null;
  readonly data: Uint8Array;
}

const PAUSE_MS = 100;

/**
 * Reads the events of streams, a batch at a time. A reading that is interrupted goes on behind the last event it has
 * given, for as long as it gets on within the time that is tried.
 */
export class StreamReader {
  readonly #jetStream: JetStream;
  readonly #subjects: Subjects;
  readonly #heads: StreamHeads;
  readonly #retryMs: number;
  readonly #checkOpen: () => void;
  readonly #beginnings = new Map<string, Promise<unknown>>();

  constructor(
    jetStream: JetStream,
    subjects: Subjects,
    heads: StreamHeads,
    retryMs: number,
    checkOpen: () => void,
  ) {
    this.#jetStream = jetStream;
    this.#subjects = subjects;
    this.#heads = heads;
    this.#retryMs = retryMs;
    this.#checkOpen = checkOpen;
  }

  read(stream: string, from: Revision): AsyncIterable<JournalEvent> {
    const begun = this.#begin(stream, from);
    const known = Promise.allSettled([this.#beginnings.get(stream), begun]).then(() => {
      if (this.#beginnings.get(stream) === known) this.#beginnings.delete(stream);
    });
    this.#beginnings.set(stream, known);
    return this.#events(stream, begun);
  }

  /** Resolves when all readings that were asked for know where they end; null: they do. */
  begun(stream: string): Promise<unknown> | null {
    return this.#beginnings.get(stream) ?? null;
  }

  /** @throws JOURNAL_UNKNOWN_REVISION unless the stream had it at some time; JOURNAL_READ_FAILED */
  async check(stream: string, revision: Revision): Promise<void> {
    const position = parseRevision(stream, revision);
    if (position !== null) await this.#find(stream, revision, position, null);
  }

  async #begin(stream: string, from: Revision): Promise<Range | null> {
    checkStreamName(stream);
    const position = parseRevision(stream, from);
    this.#checkOpen();
    const { head, message } = await reading(this.#heads.fetch(stream));
    const until = head.sequence;
    if (position === null)
      return until === 0 ? null : { from: head.firstSequence, after: null, skipped: 0, until, last: message };
    const { sequence, within } = position;
    if (sequence > until) throw unknown(stream, from);
    await this.#find(stream, from, position, message);
    if (within !== null) return { from: sequence, after: null, skipped: within, until, last: message };
    return sequence === until
      ? null
      : { from: sequence + 1, after: sequence, skipped: 0, until, last: message };
  }

  async #find(
    stream: string,
    revision: Revision,
    { sequence, within }: Position,
    last: FetchedHead["message"],
  ): Promise<void> {
    const message = last?.sequence === sequence ? last : await reading(this.#heads.at(stream, sequence));
    if (message === null) throw unknown(stream, revision);
    const { eventCount } = appendOf(sequence, message.header, message.subject);
    if ((within ?? 0) >= eventCount) throw unknown(stream, revision);
  }

  async *#events(stream: string, begun: Promise<Range | null>): AsyncGenerator<JournalEvent> {
    const range = await begun;
    if (range === null) return;
    let { after, skipped } = range;
    for await (const message of this.#messages(stream, range)) {
      const { sequence } = message;
      const { eventCount, recordedAt, previous } = appendOf(sequence, message.header, `"${stream}"`);
      if (after !== null && previous !== after) continue;
      after = sequence;
      const events = eventsOf(message.data, eventCount, sequence, `"${stream}"`);
      for (let index = skipped; index < eventCount; index++) {
        this.#checkOpen();
        const revision = formatWithin(sequence, index + 1, eventCount);
        yield { stream, revision, recordedAt, event: events[index] };
      }
      skipped = 0;
    }
  }

  /** Each message of the range once, over as many readings of the server as that takes. */
  async *#messages(stream: string, range: Range): AsyncGenerator<Found> {
    const { until, last } = range;
    let from = range.from;
    let triedUntil = this.#jetStream.clock.monotonic() + this.#retryMs;
    while (from <= until) {
      if (from === until && last !== null) {
        yield last;
        return;
      }
      try {
        for await (const message of this.#reading(stream, from)) {
          if (message.sequence > until) break;
          yield foundIn(message);
          from = message.sequence + 1;
          triedUntil = this.#jetStream.clock.monotonic() + this.#retryMs;
          if (from > until) return;
        }
      } catch (thrown) {
        if (this.#isOver(triedUntil) || !isUnavailable(thrown)) throw readFailed(thrown);
      }
      // A server that has just come back may not have caught up with the one that leads.
      if (this.#isOver(triedUntil))
        throw storageError("JOURNAL_CORRUPT", `Stream "${stream}" ends before message ${until}.`);
      await new Promise<void>((resolve) => this.#jetStream.clock.schedule(PAUSE_MS, resolve));
    }
  }

  #isOver(triedUntil: number): boolean {
    return this.#jetStream.clock.monotonic() >= triedUntil;
  }

  #reading(stream: string, from: number): AsyncGenerator<ReadMessage> {
    const subject = this.#subjects.journal(stream);
    const all = { stream: this.#subjects.stream("JOURNAL"), subject, from };
    return readStream(this.#jetStream, all, this.#retryMs);
  }
}

function foundIn({ sequence, headers, data }: ReadMessage): Found {
  return { sequence, header: (name) => headers?.get(name) || null, data };
}

function isUnavailable(thrown: unknown): boolean {
  return thrown instanceof MyriadError && thrown.code === "STREAM_UNAVAILABLE";
}

/** What is thrown in a read, with a code of journals. */
export async function reading<Value>(read: Promise<Value>): Promise<Value> {
  try {
    return await read;
  } catch (cause) {
    throw readFailed(cause);
  }
}

function readFailed(cause: unknown): unknown {
  const isKnown = cause instanceof MyriadError && cause.code.startsWith("JOURNAL_");
  if (isKnown || !(cause instanceof MyriadError)) return cause;
  const message = `The journal could not be read in time: ${cause.message}`;
  return storageError("JOURNAL_READ_FAILED", message, {
    cause,
    hint: "Look whether the servers can be reached, then read again.",
  });
}
