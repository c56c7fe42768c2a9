/**
 * Durable queues of tasks on JetStream: a work-queue stream for each queue, a subject and a durable consumer for each
 * priority, and one stream for what all queues have given up.
 *
 *     enqueue ──▶ kept by the stream (then it resolves) ──▶ worked on at least once ──▶ deleted
 *                                                                 └──▶ dead letter ──▶ replayed | discarded
 *
 * A message id that the queue knows is taken once: after an answer that was lost the same envelope is safely enqueued
 * again. Tasks of one priority begin in the order in which they were enqueued, and may end in another.
 */
import { isObject, seededRandom, systemClock, type Clock } from "../../runtime/contracts/index.ts";
import { exponentialWaitMs } from "../../runtime/index.ts";
import { check, clusterError } from "../errors.ts";
import type { Nats } from "../nats/connect.ts";
import {
  asError,
  isFull,
  isRefusal,
  JetStream,
  REASONS,
  refused,
  type Published,
  type Refusal,
} from "../nats/jetstream.ts";
import type { Subjects } from "../nats/subjects.ts";
import { PRIORITIES } from "./band-schedule.ts";
import { CLAIM, type ClaimSigner } from "./claim.ts";
import { DeadLetters } from "./dead-letters.ts";
import { checkEnvelope, encodeEnvelope, type Envelope } from "./envelope.ts";
import {
  checkQueueOptions,
  checkWorkOptions,
  type TaskQueueOptions,
  type WorkOptions,
} from "./queue-options.ts";
import { consumerOf, startWorker, type QueueWorker, type TaskHandler } from "./queue-worker.ts";

/** How much waits in a queue. */
export interface QueueStatus {
  /** Tasks that are not done, those that run included. */
  readonly tasks: number;
  readonly bytes: number;
  /** Milliseconds since the oldest of them was enqueued; 0: there is none. */
  readonly oldestMs: number;
  /** Of each priority, by its number. */
  readonly priorities: readonly PriorityStatus[];
  readonly deadLetters: number;
}

/** How much of one priority waits. */
export interface PriorityStatus {
  /** Nobody has them. */
  readonly pending: number;
  /** Workers have them. */
  readonly held: number;
}

/** What became of an envelope that was enqueued. */
export interface Enqueued {
  /** The queue had taken a message of this id before, and so did not take this one. */
  readonly isDuplicate: boolean;
}

const TAKEN: Enqueued = { isDuplicate: false };
const DUPLICATE: Enqueued = { isDuplicate: true };

/** Leaves room in a message for what a dead letter has beside its envelope. */
const ROOM_BYTES = 8_192;
const NANOS_IN_MS = 1_000_000;
const MOST_HELD = 65_536;
const LEAST_ACK_WAIT_MS = 100;

/**
 * Opens a queue, and makes it the first time. It leaves the connection open when it is closed.
 * @throws CLUSTER_OPTION_INVALID, STREAM_UNAVAILABLE, STREAM_REFUSED
 */
export async function openTaskQueue(
  nats: Nats,
  subjects: Subjects,
  options: TaskQueueOptions,
): Promise<TaskQueue> {
  checkQueueOptions(options);
  const { name, replicas = 1, maxBytes = -1, dedupMs = 120_000, retryMs = 10_000 } = options;
  const { clock = systemClock, signer = null } = options;
  const jetStream = new JetStream(nats, clock);
  const stream = subjects.stream(`QUEUE_${name}`);
  const kept = { storage: "file", num_replicas: replicas };
  try {
    await jetStream.ensureStream(
      {
        ...kept,
        name: stream,
        // Each by itself: what is sent to a priority that there is not is not kept, since nobody would ever get it.
        subjects: Array.from({ length: PRIORITIES }, (_, priority) => subjects.task(name, priority)),
        retention: "workqueue",
        discard: "new",
        max_bytes: maxBytes,
        duplicate_window: dedupMs * NANOS_IN_MS,
      },
      retryMs,
    );
    const dead = { name: subjects.stream("DEAD"), subjects: [subjects.allDeadLetters] };
    await jetStream.ensureStream({ ...kept, ...dead, retention: "limits", max_msgs_per_subject: 1 }, retryMs);
  } catch (thrown) {
    jetStream.close();
    throw thrown;
  }
  return new TaskQueue({ jetStream, subjects, name, stream, retryMs, signer });
}

/** What a queue is made of. */
interface QueueParts {
  readonly jetStream: JetStream;
  readonly subjects: Subjects;
  readonly name: string;
  readonly stream: string;
  readonly retryMs: number;
  readonly signer: ClaimSigner | null;
}

