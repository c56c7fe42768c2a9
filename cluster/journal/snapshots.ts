import { isObject, type Revision, type Snapshot } from "../../runtime/contracts/index.ts";
import { decodePlainData, encodePlainData, storageError } from "../../storage/index.ts";
import { asPublished, refused, type JetStream } from "../nats/jetstream.ts";
import type { Subjects } from "../nats/subjects.ts";

/** What the server adds to a message of its own. */
const HEADER_BYTES = 1_024;

/**
 * Snapshots in a stream of the server that keeps the last message of each subject. One that cannot be read is as
 * good as none: it costs time, never truth.
 */
export class Snapshots {
  readonly #jetStream: JetStream;
  readonly #subjects: Subjects;
  readonly #retryMs: number;

  constructor(jetStream: JetStream, subjects: Subjects, retryMs: number) {
    this.#jetStream = jetStream;
    this.#subjects = subjects;
    this.#retryMs = retryMs;
  }

  /** @throws JOURNAL_EVENT_REFUSED, also for one that no message has room for */
  encode(stream: string, { revision, state }: Snapshot): Uint8Array {
    const bytes = encodePlainData({ revision, state });
    const most = this.#jetStream.maxBytes - HEADER_BYTES;
    // A view of a buffer that later encodings leave alone: `encodePlainData` says so.
    if (bytes.length <= most) return bytes;
    const message = `A snapshot has ${bytes.length} bytes; the server's messages leave room for ${most}.`;
    throw storageError("JOURNAL_EVENT_REFUSED", message, { location: stream });
  }

  /** @throws JOURNAL_WRITE_FAILED: then the one before it may still be there */
  async save(stream: string, bytes: Uint8Array): Promise<void> {
    const subject = this.#subjects.snapshot(stream);
    let cause: unknown;
    try {
      const published = await this.#jetStream.publish(subject, bytes, {}, this.#retryMs, asPublished);
      if (published.kind === "stored") return;
      cause = refused("a snapshot", published.refusal);
    } catch (thrown) {
      cause = thrown;
    }
    throw storageError("JOURNAL_WRITE_FAILED", `The snapshot of "${stream}" was not kept.`, { cause });
  }

  /** @throws STREAM_UNAVAILABLE, STREAM_REFUSED */
  async load(stream: string): Promise<Snapshot | null> {
    const query = { last_by_subj: this.#subjects.snapshot(stream) };
    const message = await this.#jetStream.message(this.#subjects.stream("SNAPSHOTS"), query, this.#retryMs);
    return message === null ? null : snapshotOf(message.data);
  }
}

function snapshotOf(data: Uint8Array): Snapshot | null {
  try {
    const given = decodePlainData(data);
    if (!isObject(given) || !("revision" in given) || !("state" in given)) return null;
    return { revision: given.revision as Revision, state: given.state };
  } catch {
    return null;
  }
}
