/**
 * The actor around an agent. It carries out one task at a time and tells the workflow how it went:
 *
 *   idle --execute--> working --(output | error)--> idle        the workflow is told once, always
 *                     working --call_off-----------> working    the signal aborts; the error follows
 *
 * A second task while it is working is refused. When the actor stops, what it was doing is called off.
 */
import { encodeError } from "../../runtime/contracts/index.ts";
import type { WireError } from "../../runtime/contracts/index.ts";
import { actor } from "../../runtime/index.ts";
import type { ActorContext, ActorRef, ActorType, Reply } from "../../runtime/index.ts";
import { actorError } from "../errors.ts";
import type { PhaseName } from "../workflow/session-document.ts";
import type { KeptFork } from "../workflow/session-state.ts";
import type { Agent, AgentTask, ProgressNote } from "./agent.ts";
import type { Services } from "./services.ts";

export type AgentMessage =
  | { readonly kind: "execute"; readonly task: AgentTask; readonly workflow: ActorRef<AgentReport> }
  | { readonly kind: "call_off" }
  | { readonly kind: "done"; readonly output: unknown }
  | { readonly kind: "failed"; readonly error: WireError };

/** What an agent tells the workflow that gave it a task. */
export type AgentReport =
  | {
      readonly kind: "phase_done";
      readonly phase: PhaseName;
      readonly durationMs: number;
      readonly output: unknown;
    }
  | { readonly kind: "phase_failed"; readonly phase: PhaseName; readonly error: WireError }
  | { readonly kind: "keep_fork"; readonly fork: KeptFork; readonly reply: Reply<null> }
  | { readonly kind: "progress"; readonly note: ProgressNote };

export interface AgentArgs {
  readonly agent: Agent;
  readonly services: Services;
}

interface Work {
  readonly task: AgentTask;
  readonly workflow: ActorRef<AgentReport>;
  readonly abort: AbortController;
  readonly begunAt: number;
}

interface AgentState extends AgentArgs {
  readonly work: Work | null;
}

/** Keeping a fork is one append to the journal; a disk that takes longer has failed. */
const KEEP_TIMEOUT_MS = 60_000;

export const agentActor: ActorType<AgentArgs, AgentState, AgentMessage> = actor({
  name: "agent",
  initial: (args: AgentArgs): AgentState => ({ ...args, work: null }),
  receive(state: AgentState, message: AgentMessage, ctx: ActorContext<AgentMessage>): AgentState {
    switch (message.kind) {
      case "execute":
        return begin(state, message.task, message.workflow, ctx);
      case "call_off":
        state.work?.abort.abort(actorError("INTERRUPTED", "the session was interrupted"));
        return state;
      case "done":
        return end(state, ctx, (phase, durationMs) => ({
          kind: "phase_done",
          phase,
          durationMs,
          output: message.output,
        }));
      case "failed":
        return end(state, ctx, (phase) => ({ kind: "phase_failed", phase, error: message.error }));
    }
  },
  stopped: (state) => state.work?.abort.abort(actorError("INTERRUPTED", "the agent was stopped")),
});

function begin(
  state: AgentState,
  task: AgentTask,
  workflow: ActorRef<AgentReport>,
  ctx: ActorContext<AgentMessage>,
): AgentState {
  const { agent, services } = state;
  if (state.work !== null || !agent.canHandle(task)) {
    const error = actorError("SESSION_FAULT", `${agent.name} cannot take ${task.phase} now`);
    workflow.tell({ kind: "phase_failed", phase: task.phase, error: encodeError(error) });
    return state;
  }
  const abort = new AbortController();
  const call = {
    signal: abort.signal,
    progress: (note: Omit<ProgressNote, "phase">): void =>
      workflow.tell({ kind: "progress", note: { phase: task.phase, ...note } }),
    keepFork: async (fork: KeptFork): Promise<void> => {
      await workflow.ask<null>((reply) => ({ kind: "keep_fork", fork, reply }), {
        timeoutMs: KEEP_TIMEOUT_MS,
      });
    },
  };
  ctx.pipe(
    Promise.resolve().then(() => agent.execute(task, services, call)),
    (output): AgentMessage => ({ kind: "done", output }),
    (error): AgentMessage => ({
      kind: "failed",
      error: encodeError(abort.signal.aborted ? abort.signal.reason : error),
    }),
  );
  return { ...state, work: { task, workflow, abort, begunAt: ctx.clock.monotonic() } };
}

function end(
  state: AgentState,
  ctx: ActorContext<AgentMessage>,
  report: (phase: PhaseName, durationMs: number) => AgentReport,
): AgentState {
  const { task, workflow, begunAt } = state.work!;
  workflow.tell(report(task.phase, ctx.clock.monotonic() - begunAt));
  return { ...state, work: null };
}
