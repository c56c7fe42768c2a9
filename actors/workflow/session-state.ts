/**
 * A session is event-sourced: every step is an event in the journal before it has any effect, and this fold
 * is the only way from events to state. After `kill -9` the same events give the same state, and the session
 * goes on after the last finished phase.
 *
 *   run       prepare → generate → validate → gates → equivalence → burst → compare → reward → baseline → report
 *   compare   prepare → equivalence → burst → compare → report
 *   burst     prepare → equivalence → burst → compare → baseline → report
 *
 * A refused candidate of the search makes room for the version before it in the search's chain (at most
 * eight attempts); a refused hand-written one ends the session as rejected.
 */
import type { WireError } from "../../runtime/contracts/index.ts";
import type {
  EncodedInput,
  Isolation,
  SandboxProgram,
  SandboxSeed,
  SnippetStart,
} from "../../kernels/sandbox/index.ts";
import type { Verdict } from "../../kernels/statistics/index.ts";
import type { AuditReport, FunctionInfo } from "../../kernels/syntax/index.ts";
import type { FinishedFork } from "../evidence/burst.ts";
import type { KeptConditions } from "../evidence/fork-conditions.ts";
import type { Version } from "../evidence/fork-plan.ts";
import type { MachineReading } from "../evidence/machine-noise.ts";
import type { Figures } from "../evidence/own-metric.ts";
import type { ChainLink } from "../generation/search.ts";
import type {
  BaselineChange,
  ComparisonRow,
  EarlyStopSummary,
  Environment,
  Equivalence,
  GateResult,
  Noise,
  PhaseName,
  Refusal,
  Reward,
  SearchSummary,
  Withheld,
} from "./session-document.ts";
import type { Task } from "./task.ts";

/** The commands that make sessions. */
export type SessionCommand = "run" | "burst" | "compare";

export interface SessionStart {
  readonly session: string;
  readonly command: SessionCommand;
  readonly task: Task;
  readonly seed: number;
  readonly environment: Environment;
  readonly createdAt: number;
}

export interface VersionSource {
  readonly program: SandboxProgram;
  /** Module text; empty for a stored baseline, of which only the program is kept. */
  readonly source: string;
  readonly label: string;
}

export interface Prepared {
  readonly info: FunctionInfo;
  readonly subject: VersionSource;
  /** What the subject is compared with when it is not a generated candidate: the right side of `compare`, a
   *  hand-written candidate, or the stored baseline of `burst`. */
  readonly other: VersionSource | null;
  readonly search: readonly EncodedInput[];
  readonly sealed: readonly EncodedInput[];
  readonly searchBatch: readonly EncodedInput[];
  readonly sealedBatch: readonly EncodedInput[];
  readonly inputOrigin: string;
  readonly sandboxSeed: SandboxSeed;
  /** Of the task's own metrics, by name. Absent in journals of before there were any. */
  readonly metricPrograms?: Readonly<Record<string, SandboxProgram>>;
  /** Tag of the case's current baseline. */
  readonly currentBaseline: string | null;
}

export interface Generated {
  readonly chain: readonly ChainLink[];
  readonly summary: SearchSummary;
}

export interface BurstOutcome {
  readonly isolation: Isolation;
  /** Of all forks that are kept: how often their processes did not start. */
  readonly infraErrors: number;
  /** Of the last, uninterrupted stretch, as `measured` is. */
  readonly wallMs: number;
  /** Sandboxes run in that time. */
  readonly measured: number;
  readonly iterationsPerFork: number;
  readonly batch: number;
  /** Absent in journals of before it was looked at. */
  readonly machine?: Required<Pick<Noise, "before" | "during">>;
  /** Of the task's own metrics, by name. */
  readonly figures?: Readonly<Record<string, Figures>>;
  /** Of a burst that may end as soon as it is decided; absent where a version turned out broken. */
  readonly earlyStop?: EarlyStopSummary;
  /** The candidate, when it failed in the burst or did not do what it was checked to do; it ends as rejected. */
  readonly falseProof: Version | null;
}

export interface Compared {
  readonly rows: readonly ComparisonRow[];
  readonly verdict: Verdict;
  /** null: what was counted knows no noise. */
  readonly noise: Noise | null;
  /** Absent in journals of before it was judged. */
  readonly withheld?: Withheld | null;
  /** All gates, the one after the burst too; empty where the command has none. */
  readonly gates: readonly GateResult[];
}

export interface PhaseOutputs {
  readonly prepare: Prepared;
  readonly generate: Generated;
  readonly validate: AuditReport;
  readonly gates: readonly GateResult[];
  readonly equivalence: Equivalence;
  readonly burst: BurstOutcome;
  readonly compare: Compared;
  readonly reward: Reward;
  readonly baseline: BaselineChange;
  readonly report: { readonly html: string; readonly markdown: string };
}

