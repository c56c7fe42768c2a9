/**
 * The workflow: one event-sourced actor a session. It decides what comes next (`nextStep`), gives the phase
 * to the agent for it, and keeps what the agent reports. Journal before effect: an event is appended first;
 * only when it is durable does the state change and the next phase begin.
 *
 *   run ──► replay ──► phase ──► … ──► ended        the asker gets the last state, always once
 *                        └── failed or called off    (session_failed is in the journal; a resume goes on)
 *
 * Appends are written one after another: while one is on its way, what else is to be kept waits in line.
 */
import { decodeError, encodeError, NO_STREAM } from "../../runtime/contracts/index.ts";
import type { Journal, Revision, WireError } from "../../runtime/contracts/index.ts";
import { actor } from "../../runtime/index.ts";
import type { ActorContext, ActorRef, ActorType, Reply } from "../../runtime/index.ts";
import type { ProgressNote } from "../agent/agent.ts";
import type { AgentMessage, AgentReport } from "../agent/agent-actor.ts";
import { replay, sessionStream } from "./replay.ts";
import type { ReplayedSession } from "./replay.ts";
import type { PhaseName } from "./session-document.ts";
import { applyEvent, EMPTY_SESSION, nextStep } from "./session-state.ts";
import type { SessionEvent, SessionStart, SessionState } from "./session-state.ts";

export type WorkflowMessage =
  | AgentReport
  | { readonly kind: "run"; readonly reply: Reply<SessionState> }
  | { readonly kind: "call_off" }
  | { readonly kind: "replayed"; readonly replayed: ReplayedSession }
  | { readonly kind: "kept"; readonly revision: Revision }
  | { readonly kind: "fault"; readonly error: WireError };

export interface WorkflowArgs {
  readonly journal: Journal;
  readonly session: string;
  /** null: the session exists and is to be resumed. */
  readonly start: SessionStart | null;
  /** The agent for each phase. */
  readonly agents: Readonly<Record<PhaseName, ActorRef<AgentMessage>>>;
  readonly onPhase: (phase: PhaseName, session: SessionState) => void;
  readonly onProgress: (note: ProgressNote) => void;
}

interface PendingEvent {
  readonly event: SessionEvent;
  readonly kept: () => void;
}

interface WorkflowState {
  readonly args: WorkflowArgs;
  readonly session: SessionState;
  readonly revision: Revision;
  /** The first is being appended. */
  readonly pending: readonly PendingEvent[];
  readonly running: PhaseName | null;
  readonly asker: Reply<SessionState> | null;
  readonly calledOff: boolean;
}

type Ctx = ActorContext<WorkflowMessage>;

export const workflowActor: ActorType<WorkflowArgs, WorkflowState, WorkflowMessage> = actor({
  name: "workflow",
  initial: (args: WorkflowArgs): WorkflowState => ({
    args,
    session: EMPTY_SESSION,
    revision: NO_STREAM,
    pending: [],
    running: null,
    asker: null,
    calledOff: false,
  }),
  receive(state: WorkflowState, message: WorkflowMessage, ctx: Ctx): WorkflowState {
    switch (message.kind) {
      case "run":
        ctx.pipe(
          replay(state.args.journal, state.args.session),
          (replayed): WorkflowMessage => ({ kind: "replayed", replayed }),
          fault,
        );
        return { ...state, asker: message.reply };
      case "replayed": {
        // An earlier stop is what a resume gets over; only a failure of this run ends it.
        const { state: known, revision } = message.replayed;
        return advance({ ...state, session: { ...known, failure: null }, revision }, ctx);
      }
      case "call_off":
        callOff(state);
        return { ...state, calledOff: true };
      case "progress":
        state.args.onProgress(message.note);
        return state;
      case "keep_fork":
        return keep(state, { kind: "fork_finished", fork: message.fork }, ctx, () =>
          message.reply.send(null),
        );
      case "phase_done": {
        const { phase, durationMs, output } = message;
        return keep({ ...state, running: null }, { kind: "phase_finished", phase, durationMs, output }, ctx);
      }
      case "phase_failed": {
        const { phase, error } = message;
        return keep({ ...state, running: null }, { kind: "session_failed", phase, error }, ctx);
      }
      case "kept":
        return kept(state, message.revision, ctx);
      case "fault":
        // The journal itself failed: nothing can be kept, so what runs is called off and nothing more is begun.
        callOff(state);
        state.asker?.fail(decodeError(message.error));
        ctx.stop();
        return state;
    }
  },
});

function callOff({ running, args }: WorkflowState): void {
  if (running !== null) args.agents[running].tell({ kind: "call_off" });
}

function fault(error: unknown): WorkflowMessage {
  return { kind: "fault", error: encodeError(error) };
}

const NOTHING_MORE = (): void => undefined;

function keep(
  state: WorkflowState,
  event: SessionEvent,
  ctx: Ctx,
  whenKept: () => void = NOTHING_MORE,
): WorkflowState {
  const next = { ...state, pending: [...state.pending, { event, kept: whenKept }] };
  if (state.pending.length === 0) append(next, ctx);
  return next;
}

function append(state: WorkflowState, ctx: Ctx): void {
  const { journal, session } = state.args;
  ctx.pipe(
    journal.append(sessionStream(session), state.revision, [state.pending[0]!.event]),
    (revision): WorkflowMessage => ({ kind: "kept", revision }),
    fault,
  );
}

function kept(state: WorkflowState, revision: Revision, ctx: Ctx): WorkflowState {
  const [first, ...pending] = state.pending;
  const next = { ...state, revision, pending, session: applyEvent(state.session, first!.event) };
  first!.kept();
  if (pending.length > 0) append(next, ctx);
  return pending.length > 0 ? next : advance(next, ctx);
}

/** Begins the next phase, or ends, when nothing is running and everything is kept. */
function advance(state: WorkflowState, ctx: Ctx): WorkflowState {
  const { session, args } = state;
  if (state.running !== null) return state;
  if (session.start === null) return keep(state, { kind: "session_started", start: args.start! }, ctx);
  if (session.ended !== null || session.failure !== null || state.calledOff) return finish(state, ctx);
  const step = nextStep(session);
  switch (step.kind) {
    case "end":
      return keep(state, { kind: "session_ended", verdict: step.verdict }, ctx);
    case "refuse":
      return keep(state, { kind: "candidate_refused", phase: step.phase, reason: step.reason }, ctx);
    case "phase":
      args.onPhase(step.phase, session);
      args.agents[step.phase].tell({
        kind: "execute",
        task: { phase: step.phase, session },
        workflow: ctx.self,
      });
      return { ...state, running: step.phase };
  }
}

function finish(state: WorkflowState, ctx: Ctx): WorkflowState {
  state.asker?.send(state.session);
  ctx.stop();
  return state;
}
