/** What the command line itself refuses; documented in cli/README.md. */
import { errorsOf } from "../runtime/contracts/index.ts";
import type { ErrorDefinition, MyriadError } from "../runtime/contracts/index.ts";

export const CLI_ERRORS: Readonly<Record<"USAGE", ErrorDefinition>> = {
  USAGE: {
    fault: "input",
    meaning: "the command line is not one that myriad understands",
    hint: "myriad --help",
  },
};

const cliError = errorsOf(CLI_ERRORS);

export function usageError(message: string): MyriadError {
  return cliError("USAGE", message);
}
