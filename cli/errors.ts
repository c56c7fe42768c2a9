/** What the command line itself refuses; documented in cli/README.md. */
import { errorsOf } from "../runtime/contracts/index.ts";
import type { ErrorDefinition, MyriadError } from "../runtime/contracts/index.ts";

type CliErrorCode = "ENDED_AT_ONCE" | "OUTPUT_UNWRITABLE" | "USAGE";

export const CLI_ERRORS: Readonly<Record<CliErrorCode, ErrorDefinition>> = {
  ENDED_AT_ONCE: {
    fault: "interrupted",
    meaning: "a second signal ended a node or a local cluster before it was drained",
    hint: "one signal alone lets it drain",
  },
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

export function endedAtOnce(): MyriadError {
  return cliError("ENDED_AT_ONCE", "a second signal has come");
}

export function usageError(message: string): MyriadError {
  return cliError("USAGE", message);
}

export function outputUnwritable(file: string, cause: unknown): MyriadError {
  return cliError("OUTPUT_UNWRITABLE", `${file} could not be written`, { location: file, cause });
}
