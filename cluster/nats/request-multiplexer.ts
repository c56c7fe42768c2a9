/**
 * Requests whose answers come over one subscription, each found by the number at the end of its subject: a few
 * microseconds a request, where a client's own request costs some twenty.
 *
 *     request ──▶ answered | NATS_NO_RESPONDERS | NATS_TIMED_OUT | NATS_CONNECTION_LOST
 *
 * After the last two nobody knows whether the request was carried out: whoever asks again must bear that.
 * Requests under way when the connection is lost fail at once, and none is sent while there is no connection.
 */
import type { Msg, MsgHdrs, Subscription } from "@nats-io/nats-core";
import { systemClock, type Cancel, type Clock, type MyriadError } from "../../runtime/contracts/index.ts";
import { clusterError } from "../errors.ts";
import type { Nats } from "./connect.ts";

/** How long a request waits, and what goes with it. */
export interface RequestOptions {
  /** Milliseconds; default: 5,000. It may take `SWEEP_MS` longer. */
  readonly timeoutMs?: number;
  /** Read before `request` returns: the same object may serve the next one. */
  readonly headers?: MsgHdrs;
}

/** Who is told what becomes of a request: one of the two, once. */
export interface Asker {
  answered(answer: Msg): void;
  failed(error: MyriadError): void;
}

interface Pending {
  readonly asker: Asker;
  readonly until: number;
  readonly subject: string;
}

const SWEEP_MS = 50;
const NO_RESPONDERS = 503;

/** Many requests over one subscription. It leaves the connection open when it is closed. */
export class RequestMultiplexer {
  readonly #nats: Nats;
  readonly #clock: Clock;
  readonly #prefix: string;
  readonly #pending = new Map<number, Pending>();
  readonly #subscription: Subscription;
  readonly #forget: Cancel;
  #last = 0;
  #isSweeping = false;
  #isClosed = false;

  constructor(nats: Nats, clock: Clock = systemClock) {
    this.#nats = nats;
    this.#clock = clock;
    this.#prefix = `${nats.newInbox()}.`;
    this.#subscription = nats.connection.subscribe(`${this.#prefix}*`, {
      callback: (error, answer) => {
        if (error === null) this.#answered(answer);
      },
    });
    this.#forget = nats.onChange((isConnected) => {
      if (!isConnected) this.#failAll("the connection was lost");
    });
  }

  /** How many are waiting for their answers. */
  get pending(): number {
    return this.#pending.size;
  }

  /** @throws (rejects) NATS_NO_RESPONDERS, NATS_TIMED_OUT, NATS_CONNECTION_LOST */
  request(subject: string, payload: Uint8Array | string, options: RequestOptions = {}): Promise<Msg> {
    return new Promise((resolve, reject) => {
      this.ask(subject, payload, { answered: resolve, failed: reject }, options);
    });
  }

  /** Like `request`, without a promise, for where a promise for each would be felt. */
  ask(
    subject: string,
    payload: Uint8Array | string,
    asker: Asker,
    { timeoutMs = 5_000, headers }: RequestOptions = {},
  ): void {
    if (this.#isClosed || !this.#nats.isConnected) {
      asker.failed(lost(subject, "there is no connection"));
      return;
    }
    const id = ++this.#last;
    const reply = this.#prefix + id.toString(36);
    try {
      const options = headers === undefined ? { reply } : { reply, headers };
      this.#nats.connection.publish(subject, payload, options);
    } catch (cause) {
      asker.failed(lost(subject, "it could not be sent", cause));
      return;
    }
    this.#pending.set(id, { asker, until: this.#clock.monotonic() + timeoutMs, subject });
    this.#sweepLater();
  }

  /** What is still waiting fails. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#forget();
    this.#subscription.unsubscribe();
    this.#failAll("the requests were closed");
  }

  #answered(answer: Msg): void {
    const id = Number.parseInt(answer.subject.slice(this.#prefix.length), 36);
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    if (answer.data.length === 0 && answer.headers?.code === NO_RESPONDERS) {
      pending.asker.failed(clusterError("NATS_NO_RESPONDERS", `nobody answers ${pending.subject} now`));
    } else pending.asker.answered(answer);
  }

  #failAll(why: string): void {
    const all = [...this.#pending.values()];
    this.#pending.clear();
    for (const { asker, subject } of all) asker.failed(lost(subject, why));
  }

  /** One timer for all of them, and none while nothing waits. */
  #sweepLater(): void {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    this.#clock.schedule(SWEEP_MS, () => {
      this.#isSweeping = false;
      const now = this.#clock.monotonic();
      for (const [id, { until, asker, subject }] of this.#pending) {
        if (until > now) continue;
        this.#pending.delete(id);
        asker.failed(clusterError("NATS_TIMED_OUT", `no answer from ${subject} in time`));
      }
      if (this.#pending.size > 0) this.#sweepLater();
    });
  }
}

function lost(subject: string, why: string, cause?: unknown): MyriadError {
  const message = `a request to ${subject} has no answer: ${why}`;
  return clusterError("NATS_CONNECTION_LOST", message, cause === undefined ? {} : { cause });
}
