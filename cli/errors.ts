/** What the command line itself refuses; documented in cli/README.md. */
import { errorsOf } from "../runtime/contracts/index.ts";
import type { ErrorDefinition, MyriadError } from "../runtime/contracts/index.ts";

export const CLI_ERRORS: Readonly<Record<"OUTPUT_UNWRITABLE" | "USAGE", ErrorDefinition>> = {
  OUTPUT_UNWRITABLE: {
    fault: "input",
    meaning: "a file that the command line names could not be written",
    hint: "give a path in a folder that exists and may be written to",
  },
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

export function outputUnwritable(file: string, cause: unknown): MyriadError {
  return cliError("OUTPUT_UNWRITABLE", `${file} could not be written`, { location: file, cause });
}
