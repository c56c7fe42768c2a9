/** A bucket of NATS as `KeyValue`. The tools of NATS show it like any other bucket of keys and values. */
import { headers } from "@nats-io/nats-core";
import { jetstream, jetstreamManager, JetStreamApiCodes, JetStreamApiError } from "@nats-io/jetstream";
import type { JetStreamClient, JetStreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { systemClock, type Clock } from "../../runtime/contracts/index.ts";
import { clusterError } from "../errors.ts";
import type { Nats } from "./connect.ts";
import type { KeyValue, KeyValueEntry, KeyValueWatch } from "./key-value.ts";
import { NatsWatch } from "./nats-watch.ts";

export interface NatsKeyValueOptions {
  /** Servers that keep a copy each: 1 (default), 3 or 5. Holds for a bucket that is made now. */
  readonly replicas?: number;
  /** Milliseconds after which an unanswered request has failed; default 2,000. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
}

const OPERATION = "KV-Operation";
const OPEN_MS = 15_000;
/** A key that nobody writes. */
const PROBE = "probe";
const AGAIN_MS = 250;

/** Opens a bucket, and makes it where it is missing. @throws (rejects) KEY_VALUE_FAILED */
export async function openKeyValue(
  nats: Nats,
  bucket: string,
  { replicas = 1, timeoutMs = 2_000, clock = systemClock }: NatsKeyValueOptions = {},
): Promise<KeyValue> {
  const endsAt = clock.monotonic() + OPEN_MS;
  for (;;) {
    try {
      const client = jetstream(nats.connection, { timeout: timeoutMs });
      // Read where it is written: a copy may lag behind.
      await new Kvm(client).create(bucket, { replicas, allow_direct: false, history: 1 });
      const manager = await jetstreamManager(nats.connection, { timeout: timeoutMs });
      const opened = new NatsKeyValue(nats, bucket, client, manager, clock);
      // It is there, and may have no leader yet that could answer.
      await opened.get(PROBE);
      return opened;
    } catch (cause) {
      // Servers that have just been started elect their leaders first.
      if (clock.monotonic() >= endsAt) throw failed(`The bucket ${bucket} cannot be opened`, cause);
      await new Promise<void>((resolve) => clock.schedule(AGAIN_MS, resolve));
    }
  }
}

class NatsKeyValue implements KeyValue {
  readonly #nats: Nats;
  readonly #bucket: string;
  readonly #client: JetStreamClient;
  readonly #manager: JetStreamManager;
  readonly #clock: Clock;

  constructor(nats: Nats, bucket: string, client: JetStreamClient, manager: JetStreamManager, clock: Clock) {
    this.#nats = nats;
    this.#bucket = bucket;
    this.#client = client;
    this.#manager = manager;
    this.#clock = clock;
  }

  async get(key: string): Promise<KeyValueEntry | null> {
    try {
      const stored = await this.#manager.streams.getMessage(this.#stream, {
        last_by_subj: this.#subject(key),
      });
      if (stored === null) return null;
      const value = stored.header.get(OPERATION) === "" ? stored.data : null;
      return { key, value, revision: stored.seq };
    } catch (cause) {
      throw failed(`${key} of ${this.#bucket} cannot be read`, cause);
    }
  }

  put(key: string, value: Uint8Array, expected: number): Promise<number> {
    return this.#publish(key, value, expected, false);
  }

  remove(key: string, expected: number): Promise<number> {
    return this.#publish(key, new Uint8Array(0), expected, true);
  }

  async watch(seen: (entry: KeyValueEntry) => void): Promise<KeyValueWatch> {
    const prefix = this.#subject("");
    const watch = new NatsWatch(this.#nats, this.#manager, this.#clock, {
      stream: this.#stream,
      subject: `${prefix}>`,
      received: (subject, operation, value, revision) =>
        seen({ key: subject.slice(prefix.length), value: operation === "" ? value : null, revision }),
    });
    try {
      await watch.open();
      return watch;
    } catch (cause) {
      watch.close();
      throw failed(`${this.#bucket} cannot be watched`, cause);
    }
  }

  async #publish(key: string, value: Uint8Array, expected: number, isRemoval: boolean): Promise<number> {
    const own = headers();
    if (isRemoval) own.set(OPERATION, "DEL");
    try {
      const kept = await this.#client.publish(this.#subject(key), value, {
        headers: own,
        expect: { lastSubjectSequence: expected },
        retries: 0,
      });
      return kept.seq;
    } catch (cause) {
      if (!isConflict(cause)) throw failed(`${key} of ${this.#bucket} may not have been changed`, cause);
      const message = `${key} of ${this.#bucket} is not at revision ${expected} any more`;
      throw clusterError("KEY_VALUE_CONFLICT", message, { cause });
    }
  }

  get #stream(): string {
    return `KV_${this.#bucket}`;
  }

  #subject(key: string): string {
    return `$KV.${this.#bucket}.${key}`;
  }
}

function isConflict(thrown: unknown): boolean {
  if (!(thrown instanceof JetStreamApiError)) return false;
  const { StreamWrongLastSequence, StreamWrongLastSequenceUnknown } = JetStreamApiCodes;
  return thrown.code === StreamWrongLastSequence || thrown.code === StreamWrongLastSequenceUnknown;
}

const failed = (message: string, cause: unknown): Error =>
  clusterError("KEY_VALUE_FAILED", message, { cause });
