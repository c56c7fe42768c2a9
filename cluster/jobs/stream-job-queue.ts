/** The job queue as a JetStream work queue: acknowledged when done, renewed while it is worked on. */
import { AckPolicy, jetstream, jetstreamManager, RetentionPolicy } from "@nats-io/jetstream";
import type { Consumer, JetStreamClient, JsMsg } from "@nats-io/jetstream";
import { systemClock, type Clock } from "../../runtime/contracts/index.ts";
import { clusterError } from "../errors.ts";
import type { Nats } from "../nats/connect.ts";
import type { Subjects } from "../nats/subjects.ts";
import { isQueuedJob } from "./job-checks.ts";
import type { JobQueue, JobWorker, QueuedJob } from "./job-queue.ts";

export const JOB_STREAM = "JOBS";
const CONSUMER = "workers";
const NS_PER_MS = 1e6;
/** How long one look for a job lasts. */
const LOOK_MS = 2_000;
const AGAIN_MS = 1_000;

export interface StreamJobQueueOptions {
  readonly replicas?: number;
  /** Milliseconds after which a job is given to another node whose node says nothing; default: 30,000. */
  readonly lostMs?: number;
  readonly clock?: Clock;
}

/** @throws STORE_UNAVAILABLE */
export async function openStreamJobQueue(
  nats: Nats,
  subjects: Subjects,
  options: StreamJobQueueOptions = {},
): Promise<JobQueue> {
  const { replicas = 1, lostMs = 30_000, clock = systemClock } = options;
  const stream = subjects.stream(JOB_STREAM);
  try {
    const manager = await jetstreamManager(nats.connection);
    await manager.streams.add({
      name: stream,
      subjects: [subjects.jobWork()],
      retention: RetentionPolicy.Workqueue,
      num_replicas: replicas,
    });
    await manager.consumers.add(stream, {
      durable_name: CONSUMER,
      ack_policy: AckPolicy.Explicit,
      ack_wait: lostMs * NS_PER_MS,
      max_deliver: -1,
    });
  } catch (cause) {
    throw unavailable(cause);
  }
  return new StreamJobQueue(jetstream(nats.connection), subjects, lostMs, clock);
}

class StreamJobQueue implements JobQueue {
  readonly #jetstream: JetStreamClient;
  readonly #subjects: Subjects;
  readonly #lostMs: number;
  readonly #clock: Clock;

  constructor(client: JetStreamClient, subjects: Subjects, lostMs: number, clock: Clock) {
    this.#jetstream = client;
    this.#subjects = subjects;
    this.#lostMs = lostMs;
    this.#clock = clock;
  }

  async enqueue(job: QueuedJob): Promise<void> {
    try {
      await this.#jetstream.publish(this.#subjects.jobWork(), JSON.stringify(job), { msgID: job.id });
    } catch (cause) {
      throw unavailable(cause);
    }
  }

  work(handler: (job: QueuedJob, stop: AbortSignal) => Promise<void>): JobWorker {
    const stop = new AbortController();
    const ended = this.#loop(handler, stop.signal);
    return {
      async stop() {
        stop.abort();
        await ended;
      },
    };
  }

  async #loop(
    handler: (job: QueuedJob, stop: AbortSignal) => Promise<void>,
    stop: AbortSignal,
  ): Promise<void> {
    const stopped = new Promise<typeof STOPPED>((resolve) => {
      stop.addEventListener("abort", () => resolve(STOPPED), { once: true });
    });
    let consumer: Consumer | null = null;
    while (!stop.aborted) {
      try {
        consumer ??= await this.#jetstream.consumers.get(this.#subjects.stream(JOB_STREAM), CONSUMER);
        const message = await unlessStopped(consumer.next({ expires: LOOK_MS }), stopped);
        if (message !== null) await this.#handle(message, handler, stop);
      } catch {
        // No server, or no leader: sought again until there is one.
        consumer = null;
        await this.#pause();
      }
    }
  }

  async #handle(
    message: JsMsg,
    handler: (job: QueuedJob, stop: AbortSignal) => Promise<void>,
    stop: AbortSignal,
  ): Promise<void> {
    const job = jobIn(message);
    if (job === null) {
      message.term();
      return;
    }
    let cancel = (): void => undefined;
    const renew = (): void => {
      message.working();
      cancel = this.#clock.schedule(this.#lostMs / 3, renew);
    };
    renew();
    try {
      await handler(job, stop);
      message.ack();
    } catch {
      message.nak(stop.aborted ? 0 : AGAIN_MS);
    } finally {
      cancel();
    }
  }

  async #pause(): Promise<void> {
    await new Promise<void>((resolve) => this.#clock.schedule(AGAIN_MS, resolve));
  }
}

const STOPPED = Symbol("stopped");

/** What still comes after a stop is given back. @returns null: nothing came, or it is to stop */
async function unlessStopped(
  next: Promise<JsMsg | null>,
  stopped: Promise<typeof STOPPED>,
): Promise<JsMsg | null> {
  const first = await Promise.race([stopped, next]);
  if (first !== STOPPED) return first;
  void next.then((late) => late?.nak()).catch(() => undefined);
  return null;
}

/** null: it is none, whoever put it there. */
function jobIn(message: JsMsg): QueuedJob | null {
  try {
    const job = message.json<unknown>();
    return isQueuedJob(job) ? job : null;
  } catch {
    return null;
  }
}

function unavailable(cause: unknown): Error {
  const why = cause instanceof Error ? cause.message : String(cause);
  return clusterError("STORE_UNAVAILABLE", `the queue of jobs cannot be used: ${why}`, { cause });
}
