/**
 * Reads what a stream holds, in batches, through a consumer that is made for it and goes with it: a batch is asked
 * for when the one before has been taken, so no more than one is ever held here.
 *
 * A consumer that has gone (its server died) ends the reading with STREAM_UNAVAILABLE: whoever knows how far it came
 * begins again from there.
 */
import type { Msg, MsgHdrs } from "@nats-io/nats-core";
import type { Cancel } from "../../runtime/contracts/index.ts";
import { clusterError } from "../errors.ts";
import { deliveryOf } from "./delivery.ts";
import { isRefusal, refused, type JetStream } from "./jetstream.ts";

/** What is read of a stream. */
export interface Reading {
  readonly stream: string;
  readonly subject: string;
  /** From which sequence on; or of each subject the last message only. Default: all. */
  readonly from?: number | "last-of-each";
  readonly isHeadersOnly?: boolean;
  /** How many messages are held here at most; default: 256. */
  readonly batch?: number;
}

/** A message on its way out of a stream. */
export interface ReadMessage {
  readonly subject: string;
  readonly sequence: number;
  /** Milliseconds since the epoch, by the server's clock. */
  readonly storedAt: number;
  readonly headers: MsgHdrs | null;
  readonly data: Uint8Array;
}

const BATCH = 256;
const EXPIRES_MS = 2_000;
const SILENCE_MS = 3_000;
const IDLE_MS = 60_000;
const NOTHING_THERE = 404;
const NOTHING_CAME = 408;
const NANOS_IN_MS = 1_000_000;

/** All that is there when the reading begins. @throws STREAM_UNAVAILABLE, STREAM_REFUSED */
export async function* readStream(
  jetStream: JetStream,
  reading: Reading,
  retryMs: number,
): AsyncGenerator<ReadMessage> {
  const { stream, batch = BATCH } = reading;
  const made = await jetStream.call(`CONSUMER.CREATE.${stream}`, consumerOf(reading), retryMs);
  if (isRefusal(made)) throw refused(`reading of ${stream}`, made);
  const name = String(made["name"]);
  let left = Number(made["num_pending"]);
  const batches = new Batches(jetStream, stream, name);
  try {
    let expected = 1;
    while (left > 0) {
      const message = await batches.next(Math.min(left, batch));
      // Some of it has been deleted since.
      if (message === null) return;
      const delivery = deliveryOf(message.reply ?? "");
      // A gap: what was on its way has been lost with its connection.
      if (delivery?.consumerSequence !== expected) throw broken(stream);
      expected += 1;
      left -= 1;
      const { sequence, storedAt } = delivery;
      const { subject, data, headers = null } = message;
      yield { subject, sequence, storedAt, headers, data };
    }
  } finally {
    batches.close();
    jetStream.send(`$JS.API.CONSUMER.DELETE.${stream}.${name}`, "");
  }
}

function consumerOf({ stream, subject, from = 1, isHeadersOnly = false }: Reading): Record<string, unknown> {
  const start =
    from === "last-of-each"
      ? { deliver_policy: "last_per_subject" }
      : { deliver_policy: "by_start_sequence", opt_start_seq: from };
  return {
    stream_name: stream,
    config: {
      ...start,
      ack_policy: "none",
      replay_policy: "instant",
      filter_subject: subject,
      inactive_threshold: IDLE_MS * NANOS_IN_MS,
      mem_storage: true,
      num_replicas: 1,
      ...(isHeadersOnly ? { headers_only: true } : {}),
    },
  };
}

/** The messages of one consumer, of which it asks for some at a time. */
class Batches {
  readonly #jetStream: JetStream;
  readonly #stream: string;
  readonly #subject: string;
  readonly #inbox: string;
  readonly #subscription: { unsubscribe(): void };
  readonly #forget: Cancel;
  readonly #arrived: Msg[] = [];
  #taken = 0;
  #asked = 0;
  #isLost = false;
  #isAtEnd = false;
  #wake: (() => void) | null = null;

  constructor(jetStream: JetStream, stream: string, consumer: string) {
    this.#jetStream = jetStream;
    this.#stream = stream;
    this.#inbox = jetStream.nats.newInbox();
    this.#subject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
    this.#subscription = jetStream.nats.connection.subscribe(this.#inbox, {
      callback: (error, message) => {
        if (error === null) this.#take(message);
      },
    });
    this.#forget = jetStream.nats.onChange(() => this.#lose());
  }

  /** @returns null: there is no more */
  async next(most: number): Promise<Msg | null> {
    for (;;) {
      const message = this.#arrived[this.#taken];
      if (message !== undefined) {
        this.#taken += 1;
        if (this.#taken === this.#arrived.length) {
          this.#arrived.length = 0;
          this.#taken = 0;
        }
        return message;
      }
      if (this.#isLost) throw broken(this.#stream);
      if (this.#isAtEnd) return null;
      if (this.#asked === 0) this.#ask(most);
      await this.#more();
    }
  }

  close(): void {
    this.#forget();
    this.#subscription.unsubscribe();
  }

  #ask(batch: number): void {
    this.#asked = batch;
    const body = { batch, expires: EXPIRES_MS * NANOS_IN_MS };
    this.#jetStream.send(this.#subject, JSON.stringify(body), this.#inbox);
  }

  #take(message: Msg): void {
    const status = message.data.length === 0 ? (message.headers?.code ?? 0) : 0;
    if (status === 0) {
      this.#asked -= 1;
      this.#arrived.push(message);
    } else if (status === NOTHING_THERE || status === NOTHING_CAME) this.#isAtEnd = true;
    else this.#isLost = true;
    this.#wake?.();
  }

  #lose(): void {
    this.#isLost = true;
    this.#wake?.();
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#jetStream.clock.schedule(SILENCE_MS, () => this.#lose());
      this.#wake = (): void => {
        this.#wake = null;
        cancel();
        resolve();
      };
    });
  }
}

function broken(stream: string): Error {
  return clusterError("STREAM_UNAVAILABLE", `the reading of ${stream} was interrupted`);
}
