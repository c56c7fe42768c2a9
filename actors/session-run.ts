/** Runs one session on its actors: a workflow and an agent for each phase, all gone when it stops. */
import { encodeError } from "../runtime/contracts/index.ts";
import type { Fault, WireError } from "../runtime/contracts/index.ts";
import type { ActorRef, ActorSystem } from "../runtime/index.ts";
import type { Agent, ProgressNote } from "./agent/agent.ts";
import { agentActor } from "./agent/agent-actor.ts";
import type { AgentMessage } from "./agent/agent-actor.ts";
import type { Services } from "./agent/services.ts";
import { interrupted } from "./errors.ts";
import { baselineKeeper } from "./evidence/baseline-store.ts";
import { burstRunner } from "./evidence/burst-runner.ts";
import { examiner } from "./evidence/examiner.ts";
import { reporter } from "./evidence/reporter.ts";
import { rewarder } from "./evidence/rewarder.ts";
import { statistician } from "./evidence/statistician.ts";
import { generator } from "./generation/generator.ts";
import { auditor } from "./workflow/auditor.ts";
import { documentOf } from "./workflow/document.ts";
import { gatekeeper } from "./workflow/gatekeeper.ts";
import { preparer } from "./workflow/preparation.ts";
import { replaySession } from "./workflow/replay.ts";
import type { PhaseName, SessionDocument } from "./workflow/session-document.ts";
import type { SessionStart, SessionState } from "./workflow/session-state.ts";
import { workflowActor } from "./workflow/workflow.ts";

/** What a caller may hear of a session while it runs, and how to stop it. */
export interface SessionHooks {
  /** Aborting stops the session in order; it can be resumed. */
  readonly signal?: AbortSignal;
  /** Its id, before anything of it is done. */
  readonly onSession?: (session: string) => void;
  /** What a hook throws is a warning in the document; the session goes on. */
  readonly onPhase?: (phase: PhaseName) => void;
  readonly onProgress?: (note: ProgressNote) => void;
}

/** How a session ended, or where it stands still. */
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

type Agents = Readonly<Record<PhaseName, ActorRef<AgentMessage>>>;

/** The longest that a timer can wait, 24 days: a session has no deadline of its own. */
const SESSION_TIMEOUT_MS = 2_147_483_647;

/** @param start null: the session is in the journal and goes on. */
export async function runSession(
  actors: ActorSystem,
  services: Services,
  session: string,
  start: SessionStart | null,
  hooks: SessionHooks,
): Promise<SessionEnding> {
  const { journal } = services.state;
  const agents = spawnAgents(actors, services);
  const warnings = new Set<string>();
  guarded("onSession", hooks.onSession, warnings)(session);
  const workflow = actors.spawn(workflowActor, {
    journal,
    session,
    start,
    agents,
    onPhase: guarded("onPhase", hooks.onPhase, warnings),
    onProgress: guarded("onProgress", hooks.onProgress, warnings),
  });
  const callOff = (): void => workflow.tell({ kind: "call_off" });
  hooks.signal?.addEventListener("abort", callOff, { once: true });
  // The signal may have come while the sandboxes were opened; an old abort fires no event.
  if (hooks.signal?.aborted === true) callOff();
  try {
    const state = await workflow.ask<SessionState>((reply) => ({ kind: "run", reply }), {
      timeoutMs: SESSION_TIMEOUT_MS,
    });
    return endingOf(state, [...warnings]);
  } catch (error) {
    // The journal takes no more (a full disk): what it holds already is told, and can be resumed.
    const kept = await replaySession(journal, session).catch(() => null);
    if (kept?.start == null) throw error;
    return endingOf(kept, [...warnings], encodeError(error));
  } finally {
    hooks.signal?.removeEventListener("abort", callOff);
    await Promise.all(Object.values(agents).map((agent) => actors.stop(agent)));
  }
}

/** @param error default: why the session stands still; null when it has ended. */
export function endingOf(
  state: SessionState,
  warnings: readonly string[] = [],
  error: WireError | null = state.failure?.error ??
    (state.ended === null ? encodeError(interrupted()) : null),
): SessionEnding {
  const document = documentOf(state, error);
  return {
    document: { ...document, warnings: [...document.warnings!, ...warnings] },
    fault: error?.fault ?? null,
  };
}

function spawnAgents(actors: ActorSystem, services: Services): Agents {
  return Object.fromEntries(
    Object.entries(AGENTS).map(([phase, agent]) => [phase, actors.spawn(agentActor, { agent, services })]),
  ) as Agents;
}

function guarded<Note>(
  name: string,
  hook: ((note: Note) => void) | undefined,
  warnings: Set<string>,
): (note: Note) => void {
  return (note) => {
    try {
      hook?.(note);
    } catch (thrown) {
      warnings.add(`the hook ${name} threw: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    }
  };
}
