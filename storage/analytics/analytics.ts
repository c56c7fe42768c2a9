import type {
  BaselineMarks,
  BaselineRow,
  ComparisonRow,
  ForkRow,
  MetricSamples,
  SessionRow,
  SummaryRow,
} from "./rows.ts";

/** What one baseline of a case stands for: what bursts compare with, or what was released last. */
export type BaselineRole = "current" | "release";

export interface BaselineFilter {
  readonly caseId?: string;
  readonly subject?: string;
}

/** Samples of forks recorded before `before`, less those of current and release baselines, which stay. */
export interface PrunedSamples {
  readonly forks: number;
  readonly samples: number;
  /** What the database takes up, room that is free for new rows aside. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/** The case's tag before and after a promotion; null when it had none. */
export interface Promotion {
  readonly caseId: string;
  readonly from: string | null;
  readonly to: string;
}

/**
 * Measurements and what was concluded from them. Two keep them: DuckDB, and plain files where DuckDB cannot be
 * loaded (`open-analytics.ts` says when). `test/contract/analytics-contract.ts` holds both to what stands here.
 *
 * Every `record…` is kept whole or not at all, durable when it resolves, and replaces the record with the same
 * key, so that a resumed session may say again what it is not sure of having said. Baselines alone are
 * immutable. Calls take effect one after another, in the order in which they were made.
 *
 * @throws (every method) ANALYTICS_CLOSED; writes: ANALYTICS_WRITE_FAILED (nothing of the call was kept),
 *   ANALYTICS_ROW_INVALID; reads: ANALYTICS_READ_FAILED.
 */
export interface Analytics {
  /** What a user should know of how this is kept; null when there is nothing to know. */
  readonly notice: string | null;

  recordSession(row: SessionRow): Promise<void>;
  session(session: string): Promise<SessionRow | null>;
  /** Oldest first. */
  sessions(): Promise<readonly SessionRow[]>;

  /** The fork and its samples, all or nothing; whatever was recorded for the same fork before is gone. */
  recordFork(fork: ForkRow, samples: readonly MetricSamples[]): Promise<void>;
  /** In the order of case, version and fork. */
  forksOf(session: string, caseId?: string, version?: string): Promise<readonly ForkRow[]>;
  /** One array a fork that has this metric, in the order of forks; each the values that there are, in the order of iterations. */
  samplesOf(session: string, caseId: string, version: string, metric: string): Promise<Float64Array[]>;

  recordSummaries(rows: readonly SummaryRow[]): Promise<void>;
  /** In the order of case, metric and version. */
  summariesOf(session: string): Promise<readonly SummaryRow[]>;
  recordComparisons(rows: readonly ComparisonRow[]): Promise<void>;
  /** In the order of case, metric and versions. */
  comparisonsOf(session: string): Promise<readonly ComparisonRow[]>;

  /**
   * Keeps all rows of one new tag at once. Saying the same again (same cases and metrics from the same
   * samples) changes nothing, so that a resumed session may.
   * @throws BASELINE_EXISTS
   */
  establishBaseline(tag: string, rows: readonly Omit<BaselineRow, "tag">[]): Promise<void>;
  /** One row a case and metric; empty when there is no such tag. */
  baseline(tag: string): Promise<readonly BaselineRow[]>;
  /** The same, of a tag that is to be there. @throws BASELINE_UNKNOWN */
  requireBaseline(tag: string): Promise<readonly BaselineRow[]>;
  /** Oldest first. */
  baselines(filter?: BaselineFilter): Promise<readonly BaselineRow[]>;
  /** The promoted baseline of the case, one row a metric; empty when none was promoted. */
  currentBaseline(caseId: string): Promise<readonly BaselineRow[]>;
  /** The baseline of the case that was marked as released last; empty when none was. */
  releaseBaseline(caseId: string): Promise<readonly BaselineRow[]>;
  /** Gives the tag the role (default: current) in each of its cases. @throws BASELINE_UNKNOWN */
  promote(tag: string, role?: BaselineRole): Promise<readonly Promotion[]>;

  /** Replaces what was written on the tag. @throws BASELINE_UNKNOWN */
  markBaseline(marks: BaselineMarks): Promise<void>;
  /** In the order of tags. */
  baselineMarks(): Promise<readonly BaselineMarks[]>;

  /** What was kept under the name; null: nothing. */
  setting(name: string): Promise<unknown>;
  recordSetting(name: string, value: unknown): Promise<void>;

  /**
   * Removes old raw samples; forks, summaries, baselines and comparisons stay. No current or release baseline
   * loses any.
   * @param dryRun count only, and change nothing
   */
  pruneSamples(before: number, dryRun: boolean): Promise<PrunedSamples>;

  /** Waits for what was begun. */
  close(): Promise<void>;
}
