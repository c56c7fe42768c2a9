/**
 * What one node answers to clients about jobs. Any node can be asked about any job; only the change of an approved
 * one is written by the node that ran it, which is asked by its name.
 */
import { systemClock, type Clock } from "../../runtime/contracts/index.ts";
import { askService } from "../client/ask.ts";
import { clusterError } from "../errors.ts";
import type { Nats } from "../nats/connect.ts";
import type { Subjects } from "../nats/subjects.ts";
import type { Endpoint, EndpointSpec } from "../services/endpoint.ts";
import { MicroService } from "../services/micro-service.ts";
import type { Schema } from "../services/schema.ts";
import { isOver, makeJobId, parseJobId } from "./job.ts";
import type { Job, JobId, JobRequest } from "./job.ts";
import { jobEndpoints, nodeEndpoints } from "./job-endpoints.ts";
import { JOB_ENDPOINTS } from "./job-exchange.ts";
import type { JobExchange, NodeInfo, Submission } from "./job-exchange.ts";
import type { JobQueue } from "./job-queue.ts";
import type { JobStore } from "./job-store.ts";

/** How NATS' tools call it. */
export const SERVICE_NAME = "myriad";
/** Applying a change is a matter of files. */
const APPLY_MS = 30_000;

export interface JobServiceParts {
  readonly nats: Nats;
  readonly subjects: Subjects;
  readonly store: JobStore;
  readonly queue: Pick<JobQueue, "enqueue">;
  readonly node: string;
  /** Of the program. */
  readonly version: string;
  /** The JSON Schema of task documents. */
  readonly task: Schema;
  /** Writes the change of a session that this node ran. @returns the baseline that it became */
  readonly apply: (session: string) => Promise<string | null>;
  /** What this node runs. */
  readonly running: () => JobId | null;
  readonly clock?: Clock;
}

/** Answers until it is closed. */
export function serveJobs(parts: JobServiceParts): MicroService {
  const { nats, subjects, node, version, task, clock = systemClock } = parts;
  const asked = new JobAnswers(parts);
  const specs = jobEndpoints(subjects, task);
  const own = nodeEndpoints(subjects, node);
  const startedAt = new Date(clock.now()).toISOString();
  const info = (): Promise<NodeInfo> => Promise.resolve({ node, version, startedAt, job: parts.running() });
  const endpoints = [
    ...JOB_ENDPOINTS.map((name) => endpointOf(specs[name], (request) => asked[name](request as never))),
    endpointOf(own.info, info),
    endpointOf(own.apply, (request) => asked.apply(request as { readonly job: string })),
  ];
  const description = "runs tasks in fresh sandboxes, and judges what comes of it by statistics";
  const metadata = { cluster: subjects.cluster, node };
  return new MicroService(
    nats.connection,
    { name: SERVICE_NAME, version, description, metadata, clock },
    endpoints,
  );
}

function endpointOf(spec: EndpointSpec, answer: Endpoint["answer"]): Endpoint {
  return { ...spec, answer };
}

type Answers = {
  readonly [Name in keyof JobExchange]: (
    request: JobExchange[Name]["request"],
  ) => Promise<JobExchange[Name]["reply"]>;
};

class JobAnswers implements Answers {
  readonly #parts: JobServiceParts;
  readonly #clock: Clock;
  readonly #applying = new Map<JobId, Promise<Job>>();

  constructor(parts: JobServiceParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? systemClock;
  }

