/**
 * Runs jobs on this node, one at a time, for measurements would disturb each other. However often a job comes, and
 * wherever a node dies, it ends once:
 *
 *     its record is claimed      by compare-and-set; `attempts` tells who holds it, and who has lost it
 *     its session is run         or goes on, where this node's state directory has it already
 *     its result is created      only if there is none; who comes later takes that one
 *     its record says the end    after the result is there
 *
 * A node that dies leaves the record `running`; the queue gives the job to the next node, which begins at the top.
 */
import { encodeError, MyriadError, type Clock, type WireError } from "../../runtime/contracts/index.ts";
import { isOver } from "../../cluster/index.ts";
import type { Job, JobId, JobStore, QueuedJob } from "../../cluster/index.ts";
import { actorError, interrupted } from "../errors.ts";
import type { SessionEnding, SessionHooks } from "../session-run.ts";
import type { MyriadSystem } from "../system.ts";
import { documentError } from "../workflow/document.ts";
import { JobNotes } from "./job-notes.ts";
import { jobTask, type JobPlace } from "./job-task.ts";

/** Nodes that a job may outlive; a job that ends each of them is not to end all. */
export const MOST_ATTEMPTS = 4;

/** What runs sessions. */
export type JobSystem = Pick<MyriadSystem, "start" | "resume" | "ended" | "apply">;

export interface JobRunnerParts {
  readonly system: JobSystem;
  readonly store: JobStore;
  readonly node: string;
  readonly place: JobPlace;
  readonly clock: Clock;
}

/** One node's hands. */
export class JobRunner {
  readonly #parts: JobRunnerParts;
  #running: JobId | null = null;

  constructor(parts: JobRunnerParts) {
    this.#parts = parts;
  }

  /** null: none. */
  get running(): JobId | null {
    return this.#running;
  }

  /**
   * Resolves when the job needs no node any more.
   * @param stop lets the session stop in order; the job is pending again then
   * @throws INTERRUPTED after `stop`; STORE_UNAVAILABLE
   */
  async work({ id, request }: QueuedJob, stop: AbortSignal): Promise<void> {
    const { store } = this.#parts;
    const { state } = await store.ensure(id, request);
    if (isOver(state) || state === "waiting") return;
    const kept = await store.result(id);
    if (kept !== null) {
      await this.#ended(id, kept as unknown as Ending, null);
      return;
    }
    const claimed = await store.change(id, (job) => claim(job, this.#parts.node));
    if (claimed.state !== "running") return;
    this.#running = id;
    try {
      await this.#run(claimed, { id, request }, stop);
    } finally {
      this.#running = null;
    }
  }

  async #run(claimed: Job, queued: QueuedJob, stop: AbortSignal): Promise<void> {
    const { store } = this.#parts;
    const { id, attempts } = claimed;
    const calledOff = new AbortController();
    const callOff = (): void => calledOff.abort();
    const unwatch = store.watch(id, (job) => {
      if (job.isCancelAsked || job.attempts > attempts || isOver(job.state)) callOff();
    });
    stop.addEventListener("abort", callOff, { once: true });
    if (stop.aborted) callOff();
    const notes = new JobNotes(store, claimed, this.#parts.clock);
    try {
      const { document } = await this.#session(claimed, queued, { signal: calledOff.signal, ...notes.hooks });
      await notes.written();
      if (document.error?.code === "INTERRUPTED" && calledOff.signal.aborted) {
        await this.#calledOff(claimed, stop);
      } else {
        await this.#ended(id, (await store.keepResult(id, document)) as Ending, attempts);
      }
    } catch (thrown) {
      await notes.written();
      if (stop.aborted || isPassing(thrown)) throw thrown;
      await this.#failed(claimed, encodeError(thrown));
    } finally {
      unwatch();
      stop.removeEventListener("abort", callOff);
    }
  }

  /** What was begun in this state directory goes on; where it cannot, it begins anew. */
  async #session(job: Job, { request }: QueuedJob, hooks: SessionHooks): Promise<SessionEnding> {
    const { system, place } = this.#parts;
    const task = jobTask(job.id, request, place);
    if (job.session !== null) {
      try {
        return (await system.ended(job.session)) ?? (await system.resume(job.session, hooks));
      } catch (error) {
        if (!BEGINS_ANEW.has(codeOf(error))) throw error;
      }
    }
    return await system.start(request.command, task, hooks);
  }

  async #calledOff({ id, attempts }: Job, stop: AbortSignal): Promise<void> {
    await this.#parts.store.change(id, (job) => {
      if (job.attempts !== attempts || job.state !== "running") return null;
      if (job.isCancelAsked) return { state: "cancelled" };
      return stop.aborted ? { state: "pending", releases: job.releases + 1 } : null;
    });
    if (stop.aborted) throw interrupted();
  }

  /** @param attempts null: whoever holds it */
  async #ended(
    id: JobId,
    { error, verdict, success, diff, command, session }: Ending,
    attempts: number | null,
  ): Promise<void> {
    await this.#parts.store.change(id, (job) => {
      if (isOver(job.state) || job.state === "waiting") return null;
      if (attempts !== null && job.attempts !== attempts) return null;
      const found = { error, verdict, success, session };
      if (error !== null) return { ...found, state: "failed" };
      const isProved = command === "run" && success && diff !== null;
      const waits = job.approval === "needed" && isProved;
      return { ...found, state: waits ? "waiting" : "done" };
    });
  }

  async #failed({ id, attempts }: Job, wire: WireError): Promise<void> {
    const error = documentError(wire);
    await this.#parts.store.change(id, (job) =>
      job.attempts === attempts && job.state === "running" ? { state: "failed", error } : null,
    );
  }
}

/** What of a result's document decides how its job stands. */
type Ending = Pick<
  SessionEnding["document"],
  "error" | "verdict" | "success" | "diff" | "command" | "session"
>;

function claim(job: Job, node: string): Partial<Job> | null {
  if (isOver(job.state) || job.state === "waiting") return null;
  if (job.isCancelAsked) return { state: "cancelled" };
  // A planned stop is no attempt that failed.
  const lost = job.attempts - job.releases;
  if (lost < MOST_ATTEMPTS) return { state: "running", node, attempts: job.attempts + 1 };
  const what = `${lost} nodes took job ${job.id} up, and none came to its end`;
  const error = documentError(encodeError(actorError("JOB_GAVE_UP", what)));
  return job.state === "running" ? { state: "failed", error } : { state: "cancelled", error };
}

/** The session is of another machine, or its source has changed since: what was measured counts no more. */
const BEGINS_ANEW: ReadonlySet<string> = new Set([
  "SESSION_UNKNOWN",
  "SESSION_MACHINE_CHANGED",
  "SESSION_SOURCE_CHANGED",
]);

const codeOf = (thrown: unknown): string => (thrown instanceof MyriadError ? thrown.code : "");

/** Nothing is wrong with the job; it is tried again. */
const isPassing = (thrown: unknown): boolean => codeOf(thrown) === "STORE_UNAVAILABLE";
