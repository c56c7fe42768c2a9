/**
 * Jobs in a bucket of keys and values, three keys a job: `<job>.request` and `<job>.result` are written once,
 * `<job>.record` changes by compare-and-set. The result is created, never replaced: of two nodes that both ran a
 * job, the first one's counts. Records are followed, so that a job can be watched, and listed without a search.
 *
 * Every change of a state is told on the job's progress subject, after it is durable.
 */
import { isDeepStrictEqual } from "node:util";
import { JetStreamApiError } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import type { KV, KvEntry, KvWatchEntry } from "@nats-io/kv";
import type { QueuedIterator } from "@nats-io/nats-core";
import { systemClock, type Cancel, type Clock } from "../../runtime/contracts/index.ts";
import { clusterError } from "../errors.ts";
import type { Nats } from "../nats/connect.ts";
import type { Subjects } from "../nats/subjects.ts";
import { canBecome, isOver, newJob } from "./job.ts";
import type { Job, JobId, JobProgress, JobRequest } from "./job.ts";
import { isJob, isJobRequest } from "./job-checks.ts";
import { LISTED } from "./job-exchange.ts";
import type { JobPage, JobQuery } from "./job-exchange.ts";

export const JOB_BUCKET = "jobs";
/** After its last change a job is forgotten. */
export const KEPT_DAYS = 30;
const DAY_MS = 86_400_000;
const DEFAULT_PAYLOAD_BYTES = 1_048_576;
/** What a reply holds beside a result. */
export const BESIDE_BYTES = 16_384;
/** What JetStream answers to a compare-and-set that came too late. */
const WRONG_LAST_SEQUENCE = 10_071;

export interface JobStoreOptions {
  /** Copies of the bucket on different servers; default: 1. */
  readonly replicas?: number;
  readonly clock?: Clock;
}

/** @throws STORE_UNAVAILABLE */
export async function openJobStore(
  nats: Nats,
  subjects: Subjects,
  options: JobStoreOptions = {},
): Promise<JobStore> {
  const { replicas = 1, clock = systemClock } = options;
  return await reached(async () => {
    const kv = await new Kvm(nats.connection).create(subjects.bucket(JOB_BUCKET), {
      history: 1,
      ttl: KEPT_DAYS * DAY_MS,
      replicas,
      // Read from the leader: what was written is read.
      allow_direct: false,
    });
    const store = new JobStore(kv, nats, subjects, clock);
    await store.follow();
    return store;
  });
}

type Listener = (job: Job) => void;

interface Known {
  readonly job: Job;
  readonly revision: number;
}

/** All jobs of a cluster; made by `openJobStore`. */
export class JobStore {
  readonly #kv: KV;
  readonly #nats: Nats;
  readonly #subjects: Subjects;
  readonly #clock: Clock;
  readonly #known = new Map<JobId, Known>();
  readonly #listeners = new Map<JobId, Set<Listener>>();
  #watch: QueuedIterator<KvWatchEntry> | null = null;

  constructor(kv: KV, nats: Nats, subjects: Subjects, clock: Clock) {
    this.#kv = kv;
    this.#nats = nats;
    this.#subjects = subjects;
    this.#clock = clock;
  }

