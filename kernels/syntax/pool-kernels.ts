/**
 * What runs in a pool. The first TypeScript program of a worker costs about a second, later ones of the same
 * file milliseconds: workers keep parsed files and programs, see program-host.ts.
 */
import type { Kernel } from "../../runtime/contracts/index.ts";
import type {
  AuditReport,
  AuditRequest,
  DerivedInputs,
  DeriveInputsRequest,
  FunctionInfo,
  FunctionRef,
} from "./protocol.ts";

export { auditCandidate } from "./audit.ts";
export { deriveInputs } from "./derive-inputs.ts";
export { inspectFunction } from "./inspect.ts";

/** `inspectFunction` in a pool. */
export const inspectKernel: Kernel<FunctionRef, FunctionInfo> = {
  name: "syntax.inspect",
  module: import.meta.url,
  export: "inspectFunction",
};

/** `deriveInputs` in a pool. */
export const deriveInputsKernel: Kernel<DeriveInputsRequest, DerivedInputs> = {
  name: "syntax.deriveInputs",
  module: import.meta.url,
  export: "deriveInputs",
};

/** `auditCandidate` in a pool. */
export const auditKernel: Kernel<AuditRequest, AuditReport> = {
  name: "syntax.audit",
  module: import.meta.url,
  export: "auditCandidate",
};
