export { openSystem } from "./system.ts";
export type { MyriadSystem, MyriadSystemOptions } from "./system.ts";
export type { SessionEnding, SessionHooks } from "./session-run.ts";
export type { JobSystem } from "./jobs/job-runner.ts";
export { takeJobs } from "./jobs/take-jobs.ts";
export type { Jobs, JobsOptions } from "./jobs/jobs.ts";
export { app } from "./app.ts";
export { ACTOR_ERRORS, interrupted } from "./errors.ts";
export type { ProgressNote } from "./agent/agent.ts";
export { LEVELS } from "./workflow/level.ts";
export type { Level } from "./workflow/level.ts";
export type { CommandSurroundings, CommandText, TaskCommand, TaskCommands } from "./command/command.ts";
export type { SnippetLanguage, TaskSnippet } from "./command/snippet.ts";
export { startText } from "./command/snippet-start.ts";
export { commandTask, compareTask, METRIC_NAMES, readTask, snippetTask } from "./workflow/task.ts";
export type { Behaviour, MetricName, MetricSpec, Task, TaskOverrides } from "./workflow/task.ts";
export { RESULT_JSON_SCHEMA } from "./workflow/result-schema.ts";
export { TASK_SCHEMA } from "./workflow/task-schema.ts";
export { documentError, emptyDocument } from "./workflow/document.ts";
export { describeEnvironment, packageVersion } from "./workflow/environment.ts";
export { RESULT_SCHEMA } from "./workflow/session-document.ts";
export type { BaselineExport, ExportFormat, ExportRequest } from "./evidence/baseline-export.ts";
export { BaselineRegister } from "./evidence/baseline-register.ts";
export type { PruneRequest } from "./evidence/baseline-retention.ts";
export type {
  BaselineChange,
  BaselineSeries,
  BaselineShift,
  BaselineSummary,
  BurstSummary,
  Command,
  ComparisonRow,
  Counterexample,
  DocumentError,
  EarlyStopSummary,
  Environment,
  Equivalence,
  ExportSummary,
  GateResult,
  IsolationSummary,
  KeptComparison,
  MachineNoise,
  MeasurementSummary,
  Noise,
  PhaseName,
  PhaseState,
  PhaseSummary,
  PrunedJournal,
  PrunedSummary,
  Refusal,
  Reward,
  SearchStep,
  SearchSummary,
  SessionDocument,
  StartSummary,
  SubjectSummary,
  VersionMeasurement,
  Withheld,
} from "./workflow/session-document.ts";
export type { SessionCommand } from "./workflow/session-state.ts";
export { earlyStopText } from "./evidence/report-measurement.ts";
export { verdictSentence } from "./evidence/report-verdict.ts";
export { readSuite } from "./ci/suite.ts";
export type { Suite, SuiteCase, SuiteOverrides } from "./ci/suite.ts";
export { SUITE_SCHEMA } from "./ci/suite-schema.ts";
export { CI_SCHEMA, emptyCiDocument } from "./ci/ci-document.ts";
export type { CiCase, CiDocument, CiVerdict, FalseAlarms } from "./ci/ci-document.ts";
export { CI_JSON_SCHEMA } from "./ci/ci-document-schema.ts";
export type { CiEnding, CiHooks, CiStep } from "./ci/ci-run.ts";
export type { GitBase } from "./ci/git-source.ts";
export { ciMarkdown } from "./ci/ci-markdown.ts";
export { showHidden } from "./evidence/report-markup.ts";
export { ciText } from "./ci/ci-text.ts";
export { ciJunit } from "./ci/ci-junit.ts";
export { emptyBenchDocument, BENCH_SCHEMA } from "./bench/bench-document.ts";
export type {
  BenchDocument,
  BenchGroup,
  BenchTaskResult,
  BenchTime,
  BenchVerdict,
  ReferenceComparison,
} from "./bench/bench-document.ts";
export { BENCH_JSON_SCHEMA } from "./bench/bench-document-schema.ts";
export type { BenchEnding, BenchHooks, BenchNote, BenchPhase, BenchRequest } from "./bench/bench-run.ts";
export { benchText } from "./bench/bench-text.ts";
