/**
 * An agent is an actor that carries out one kind of task at a time:
 *
 *   capabilities        the phases it is fit for
 *   canHandle(task)     whether it takes this one
 *   execute(task, …)    does it; may take long, may be called off by the signal; everything it learns goes
 *                       into its output, everything worth keeping on the way through `call`
 *
 * The actor around it (agent-actor.ts) gives it messages, cancellation and supervision.
 */
import type { PhaseName } from "../workflow/session-document.ts";
import type { KeptFork, PhaseOutputs, SessionState } from "../workflow/session-state.ts";
import type { Services } from "./services.ts";

export interface AgentTask {
  readonly phase: PhaseName;
  /** The session so far; plain data. */
  readonly session: SessionState;
}

/** Said now and then on long work. */
export interface ProgressNote {
  readonly phase: PhaseName;
  /** e.g. sandboxes run, candidates tried. */
  readonly done: number;
  /** null when it is not known. */
  readonly total: number | null;
  readonly unit: string;
  readonly text: string | null;
}

export interface AgentCall {
  readonly signal: AbortSignal;
  progress(note: Omit<ProgressNote, "phase">): void;
  /** Resolves when the fork is in the journal. */
  keepFork(fork: KeptFork): Promise<void>;
}

export interface Agent<Phase extends PhaseName = PhaseName> {
  readonly name: string;
  readonly capabilities: readonly Phase[];
  canHandle(task: AgentTask): boolean;
  execute(task: AgentTask, services: Services, call: AgentCall): Promise<PhaseOutputs[Phase]>;
}

/** An agent for one phase, that takes every task of it. */
export function phaseAgent<Phase extends PhaseName>(
  name: string,
  phase: Phase,
  execute: Agent<Phase>["execute"],
): Agent<Phase> {
  return { name, capabilities: [phase], canHandle: (task) => task.phase === phase, execute };
}
