/**
 * Follows the last message of each subject of a stream. What it follows by, a consumer without acknowledgement, may
 * be lost with its server, and messages on their way with a connection: then it begins anew, with the last message
 * of each subject once more.
 *
 *     opening ──consumer made──▶ following ──a gap, silence, or the connection's return──▶ opening
 */
import { nanos, type Msg, type Subscription } from "@nats-io/nats-core";
import { AckPolicy, DeliverPolicy, type JetStreamManager } from "@nats-io/jetstream";
import type { Cancel, Clock } from "../../runtime/contracts/index.ts";
import type { Nats } from "./connect.ts";

export interface WatchOptions {
  readonly stream: string;
  readonly subject: string;
  /** @param operation empty: the message brings a value. */
  received(subject: string, operation: string, value: Uint8Array, revision: number): void;
}

const HEARTBEAT_MS = 1_000;
const SILENCE_MS = 3_000;
const AGAIN_MS = 250;

export class NatsWatch {
  readonly #nats: Nats;
  readonly #manager: JetStreamManager;
  readonly #clock: Clock;
  readonly #options: WatchOptions;
  #subscription: Subscription | null = null;
  #consumer: string | null = null;
  #delivered = 0;
  #heardAt = 0;
  #isClosed = false;
  #isOpening = false;
  #cancelBeat: Cancel = () => undefined;
  readonly #forget: Cancel;
  #told: (() => void) | null = null;

  constructor(nats: Nats, manager: JetStreamManager, clock: Clock, options: WatchOptions) {
    this.#nats = nats;
    this.#manager = manager;
    this.#clock = clock;
    this.#options = options;
    this.#forget = nats.onChange((isConnected) => {
      if (isConnected) this.#beginAnew();
    });
  }

  /** Resolves when all that there was has been received. */
  async open(): Promise<void> {
    const told = new Promise<void>((resolve) => (this.#told = resolve));
    await this.#follow();
    this.#beat();
    await told;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#forget();
    this.#cancelBeat();
    this.#leave();
    this.#told?.();
  }

  async #follow(): Promise<void> {
    const inbox = this.#nats.newInbox();
    this.#delivered = 0;
    this.#heardAt = this.#clock.monotonic();
    const subscription = this.#nats.connection.subscribe(inbox, {
      callback: (error, message) => {
        if (error === null && this.#subscription === subscription) this.#took(message);
      },
    });
    this.#subscription = subscription;
    const { name, num_pending: waiting } = await this.#manager.consumers.add(this.#options.stream, {
      deliver_subject: inbox,
      deliver_policy: DeliverPolicy.LastPerSubject,
      filter_subject: this.#options.subject,
      ack_policy: AckPolicy.None,
      idle_heartbeat: nanos(HEARTBEAT_MS),
      num_replicas: 1,
      mem_storage: true,
    });
    this.#consumer = name;
    if (this.#isClosed) this.#leave();
    else if (waiting === 0 && this.#delivered === 0) this.#told?.();
  }

  #leave(): void {
    this.#subscription?.unsubscribe();
    this.#subscription = null;
    // Without anybody who listens it ends by itself, but later.
    if (this.#consumer !== null && this.#nats.isConnected) {
      this.#manager.consumers.delete(this.#options.stream, this.#consumer).catch(() => undefined);
    }
    this.#consumer = null;
  }

  #took(message: Msg): void {
    this.#heardAt = this.#clock.monotonic();
    if (message.headers?.code === 100) return;
    const at = placeOf(message.reply ?? "");
    if (at === null) return;
    if (at.delivered !== this.#delivered + 1) {
      this.#beginAnew();
      return;
    }
    this.#delivered = at.delivered;
    const operation = message.headers?.get("KV-Operation") ?? "";
    this.#options.received(message.subject, operation, message.data, at.revision);
    if (at.pending === 0) this.#told?.();
  }

  #beat(): void {
    this.#cancelBeat = this.#clock.schedule(HEARTBEAT_MS, () => {
      if (this.#clock.monotonic() - this.#heardAt >= SILENCE_MS) this.#beginAnew();
      this.#beat();
    });
  }

  #beginAnew(): void {
    if (this.#isClosed || this.#isOpening) return;
    this.#isOpening = true;
    this.#leave();
    this.#follow().then(
      () => (this.#isOpening = false),
      () => {
        this.#clock.schedule(AGAIN_MS, () => {
          this.#isOpening = false;
          this.#beginAnew();
        });
      },
    );
  }
}

/** `$JS.ACK.[domain.account.]stream.consumer.times.revision.delivered.time.pending[.…]` */
function placeOf(
  reply: string,
): { readonly revision: number; readonly delivered: number; readonly pending: number } | null {
  const tokens = reply.split(".");
  if (tokens[0] !== "$JS" || tokens[1] !== "ACK" || tokens.length < 9) return null;
  const first = tokens.length >= 11 ? 7 : 5;
  const [revision, delivered, , pending] = tokens.slice(first, first + 4).map(Number);
  const isPlace = [revision, delivered, pending].every(Number.isSafeInteger);
  return isPlace ? { revision: revision!, delivered: delivered!, pending: pending! } : null;
}