/** A durable queue of tasks; opened by `openTaskQueue`. */
export class TaskQueue {
  readonly name: string;
  /** What it has given up. */
  readonly deadLetters: DeadLetters;
  readonly #parts: QueueParts;
  readonly #ways: readonly string[];
  readonly #workers = new Set<QueueWorker>();
  #isClosed = false;

  constructor(parts: QueueParts) {
    const { jetStream, subjects, name, retryMs } = parts;
    this.name = name;
    this.#parts = parts;
    this.#ways = Array.from({ length: PRIORITIES }, (_, priority) => subjects.task(name, priority));
    this.deadLetters = new DeadLetters(jetStream, subjects, name, retryMs);
  }

  /**
   * Resolves when the stream has it. Any number may be under way at once.
   * @throws (rejects) ENVELOPE_INVALID, QUEUE_FULL, QUEUE_CLOSED, STREAM_REFUSED; STREAM_UNAVAILABLE: then it may be
   *   enqueued nevertheless, and the same envelope may be enqueued again
   */
  enqueue(envelope: Envelope): Promise<Enqueued> {
    try {
      checkEnvelope(envelope);
      this.#checkOpen();
      const { jetStream, signer, retryMs } = this.#parts;
      const bytes = encodeEnvelope(envelope);
      if (bytes.length > jetStream.maxBytes - ROOM_BYTES) throw tooLarge(bytes.length, jetStream.maxBytes);
      const id = { "Nats-Msg-Id": envelope.message_id };
      const fields = signer === null ? id : { ...id, [CLAIM]: signer.sign(bytes) };
      return jetStream.publish(this.#ways[envelope.priority]!, bytes, fields, retryMs, this.#enqueued);
    } catch (refusal) {
      return Promise.reject(asError(refusal));
    }
  }

  /**
   * Begins to work on its tasks, with as many other workers as there are.
   * @throws CLUSTER_OPTION_INVALID, QUEUE_CLOSED, STREAM_UNAVAILABLE, STREAM_REFUSED
   */
  async work(handler: TaskHandler, options: WorkOptions = {}): Promise<QueueWorker> {
    check(typeof handler === "function", "CLUSTER_OPTION_INVALID", "A handler is a function", handler);
    checkWorkOptions(options);
    this.#checkOpen();
    const { ackWaitMs: wantedMs = 30_000 } = options;
    const made = Array.from({ length: PRIORITIES }, (_, priority) =>
      this.#ensureConsumer(priority, wantedMs),
    );
    const ackWaitMs = Math.min(...(await Promise.all(made)));
    this.#checkOpen();
    const { jetStream, subjects, name, stream } = this.#parts;
    const { deadLetters } = this;
    const all = withDefaults(options, wantedMs, jetStream.clock);
    const tidy = (): Promise<void> => this.#tidy();
    const own = { deadLetters, handler, options: all, ackWaitMs, tidy };
    const parts = { jetStream, subjects, queue: name, stream, ...own };
    const worker = startWorker(parts);
    this.#workers.add(worker);
    return worker;
  }

  /** What waits, by the servers' own count. @throws STREAM_UNAVAILABLE, STREAM_REFUSED */
  async status(): Promise<QueueStatus> {
    const { jetStream, stream, retryMs } = this.#parts;
    const info = await jetStream.call(`STREAM.INFO.${stream}`, {}, retryMs);
    if (isRefusal(info)) throw refused(`looking at ${stream}`, info);
    const state = isObject(info["state"]) ? (info["state"] as Readonly<Record<string, unknown>>) : {};
    const asked = Array.from({ length: PRIORITIES }, (_, priority) => this.#priorityStatus(priority));
    const priorities = await Promise.all(asked);
    const tasks = priorities.reduce((sum, { pending, held }) => sum + pending + held, 0);
    const oldest = Date.parse(String(state["first_ts"]));
    const ageMs = tasks === 0 || Number.isNaN(oldest) ? 0 : Math.max(0, jetStream.clock.now() - oldest);
    const bytes = Number(state["bytes"] ?? 0);
    return { tasks, bytes, oldestMs: ageMs, priorities, deadLetters: await this.deadLetters.count() };
  }

  /** Stops its workers (see `QueueWorker.stop`), and takes nothing more. */
  async close(deadlineMs?: number): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.all([...this.#workers].map((worker) => worker.stop(deadlineMs)));
    this.#parts.jetStream.close();
  }

  #checkOpen(): void {
    if (this.#isClosed) throw clusterError("QUEUE_CLOSED", `the queue ${this.name} is closed`);
  }

  /** @returns for how long a worker may be silent */
  async #ensureConsumer(priority: number, ackWaitMs: number): Promise<number> {
    const { jetStream, stream, subjects, name, retryMs } = this.#parts;
    const consumer = consumerOf(priority);
    const info = await jetStream.call(`CONSUMER.INFO.${stream}.${consumer}`, {}, retryMs);
    if (!isRefusal(info)) return ackWaitOf(info);
    if (info.reason !== REASONS.noConsumer) throw refused(`looking for ${stream}.${consumer}`, info);
    const config = {
      durable_name: consumer,
      filter_subject: subjects.task(name, priority),
      deliver_policy: "all",
      ack_policy: "explicit",
      ack_wait: ackWaitMs * NANOS_IN_MS,
      max_deliver: -1,
      max_ack_pending: MOST_HELD,
      replay_policy: "instant",
    };
    const body = { stream_name: stream, config };
    const made = await jetStream.call(`CONSUMER.DURABLE.CREATE.${stream}.${consumer}`, body, retryMs);
    if (!isRefusal(made)) return ackWaitOf(made);
    // Another worker was quicker, with another time.
    const found = await jetStream.call(`CONSUMER.INFO.${stream}.${consumer}`, {}, retryMs);
    if (isRefusal(found)) throw refused(`making ${stream}.${consumer}`, made);
    return ackWaitOf(found);
  }

  /**
   * A server that is killed may remember that a task was acknowledged, and have forgotten that it deleted it: then it
   * stays, and nobody gets it. All up to a consumer's floor were acknowledged.
   */
  async #tidy(): Promise<void> {
    const { jetStream, stream, retryMs } = this.#parts;
    for (const [priority, subject] of this.#ways.entries()) {
      const info = await jetStream.call(`CONSUMER.INFO.${stream}.${consumerOf(priority)}`, {}, retryMs);
      if (isRefusal(info)) continue;
      const floor = info["ack_floor"] as { readonly stream_seq?: unknown } | undefined;
      const done = Number(floor?.stream_seq ?? 0);
      if (!Number.isSafeInteger(done) || done === 0) continue;
      await jetStream.call(`STREAM.PURGE.${stream}`, { filter: subject, seq: done + 1 }, retryMs);
    }
  }

  async #priorityStatus(priority: number): Promise<PriorityStatus> {
    const { jetStream, stream, retryMs } = this.#parts;
    const info = await jetStream.call(`CONSUMER.INFO.${stream}.${consumerOf(priority)}`, {}, retryMs);
    if (!isRefusal(info))
      return { pending: Number(info["num_pending"] ?? 0), held: Number(info["num_ack_pending"] ?? 0) };
    if (info.reason !== REASONS.noConsumer) throw refused(`looking at ${stream}`, info);
    return { pending: await this.#unseen(priority), held: 0 };
  }

  /** Tasks of a priority in a queue that nobody has worked on yet. */
  async #unseen(priority: number): Promise<number> {
    const { jetStream, stream, retryMs } = this.#parts;
    const subject = this.#ways[priority]!;
    const info = await jetStream.call(`STREAM.INFO.${stream}`, { subjects_filter: subject }, retryMs);
    if (isRefusal(info)) throw refused(`looking at ${stream}`, info);
    const { subjects } = info["state"] as { readonly subjects?: Readonly<Record<string, unknown>> };
    return Number(subjects?.[subject] ?? 0);
  }

