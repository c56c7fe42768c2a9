/**
 * Works on the tasks of a queue. A task is acknowledged when its handler has ended well, and only then:
 *
 *     delivered ──▶ held ──▶ running ──ends──▶ acknowledged
 *                    │          ├── throws, tries left ──▶ given back, delivered again after a wait
 *                    │          └── refuses, or throws the last time ──▶ dead letter, then acknowledged
 *                    ├── no envelope, of another major version, delivered too often ──▶ dead letter
 *                    └── past its time ──▶ dropped, counted, told
 *
 * What is held is told to be in progress again and again, so that nobody else gets it while this worker lives. A
 * worker that dies is silent, and after `ackWaitMs` others get what it held: each task at least once, so an effect is
 * to be journalled together with the task's `message_id` (an event-sourced actor with `messageId` does that).
 */
import type { Msg, Subscription } from "@nats-io/nats-core";
import { MyriadError, type Cancel } from "../../runtime/contracts/index.ts";
import { isRefusal } from "../../runtime/index.ts";
import type { JetStream } from "../nats/jetstream.ts";
import type { Subjects } from "../nats/subjects.ts";
import { Band, type HeldTask } from "./band.ts";
import { BandSchedule, PRIORITIES } from "./band-schedule.ts";
import { CLAIM, claimant } from "./claim.ts";
import type { DeadLetters } from "./dead-letters.ts";
import { expiryOf, readEnvelope, type Envelope } from "./envelope.ts";
import type { QueueEvent, WorkOptions } from "./queue-options.ts";

/** What a handler is told beside the envelope. */
export interface TaskContext {
  /** How often the task was delivered, this time included; more than 1 says that it may have been done already. */
  readonly deliveries: number;
  /** Aborted when the worker is to end and the handler has taken longer than it may. */
  readonly signal: AbortSignal;
}

/** Does one task. What it throws gives the task back; a refusal (`isRefusal`) gives it up. */
export type TaskHandler = (envelope: Envelope, context: TaskContext) => Promise<void> | void;

/** How a worker has fared since it began. */
export interface WorkerCounts {
  readonly completed: number;
  readonly retried: number;
  readonly expired: number;
  readonly deadLettered: number;
}

/** A worker of a queue; made by `TaskQueue.work`. */
export interface QueueWorker {
  readonly counts: WorkerCounts;
  /** How many tasks run now. */
  readonly running: number;
  /**
   * Fetches no more, gives back what has not begun, and waits for what runs; after `deadlineMs` (default: 30,000) that
   * is given back as well, and its signal aborted.
   */
  stop(deadlineMs?: number): Promise<void>;
}

/** What a worker is made of. */
export interface WorkerParts {
  readonly jetStream: JetStream;
  readonly subjects: Subjects;
  readonly queue: string;
  readonly stream: string;
  readonly deadLetters: DeadLetters;
  readonly handler: TaskHandler;
  readonly options: Required<Omit<WorkOptions, "trusts" | "onEvent">> &
    Pick<WorkOptions, "trusts" | "onEvent">;
  /** The consumers' own, which decides. */
  readonly ackWaitMs: number;
  /** Deletes what is done and is still there; called when the servers may have lost that it is. */
  readonly tidy: () => Promise<void>;
}

const SWEEP_MS = 500;
const BEATS = 3;
/** Servers that come back need a moment to know what they have. */
const TIDY_MS = 2_000;
const NANOS_IN_MS = 1_000_000;
const ACK: Uint8Array = Buffer.from("+ACK");
const IN_PROGRESS: Uint8Array = Buffer.from("+WPI");
/** Before a task is delivered again of which nothing could be decided. */
const AGAIN_MS = 5_000;

export function consumerOf(priority: number): string {
  return `p${priority}`;
}

export function startWorker(parts: WorkerParts): QueueWorker {
  const worker = new Worker(parts);
  worker.start();
  return worker;
}