  /** In the queue first: what is there is run, and its record is made by who takes it if need be. */
  async submit(submission: Submission): Promise<Job> {
    const { store, queue } = this.#parts;
    const { id: given, command, task, directory = "", approval = false } = submission;
    const id = given === undefined ? makeJobId(this.#clock) : parseJobId(given);
    const request: JobRequest = { command, task, directory, approval };
    await requireNew(store, id, request);
    await queue.enqueue({ id, request });
    return await store.ensure(id, request);
  }

  async status({ job }: { readonly job: string }): Promise<Job> {
    return await this.#parts.store.get(parseJobId(job));
  }

  async inspect({ job: text }: { readonly job: string }): Promise<JobExchange["inspect"]["reply"]> {
    const { store } = this.#parts;
    const id = parseJobId(text);
    const [job, request] = await Promise.all([store.get(id), store.request(id)]);
    return { job, request };
  }

  async list(query: JobExchange["list"]["request"]): Promise<JobExchange["list"]["reply"]> {
    return await this.#parts.store.list(query);
  }

  async result({ job: text }: { readonly job: string }): Promise<JobExchange["result"]["reply"]> {
    const { store } = this.#parts;
    const job = await store.get(parseJobId(text));
    if (!isOver(job.state) && job.state !== "waiting") {
      throw clusterError("JOB_NOT_ENDED", `job ${job.id} is ${job.state}`);
    }
    const document = job.state === "cancelled" ? null : await store.result(job.id);
    return { job, document };
  }

  /** A running one is ended by its node, soon; asked again it says how it stands. */
  async cancel({ job: text }: { readonly job: string }): Promise<Job> {
    return await this.#parts.store.change(parseJobId(text), (job) => {
      if (job.state === "cancelled" || job.isCancelAsked) return null;
      if (job.state === "running") return { isCancelAsked: true };
      if (job.approval === "given") {
        throw clusterError("JOB_ENDED", `job ${job.id} is approved, and its change is being written`);
      }
      return { state: "cancelled", isCancelAsked: true };
    });
  }

  async approve({ job: text }: { readonly job: string }): Promise<Job> {
    const { nats, subjects, store, node } = this.#parts;
    const job = await store.get(parseJobId(text));
    if (job.state === "done" && job.approval === "given") return job;
    requireWaiting(job);
    if (job.node === node) return await this.apply({ job: job.id });
    try {
      const subject = subjects.admin(job.node!, "apply");
      const asking = { timeoutMs: APPLY_MS, once: true, clock: this.#clock };
      return (await askService(nats.connection, subject, { job: job.id }, asking)) as Job;
    } catch (cause) {
      if ((cause as { code?: unknown }).code !== "SERVICE_SILENT") throw cause;
      const what = `${job.node!}, which ran job ${job.id} and has the change, does not answer`;
      throw clusterError("JOB_NODE_AWAY", what, { cause });
    }
  }

  /** Of two who approve at the same time the second waits for what the first comes to. */
  async apply({ job: text }: { readonly job: string }): Promise<Job> {
    const id = parseJobId(text);
    const applying = this.#applying.get(id) ?? this.#apply(id).finally(() => this.#applying.delete(id));
    this.#applying.set(id, applying);
    return await applying;
  }

  /** Said first that it is approved, so that it cannot be cancelled any more; if it fails, it can again. */
  async #apply(id: JobId): Promise<Job> {
    const { store, apply } = this.#parts;
    const { session } = await store.change(id, (job) => {
      requireWaiting(job);
      return { approval: "given" };
    });
    try {
      const baseline = await apply(session!);
      return await store.change(id, (job) => (job.state === "done" ? null : { state: "done", baseline }));
    } catch (error) {
      await store.change(id, (job) => (job.state === "waiting" ? { approval: "needed" } : null));
      throw error;
    }
  }
}

function requireWaiting({ id, state }: Job): void {
  if (state === "waiting") return;
  throw clusterError("JOB_NOT_WAITING", `job ${id} is ${state}, and waits for no approval`);
}

/** Or the same once more: a queue is not to be filled by what is refused later. @throws JOB_CONFLICT */
async function requireNew(store: JobStore, id: JobId, request: JobRequest): Promise<void> {
  const before = await store.request(id).catch((error: unknown) => {
    if ((error as { code?: unknown }).code !== "JOB_UNKNOWN") throw error;
    return null;
  });
  if (before !== null) await store.ensure(id, request);
}
