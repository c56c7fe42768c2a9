/**
 * What a queue has given up: kept until somebody replays or discards it, the last one of each id. A replay enqueues
 * the envelope anew, its tries counted from the beginning; its id stays, so an effect that is made once by it stays
 * one.
 */
import { isObject, isText } from "../../runtime/contracts/index.ts";
import { clusterError } from "../errors.ts";
import { asPublished, isRefusal, refused, type JetStream, type StoredMessage } from "../nats/jetstream.ts";
import { readStream } from "../nats/stream-reader.ts";
import { nameOf, type Subjects } from "../nats/subjects.ts";
import { CLAIM } from "./claim.ts";
import { encodeEnvelope, readEnvelope, type Envelope } from "./envelope.ts";

/** A message that was given up. */
export interface DeadLetter {
  /** Of the envelope; of what is no envelope, where it stood in the queue: `unread-<sequence>`. */
  readonly id: string;
  /** As it was stored, or as much of it as is JSON; null: nothing. */
  readonly envelope: unknown;
  /** ISO 8601, UTC. */
  readonly dlq_timestamp: string;
  readonly failure_reason: string;
  readonly original_retry_count: number;
}

/** Some of the dead letters, the oldest first. */
export interface DeadLetterPage {
  readonly deadLetters: readonly DeadLetter[];
  /** Where the next page begins; null: this is the last one. */
  readonly next: number | null;
}

/** Why a message is given up. */
export interface GivenUp {
  readonly id: string;
  readonly envelope: unknown;
  readonly reason: string;
  readonly retryCount: number;
  readonly claim: string | null;
}

const LONGEST_REASON = 1_000;
/** What the server and a claim add to a message. */
const HEADER_BYTES = 1_024;

/** The dead letters of one queue. */
export class DeadLetters {
  readonly #jetStream: JetStream;
  readonly #subjects: Subjects;
  readonly #queue: string;
  readonly #retryMs: number;

  constructor(jetStream: JetStream, subjects: Subjects, queue: string, retryMs: number) {
    this.#jetStream = jetStream;
    this.#subjects = subjects;
    this.#queue = queue;
    this.#retryMs = retryMs;
  }

