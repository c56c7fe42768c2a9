/** What a report is drawn from: the document, and the samples behind it. */
import type { BaselineSeries, SessionDocument } from "../workflow/session-document.ts";

export interface ReportInput {
  readonly document: SessionDocument;
  /** Unified diff from the subject to the candidate; empty when there is none. */
  readonly diff: string;
  /** One entry a version, one array a fork, one value an iteration (the goal metric's unit). */
  readonly samples: readonly VersionSamples[];
  /** Kept versions of the case on this machine and runtime, one series a metric of at least two versions. */
  readonly history: readonly BaselineSeries[];
  /** Some inputs of the batch as JavaScript literals, shortened. */
  readonly sampleInputs: readonly string[];
  /** Where the inputs came from, one sentence. */
  readonly inputOrigin: string;
  /** Commands that reproduce the session. */
  readonly reproduce: readonly string[];
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

export interface VersionSamples {
  readonly version: "baseline" | "candidate";
  readonly label: string;
  readonly unit: string;
  readonly forks: readonly Float64Array[];
}
