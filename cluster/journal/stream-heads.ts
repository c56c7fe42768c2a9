import type { JetStream, StoredMessage } from "../nats/jetstream.ts";
import type { Subjects } from "../nats/subjects.ts";
import { appendOf, NO_HEAD, type Head } from "./append-format.ts";

const MOST_KEPT = 10_000;

/** A head, and the message that it was read from. */
export interface FetchedHead {
  readonly head: Head;
  /** Null: there is none. */
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
  readonly #heads = new Map<string, Head>();
  readonly #named = new Map<string, string>();

  constructor(jetStream: JetStream, subjects: Subjects, retryMs: number) {
    this.#jetStream = jetStream;
    this.#subjects = subjects;
    this.#retryMs = retryMs;
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
    const { head } = appendOf(message.sequence, message.header, subject);
    this.remember(stream, head);
    return { head, message };
  }

  /** The message that follows a sequence in its stream. */
  following(stream: string, sequence: number): Promise<StoredMessage | null> {
    return this.#message({ seq: sequence + 1, next_by_subj: this.#subjects.journal(stream) });
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
