/**
 * Assembles journal, database, pool, sandboxes and actors by configuration, and runs sessions on them. The
 * CLI and library users call this; nothing here is out of a library user's reach.
 */
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { encodeError, seededRandom, systemClock } from "../runtime/contracts/index.ts";
import type { Clock, Fault, Random, WireError } from "../runtime/contracts/index.ts";
import { createSystem } from "../runtime/index.ts";
import type { ActorRef, ActorSystem } from "../runtime/index.ts";
import { openPool } from "../kernels/pool/index.ts";
import { isolateEngine, realmEngine } from "../kernels/sandbox/index.ts";
import { openStateDirectory } from "../storage/index.ts";
import type { BaselineRow } from "../storage/index.ts";
import { app } from "./app.ts";
import type { Agent, ProgressNote } from "./agent/agent.ts";
import { agentActor } from "./agent/agent-actor.ts";
import type { AgentMessage } from "./agent/agent-actor.ts";
import type { Services } from "./agent/services.ts";
import { actorError } from "./errors.ts";
import { baselineKeeper } from "./evidence/baseline-store.ts";
import { burstRunner } from "./evidence/burst-runner.ts";
import { evidenceActor, EvidenceStore } from "./evidence/evidence-store.ts";
import { examiner } from "./evidence/examiner.ts";
import { reporter } from "./evidence/reporter.ts";
import { rewarder } from "./evidence/rewarder.ts";
import { statistician } from "./evidence/statistician.ts";
import { generator } from "./generation/generator.ts";
import { applyChange } from "./workflow/apply-change.ts";
import { auditor } from "./workflow/auditor.ts";
import { documentOf } from "./workflow/document.ts";
import { describeEnvironment } from "./workflow/environment.ts";
import { gatekeeper } from "./workflow/gatekeeper.ts";
import { preparer } from "./workflow/preparation.ts";
import { replaySession } from "./workflow/replay.ts";
import type {
  BaselineSummary,
  Environment,
  PhaseName,
  SessionDocument,
} from "./workflow/session-document.ts";
import { makeSessionId, parseSessionId } from "./workflow/session-id.ts";
import type { SessionCommand, SessionStart, SessionState } from "./workflow/session-state.ts";
import type { Task } from "./workflow/task.ts";
import { workflowActor } from "./workflow/workflow.ts";

export interface SystemOptions {
  /** State directory, absolute or relative to the working directory; made when it is not there. */
  readonly state: string;
  /** Sandboxes and kernels at the same time; default: all cores. */
  readonly workers?: number;
  /** Refuse where the operating system cannot lock code in; default: false. */
  readonly requireIsolation?: boolean;
  readonly clock?: Clock;
  /** Where drawn seeds and session ids come from; default: the machine's entropy. */
  readonly random?: Random;
}

export interface SessionHooks {
  /** Aborting stops the session in order; it can be resumed. */
  readonly signal?: AbortSignal;
  readonly onPhase?: (phase: PhaseName) => void;
  readonly onProgress?: (note: ProgressNote) => void;
}

export interface SessionEnding {
  readonly document: SessionDocument;
  /** Whose fault the document's error is; null without one. */
  readonly fault: Fault | null;
}

const AGENTS: Readonly<Record<PhaseName, Agent>> = {
  prepare: preparer,
  generate: generator,
  validate: auditor,
  gates: gatekeeper,
  equivalence: examiner,
  burst: burstRunner,
  compare: statistician,
  reward: rewarder,
  baseline: baselineKeeper,
  report: reporter,
};

/** The longest that a timer can wait, 24 days: a session has no deadline of its own. */
const SESSION_TIMEOUT_MS = 2_147_483_647;