export type SessionEvent =
  | { readonly kind: "session_started"; readonly start: SessionStart }
  | {
      readonly kind: "phase_finished";
      readonly phase: PhaseName;
      readonly durationMs: number;
      readonly output: unknown;
    }
  | { readonly kind: "fork_finished"; readonly fork: KeptFork }
  | { readonly kind: "candidate_refused"; readonly phase: PhaseName; readonly reason: string }
  | { readonly kind: "session_failed"; readonly phase: PhaseName; readonly error: WireError }
  | { readonly kind: "session_ended"; readonly verdict: Verdict };

/** A finished fork as the journal keeps it; the proof was compared when it came in. */
export interface KeptFork extends Omit<FinishedFork, "measurement"> {
  readonly wallNs: Float64Array;
  readonly failures: number;
  readonly cpuMs: number;
  readonly peakMb: number;
  readonly proved: boolean;
  readonly isolation: Isolation;
  /** Of each iteration; absent where the engine counts none. */
  readonly ticks?: Float64Array;
  /** Absent where the engine told none, and in journals of before they were told. */
  readonly conditions?: KeptConditions;
  /** Of snippets. */
  readonly start?: SnippetStart;
  /** How the machine was since the fork that finished before; absent in journals of before it was told. */
  readonly machine?: MachineReading;
  /** The limit that was broken, in the engine's words; absent where its proof tells of none. */
  readonly brokenLimit?: string;
  /** Set where its samples have grown old: `wallNs` is empty, `ticks` are gone. */
  readonly thinned?: ThinnedFork;
}

/** What is told of a fork whose samples are gone. */
export interface ThinnedFork {
  readonly iterations: number;
  readonly drift: number;
}

export interface SessionState {
  readonly start: SessionStart | null;
  readonly outputs: Partial<PhaseOutputs>;
  readonly durations: Readonly<Partial<Record<PhaseName, number>>>;
  /** Once the burst is finished, those that count. */
  readonly forks: readonly KeptFork[];
  /** Candidates refused so far. */
  readonly attempt: number;
  readonly refusals: readonly { readonly phase: PhaseName; readonly reason: string }[];
  /** Of the last stop; cleared by any later event. */
  readonly failure: { readonly phase: PhaseName; readonly error: WireError } | null;
  readonly ended: Verdict | null;
}

export const EMPTY_SESSION: SessionState = {
  start: null,
  outputs: {},
  durations: {},
  forks: [],
  attempt: 0,
  refusals: [],
  failure: null,
  ended: null,
};

const MOST_ATTEMPTS = 8;

export function applyEvent(state: SessionState, event: SessionEvent): SessionState {
  switch (event.kind) {
    case "session_started":
      return { ...state, start: event.start };
    case "phase_finished":
      return {
        ...state,
        failure: null,
        forks:
          event.phase === "burst" ? countedForks(state.forks, event.output as BurstOutcome) : state.forks,
        outputs: { ...state.outputs, [event.phase]: event.output },
        durations: {
          ...state.durations,
          [event.phase]: (state.durations[event.phase] ?? 0) + event.durationMs,
        },
      };
    case "fork_finished":
      return { ...state, failure: null, forks: [...state.forks, event.fork] };
    case "candidate_refused":
      return refuse(state, event.phase, event.reason);
    case "session_failed":
      return { ...state, failure: { phase: event.phase, error: event.error } };
    case "session_ended":
      return { ...state, ended: event.verdict };
  }
}

/** Forks that ended beside the deciding ones of a burst that ended early count for nothing. */
export function countedForks(
  forks: readonly KeptFork[],
  { earlyStop }: Pick<BurstOutcome, "earlyStop">,
): readonly KeptFork[] {
  return earlyStop === undefined ? forks : forks.filter(({ fork }) => fork < earlyStop.forks);
}

/** What was found out about the refused candidate goes; what holds for all candidates stays. */
function refuse(state: SessionState, phase: PhaseName, reason: string): SessionState {
  const { prepare, generate } = state.outputs;
  return {
    ...state,
    failure: null,
    outputs: { prepare: prepare!, generate: generate! },
    forks: [],
    attempt: state.attempt + 1,
    refusals: [...state.refusals, { phase, reason }],
  };
}

export const PHASES: Readonly<Record<SessionCommand, readonly PhaseName[]>> = {
  run: [
    "prepare",
    "generate",
    "validate",
    "gates",
    "equivalence",
    "burst",
    "compare",
    "reward",
    "baseline",
    "report",
  ],
  compare: ["prepare", "equivalence", "burst", "compare", "report"],
  burst: ["prepare", "equivalence", "burst", "compare", "baseline", "report"],
};

export type NextStep =
  | { readonly kind: "phase"; readonly phase: PhaseName }
  | { readonly kind: "refuse"; readonly phase: PhaseName; readonly reason: string }
  | { readonly kind: "end"; readonly verdict: Verdict };

