/** The syntax room's door. */
export { auditCandidate } from "./audit.ts";
export { CONSTRAINT_PATTERN } from "./audit-constraints.ts";
export { bundleFunction, bundleModule, programDigest, programDigests } from "./bundle.ts";
export { SYNTAX_ERRORS, syntaxError } from "./errors.ts";
export { findRewrites, findRewritesKernel } from "./find-rewrites.ts";
export { shrinkCandidates } from "./input-shrink.ts";
export { inspectFunction } from "./inspect.ts";
export { deriveInputs } from "./derive-inputs.ts";
export { auditKernel, deriveInputsKernel, inspectKernel } from "./pool-kernels.ts";
export { showInput } from "./show-input.ts";
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
