/**
 * Datagrams between nodes over NATS: each is one message, published to the receiver's subject, of which the
 * sender's name is the last part. Nothing is acknowledged, kept or sent again here: the runtime does that above,
 * and its sessions outlast a change of server. While no server is reached, what is sent is lost.
 */
import type { Subscription } from "@nats-io/nats-core";
import type { Transport } from "../../runtime/contracts/index.ts";
import { clusterError } from "../errors.ts";
import type { Nats } from "../nats/connect.ts";
import { nameOf, type Subjects } from "../nats/subjects.ts";

/** A server's own default; more would gain nothing, since batches are shorter. */
const MOST_BYTES = 1_048_576;

/** A transport over NATS for one system. It leaves the connection open when it is closed. */
export function natsTransport(nats: Nats, subjects: Subjects): Transport {
  return new NatsTransport(nats, subjects);
}

class NatsTransport implements Transport {
  readonly maxBytes: number;
  readonly #nats: Nats;
  readonly #subjects: Subjects;
  readonly #ways = new Map<string, string>();
  #node: string | null = null;
  #subscription: Subscription | null = null;
  #isClosed = false;

  constructor(nats: Nats, subjects: Subjects) {
    this.#nats = nats;
    this.#subjects = subjects;
    this.maxBytes = Math.min(MOST_BYTES, nats.connection.info?.max_payload ?? MOST_BYTES);
  }

  /** @throws TRANSPORT_CLOSED */
  open(node: string, received: (from: string, datagram: Uint8Array) => void): void {
    if (this.#node !== null)
      throw clusterError("TRANSPORT_CLOSED", `the transport of ${this.#node} is open already`);
    this.#node = node;
    const subject = this.#subjects.datagramsTo(node);
    const before = subject.length - 1;
    const senders = new Map<string, string | null>();
    this.#subscription = this.#nats.connection.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null || this.#isClosed) return;
        const token = message.subject.slice(before);
        let from = senders.get(token);
        if (from === undefined) {
          from = nameOf(token);
          senders.set(token, from);
        }
        if (from !== null) received(from, message.data);
      },
    });
  }

  send(to: string, datagram: Uint8Array): void {
    if (this.#isClosed || this.#node === null || !this.#nats.isConnected) return;
    let subject = this.#ways.get(to);
    if (subject === undefined) {
      subject = this.#subjects.datagram(to, this.#node);
      this.#ways.set(to, subject);
    }
    this.#nats.connection.publish(subject, datagram);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#subscription?.unsubscribe();
  }
}