/** What a session does next: a function of its state alone. */
export function nextStep(state: SessionState): NextStep {
  const { command } = state.start!;
  const refusal = refusalOf(state);
  if (refusal !== null && hasAnotherCandidate(state)) return { kind: "refuse", ...refusal };
  const phase = PHASES[command].find(
    (name) => state.outputs[name] === undefined && !isSkipped(state, name, refusal !== null),
  );
  return phase === undefined ? { kind: "end", verdict: verdictOf(state) } : { kind: "phase", phase };
}

/** Phases that a session passes over: nothing was found, the candidate was refused, or nothing to compare. */
export function isSkipped(
  state: SessionState,
  phase: PhaseName,
  refused: boolean = refusalOf(state) !== null,
): boolean {
  switch (phase) {
    case "prepare":
    case "generate":
    case "report":
      return false;
    case "validate":
    case "reward":
      return foundNothing(state);
    case "gates":
    case "burst":
    case "baseline":
      return foundNothing(state) || refused;
    case "equivalence":
      return foundNothing(state) || refused || otherVersion(state) === null;
    case "compare":
      return foundNothing(state) || refused || otherVersion(state) === null;
  }
}

export function foundNothing(state: SessionState): boolean {
  return state.start?.command === "run" && state.outputs.generate?.chain.length === 0;
}

/** The version that stands against the subject in this attempt. */
export function otherVersion(state: SessionState): VersionSource | null {
  const link = linkOf(state);
  if (link === undefined) return state.outputs.prepare?.other ?? null;
  return { program: link.program, source: link.source, label: link.rules.join(" + ") };
}

/** The version of the search's chain that an attempt is about; undefined where nothing was generated. */
export function linkOf({ outputs, attempt }: SessionState): ChainLink | undefined {
  return outputs.generate?.chain.at(-1 - attempt);
}

/** Which program is the baseline of the comparison and which the candidate. */
export function comparedVersions(state: SessionState): Readonly<Partial<Record<Version, VersionSource>>> {
  const subject = state.outputs.prepare!.subject;
  const other = otherVersion(state);
  // `burst` asks how the present code stands against the stored baseline; the others, how a change stands
  // against the present code.
  if (state.start!.command !== "burst")
    return other === null ? { baseline: subject } : { baseline: subject, candidate: other };
  return other === null ? { candidate: subject } : { baseline: other, candidate: subject };
}

export function refusalOf(
  state: SessionState,
): { readonly phase: PhaseName; readonly reason: string } | null {
  const { gates, equivalence, burst } = state.outputs;
  const { command, task } = state.start!;
  // What breaks a limit in the first engine is not timed in the next, which may hold it less.
  const mayChange = command === "compare" && task.behaviour === "may_change" && equivalence?.clean === true;
  const failed = gates?.find((gate) => !gate.passed);
  if (failed !== undefined) return { phase: "gates", reason: `${failed.name}: ${failed.reason ?? "failed"}` };
  if (equivalence !== undefined && equivalence.disagreements > 0 && !mayChange) {
    const { disagreements, inputs } = equivalence;
    const where =
      task.commands === undefined ? `on ${disagreements} inputs` : `in ${disagreements} of ${inputs} runs`;
    return { phase: "equivalence", reason: `it disagrees ${where}` };
  }
  if (burst?.falseProof != null) {
    return { phase: "burst", reason: failureInBurst(state, burst.falseProof) };
  }
  return null;
}

function failureInBurst({ forks }: SessionState, version: Version): string {
  const own = forks.filter((fork) => fork.version === version);
  const failures = own.reduce((sum, fork) => sum + fork.failures, 0);
  if (failures === 0) return "in the burst it gave another result than it was checked to give";
  const limit = own.flatMap(({ brokenLimit }) => brokenLimit ?? [])[0];
  if (limit !== undefined) return `in the burst ${failures} of its sandboxes failed: ${limit}`;
  return `in the burst ${failures} of its sandboxes failed: a limit was exceeded, or calls ended in another way`;
}

/** All of them, with the names of the candidates; the last candidate's own, too. */
export function refusalsOf(state: SessionState): readonly Refusal[] {
  const last = refusalOf(state);
  return [...state.refusals, ...(last === null ? [] : [last])].map((refusal, attempt) => ({
    candidate: otherVersion({ ...state, attempt })?.label ?? "",
    ...refusal,
  }));
}

function hasAnotherCandidate(state: SessionState): boolean {
  const { generate } = state.outputs;
  return generate !== undefined && state.attempt + 1 < Math.min(MOST_ATTEMPTS, generate.chain.length);
}

export function verdictOf(state: SessionState): Verdict {
  if (refusalOf(state) !== null) return "rejected";
  if (foundNothing(state)) return "inconclusive";
  return state.outputs.compare?.verdict ?? "no_baseline";
}
