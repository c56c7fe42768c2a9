/** The session document, a function of the session's state. */
import { createTwoFilesPatch } from "diff";
import { relative } from "node:path";
import type { WireError } from "../../runtime/contracts/index.ts";
import { measurementOf, measurementWarnings } from "../evidence/fork-conditions.ts";
import { startsOf, startWarnings } from "../command/snippet-start.ts";
import { levelWarnings } from "./level.ts";
import { RESULT_SCHEMA } from "./session-document.ts";
import type {
  BurstSummary,
  DocumentError,
  Environment,
  PhaseName,
  PhaseState,
  PhaseSummary,
  SearchSummary,
  SessionDocument,
  StartSummary,
  SubjectSummary,
} from "./session-document.ts";
import {
  comparedVersions,
  isSkipped,
  linkOf,
  otherVersion,
  PHASES,
  refusalsOf,
  verdictOf,
} from "./session-state.ts";
import type { SessionState } from "./session-state.ts";
import { refName } from "./task.ts";

/** @param error of a stop that is not in the state; default: the state's own. */
export function documentOf(
  state: SessionState,
  error: WireError | null = state.failure?.error ?? null,
): SessionDocument {
  const start = state.start!;
  const { outputs } = state;
  const verdict = error === null ? verdictOf(state) : null;
  return {
    ...emptyDocument(start.command, start.environment),
    session: start.session,
    success: error === null && isSuccess(state),
    verdict,
    withheld: outputs.compare?.withheld ?? null,
    error: error === null ? null : documentError(error, start.session),
    subject: subjectOf(state),
    seed: start.seed,
    isolation: outputs.burst?.isolation ?? null,
    noise: outputs.compare?.noise ?? null,
    phases: phasesOf(state),
    search: searchOf(state),
    refusals: refusalsOf(state),
    burst: burstOf(state),
    comparisons: outputs.compare?.rows ?? [],
    gates: outputs.compare?.gates ?? outputs.gates ?? [],
    reward: outputs.reward ?? null,
    baseline: outputs.baseline ?? null,
    equivalence: outputs.equivalence ?? null,
    diff: diffOf(state) || null,
    report: outputs.report?.html ?? null,
    warnings: [
      ...levelWarnings(start.task.level, outputs.burst?.isolation.missing ?? []),
      ...startWarnings(startsIn(state), new Set(state.forks.map(({ version }) => version)).size),
      ...(outputs.equivalence?.exitCodesAlone === true ? [EXIT_CODES_ALONE] : []),
      ...measurementWarnings(measurementOf(state.forks)),
    ],
  };
}

const EXIT_CODES_ALONE =
  "only the exit codes of the commands were compared (behaviour: may_change), not what they print";

export function emptyDocument(
  command: SessionDocument["command"],
  environment: Environment,
): SessionDocument {
  return {
    schema: RESULT_SCHEMA,
    command,
    session: null,
    success: false,
    verdict: null,
    error: null,
    subject: null,
    seed: null,
    environment,
    isolation: null,
    noise: null,
    phases: [],
    search: null,
    refusals: [],
    burst: null,
    comparisons: [],
    gates: [],
    reward: null,
    baseline: null,
    equivalence: null,
    diff: null,
    report: null,
  };
}

/** @param session fills in the hint's `<session>`. */
export function documentError(
  { code, message, hint, location }: WireError,
  session = "<session>",
): DocumentError {
  return { code, message, hint: hint?.replaceAll("<session>", session) ?? null, location };
}

/**
 * `run` wants better: the goal's metric (the first) improved and no other regressed. `compare` and `burst`
 * want not worse, or a baseline to begin with.
 */
export function isSuccess(state: SessionState): boolean {
  const verdict = verdictOf(state);
  if (state.start!.command !== "run") {
    return verdict === "improved" || verdict === "non_inferior" || verdict === "no_baseline";
  }
  const goal = state.outputs.compare?.rows[0]?.verdict;
  return goal === "improved" && verdict !== "regressed" && verdict !== "rejected";
}

function subjectOf({ start }: SessionState): SubjectSummary {
  const { task } = start!;
  const candidate = task.candidate === null ? null : refName(task.candidate);
  return {
    id: task.id,
    file: task.subject.file,
    export: task.subject.exportName,
    goal: task.goal,
    candidate,
  };
}

/** After a refusal the version before stands in: it is the one whose rewrites count. */
function searchOf(state: SessionState): SearchSummary | null {
  const { generate } = state.outputs;
  return generate === undefined ? null : { ...generate.summary, accepted: linkOf(state)?.rules.length ?? 0 };
}

export function phasesOf(state: SessionState): readonly PhaseSummary[] {
  return PHASES[state.start!.command].map((name) => ({
    name,
    state: phaseState(state, name),
    durationMs: state.durations[name] ?? 0,
  }));
}

function phaseState(state: SessionState, name: PhaseName): PhaseState {
  if (state.outputs[name] !== undefined) return "finished";
  if (state.failure?.phase === name) return "failed";
  if (state.outputs.prepare !== undefined && isSkipped(state, name)) return "skipped";
  return "pending";
}

function burstOf(state: SessionState): BurstSummary | null {
  const { burst } = state.outputs;
  if (burst === undefined) return null;
  const versions = Object.keys(comparedVersions(state)).length;
  const iterations = state.forks.length * burst.iterationsPerFork;
  const starts = startsIn(state);
  return {
    runs: iterations / versions,
    failures: state.forks.reduce((sum, fork) => sum + fork.failures, 0),
    infraErrors: burst.infraErrors,
    wallMs: burst.wallMs,
    sandboxesPerSecond: (burst.measured * 1000) / Math.max(1, burst.wallMs),
    batch: burst.batch,
    measurement: measurementOf(state.forks),
    ...(starts.length === 0 ? {} : { starts }),
    ...(burst.earlyStop === undefined ? {} : { earlyStop: burst.earlyStop }),
  };
}

function startsIn(state: SessionState): readonly StartSummary[] {
  if (state.outputs.burst === undefined) return [];
  const { baseline, candidate } = comparedVersions(state);
  const programs = {
    ...(baseline === undefined ? {} : { baseline: baseline.program }),
    ...(candidate === undefined ? {} : { candidate: candidate.program }),
  };
  return startsOf(programs, state.forks);
}

export function diffOf(state: SessionState): string {
  const prepared = state.outputs.prepare;
  const { task, command } = state.start!;
  const other = prepared === undefined || command === "burst" ? null : otherVersion(state);
  if (other === null || other.source === prepared!.info.source) return "";
  const name = relative(process.cwd(), prepared!.info.ref.file);
  const otherName = task.candidate === null ? name : relative(process.cwd(), task.candidate.file);
  return createTwoFilesPatch(`a/${name}`, `b/${otherName}`, prepared!.info.source, other.source);
}
