/** Where jobs wait for a node: what a durable queue has to promise for them. */
import type { JobId, JobRequest } from "./job.ts";

/** Whole, so that a job that is in the queue can be run whatever became of who submitted it. */
export interface QueuedJob {
  readonly id: JobId;
  readonly request: JobRequest;
}

export interface JobQueue {
  /** Resolves when it is durable; may come twice to a worker, and has to be said again when it rejects. */
  enqueue(job: QueuedJob): Promise<void>;
  /**
   * One at a time. A job whose handler resolves is done with; one whose handler rejects, or whose node dies, comes
   * again, to any node.
   */
  work(handler: (job: QueuedJob, stop: AbortSignal) => Promise<void>): JobWorker;
}

export interface JobWorker {
  /** Takes no more, aborts the handler's signal, and resolves when it has ended. */
  stop(): Promise<void>;
}