class Worker implements QueueWorker {
  readonly #parts: WorkerParts;
  readonly #inbox: string;
  readonly #bands: readonly Band[];
  readonly #starts = new BandSchedule();
  readonly #fetches = new BandSchedule();
  readonly #held = new Set<HeldTask>();
  readonly #abort = new AbortController();
  readonly #counts = { completed: 0, retried: 0, expired: 0, deadLettered: 0 };
  readonly #unsent: (readonly [subject: string, payload: Uint8Array | string])[] = [];
  readonly #timers = new Set<Cancel>();
  #subscription: Subscription | null = null;
  #forget: Cancel = () => undefined;
  #running = 0;
  #isStopping = false;
  #idle: (() => void) | null = null;
  #stopped: Promise<void> | null = null;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
    const { jetStream, stream } = parts;
    this.#inbox = jetStream.nats.newInbox();
    this.#bands = Array.from(
      { length: PRIORITIES },
      (_, priority) => new Band(jetStream, stream, consumerOf(priority), `${this.#inbox}.${priority}`),
    );
  }

  get counts(): WorkerCounts {
    return { ...this.#counts };
  }

  get running(): number {
    return this.#running;
  }

  start(): void {
    const { nats } = this.#parts.jetStream;
    this.#subscription = nats.connection.subscribe(`${this.#inbox}.*.*`, {
      callback: (error, message) => {
        if (error === null) this.#take(message);
      },
    });
    this.#forget = nats.onChange((isConnected) => this.#changed(isConnected));
    this.#every(SWEEP_MS, () => {
      for (const band of this.#bands) band.sweep();
      this.#goOn();
    });
    this.#every(this.#parts.ackWaitMs / BEATS, () => {
      for (const { reply } of this.#held) this.#parts.jetStream.send(reply, IN_PROGRESS);
    });
    this.#tidyLater();
    this.#goOn();
  }

  stop(deadlineMs = 30_000): Promise<void> {
    this.#stopped ??= this.#stop(deadlineMs);
    return this.#stopped;
  }

  async #stop(deadlineMs: number): Promise<void> {
    this.#isStopping = true;
    // What the server has sent before it knows still comes, and is given back.
    const drained = this.#subscription?.drain().catch(() => undefined);
    for (const band of this.#bands)
      for (let task = band.take(); task !== null; task = band.take()) this.#giveBack(task, 0);
    if (this.#running > 0) await this.#end(deadlineMs);
    this.#abort.abort();
    for (const task of this.#held) this.#giveBack(task, 0);
    for (const cancel of this.#timers) cancel();
    this.#forget();
    if (this.#parts.jetStream.nats.isConnected) await drained;
  }

  /** Resolves when nothing runs, or it has taken too long. */
  async #end(deadlineMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#parts.jetStream.clock.schedule(deadlineMs, resolve);
      this.#idle = (): void => {
        cancel();
        resolve();
      };
    });
  }

  #every(ms: number, action: () => void): void {
    let cancel: Cancel = () => undefined;
    const next = (): void => {
      this.#timers.delete(cancel);
      cancel = this.#parts.jetStream.clock.schedule(ms, () => {
        action();
        next();
      });
      this.#timers.add(cancel);
    };
    next();
  }

  #changed(isConnected: boolean): void {
    for (const band of this.#bands) band.forget();
    if (!isConnected) return;
    for (const [subject, payload] of this.#unsent.splice(0)) this.#send(subject, payload);
    this.#tidyLater();
    this.#goOn();
  }

  #tidyLater(): void {
    const cancel = this.#parts.jetStream.clock.schedule(TIDY_MS, () => {
      this.#timers.delete(cancel);
      // It will be tried again with the next worker, or the next return of the connection.
      this.#parts.tidy().catch(() => undefined);
    });
    this.#timers.add(cancel);
  }

  #take(message: Msg): void {
    // What has data is a task, so its headers need not be read.
    const status = message.data.length === 0 ? (message.headers?.code ?? 0) : 0;
    if (status > 0) this.#ended(message.subject, status);
    else {
      const priority = Number(message.subject.slice(message.subject.lastIndexOf(".") + 1));
      const task = this.#bands[priority]?.arrived(message);
      if (task === undefined || task === null) return;
      this.#held.add(task);
      if (this.#isStopping) {
        this.#bands[priority]?.take();
        this.#giveBack(task, 0);
      }
    }
    this.#goOn();
  }

  #ended(subject: string, status: number): void {
    const [priority, id] = subject
      .slice(this.#inbox.length + 1)
      .split(".")
      .map(Number);
    this.#bands[priority!]?.ended(id!, status);
  }

  #goOn(): void {
    if (this.#isStopping) return;
    const { concurrency } = this.#parts.options;
    while (this.#running < concurrency) {
      const priority = this.#starts.next((one) => this.#bands[one]!.waiting > 0);
      if (priority === -1) break;
      this.#starts.went(priority);
      void this.#run(this.#bands[priority]!.take()!);
    }
    this.#fetch();
  }

  /** Asks for as many as there is room for, where there are some, and elsewhere for the next one that comes. */
  #fetch(): void {
    if (!this.#parts.jetStream.nats.isConnected) return;
    const { concurrency } = this.#parts.options;
    let fetching = 0;
    for (const band of this.#bands) fetching += band.fetching;
    const room = 2 * concurrency - this.#held.size - fetching;
    // Not one by one, as room is made: a request is to be worth its way.
    if (room >= concurrency / 2) this.#share(room);
    for (let priority = PRIORITIES - 1; priority >= 0; priority--) {
      const band = this.#bands[priority]!;
      if (band.isIdle && band.waiting === 0 && band.pending === 0) band.wait();
    }
  }

  #share(room: number): void {
    const shares = this.#bands.map(() => 0);
    for (let left = room; left > 0; left--) {
      const priority = this.#fetches.next((one) => this.#bands[one]!.pending > shares[one]!);
      // Whose turn it is may be asked already: then nobody goes before it.
      if (priority === -1 || !this.#bands[priority]!.isIdle) break;
      this.#fetches.went(priority);
      shares[priority]! += 1;
    }
    for (const [priority, share] of shares.entries()) if (share > 0) this.#bands[priority]!.fetch(share);
  }

  async #run(task: HeldTask): Promise<void> {
    this.#running += 1;
    try {
      const read = readEnvelope(task.message.data);
      if (read.kind === "refused")
        await this.#giveUp(task, read.given, `unread-${task.delivery.sequence}`, read.reason);
      else if (expiryOf(read.envelope) <= this.#parts.jetStream.clock.now())
        this.#expire(task, read.envelope);
      else {
        const { envelope } = read;
        const why = this.#whyNot(task, envelope);
        if (why === null) await this.#handle(task, envelope);
        else await this.#giveUp(task, envelope, envelope.message_id, why);
      }
    } catch {
      // `trusts` or `waitMs` has thrown: somebody else may know better.
      this.#giveBack(task, AGAIN_MS);
    } finally {
      this.#running -= 1;
      if (this.#running === 0) this.#idle?.();
      this.#goOn();
    }
  }

  #expire(task: HeldTask, envelope: Envelope): void {
    this.#counts.expired += 1;
    this.#acknowledge(task);
    this.#tell({ kind: "expired", envelope });
  }

  /** @returns null: it is to be run */
  #whyNot({ message, delivery }: HeldTask, envelope: Envelope): string | null {
    const { trusts, deliveries: most } = this.#parts.options;
    if (delivery.deliveries > most) return `it was delivered ${most} times, and none of them has ended`;
    if (trusts === undefined || this.#isTrusted(trusts, envelope, message)) return null;
    return "it is not signed by a key that is trusted for its sender";
  }

  #isTrusted(
    trusts: NonNullable<WorkOptions["trusts"]>,
    { sender_id: sender }: Envelope,
    message: Msg,
  ): boolean {
    const publicKey = claimant(message.headers?.get(CLAIM) ?? null, message.data);
    return publicKey !== null && trusts(sender, publicKey);
  }

  async #handle(task: HeldTask, stored: Envelope): Promise<void> {
    const { deliveries } = task.delivery;
    const retryCount = stored.metadata.retry_count + deliveries - 1;
    const envelope =
      deliveries === 1 ? stored : { ...stored, metadata: { ...stored.metadata, retry_count: retryCount } };
    try {
      await this.#parts.handler(envelope, { deliveries, signal: this.#abort.signal });
    } catch (error) {
      await this.#failed(task, stored, error);
      return;
    }
    if (!this.#held.has(task)) return;
    this.#counts.completed += 1;
    this.#acknowledge(task);
  }

  async #failed(task: HeldTask, envelope: Envelope, error: unknown): Promise<void> {
    if (!this.#held.has(task)) return;
    const { attempts, waitMs, random } = this.#parts.options;
    const { deliveries } = task.delivery;
    if (isRefusal(error) || deliveries >= attempts) {
      await this.#giveUp(task, envelope, envelope.message_id, reasonOf(error));
      return;
    }
    const given = waitMs(deliveries - 1, random);
    const wait = Number.isFinite(given) && given >= 0 ? given : AGAIN_MS;
    this.#counts.retried += 1;
    this.#giveBack(task, wait);
    this.#tell({ kind: "retried", envelope, waitMs: wait, error });
  }

  async #giveUp(task: HeldTask, envelope: unknown, id: string, reason: string): Promise<void> {
    const claim = task.message.headers?.get(CLAIM) || null;
    const retryCount = task.delivery.deliveries - 1;
    try {
      await this.#parts.deadLetters.keep({ id, envelope, reason, retryCount, claim });
    } catch (error) {
      this.#giveBack(task, AGAIN_MS);
      this.#tell({ kind: "dead-letter-failed", id, error });
      return;
    }
    this.#counts.deadLettered += 1;
    this.#acknowledge(task);
    this.#tell({ kind: "dead-lettered", id, reason });
  }

  #acknowledge(task: HeldTask): void {
    if (this.#held.delete(task)) this.#send(task.reply, ACK);
  }

  #giveBack(task: HeldTask, delayMs: number): void {
    if (!this.#held.delete(task)) return;
    const delay = Math.round(delayMs) * NANOS_IN_MS;
    this.#send(task.reply, delay === 0 ? "-NAK" : `-NAK {"delay": ${delay}}`);
  }

  /** What cannot be sent now goes when the connection is back; no more can gather than is held. */
  #send(subject: string, payload: Uint8Array | string): void {
    const { jetStream } = this.#parts;
    if (jetStream.nats.isConnected) jetStream.send(subject, payload);
    else this.#unsent.push([subject, payload]);
  }

  #tell(event: QueueEvent): void {
    try {
      this.#parts.options.onEvent?.(event);
    } catch {
      // A listener's own affair: the task has been seen to.
    }
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof MyriadError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
