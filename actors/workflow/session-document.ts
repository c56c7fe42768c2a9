/**
 * The one document in which a command ends: what `--json` prints, what reports are drawn from, what is kept.
 * `schema` is versioned and grows by addition only; `schemas/result.schema.json` is its JSON Schema.
 */
import type {
  Decision,
  Direction,
  InputsComparison,
  MetricComparison,
  Verdict,
} from "../../kernels/statistics/index.ts";
import type { SnippetLanguage } from "../command/snippet.ts";

/** The name and version of the result documents that this version writes. */
export const RESULT_SCHEMA = "myriad.result/1";

/** What was asked for. */
export type Command = "run" | "burst" | "compare" | "baseline" | "report";

/** All that a command ends in; null and empty where it did not come to that. */
export interface SessionDocument {
  readonly schema: typeof RESULT_SCHEMA;
  readonly command: Command;
  readonly session: string | null;
  /** The command reached what it was asked for: exit code 0. */
  readonly success: boolean;
  readonly verdict: Verdict | null;
  /** Set where the verdict is inconclusive for how it was measured, not for what the tests say. */
  readonly withheld?: Withheld | null;
  readonly error: DocumentError | null;
  readonly subject: SubjectSummary | null;
  readonly seed: number | null;
  readonly environment: Environment;
  readonly isolation: IsolationSummary | null;
  readonly noise: Noise | null;
  readonly phases: readonly PhaseSummary[];
  readonly search: SearchSummary | null;
  /** Candidates that were refused, in the order in which they were tried. */
  readonly refusals: readonly Refusal[];
  readonly burst: BurstSummary | null;
  readonly comparisons: readonly ComparisonRow[];
  readonly gates: readonly GateResult[];
  readonly reward: Reward | null;
  readonly baseline: BaselineChange | null;
  readonly equivalence: Equivalence | null;
  /** The change as a unified diff; null when there is none. */
  readonly diff: string | null;
  /** Absolute path of the HTML report; its Markdown twin lies beside it as `report.md`. */
  readonly report: string | null;
  /** What the user should know beside the result: a journal's end that was cut, for one. */
  readonly warnings?: readonly string[];
  /** Only of `baseline` commands, as what follows. */
  readonly baselines?: readonly BaselineSummary[];
  /** Of `baseline history`: one series a metric and environment. */
  readonly history?: readonly BaselineSeries[];
  /** Of `baseline compare` and `promote`: by kept samples. */
  readonly keptComparisons?: readonly KeptComparison[];
  /** Of `baseline prune`. */
  readonly pruned?: PrunedSummary;
  /** Of `baseline export`. */
  readonly exported?: ExportSummary;
}

/** Kept versions that can be looked at as one series, oldest first. */
export interface BaselineSeries {
  readonly metric: string;
  readonly unit: string;
  readonly direction: Direction;
  readonly fingerprint: string;
  /** As of its entries, which have it alike. */
  readonly level?: string | null;
  /** As of those entries of which it is kept; null: of none. */
  readonly carrier?: string | null;
  readonly tool: string | null;
  readonly entries: readonly BaselineSummary[];
  /** Where the level changed; null: too few versions to say. */
  readonly shifts: readonly BaselineShift[] | null;
}

/** A change of level in a series of baselines, by e-divisive. */
export interface BaselineShift {
  /** The first of the new level. */
  readonly tag: string;
  /** Means of the levels that meet here. */
  readonly before: number;
  readonly after: number;
  readonly relDelta: number | null;
  readonly p: number;
}

/** Two versions compared by the samples kept of them: not interleaved, so a quick look and no proof. */
export interface KeptComparison {
  readonly before: string;
  /** A tag, or the session whose candidate it is. */
  readonly after: string;
  readonly sameEnvironment: boolean;
  /** Why they were not compared; null: they were. */
  readonly refusal: string | null;
  readonly verdict: Verdict | null;
  readonly comparisons: readonly ComparisonRow[];
  /** What to bear in mind with the figures: what differs all the same, what is not known, what was left out. */
  readonly notes?: readonly string[];
}

/** Raw samples that were removed, or would be. */
export interface PrunedSummary {
  /** null: samples are kept for ever. */
  readonly olderThanDays: number | null;
  readonly dryRun: boolean;
  readonly forks: number;
  readonly samples: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  /** The same of the journal, which keeps the samples of its sessions, too. */
  readonly journal?: PrunedJournal;
}