  readonly #enqueued = (published: Published): Enqueued => {
    if (published.kind === "refused") throw this.#refusedBy(published.refusal);
    return published.isDuplicate ? DUPLICATE : TAKEN;
  };

  #refusedBy(refusal: Refusal): Error {
    if (!isFull(refusal)) return refused(`a task for the queue ${this.name}`, refusal);
    const message = `the queue ${this.name} has no room: ${refusal.text} (${refusal.reason})`;
    return clusterError("QUEUE_FULL", message);
  }
}

function withDefaults(
  options: WorkOptions,
  ackWaitMs: number,
  clock: Clock,
): Parameters<typeof startWorker>[0]["options"] {
  return {
    concurrency: 16,
    attempts: 3,
    deliveries: 10,
    waitMs: exponentialWaitMs,
    random: seededRandom(`${process.pid}/${clock.now()}`),
    ...options,
    ackWaitMs,
  };
}

function ackWaitOf(info: Readonly<Record<string, unknown>>): number {
  const config = info["config"] as { readonly ack_wait?: unknown } | undefined;
  return Math.max(LEAST_ACK_WAIT_MS, Number(config?.ack_wait ?? 0) / NANOS_IN_MS);
}

function tooLarge(bytes: number, most: number): Error {
  const message = `an envelope has ${bytes} bytes; the server's messages leave room for ${most - ROOM_BYTES}`;
  return clusterError("ENVELOPE_INVALID", message, { location: "payload.data" });
}