  /** Knows all jobs when it resolves, and hears of changes from then on. */
  async follow(): Promise<void> {
    const filter = { key: "*.record" };
    const watch = await this.#kv.watch(filter);
    this.#watch = watch;
    void (async () => {
      for await (const entry of watch) this.#heard(entry);
    })();
    for await (const entry of await this.#kv.history(filter)) this.#heard(entry);
  }

  /** Begins a job, or finds the one of that id. @throws JOB_CONFLICT when that one is to do something else. */
  async ensure(id: JobId, request: JobRequest): Promise<Job> {
    return await reached(async () => {
      if (!(await this.#create(`${id}.request`, request))) {
        const before = await this.request(id);
        if (!isDeepStrictEqual(before, request)) {
          throw clusterError("JOB_CONFLICT", `job ${id} was submitted with another content`);
        }
      }
      const job = newJob(id, request, this.#clock.now());
      if (!(await this.#create(`${id}.record`, job))) return await this.get(id);
      this.#tell(job);
      return job;
    });
  }

  /** @throws JOB_UNKNOWN */
  async get(id: JobId): Promise<Job> {
    return (await this.#entry(id)).job;
  }

  /** @throws JOB_UNKNOWN */
  async request(id: JobId): Promise<JobRequest> {
    const entry = await reached(() => this.#kv.get(`${id}.request`));
    const request = entry === null ? null : valueOf(entry);
    if (!isJobRequest(request)) throw unknownJob(id);
    return request;
  }

  /**
   * @param change of the present job the next one; null: it stays as it is. May be asked again, when somebody else
   *   was faster. What it throws is thrown.
   * @throws JOB_UNKNOWN, JOB_ENDED when the state that it is to have cannot follow its present one
   */
  async change(id: JobId, change: (job: Job) => Partial<Job> | null): Promise<Job> {
    for (;;) {
      const { job, revision } = await this.#entry(id);
      const part = change(job);
      if (part === null) return job;
      const next = this.#next(job, part);
      if (!(await this.#replace(id, next, revision))) continue;
      if (next.changedAt !== job.changedAt) this.#tell(next);
      return next;
    }
  }

  /** @returns the result: this document, or that of who was faster. @throws JOB_RESULT_TOO_LARGE */
  async keepResult(id: JobId, document: object): Promise<object> {
    const most = (this.#nats.connection.info?.max_payload ?? DEFAULT_PAYLOAD_BYTES) - BESIDE_BYTES;
    const size = Buffer.byteLength(textOf(document));
    if (size > most) {
      const what = `the result of job ${id} takes ${size} bytes; the most is ${most}`;
      throw clusterError("JOB_RESULT_TOO_LARGE", what);
    }
    return await reached(async () => {
      const isFirst = await this.#create(`${id}.result`, document);
      return isFirst ? document : ((await this.result(id)) ?? document);
    });
  }

  /** null: there is none. */
  async result(id: JobId): Promise<Readonly<Record<string, unknown>> | null> {
    const entry = await reached(() => this.#kv.get(`${id}.result`));
    return entry === null ? null : valueOf(entry);
  }

  /** Newest first. One that was submitted at another node a moment ago may be missing. */
  async list({ state, command, limit = LISTED, before }: JobQuery): Promise<JobPage> {
    const last = before?.toUpperCase() ?? "~";
    const ids = [...this.#known.values()]
      .map(({ job }) => job)
      .filter((job) => job.id < last && (state ?? job.state) === job.state)
      .filter((job) => (command ?? job.command) === job.command)
      .map(({ id }) => id)
      .toSorted()
      .toReversed();
    const page = await Promise.all(ids.slice(0, limit).map((id) => this.#fresh(id)));
    const jobs = page.filter((job) => job !== null);
    return { jobs, next: ids.length > limit ? ids[limit - 1]! : null };
  }

  /** Tells of every change, the present job first when it is known. */
  watch(id: JobId, listener: Listener): Cancel {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    const known = this.#known.get(id);
    if (known !== undefined) listener(known.job);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(id);
    };
  }

  /** Says how far a job is. Nothing is kept of it, and it is lost where nobody listens. */
  progress(progress: JobProgress): void {
    if (!this.#nats.isConnected) return;
    this.#nats.connection.publish(this.#subjects.jobProgress(progress.job), JSON.stringify(progress));
  }

  close(): void {
    this.#watch?.stop();
  }

  #next(job: Job, part: Partial<Job>): Job {
    const next = { ...job, ...part };
    const isTakenAnew = job.state === "running" && next.state === "running" && next.attempts > job.attempts;
    if (next.state === job.state && !isTakenAnew) return next;
    if (!isTakenAnew && !canBecome(job.state, next.state)) {
      throw clusterError("JOB_ENDED", `job ${job.id} is ${job.state}`);
    }
    // Never the same time twice: by it a change of state is told.
    const now = Math.max(this.#clock.now(), Date.parse(job.changedAt) + 1);
    return { ...next, changedAt: new Date(now).toISOString() };
  }

  async #entry(id: JobId): Promise<Known> {
    const entry = await reached(() => this.#kv.get(`${id}.record`));
    const job = entry === null ? null : jobOf(entry);
    if (job === null) throw unknownJob(id);
    return { job, revision: entry!.revision };
  }

  async #fresh(id: JobId): Promise<Job | null> {
    try {
      return await this.get(id);
    } catch (error) {
      // Its time was over, which nobody tells.
      if ((error as { code?: unknown }).code !== "JOB_UNKNOWN") throw error;
      this.#known.delete(id);
      return null;
    }
  }

  /** false: there is one. */
  async #create(key: string, value: object): Promise<boolean> {
    return await unlessLate(() => this.#kv.create(key, textOf(value)));
  }

  /** false: somebody else was faster. */
  async #replace(id: JobId, job: Job, revision: number): Promise<boolean> {
    return await reached(() => unlessLate(() => this.#kv.update(`${id}.record`, textOf(job), revision)));
  }

  #heard(entry: KvEntry): void {
    const job = jobOf(entry);
    if (job === null || entry.key !== `${job.id}.record`) return;
    const { revision } = entry;
    // Two ways lead here, and the slower one is no news.
    if ((this.#known.get(job.id)?.revision ?? 0) >= revision) return;
    this.#known.set(job.id, { job, revision });
    for (const listener of this.#listeners.get(job.id) ?? []) listener(job);
  }

  #tell({ id, state, phase, changedAt }: Job): void {
    this.progress({
      job: id,
      at: changedAt,
      state,
      phase: isOver(state) ? null : phase,
      done: null,
      total: null,
      unit: null,
      text: null,
    });
  }
}

/** null: it was deleted, or is none. */
function jobOf(entry: KvEntry): Job | null {
  const value = valueOf(entry);
  return isJob(value) ? value : null;
}

function valueOf(entry: KvEntry): Readonly<Record<string, unknown>> | null {
  if (entry.operation !== "PUT") return null;
  try {
    const value: unknown = entry.json();
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}

const textOf = (value: object): string => JSON.stringify(value);

function unknownJob(id: string): Error {
  return clusterError("JOB_UNKNOWN", `there is no job ${id}`);
}

async function unlessLate(write: () => Promise<number>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === WRONG_LAST_SEQUENCE) return false;
    throw error;
  }
}

/** Whatever is wrong with the store itself has one code. */
async function reached<Value>(use: () => Promise<Value>): Promise<Value> {
  try {
    return await use();
  } catch (cause) {
    if (typeof (cause as { fault?: unknown }).fault === "string") throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw clusterError("STORE_UNAVAILABLE", `the jobs' bucket cannot be used: ${why}`, { cause });
  }
}
