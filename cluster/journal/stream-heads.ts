import type { JetStream, StoredMessage } from "../nats/jetstream.ts";
import type { Subjects } from "../nats/subjects.ts";
import { appendOf, NO_HEAD, type Append, type Head } from "./append-format.ts";

const MOST_KEPT = 10_000;

/** A head, and the message that it was read from. */
export interface FetchedHead {
  readonly head: Head;
  /** Null: there is none, or the last message does not count. */
  readonly message: StoredMessage | null;
}

/**
 * What is known of the ends of streams, so that a writer that goes on need not ask. What is remembered may be out of
 * date: a server compares it before it keeps anything.
 */
export class StreamHeads {
  readonly #jetStream: JetStream;
  readonly #subjects: Subjects;
  readonly #retryMs: number;
  /** Whether servers let one of several writers win: then all that is kept counts. */
  readonly isExact: boolean;
  readonly #heads = new Map<string, Head>();
  readonly #named = new Map<string, string>();

  constructor(jetStream: JetStream, subjects: Subjects, retryMs: number, isExact: boolean) {
    this.#jetStream = jetStream;
    this.#subjects = subjects;
    this.#retryMs = retryMs;
    this.isExact = isExact;
  }

  /** The subject of a stream. Made once: escaping a name costs more than looking it up. */
  subject(stream: string): string {
    let subject = this.#named.get(stream);
    if (subject === undefined) {
      if (this.#named.size >= MOST_KEPT) this.#named.clear();
      subject = this.#subjects.journal(stream);
      this.#named.set(stream, subject);
    }
    return subject;
  }

  remembered(stream: string): Head | undefined {
    return this.#heads.get(stream);
  }

  remember(stream: string, head: Head): void {
    // The one that was used last stands last, and the first one goes.
    this.#heads.delete(stream);
    this.#heads.set(stream, head);
    if (this.#heads.size <= MOST_KEPT) return;
    for (const oldest of this.#heads.keys()) {
      this.#heads.delete(oldest);
      return;
    }
  }

  /** As the leader has it. @throws STREAM_UNAVAILABLE, STREAM_REFUSED, JOURNAL_CORRUPT */
  async fetch(stream: string): Promise<FetchedHead> {
    const subject = this.#subjects.journal(stream);
    const message = await this.#message({ last_by_subj: subject });
    if (message === null) return { head: NO_HEAD, message };
    const last = appendOf(message.sequence, message.header, subject);
    const head = this.isExact ? last.head : await this.#counting(stream, last);
    this.remember(stream, head);
    return { head, message: head.sequence === message.sequence ? message : null };
  }

  /** What follows an append, of all that were made to follow it; null: nothing does. */
  async following(stream: string, sequence: number): Promise<Append | null> {
    const subject = this.subject(stream);
    for (let at = sequence; ;) {
      const message = await this.#message({ seq: at + 1, next_by_subj: subject });
      if (message === null) return null;
      const append = appendOf(message.sequence, message.header, subject);
      if (append.previous === sequence) return append;
      at = message.sequence;
    }
  }

  /** The last append that counts, with the last message. */
  async #counting(stream: string, last: Append): Promise<Head> {
    let counting: Append | null = null;
    let next = await this.following(stream, last.previous);
    while (next !== null && next.head.sequence <= last.head.sequence) {
      counting = next;
      next =
        next.head.sequence === last.head.sequence ? null : await this.following(stream, next.head.sequence);
    }
    return { ...(counting ?? last).head, lastSequence: last.head.sequence };
  }

  /** The message of that sequence, if it is of this stream. */
  async at(stream: string, sequence: number): Promise<StoredMessage | null> {
    const message = await this.#message({ seq: sequence });
    return message?.subject === this.#subjects.journal(stream) ? message : null;
  }

  #message(query: Parameters<JetStream["message"]>[1]): Promise<StoredMessage | null> {
    return this.#jetStream.message(this.#subjects.stream("JOURNAL"), query, this.#retryMs);
  }
}
