import type { RowTable } from "./row-table.ts";

/** The records of the analytics database. Times are milliseconds since the epoch; JSON fields hold plain JSON data. */

export interface SessionRow {
  readonly session: string;
  /** The command that began it: `run`, `burst`, `compare` … */
  readonly command: string;
  readonly subject: string;
  readonly goal: string | null;
  readonly seed: string;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly verdict: string | null;
  readonly environment: unknown;
}

/** One fork of one version of one case: where and how it ran. Its samples are kept beside it. */
export interface ForkRow {
  readonly session: string;
  readonly caseId: string;
  readonly version: string;
  readonly fork: number;
  /** Place of the fork in the interleaved sequence of all versions' forks. */
  readonly order: number;
  readonly node: string;
  readonly engine: string;
  /** What carried the engine; null or absent: not kept. */
  readonly carrier?: string | null;
  readonly iterations: number;
  readonly failures: number;
  /** How many observations ended in which outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly cpuMs: number;
  readonly peakMb: number;
  readonly recordedAt: number;
}

export interface MetricSamples {
  readonly metric: string;
  /** One value an iteration, in order; NaN where an iteration has none, and no infinity. */
  readonly values: Float64Array;
}

/** One metric of one version in figures; `ciLow` and `ciHigh` bound the mean at 99 %. */
export interface SummaryRow {
  readonly session: string;
  readonly caseId: string;
  readonly metric: string;
  readonly version: string;
  readonly unit: string;
  readonly n: number;
  readonly mean: number;
  readonly stdDev: number;
  readonly median: number;
  readonly p95: number;
  readonly p99: number;
  readonly ciLow: number;
  readonly ciHigh: number;
  readonly detail: unknown;
  readonly recordedAt: number;
}

/** One metric of one case under a tag. The samples it was made of are those of `samplesSession`, `samplesVersion`. */
export interface BaselineRow {
  readonly tag: string;
  readonly caseId: string;
  readonly subject: string;
  readonly metric: string;
  readonly unit: string;
  readonly direction: "lower" | "higher";
  /** Relative change that does not count; null: the metric's default. */
  readonly tolerance: number | null;
  readonly mean: number;
  readonly stdDev: number;
  readonly n: number;
  readonly ciLow: number;
  readonly ciHigh: number;
  readonly samplesSession: string;
  readonly samplesVersion: string;
  readonly environment: unknown;
  readonly programDigest: string;
  readonly createdAt: number;
  readonly note: string | null;
  /** What measured it, where that was not Myriad; null: measured here. */
  readonly tool: string | null;
}

/** What people wrote on a baseline; the baseline itself never changes. */
export interface BaselineMarks {
  readonly tag: string;
  readonly label: string | null;
  readonly note: string | null;
  readonly changedAt: number;
}

/** What the state directory was told to remember; the value is plain JSON data. */
export interface SettingRow {
  readonly name: string;
  readonly value: unknown;
}

/** A null figure is one that does not exist for these samples. */
export interface ComparisonRow {
  readonly session: string;
  readonly caseId: string;
  readonly metric: string;
  readonly baselineVersion: string;
  readonly candidateVersion: string;
  readonly verdict: string;
  readonly test: string;
  readonly tolerance: number;
  readonly relDelta: number | null;
  readonly ciLow: number | null;
  readonly ciHigh: number | null;
  readonly p: number | null;
  readonly q: number | null;
  readonly hedgesG: number | null;
  readonly cliffsDelta: number | null;
  /** The whole comparison, as it is reported. */
  readonly detail: unknown;
  readonly recordedAt: number;
}

export const SESSIONS: RowTable<SessionRow> = {
  name: "sessions",
  key: ["session"],
  fields: {
    session: "text",
    command: "text",
    subject: "text",
    goal: "text?",
    seed: "text",
    startedAt: "time",
    finishedAt: "time?",
    verdict: "text?",
    environment: "json",
  },
};

export const FORKS: RowTable<ForkRow> = {
  name: "forks",
  key: ["session", "caseId", "version", "fork"],
  fields: {
    session: "text",
    caseId: "text",
    version: "text",
    fork: "integer",
    order: "integer",
    node: "text",
    engine: "text",
    iterations: "integer",
    failures: "integer",
    outcomes: "json",
    cpuMs: "number",
    peakMb: "number",
    recordedAt: "time",
    carrier: "text?",
  },
};

export const SUMMARIES: RowTable<SummaryRow> = {
  name: "summaries",
  key: ["session", "caseId", "metric", "version"],
  fields: {
    session: "text",
    caseId: "text",
    metric: "text",
    version: "text",
    unit: "text",
    n: "integer",
    mean: "number",
    stdDev: "number",
    median: "number",
    p95: "number",
    p99: "number",
    ciLow: "number",
    ciHigh: "number",
    detail: "json",
    recordedAt: "time",
  },
};

export const BASELINES: RowTable<BaselineRow> = {
  name: "baselines",
  key: ["tag", "caseId", "metric"],
  fields: {
    tag: "text",
    caseId: "text",
    subject: "text",
    metric: "text",
    unit: "text",
    direction: "text",
    mean: "number",
    stdDev: "number",
    n: "integer",
    ciLow: "number",
    ciHigh: "number",
    samplesSession: "text",
    samplesVersion: "text",
    environment: "json",
    programDigest: "text",
    createdAt: "time",
    note: "text?",
    tolerance: "number?",
    tool: "text?",
  },
};

export const BASELINE_MARKS: RowTable<BaselineMarks> = {
  name: "baseline_marks",
  key: ["tag"],
  fields: { tag: "text", label: "text?", note: "text?", changedAt: "time" },
};

export const SETTINGS: RowTable<SettingRow> = {
  name: "settings",
  key: ["name"],
  fields: { name: "text", value: "json" },
};

export const COMPARISONS: RowTable<ComparisonRow> = {
  name: "comparisons",
  key: ["session", "caseId", "metric", "baselineVersion", "candidateVersion"],
  fields: {
    session: "text",
    caseId: "text",
    metric: "text",
    baselineVersion: "text",
    candidateVersion: "text",
    verdict: "text",
    test: "text",
    tolerance: "number",
    relDelta: "number?",
    ciLow: "number?",
    ciHigh: "number?",
    p: "number?",
    q: "number?",
    hedgesG: "number?",
    cliffsDelta: "number?",
    detail: "json",
    recordedAt: "time",
  },
};
