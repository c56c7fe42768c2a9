/** Nodes that take jobs in one test process: real NATS, and sessions that end as the test says. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { actorError, interrupted } from "../../actors/errors.ts";
import { openJobs, type Jobs, type JobsOptions } from "../../actors/jobs/jobs.ts";
import type { JobSystem } from "../../actors/jobs/job-runner.ts";
import type { SessionHooks } from "../../actors/session-run.ts";
import { documentError, emptyDocument } from "../../actors/workflow/document.ts";
import type { SessionDocument } from "../../actors/workflow/session-document.ts";
import type { SessionCommand } from "../../actors/workflow/session-state.ts";
import type { Task } from "../../actors/workflow/task.ts";
import { connectClient, type MyriadClient } from "../../cluster/client/index.ts";
import { Subjects, type Nats } from "../../cluster/index.ts";
import { encodeError } from "../../runtime/contracts/index.ts";
import type { NatsForTest } from "./nats.ts";
import { ENVIRONMENT } from "./session.ts";

export interface Session {
  readonly session: string;
  readonly command: SessionCommand;
  readonly task: Task;
  readonly signal: AbortSignal;
  /** It goes on after a stop. */
  readonly resumed: boolean;
  readonly hooks: SessionHooks;
}

/** What it ends in; rejects when aborted by its signal: then the session is interrupted. */
export type SessionScript = (session: Session) => Promise<Partial<SessionDocument>>;

/** Remembers its sessions, as a state directory does. */
export class ScriptedSystem implements JobSystem {
  readonly begun: Session[] = [];
  readonly applied: string[] = [];
  readonly #name: string;
  readonly #script: SessionScript;
  readonly #known = new Map<string, readonly [SessionCommand, Task]>();
  readonly #ended = new Map<string, SessionDocument>();

  constructor(name: string, script: SessionScript) {
    this.#name = name;
    this.#script = script;
  }

  async start(command: SessionCommand, task: Task, hooks: SessionHooks = {}): ReturnType<JobSystem["start"]> {
    const session = `${this.#name}-session-${this.#known.size + 1}`;
    this.#known.set(session, [command, task]);
    return await this.#run(session, hooks, false);
  }

  async resume(session: string, hooks: SessionHooks = {}): ReturnType<JobSystem["resume"]> {
    return await this.#run(session, hooks, true);
  }

  ended(session: string): ReturnType<JobSystem["ended"]> {
    if (!this.#known.has(session)) throw actorError("SESSION_UNKNOWN", `there is no session ${session}`);
    const document = this.#ended.get(session);
    return Promise.resolve(document === undefined ? null : { document, fault: null });
  }

  apply(session: string): Promise<string | null> {
    this.applied.push(session);
    return Promise.resolve("stairs@2");
  }

  async #run(session: string, hooks: SessionHooks, resumed: boolean): ReturnType<JobSystem["start"]> {
    const [command, task] = this.#known.get(session)!;
    const signal = hooks.signal ?? new AbortController().signal;
    hooks.onSession?.(session);
    const one = { session, command, task, signal, resumed, hooks };
    this.begun.push(one);
    const empty = { ...emptyDocument(command, ENVIRONMENT), session };
    try {
      const document = { ...empty, ...(await this.#script(one)) };
      this.#ended.set(session, document);
      return { document, fault: null };
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
      const error = documentError(encodeError(interrupted()));
      return { document: { ...empty, error }, fault: "interrupted" };
    }
  }
}

/** Rejects when the signal aborts, and never resolves. */
export async function untilAborted({ signal }: Pick<Session, "signal">): Promise<never> {
  return await new Promise((_resolve, reject) => {
    const stop = (): void => reject(interrupted());
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
  });
}

export interface JobsForTest {
  readonly subjects: Subjects;
  readonly client: MyriadClient;
  /** Below which jobs' files are: `stairs.ts` with `ways` lies there. */
  readonly root: string;
  node(name: string, system: JobSystem, options?: Partial<JobsOptions>): Promise<Jobs>;
  close(): Promise<void>;
}

let count = 0;

/** A cluster of its own on servers that are shared. */
export async function openJobsForTest(test: NatsForTest): Promise<JobsForTest> {
  const subjects = new Subjects(`jobs-${++count}`);
  const root = await mkdtemp(join(tmpdir(), "myriad-jobs-"));
  await writeFile(join(root, "stairs.ts"), "export const ways = (steps: number): number => steps;\n");
  const nats: Nats = await test.connect();
  const client = await connectClient({
    connection: nats.connection,
    cluster: subjects.cluster,
    timeoutMs: 60_000,
  });
  const nodes: Jobs[] = [];
  return {
    subjects,
    client,
    root,
    async node(name, system, options = {}) {
      const own = await test.connect();
      const given = { nats: own, subjects, system, node: name, root, openMs: 60_000 };
      const node = await openJobs({ ...given, ...options });
      nodes.push(node);
      return node;
    },
    async close() {
      await Promise.all(nodes.map((node) => node.close()));
      await rm(root, { recursive: true, force: true });
    },
  };
}

export const STAIRS: Readonly<Record<string, unknown>> = {
  id: "stairs",
  subject: "stairs.ts#ways",
  examples: [[16], [17], [18], [19]],
};