/** Samples of ended sessions that were let go of in the journal, or would be. */
export interface PrunedJournal {
  /** Runs of bench files among them. */
  readonly sessions: number;
  readonly forks: number;
  readonly samples: number;
  /** What its segments take up. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/** What was exported. */
export interface ExportSummary {
  readonly format: string;
  readonly baselines: number;
  /** Absolute; null: to stdout. */
  readonly file: string | null;
}

/** Which baseline the session compared with, and which ones it made. */
export interface BaselineChange {
  /** The case's current one when the session began, or the one the task names; null: none. */
  readonly from: string | null;
  /** What this session made the current one; null: it stays as it was. */
  readonly to: string | null;
  /** What an improved run proved, kept under this tag; it becomes current when the change is applied. */
  readonly candidate: string | null;
  /** The candidate against the last release of the case; null: there is none, or it was what the burst ran beside. */
  readonly release?: KeptComparison | null;
}

/** Why a session, or a command, failed. */
export interface DocumentError {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly location: string | null;
}

/** What the session is about. */
export interface SubjectSummary {
  readonly id: string;
  readonly file: string;
  readonly export: string;
  readonly goal: string;
  /** The other version: a hand-written candidate, or the right side of `compare`. */
  readonly candidate: string | null;
}

/** Where it ran. */
export interface Environment {
  readonly myriad: string;
  /** e.g. `node 20.20.2`, `bun 1.4.5`. */
  readonly runtime: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryMb: number;
  /** Equal fingerprints: samples may be compared without running both again. */
  readonly fingerprint: string;
}

/** What kept the code under test from the rest of the machine, and what could not be had for that. */
export interface IsolationSummary {
  readonly engine: string;
  readonly carrier: string;
  readonly enforced: readonly string[];
  readonly missing: readonly string[];
}

/** How quiet the machine was during the burst. */
export interface Noise {
  /** The worse of two: of the machine during the burst, and of the baseline version's fork means. */
  readonly label: "quiet" | "noisy" | "unusable";
  /** Of the baseline version's fork means: below 0.05 quiet, below 0.3 noisy, else unusable. */
  readonly coefficientOfVariation: number;
  /** Just before the burst. */
  readonly before?: MachineNoise;
  /** Between its forks; null when none were run after a resume. */
  readonly during?: MachineNoise | null;
}

/** How quiet the machine itself was, by a fixed loop that was run again and again. */
export interface MachineNoise {
  readonly label: Noise["label"];
  readonly probes: number;
  /** Typical time of the loop. */
  readonly loopNs: number;
  /** Robust standard deviation ÷ median of the loop's times. */
  readonly variation: number;
  /** Share of the loop's time in which it was ready to run and did not; null where the system does not tell. */
  readonly waiting: number | null;
  /** Share of the processors' time that went to other machines; null where the system does not tell. */
  readonly steal: number | null;
  /** Load average of the last minute ÷ cores. */
  readonly loadPerCore: number;
  /** Of the first processor; null where the system does not tell. */
  readonly clockMhz: number | null;
}

/** The phases of a session, in their order. */
export type PhaseName =
  | "prepare"
  | "generate"
  | "validate"
  | "gates"
  | "equivalence"
  | "burst"
  | "compare"
  | "reward"
  | "baseline"
  | "report";

/** How far a phase is. */
export type PhaseState = "pending" | "running" | "finished" | "failed" | "skipped";

/** One phase, as it went. */
export interface PhaseSummary {
  readonly name: PhaseName;
  readonly state: PhaseState;
  readonly durationMs: number;
}

/** A candidate that did not get through, and why. */
export interface Refusal {
  /** The rewrites it is made of, or the hand-written function's name. */
  readonly candidate: string;
  readonly phase: PhaseName;
  readonly reason: string;
}

/** What the search tried, and what it took. */
export interface SearchSummary {
  /** Distinct candidate versions that were tried. */
  readonly candidates: number;
  /** Rewrites that the proposed version is made of: the last one tried, after refusals. */
  readonly accepted: number;
  readonly history: readonly SearchStep[];
}

/** One rewrite that was tried. */
export interface SearchStep {
  readonly round: number;
  readonly rule: string;
  readonly description: string;
  readonly line: number;
  /** Time of the version it was applied to ÷ time with it, both measured interleaved on search inputs; null when not measured. */
  readonly speedup: number | null;
  readonly outcome: "accepted" | "slower" | "no_gain" | "disagrees" | "refused";
  readonly reason: string | null;
}

/** How many sandboxes ran, and how they ended. */
export interface BurstSummary {
  /** Sandboxes a version. */
  readonly runs: number;
  readonly failures: number;
  readonly infraErrors: number;
  readonly wallMs: number;
  readonly sandboxesPerSecond: number;
  /** Inputs that one sandbox calls the function with. */
  readonly batch: number;
  /** What the forks were timed under; null where the engine does not tell. */
  readonly measurement?: MeasurementSummary | null;
  /** Of versions that are snippets: how their runs began, and what is not fresh in them. */
  readonly starts?: readonly StartSummary[];
  /** Absent or null where the burst was to run all its forks. */
  readonly earlyStop?: EarlyStopSummary | null;
}

/** How the runs of a version began that is a snippet. */
export interface StartSummary {
  readonly version: "baseline" | "candidate";
  readonly language: SnippetLanguage;
  /** `spawned` when any of its runs was. */
  readonly start: "forked" | "spawned";
  /** Why it was spawned; null of what was forked. */
  readonly why: string | null;
  /** What every run has of the interpreter that it is a copy of. */
  readonly notFresh: readonly string[];
}

/** How a burst ended that may end as soon as it is decided. Its rows' p and intervals are always-valid. */
export interface EarlyStopSummary {
  /** Forks a version that the verdict rests on. */
  readonly forks: number;
  /** The most that would have been run of each version. */
  readonly planned: number;
  /** Forks of both versions that ended beside the deciding ones, and count for nothing. */
  readonly notCounted: number;
  /** What ended it; null: it was never decided, and all planned forks were run. */
  readonly decided: Verdict | null;
}

/** What the forks of a burst were timed under. */
export interface MeasurementSummary {
  /** Of every fork of every version, fixed by pilot forks. */
  readonly warmUpIterations: number;
  /** Iterations between two looks at the clock. */
  readonly stretch: number;
  /** Typical of all forks: the clock's smallest step, and what an iteration takes that calls nothing (taken off). */
  readonly timer: { readonly resolutionNs: number; readonly overheadNs: number };
  readonly versions: readonly VersionMeasurement[];
}

/** The same of one version; of figures of forks the median, of collections the mean. */
export interface VersionMeasurement {
  readonly version: "baseline" | "candidate";
  readonly forks: number;
  /** Those that were not steady before their first timed iteration. */
  readonly unsteadyForks: number;
  /** Iterations until a fork was steady; null: none was. */
  readonly steadyAfter: number | null;
  /** Relative change from the first half of a fork's timed iterations to the second. */
  readonly drift: number;
  /** Garbage collections of a fork while it was timed, and their time; null where the engine does not tell. */
  readonly collections: number | null;
  readonly collectionMs: number | null;
  /** Heap that an iteration's calls allocate; null where the engine does not tell. */
  readonly allocatedBytes: number | null;
  /** CPU time of an iteration, the work between the calls with it. */
  readonly cpuNs: number;
}

/** Why a verdict is inconclusive whatever the tests say. */
export type Withheld = "noise" | "unsteady";

/** One metric of one case; q and verdict were decided over all rows together. */
export interface ComparisonRow extends Omit<MetricComparison, "test">, Decision {
  /** What p, q and `ci99` rest on: on inputs of a metric of the task's own, on pairs where the burst might have ended early. */
  readonly test: MetricComparison["test"] | InputsComparison["test"] | "always-valid-on-fork-pairs";
  readonly caseId: string;
  readonly metric: string;
  readonly unit: string;
  readonly engine: string;
}

/** One gate and whether the candidate passed it. */
export interface GateResult {
  readonly name: string;
  readonly passed: boolean;
  /** In [0, 1]; null when it did not run. */
  readonly score: number | null;
  readonly critical: boolean;
  /** Why it did not pass: `dependency_failure`, `not_run`, `error`, or a sentence. */
  readonly reason: string | null;
  readonly dependencies: readonly string[];
  readonly details: readonly string[];
}

/** What the session was worth, by the fixed formula. */
export interface Reward {
  readonly total: number;
  /** The first two terms divided by the number of checks, the others as they are. */
  readonly normalised: number;
  readonly components: Readonly<Record<string, number>>;
}

/** How subject and candidate agreed on the inputs. */
export interface Equivalence {
  /** Inputs in all, sealed ones among them. */
  readonly inputs: number;
  readonly sealed: number;
  readonly disagreements: number;
  readonly engines: readonly string[];
  readonly counterexamples: readonly Counterexample[];
  /** Where they do not agree the candidate returned or threw: no limit broken, nothing of the platform missing. */
  readonly clean?: boolean;
  /** Of commands that may give different results: what they printed was not compared. */
  readonly exitCodesAlone?: true;
}

/** An input on which they did not agree. */
export interface Counterexample {
  /** The argument list as a JavaScript literal, shrunk; of calls that differ only after others one a line, the last differs. */
  readonly input: string;
  readonly engine: string;
  /** Canonical forms, shortened for reading. */
  readonly subject: string;
  readonly candidate: string;
  /** Of all that `input` shows, as it was found, and as it is after shrinking; in characters. */
  readonly shrunkFrom: number;
  readonly shrunkTo: number;
}

/** One kept baseline in figures. */
export interface BaselineSummary {
  readonly tag: string;
  readonly caseId: string;
  readonly subject: string;
  readonly metric: string;
  readonly unit: string;
  readonly direction: Direction;
  readonly mean: number;
  readonly stdDev: number;
  readonly n: number;
  readonly ci99: readonly [number, number];
  readonly current: boolean;
  /** It was the last that was marked as released. */
  readonly release: boolean;
  readonly createdAt: string;
  /** Of machine and runtime; `foreign`: another tool measured it. */
  readonly fingerprint: string;
  /** e.g. `node 20.20.2`. */
  readonly runtime?: string;
  /** Where it was measured; null: another tool did, or nothing of its forks is kept. */
  readonly level?: string | null;
  /** What carried the code there, e.g. `bubblewrap`; null: not kept. */
  readonly carrier?: string | null;
  /** What people wrote on it. */
  readonly label: string | null;
  readonly note: string | null;
  /** The tool that it was imported from; null: measured by Myriad. */
  readonly tool: string | null;
}
