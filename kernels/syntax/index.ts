/** The syntax room's door. */
export { bundleFunction } from "./bundle.ts";
export { SYNTAX_ERRORS, syntaxError } from "./errors.ts";
export { inspectFunction } from "./inspect.ts";
export { deriveInputs } from "./derive-inputs.ts";
export { deriveInputsKernel, inspectKernel } from "./pool-kernels.ts";
export type {
  ArchitectureScores,
  AuditCheck,
  AuditReport,
  AuditRequest,
  DeriveInputsRequest,
  DerivedInputs,
  FunctionInfo,
  FunctionRef,
  ModuleText,
  ParameterInfo,
  Rewrite,
  RewritesRequest,
  SecurityFinding,
} from "./protocol.ts";