/** @throws STATE_IN_USE, INSTALLATION_INCOMPLETE and what else `openStateDirectory` refuses; SANDBOX_ISOLATION. */
export async function openSystem(options: SystemOptions): Promise<MyriadSystem> {
  const clock = options.clock ?? systemClock;
  const random = options.random ?? seededRandom(crypto.randomUUID());
  const workers = options.workers ?? availableParallelism();
  const state = await openStateDirectory(options.state, { clock });
  const executor = openPool({ workers, clock });
  try {
    const isolate = await isolateEngine({
      workers,
      requireIsolation: options.requireIsolation ?? false,
      clock,
    });
    const actors = createSystem({ app, clock, random: random.fork("actors") });
    const evidence = new EvidenceStore(actors.spawn(evidenceActor, state.analytics, { name: "evidence" }));
    const services = { clock, executor, realm: realmEngine(executor), isolate, evidence, state, workers };
    return new MyriadSystem(actors, services, random);
  } catch (error) {
    await executor.close();
    await state.close();
    throw error;
  }
}

export class MyriadSystem {
  readonly #actors: ActorSystem;
  readonly #services: Services;
  readonly #random: Random;
  readonly #environment: Environment = describeEnvironment();

  constructor(actors: ActorSystem, services: Services, random: Random) {
    this.#actors = actors;
    this.#services = services;
    this.#random = random;
  }

