/** The library's door. */
export { compareTask, openSystem, readTask, RESULT_SCHEMA, verdictSentence } from "./actors/index.ts";
export type {
  BaselineChange,
  BaselineExport,
  BaselineRegister,
  BaselineSeries,
  BaselineShift,
  BaselineSummary,
  BurstSummary,
  Command,
  ComparisonRow,
  Counterexample,
  DocumentError,
  Environment,
  Equivalence,
  ExportFormat,
  ExportRequest,
  ExportSummary,
  GateResult,
  IsolationSummary,
  KeptComparison,
  MetricName,
  MetricSpec,
  MyriadSystem,
  MyriadSystemOptions,
  MachineNoise,
  MeasurementSummary,
  Noise,
  PhaseName,
  PhaseState,
  PhaseSummary,
  ProgressNote,
  PrunedSummary,
  PruneRequest,
  Refusal,
  Reward,
  SearchStep,
  SearchSummary,
  SessionCommand,
  SessionDocument,
  SessionEnding,
  SessionHooks,
  SubjectSummary,
  VersionMeasurement,
  Withheld,
  Task,
  TaskOverrides,
} from "./actors/index.ts";
export type { SandboxLimits } from "./kernels/sandbox/index.ts";
export type {
  ComparisonP,
  Decision,
  Direction,
  ForkSummary,
  Interval,
  MetricComparison,
  MetricVerdict,
  Verdict,
} from "./kernels/statistics/index.ts";
export type { FunctionRef } from "./kernels/syntax/index.ts";
export { actor, createSystem, defineApp } from "./runtime/index.ts";
export type {
  ActorContext,
  ActorRef,
  ActorSystem,
  ActorType,
  Reply,
  SystemOptions,
} from "./runtime/index.ts";
export type { BaselineRole } from "./storage/index.ts";
export { MyriadError, seededRandom, systemClock } from "./runtime/contracts/index.ts";
export type { Clock, Journal, Random } from "./runtime/contracts/index.ts";
