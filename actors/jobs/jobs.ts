/** Jobs on one node: answers clients, and runs what they gave, by turns with the cluster's other nodes. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { openJobStore, openStreamJobQueue, serveJobs } from "../../cluster/index.ts";
import type { JobId, Nats, Subjects } from "../../cluster/index.ts";
import { MyriadError, systemClock, type Clock } from "../../runtime/contracts/index.ts";
import { actorError } from "../errors.ts";
import { packageVersion } from "../workflow/environment.ts";
import { TASK_SCHEMA } from "../workflow/task-schema.ts";
import { JobRunner } from "./job-runner.ts";
import type { JobSystem } from "./job-runner.ts";

const AGAIN_MS = 250;

export interface JobsOptions {
  readonly nats: Nats;
  readonly subjects: Subjects;
  /** Whose state directory the sessions live in. */
  readonly system: JobSystem;
  /** Name of this node; one of a kind in its cluster. */
  readonly node: string;
  /** Folder below which all lies that jobs may name. */
  readonly root: string;
  /** Jobs may be about commands, which read what they like of the machine; default: false. */
  readonly commands?: boolean;
  /** Copies of jobs and queue on different servers; default: 1. */
  readonly replicas?: number;
  /** Milliseconds after which a job is another node's whose node says nothing; default: 30,000. */
  readonly lostMs?: number;
  /** Milliseconds in which JetStream must be there; default: 10,000. */
  readonly openMs?: number;
  readonly clock?: Clock;
}

export interface Jobs {
  /** What is run here now; null: nothing. */
  readonly running: JobId | null;
  /** Answers and takes no more; what runs stops in order, and goes on elsewhere. */
  close(): Promise<void>;
}

/** @throws STORE_UNAVAILABLE, JOB_PATH_REFUSED when there is no such root */
export async function openJobs(options: JobsOptions): Promise<Jobs> {
  const { nats, subjects, system, node, commands = false, replicas = 1, lostMs = 30_000 } = options;
  const { openMs = 10_000, clock = systemClock } = options;
  const root = resolve(options.root);
  await requireFolder(root);
  const store = await opened(clock, openMs, () => openJobStore(nats, subjects, { replicas, clock }));
  const queue = await opened(clock, openMs, () =>
    openStreamJobQueue(nats, subjects, { replicas, lostMs, clock }),
  );
  const runner = new JobRunner({ system, store, node, place: { root, commands }, clock });
  const service = serveJobs({
    nats,
    subjects,
    store,
    queue,
    node,
    version: packageVersion(),
    task: TASK_SCHEMA,
    apply: (session) => system.apply(session),
    running: () => runner.running,
    clock,
  });
  const worker = queue.work((job, stop) => runner.work(job, stop));
  return {
    get running() {
      return runner.running;
    },
    async close() {
      await worker.stop();
      await service.close();
      store.close();
    },
  };
}

/** Servers that have just begun choose a leader first, and several nodes may make the same streams at once. */
async function opened<Value>(clock: Clock, withinMs: number, open: () => Promise<Value>): Promise<Value> {
  const endsAt = clock.monotonic() + withinMs;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      const isPassing = error instanceof MyriadError && error.code === "STORE_UNAVAILABLE";
      if (!isPassing || clock.monotonic() > endsAt) throw error;
      await new Promise<void>((resolve) => clock.schedule(AGAIN_MS, resolve));
    }
  }
}

async function requireFolder(root: string): Promise<void> {
  const found = await stat(root).catch(() => null);
  if (found?.isDirectory() === true) return;
  throw actorError("JOB_PATH_REFUSED", `${root}, below which jobs are to be, is no folder`, {
    location: root,
  });
}
