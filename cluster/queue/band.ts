/**
 * The tasks of one priority on their way to a worker, which asks for some at a time and never for more before those
 * have come or have been said not to:
 *
 *     idle ──wait──▶ asked for one, as soon as it comes ──▶ idle
 *     idle ──fetch──▶ asked for what is there ──▶ idle
 *
 * What was asked for ends after `EXPIRES_MS` at the server; a server that has died says nothing, so it also ends here,
 * a little later.
 */
import type { Msg } from "@nats-io/nats-core";
import { deliveryOf, type Delivery } from "../nats/delivery.ts";
import type { JetStream } from "../nats/jetstream.ts";

/** A task that a worker holds. */
export interface HeldTask {
  readonly message: Msg;
  /** Where its acknowledgement goes. */
  readonly reply: string;
  readonly delivery: Delivery;
}

interface Asked {
  readonly id: number;
  readonly until: number;
  readonly isFetch: boolean;
  left: number;
}

const EXPIRES_MS = 2_000;
const LOST_MS = 3_000;
const NOTHING_THERE = 404;
const NOTHING_CAME = 408;
const NANOS_IN_MS = 1_000_000;

export class Band {
  readonly #jetStream: JetStream;
  readonly #subject: string;
  readonly #inbox: string;
  readonly #arrived: HeldTask[] = [];
  #taken = 0;
  #asked: Asked | null = null;
  #asks = 0;
  #pending = 0;
  #isResting = false;

  /** @param inbox where tasks come to; a number is put behind it */
  constructor(jetStream: JetStream, stream: string, consumer: string, inbox: string) {
    this.#jetStream = jetStream;
    this.#subject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
    this.#inbox = inbox;
  }

  /** How many have come and have not been taken. */
  get waiting(): number {
    return this.#arrived.length - this.#taken;
  }

  get isIdle(): boolean {
    return this.#asked === null && !this.#isResting;
  }

  /** How many are on their way, as far as is known. */
  get fetching(): number {
    return this.#asked?.isFetch === true ? this.#asked.left : 0;
  }

  /** How many there are in the queue beside, as far as is known. */
  get pending(): number {
    return this.#pending;
  }

  take(): HeldTask | null {
    const task = this.#arrived[this.#taken];
    if (task === undefined) return null;
    this.#taken += 1;
    if (this.#taken === this.#arrived.length) {
      this.#arrived.length = 0;
      this.#taken = 0;
    }
    return task;
  }

  /** Asks for one, whenever it comes. */
  wait(): void {
    this.#ask(1, false, { batch: 1, expires: EXPIRES_MS * NANOS_IN_MS });
  }

  /** Asks for so many of those that are there. */
  fetch(batch: number): void {
    this.#ask(batch, true, { batch, no_wait: true });
  }

  /** @returns null: it is no task */
  arrived(message: Msg): HeldTask | null {
    const reply = message.reply ?? "";
    const delivery = deliveryOf(reply);
    if (delivery === null) return null;
    this.#pending = delivery.pending;
    if (this.#asked !== null) {
      this.#asked.left -= 1;
      if (this.#asked.left === 0) this.#asked = null;
    }
    const task = { message, reply, delivery };
    this.#arrived.push(task);
    return task;
  }

  /** What was asked for under that number has ended: there was nothing, or there is no consumer now. */
  ended(id: number, status: number): void {
    if (this.#asked?.id !== id) return;
    this.#asked = null;
    this.#pending = 0;
    this.#isResting = status !== NOTHING_THERE && status !== NOTHING_CAME;
  }

  /** Nothing that was asked for will come any more. */
  forget(): void {
    this.#asked = null;
  }

  /** Ends what should have ended by itself, and lets it ask again where there was no consumer. */
  sweep(): void {
    this.#isResting = false;
    if (this.#asked !== null && this.#jetStream.clock.monotonic() >= this.#asked.until) this.#asked = null;
  }

  #ask(left: number, isFetch: boolean, body: Readonly<Record<string, unknown>>): void {
    this.#asks += 1;
    this.#asked = { id: this.#asks, until: this.#jetStream.clock.monotonic() + LOST_MS, isFetch, left };
    this.#jetStream.send(this.#subject, JSON.stringify(body), `${this.#inbox}.${this.#asks}`);
  }
}
