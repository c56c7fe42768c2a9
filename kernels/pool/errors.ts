/** Every coded error of the pool; README.md documents them one by one. */
import { errorsOf } from "../../runtime/contracts/index.ts";
import type { ErrorDefinition, ErrorDetail, MyriadError } from "../../runtime/contracts/index.ts";

export type PoolErrorCode =
  | "KERNEL_ABORTED"
  | "KERNEL_CRASHED"
  | "KERNEL_DEADLINE"
  | "KERNEL_NOT_FOUND"
  | "KERNEL_POOL_CLOSED"
  | "KERNEL_UNCLONEABLE";

export const POOL_ERRORS: Readonly<Record<PoolErrorCode, ErrorDefinition>> = {
  KERNEL_ABORTED: {
    fault: "interrupted",
    meaning: "The caller's signal was aborted; the job's worker was killed with it.",
    hint: "Run it again, or resume the session.",
  },
  KERNEL_CRASHED: {
    fault: "internal",
    meaning:
      "The worker died under the job: out of memory, an exit, an error outside of the kernel's own call, or an output that structured clone cannot carry.",
    hint: "Look at the cause; check free memory. The pool has replaced the worker.",
  },
  KERNEL_DEADLINE: {
    fault: "internal",
    meaning: "The job ran longer than its deadline and was killed with its worker.",
    hint: "Give the job a later deadline or less to do.",
  },
  KERNEL_NOT_FOUND: {
    fault: "internal",
    meaning: "The kernel's module cannot be loaded or does not export the function that the kernel names.",
    hint: "Compare the kernel's `module` and `export` with the file.",
  },
  KERNEL_POOL_CLOSED: {
    fault: "interrupted",
    meaning: "The pool was closed before or while the job ran.",
    hint: "Start the job before closing the pool, or open a new one.",
  },
  KERNEL_UNCLONEABLE: {
    fault: "internal",
    meaning: "The job's input or progress holds what structured clone cannot carry, e.g. a function.",
    hint: "Pass plain data: objects, arrays, typed arrays, Map, Set, Date, BigInt.",
  },
};

export const poolError: (code: PoolErrorCode, message: string, detail?: ErrorDetail) => MyriadError =
  errorsOf(POOL_ERRORS);