  /** Runs a new session to its end; a failure of the task is in the document, not thrown. */
  async start(command: SessionCommand, task: Task, hooks: SessionHooks = {}): Promise<SessionEnding> {
    const { clock, state } = this.#services;
    const session = makeSessionId(clock, this.#random.fork(`session/${clock.now()}/${clock.monotonic()}`));
    const start: SessionStart = {
      session,
      command,
      task,
      seed: task.seed ?? this.#random.fork(session).below(2 ** 32),
      environment: this.#environment,
      createdAt: clock.now(),
    };
    await state.setLastSession(session);
    return await this.#run(session, start, hooks);
  }

  /** Goes on after the last finished phase. @throws SESSION_UNKNOWN, SESSION_ENDED, SESSION_SOURCE_CHANGED */
  async resume(text: string, hooks: SessionHooks = {}): Promise<SessionEnding> {
    const state = await this.#session(text);
    if (state.ended !== null) throw actorError("SESSION_ENDED", `session ${text} has ended: ${state.ended}`);
    const known = state.outputs.prepare?.info;
    if (known !== undefined && (await readFile(known.ref.file, "utf8").catch(() => "")) !== known.source) {
      throw actorError("SESSION_SOURCE_CHANGED", `${known.ref.file} is not what it was`, {
        location: known.ref.file,
      });
    }
    return await this.#run(state.start!.session, null, hooks);
  }

  /** Writes an improved run's change into the subject's file. @throws SESSION_UNKNOWN, CHANGE_NOT_PROVED, SESSION_SOURCE_CHANGED */
  async apply(session: string): Promise<void> {
    await applyChange(await this.#session(session));
  }

  /** All baselines, oldest first. @param caseId null: of every case. */
  async baselines(caseId: string | null): Promise<readonly BaselineSummary[]> {
    const { analytics } = this.#services.state;
    return await this.#summaries(await analytics.baselines(caseId === null ? {} : { caseId }));
  }

  /** One entry a metric. @throws BASELINE_UNKNOWN */
  async baseline(tag: string): Promise<readonly BaselineSummary[]> {
    const rows = await this.#services.state.analytics.requireBaseline(tag);
    return await this.#summaries(rows);
  }

  /** @throws BASELINE_UNKNOWN */
  async promote(tag: string): Promise<void> {
    await this.#services.evidence.promote(tag);
  }

  /** A session's document; null: the last one's. @throws SESSION_UNKNOWN, REPORT_UNKNOWN */
  async report(session: string | null): Promise<SessionDocument> {
    const chosen = session ?? (await this.#services.state.lastSession());
    if (chosen === null) throw actorError("REPORT_UNKNOWN", "no session was begun here yet");
    const state = await this.#session(chosen);
    const document = documentOf(state);
    if (document.report === null) throw actorError("REPORT_UNKNOWN", `session ${chosen} has no report yet`);
    return document;
  }

  /** Stops what runs and gives the state directory free. */
  async close(): Promise<void> {
    await this.#actors.shutdown();
    await this.#services.executor.close();
    await this.#services.state.close();
  }

  async #run(session: string, start: SessionStart | null, hooks: SessionHooks): Promise<SessionEnding> {
    const agents = this.#agents();
    const workflow = this.#actors.spawn(workflowActor, {
      journal: this.#services.state.journal,
      session,
      start,
      agents,
      onPhase: hooks.onPhase ?? ((): void => undefined),
      onProgress: hooks.onProgress ?? ((): void => undefined),
    });
    const callOff = (): void => workflow.tell({ kind: "call_off" });
    hooks.signal?.addEventListener("abort", callOff, { once: true });
    // The signal may have come while the system was opened; an old abort fires no event.
    if (hooks.signal?.aborted === true) callOff();
    try {
      const state = await workflow.ask<SessionState>((reply) => ({ kind: "run", reply }), {
        timeoutMs: SESSION_TIMEOUT_MS,
      });
      return this.#ending(state, state.failure?.error ?? (state.ended === null ? interrupted() : null));
    } catch (error) {
      // The journal takes no more (a full disk): what it holds already is told, and can be resumed.
      const kept = await replaySession(this.#services.state.journal, session).catch(() => null);
      if (kept?.start == null) throw error;
      return this.#ending(kept, encodeError(error));
    } finally {
      hooks.signal?.removeEventListener("abort", callOff);
      await Promise.all(Object.values(agents).map((agent) => this.#actors.stop(agent)));
    }
  }

  #ending(state: SessionState, error: WireError | null): SessionEnding {
    const document = { ...documentOf(state, error), warnings: this.#warnings() };
    return { document, fault: error?.fault ?? null };
  }

  #warnings(): readonly string[] {
    const { recovery, analytics } = this.#services.state;
    const notices = analytics.notice === null ? [] : [analytics.notice];
    if (recovery === null) return notices;
    const { truncatedBytes, file, reason } = recovery;
    return [
      ...notices,
      `the journal's torn end was cut: ${truncatedBytes} bytes of ${file} (${reason}); no finished step was lost`,
    ];
  }

  #agents(): Readonly<Record<PhaseName, ActorRef<AgentMessage>>> {
    const spawn = (agent: Agent): ActorRef<AgentMessage> =>
      this.#actors.spawn(agentActor, { agent, services: this.#services });
    return Object.fromEntries(
      Object.entries(AGENTS).map(([phase, agent]) => [phase, spawn(agent)]),
    ) as Readonly<Record<PhaseName, ActorRef<AgentMessage>>>;
  }

  async #session(text: string): Promise<SessionState> {
    const session = parseSessionId(text);
    const state = session === null ? null : await replaySession(this.#services.state.journal, session);
    if (state?.start == null)
      throw actorError("SESSION_UNKNOWN", `there is no session ${text}`, { location: text });
    return state;
  }

  async #summaries(rows: readonly BaselineRow[]): Promise<readonly BaselineSummary[]> {
    const { analytics } = this.#services.state;
    const cases = [...new Set(rows.map((row) => row.caseId))];
    const current = new Set(
      (await Promise.all(cases.map((id) => analytics.currentBaseline(id)))).flat().map(({ tag }) => tag),
    );
    return rows.map((row) => ({
      tag: row.tag,
      caseId: row.caseId,
      subject: row.subject,
      metric: row.metric,
      unit: row.unit,
      mean: row.mean,
      stdDev: row.stdDev,
      n: row.n,
      ci99: [row.ciLow, row.ciHigh],
      current: current.has(row.tag),
      createdAt: new Date(row.createdAt).toISOString(),
      fingerprint: (row.environment as Environment).fingerprint,
    }));
  }
}

function interrupted(): WireError {
  return encodeError(actorError("INTERRUPTED", "the session was interrupted; what was measured is kept"));
}
