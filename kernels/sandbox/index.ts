export { SANDBOX_ERRORS, sandboxError } from "./errors.ts";
export { isolateEngine } from "./isolate-engine.ts";
export type { IsolateEngine, IsolateOptions } from "./isolate-engine.ts";
export { processEngine } from "./process-engine.ts";
export type { ProcessEngine, ProcessOptions } from "./process-engine.ts";
export type {
  ProcessIsolation,
  ProcessLimitName,
  ProcessLimits,
  ProcessOutcome,
  ProcessProgram,
  ProcessReport,
  ProcessRequest,
  ProcessSample,
  ProcessSnippet,
  ProcessStream,
} from "./process-protocol.ts";
export { SANDBOX_CAPS } from "./protocol.ts";
export type {
  EncodedInput,
  EngineName,
  ForkConditions,
  ForkMeasurement,
  GenerateRequest,
  Isolation,
  MeasureRequest,
  Observation,
  ObserveRequest,
  ObserveResult,
  Outcome,
  SandboxCallOptions,
  SandboxEngine,
  SandboxLimits,
  SandboxProgram,
  SandboxSeed,
  SnippetStart,
} from "./protocol.ts";
export { generateInputs, REALM_ISOLATION, realmEngine } from "./realm-engine.ts";
export { trustedEngine } from "./trusted-engine.ts";
export type { TrustedEngine, TrustedOptions } from "./trusted-engine.ts";
