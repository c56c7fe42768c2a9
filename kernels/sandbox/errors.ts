/** Every coded error of the sandbox room; README.md documents them one by one. */
import { errorsOf } from "../../runtime/contracts/index.ts";
import type { ErrorDefinition, ErrorDetail, MyriadError } from "../../runtime/contracts/index.ts";

export type SandboxErrorCode =
  | "SANDBOX_ABORTED"
  | "SANDBOX_GENERATOR"
  | "SANDBOX_INFRA"
  | "SANDBOX_ISOLATION"
  | "SANDBOX_LIMITS"
  | "SANDBOX_PROGRAM";

export const SANDBOX_ERRORS: Readonly<Record<SandboxErrorCode, ErrorDefinition>> = {
  SANDBOX_ABORTED: {
    fault: "interrupted",
    meaning: "The caller's signal was aborted while the sandbox ran; its process or worker was killed.",
    hint: "Run it again, or resume the session.",
  },
  SANDBOX_GENERATOR: {
    fault: "input",
    meaning: "The task's input generator threw, met a limit, or did not return an array of argument lists.",
    hint: "Export a function (random, count) => argument lists, e.g. [[1, 2], [3, 4]], of values that devalue can write.",
  },
  SANDBOX_INFRA: {
    fault: "internal",
    meaning:
      "A sandbox could not be started, or its worker died of itself: one fork, or an observation three times.",
    hint: "Look at the cause; check free memory, the process limit and that the runtime's binary can be run.",
  },
  SANDBOX_ISOLATION: {
    fault: "input",
    meaning: "Isolation is required, and nothing on this machine enforces it.",
    hint: "Install bubblewrap (`apt-get install bubblewrap`), or drop --require-isolation.",
  },
  SANDBOX_LIMITS: {
    fault: "input",
    meaning: "A limit is not a positive number, or is above its cap.",
    hint: "Lower the limits: at most 2048 MB memory, 30 s CPU, 500 MB disk and 60 s wall time.",
  },
  SANDBOX_PROGRAM: {
    fault: "input",
    meaning: "The program cannot be loaded, or its entry is not an exported function.",
    hint: "Check that the module runs on its own and exports the function under that name.",
  },
};

export const sandboxError: (code: SandboxErrorCode, message: string, detail?: ErrorDetail) => MyriadError =
  errorsOf(SANDBOX_ERRORS);

export function sandboxAborted(): MyriadError {
  return sandboxError("SANDBOX_ABORTED", "The sandbox was stopped before it had finished.");
}

export function notJavaScript(text: string): MyriadError {
  return sandboxError("SANDBOX_PROGRAM", `The program is no JavaScript that can be evaluated: ${text}`);
}
