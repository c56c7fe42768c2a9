export { openSystem } from "./system.ts";
export type { MyriadSystem, SystemOptions } from "./system.ts";
export type { SessionEnding, SessionHooks } from "./session-run.ts";
export { app } from "./app.ts";
export { ACTOR_ERRORS, interrupted } from "./errors.ts";
export type { ProgressNote } from "./agent/agent.ts";
export { compareTask, readTask } from "./workflow/task.ts";
export type { MetricSpec, Task, TaskOverrides } from "./workflow/task.ts";
export { RESULT_JSON_SCHEMA } from "./workflow/result-schema.ts";
export { TASK_SCHEMA } from "./workflow/task-schema.ts";
export { documentError, emptyDocument } from "./workflow/document.ts";
export { describeEnvironment, packageVersion } from "./workflow/environment.ts";
export { RESULT_SCHEMA } from "./workflow/session-document.ts";
export type {
  BaselineSummary,
  ComparisonRow,
  Environment,
  Equivalence,
  GateResult,
  PhaseName,
  SessionDocument,
} from "./workflow/session-document.ts";
export type { SessionCommand } from "./workflow/session-state.ts";
export { verdictSentence } from "./evidence/report-verdict.ts";