  /** @param options `from`: what the last page gave as `next`. @throws STREAM_UNAVAILABLE, STREAM_REFUSED */
  async list(options: { readonly limit?: number; readonly from?: number } = {}): Promise<DeadLetterPage> {
    const { limit = 100, from = 1 } = options;
    const deadLetters: DeadLetter[] = [];
    const all = { stream: this.#stream, subject: this.#subjects.deadLetters(this.#queue), from };
    for await (const { subject, sequence, data } of readStream(this.#jetStream, all, this.#retryMs)) {
      if (deadLetters.length === limit) return { deadLetters, next: sequence };
      deadLetters.push(deadLetterOf(subject, data));
    }
    return { deadLetters, next: null };
  }

  /** @returns null: there is none of that id. @throws STREAM_UNAVAILABLE, STREAM_REFUSED */
  async inspect(id: string): Promise<DeadLetter | null> {
    const message = await this.#find(id);
    return message === null ? null : deadLetterOf(message.subject, message.data);
  }

  /** Enqueues it again. @throws DEAD_LETTER_UNKNOWN, QUEUE_FULL, STREAM_UNAVAILABLE, STREAM_REFUSED */
  async replay(id: string): Promise<void> {
    const message = await this.#find(id);
    const found = message === null ? null : envelopeOf(deadLetterOf(message.subject, message.data));
    if (message === null || found === null) throw this.#unknown(id);
    const claim = message.header(CLAIM);
    const fields = {
      // Not the message's own id: the queue may know that one yet.
      "Nats-Msg-Id": `${found.message_id}/replay/${message.sequence}`,
      ...(claim === null ? {} : { [CLAIM]: claim }),
    };
    const subject = this.#subjects.task(this.#queue, found.priority);
    const published = await this.#jetStream.publish(
      subject,
      encodeEnvelope(found),
      fields,
      this.#retryMs,
      asPublished,
    );
    if (published.kind === "refused") throw refused(`the replay of ${id}`, published.refusal);
    await this.#delete(message);
  }

  /** Deletes it. @throws DEAD_LETTER_UNKNOWN, STREAM_UNAVAILABLE, STREAM_REFUSED */
  async discard(id: string): Promise<void> {
    const message = await this.#find(id);
    if (message === null) throw this.#unknown(id);
    await this.#delete(message);
  }

  /** How many there are. @throws STREAM_UNAVAILABLE, STREAM_REFUSED */
  async count(): Promise<number> {
    const filter = { subjects_filter: this.#subjects.deadLetters(this.#queue) };
    const info = await this.#jetStream.call(`STREAM.INFO.${this.#stream}`, filter, this.#retryMs);
    if (isRefusal(info)) throw refused("counting dead letters", info);
    const { state, total } = info as { readonly state?: unknown; readonly total?: unknown };
    if (Number.isSafeInteger(total)) return total as number;
    const subjects = isObject(state) && "subjects" in state ? state.subjects : null;
    return isObject(subjects) ? Object.keys(subjects).length : 0;
  }

  /** Keeps one; of two with the same id the later one. @throws STREAM_UNAVAILABLE, STREAM_REFUSED */
  async keep({ id, envelope, reason, retryCount, claim }: GivenUp): Promise<void> {
    const letter: Omit<DeadLetter, "id"> = {
      envelope,
      dlq_timestamp: new Date(this.#jetStream.clock.now()).toISOString(),
      failure_reason: reason.slice(0, LONGEST_REASON),
      original_retry_count: retryCount,
    };
    const fields = claim === null ? {} : { [CLAIM]: claim };
    const subject = this.#subjects.deadLetter(this.#queue, id);
    const bytes = encoded(letter, this.#jetStream.maxBytes - HEADER_BYTES);
    const published = await this.#jetStream.publish(subject, bytes, fields, this.#retryMs, asPublished);
    if (published.kind === "refused") throw refused(`the dead letter ${id}`, published.refusal);
  }

  get #stream(): string {
    return this.#subjects.stream("DEAD");
  }

  #find(id: string): Promise<StoredMessage | null> {
    const query = { last_by_subj: this.#subjects.deadLetter(this.#queue, id) };
    return this.#jetStream.message(this.#stream, query, this.#retryMs);
  }

  async #delete({ sequence }: StoredMessage): Promise<void> {
    const which = { seq: sequence, no_erase: true };
    const deleted = await this.#jetStream.call(`STREAM.MSG.DELETE.${this.#stream}`, which, this.#retryMs);
    // One that is not there any more was deleted by an earlier try, or by somebody else.
    if (isRefusal(deleted) && deleted.status !== 404 && !isGone(deleted.reason))
      throw refused("deleting a dead letter", deleted);
  }

  #unknown(id: string): Error {
    const message = `the queue ${this.#queue} has no dead letter ${id} that is an envelope`;
    return clusterError("DEAD_LETTER_UNKNOWN", message);
  }
}

/** What is too large or too deep to be written again goes without: it must not come back for ever. */
function encoded(letter: Omit<DeadLetter, "id">, mostBytes: number): Uint8Array {
  try {
    const bytes = Buffer.from(JSON.stringify(letter));
    if (bytes.length <= mostBytes) return bytes;
  } catch {
    // Nested too deep.
  }
  return Buffer.from(JSON.stringify({ ...letter, envelope: null }));
}

const SEQUENCE_NOT_FOUND = 10043;
const DELETE_FAILED = 10057;

function isGone(reason: number): boolean {
  return reason === SEQUENCE_NOT_FOUND || reason === DELETE_FAILED;
}

function deadLetterOf(subject: string, data: Uint8Array): DeadLetter {
  const id = nameOf(subject.slice(subject.lastIndexOf(".") + 1)) ?? subject;
  const { envelope, dlq_timestamp, failure_reason, original_retry_count } = fieldsOf(data);
  return {
    id,
    envelope: envelope ?? null,
    dlq_timestamp: isText(dlq_timestamp) ? dlq_timestamp : "",
    failure_reason: isText(failure_reason) ? failure_reason : "it is no dead letter of a queue",
    original_retry_count: Number.isSafeInteger(original_retry_count) ? (original_retry_count as number) : 0,
  };
}

function fieldsOf(data: Uint8Array): Readonly<Partial<Record<keyof DeadLetter, unknown>>> {
  try {
    const given: unknown = JSON.parse(Buffer.from(data).toString());
    return isObject(given) ? given : {};
  } catch {
    return {};
  }
}

function envelopeOf({ envelope }: DeadLetter): Envelope | null {
  const read = readEnvelope(Buffer.from(JSON.stringify(envelope)));
  return read.kind === "envelope" ? read.envelope : null;
}
