/**
 * A client of a cluster: gives it jobs, follows them, gets what they end in. It holds a connection to NATS and
 * nothing else; all that it does is in PROTOCOL.md, and can be done in any language.
 */
import type { NatsConnection } from "@nats-io/nats-core";
import { systemClock, type Clock } from "../../runtime/contracts/index.ts";
import { clusterError } from "../errors.ts";
import { isOver, makeJobId } from "../jobs/job.ts";
import type { Job, JobProgress } from "../jobs/job.ts";
import { jobSubject } from "../jobs/job-exchange.ts";
import type {
  JobEndpointName,
  JobExchange,
  JobInspection,
  JobPage,
  JobQuery,
  JobResult,
  NodeInfo,
  Submission,
} from "../jobs/job-exchange.ts";
import { connectNats } from "../nats/connect.ts";
import type { NatsOptions } from "../nats/nats-options.ts";
import { Subjects } from "../nats/subjects.ts";
import { askService } from "./ask.ts";
import { followJob } from "./follow-job.ts";

/** How a client reaches its cluster. */
export type ClientOptions = {
  /** Name of the cluster; default: `main`. */
  readonly cluster?: string;
  /** Milliseconds until an answer must have come; default: 10,000. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
} & (
  | NatsOptions
  /** One that is there already; it stays open when the client is closed. */
  | { readonly connection: NatsConnection }
);

/**
 * Connects to a cluster. A connection that is lost later is sought for ever.
 * @throws CLUSTER_OPTION_INVALID, NATS_UNREACHABLE, NATS_REFUSED
 */
export async function connectClient(options: ClientOptions): Promise<MyriadClient> {
  const { cluster = "main", timeoutMs = 10_000, clock = systemClock, ...given } = options;
  const subjects = new Subjects(cluster);
  if ("connection" in given) {
    return new MyriadClient({ ...given, subjects, timeoutMs, clock, close: () => Promise.resolve() });
  }
  const nats = await connectNats({ name: "myriad client", ...given }, clock);
  const { connection } = nats;
  return new MyriadClient({ connection, subjects, timeoutMs, clock, close: () => nats.close() });
}

interface ClientParts {
  readonly connection: NatsConnection;
  readonly subjects: Subjects;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly close: () => Promise<void>;
}

/**
 * Made by `connectClient`. Every method may throw, beside what it names: SERVICE_SILENT when no node answers in
 * time, SERVICE_FORBIDDEN without the right, SERVICE_BUSY, STORE_UNAVAILABLE, REQUEST_TOO_LARGE, REPLY_TOO_LARGE.
 */
export class MyriadClient {
  readonly #parts: ClientParts;

  constructor(parts: ClientParts) {
    this.#parts = parts;
  }

  /** Resolves when the job is durable: it will be run. @throws REQUEST_INVALID, JOB_CONFLICT */
  async submit(submission: Submission): Promise<Job> {
    return await this.#ask("submit", { id: makeJobId(this.#parts.clock), ...submission });
  }

  /** @throws JOB_UNKNOWN */
  async status(job: string): Promise<Job> {
    return await this.#ask("status", { job });
  }

  /** What the job is to do, beside how it stands. @throws JOB_UNKNOWN */
  async inspect(job: string): Promise<JobInspection> {
    return await this.#ask("inspect", { job });
  }

  /** Newest first, a page at a time. */
  async list(query: JobQuery = {}): Promise<JobPage> {
    return await this.#ask("list", query);
  }

  /** @throws JOB_UNKNOWN, JOB_NOT_ENDED */
  async result(job: string): Promise<JobResult> {
    return await this.#ask("result", { job });
  }

  /** A running job is ended soon after; `ended` waits for it. @throws JOB_UNKNOWN, JOB_ENDED */
  async cancel(job: string): Promise<Job> {
    return await this.#ask("cancel", { job });
  }

  /** Writes the change of a job that waits for it. @throws JOB_UNKNOWN, JOB_NOT_WAITING, JOB_NODE_AWAY */
  async approve(job: string): Promise<Job> {
    return await this.#ask("approve", { job });
  }

  /**
   * How the job goes on: first how it stands, last that it is over or waits for an approval. What is said while the
   * connection is lost is missed; the end is not.
   * @throws JOB_UNKNOWN
   */
  progress(job: string): AsyncIterable<JobProgress> {
    const { connection, subjects, clock } = this.#parts;
    return followJob({ connection, subjects, clock, status: () => this.status(job) });
  }

  /** Resolves when the job is over, or waits for an approval. @throws JOB_UNKNOWN */
  async ended(job: string): Promise<Job> {
    for (;;) {
      for await (const { state } of this.progress(job)) if (isOver(state)) break;
      const now = await this.status(job);
      if (isOver(now.state) || now.state === "waiting") return now;
    }
  }

  /** One node, asked by its name. */
  async node(name: string): Promise<NodeInfo> {
    const { connection, subjects, timeoutMs, clock } = this.#parts;
    const reply = await askService(connection, subjects.node(name, "info"), {}, { timeoutMs, clock });
    return requireObject(reply) as NodeInfo;
  }

  async close(): Promise<void> {
    await this.#parts.close();
  }

  async #ask<Name extends JobEndpointName>(
    name: Name,
    request: JobExchange[Name]["request"],
  ): Promise<JobExchange[Name]["reply"]> {
    const { connection, subjects, timeoutMs, clock } = this.#parts;
    const reply = await askService(connection, jobSubject(subjects, name), request, { timeoutMs, clock });
    return requireObject(reply) as JobExchange[Name]["reply"];
  }
}

/** A service of a later version may say more than is known here; it never says less. */
function requireObject(reply: unknown): object {
  if (typeof reply === "object" && reply !== null) return reply;
  throw clusterError("SERVICE_REPLY_INVALID", "a reply is no object");
}
