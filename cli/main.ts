/** The command line: parse, call the library, print. Returns the exit code; never calls process.exit itself. */
import { CommanderError } from "commander";
import { describeEnvironment, emptyDocument, documentError } from "../actors/index.ts";
import type { SessionDocument } from "../actors/index.ts";
import { encodeError, MyriadError } from "../runtime/contracts/index.ts";
import type { WireError } from "../runtime/contracts/index.ts";
import { EXIT_INPUT, EXIT_OK, exitCodeOfFault } from "./exit-code.ts";
import { printDocument } from "./output.ts";
import type { Streams } from "./output.ts";
import { buildProgram, COMMANDS } from "./program.ts";
import type { Invocation } from "./program.ts";
import { perform } from "./perform.ts";

const USAGE: WireError = {
  code: "USAGE",
  fault: "input",
  message: "",
  hint: "myriad --help",
  location: null,
  stack: null,
  cause: null,
};

export async function main(argv: readonly string[], streams: Streams = process): Promise<number> {
  // A reader that has gone away (`| head`) is no reason to lose a session.
  for (const stream of [streams.stdout, streams.stderr]) stream.on("error", () => undefined);
  const json = argv.includes("--json");
  const chosen: Invocation[] = [];
  const program = buildProgram((invocation) => void chosen.push(invocation), streams, json);
  try {
    await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    return usageExit(error, argv, json, streams);
  }
  const [invocation] = chosen;
  return invocation === undefined ? EXIT_OK : await execute(invocation, streams);
}

/** Help and version were asked for; anything else is bad usage, which commander has explained on stderr. */
function usageExit(error: unknown, argv: readonly string[], json: boolean, streams: Streams): number {
  if (!(error instanceof CommanderError)) throw error;
  if (error.exitCode === 0) return EXIT_OK;
  if (json) {
    // Commander shows its help where a command is missing, and has no words for it.
    const message =
      error.code === "commander.help" ? "no command is named" : error.message.replace(/^error: /, "");
    const document = {
      ...emptyDocument(COMMANDS.find((name) => argv.includes(name)) ?? "run", describeEnvironment()),
      error: documentError({ ...USAGE, message }),
    };
    printDocument(document, { json, quiet: false }, streams);
  }
  return EXIT_INPUT;
}

async function execute(invocation: Invocation, streams: Streams): Promise<number> {
  const { options } = invocation;
  try {
    const { document, exitCode } = await perform(invocation, streams);
    printDocument(document, options, streams);
    return exitCode;
  } catch (error) {
    const wire = encodeError(error);
    const document: SessionDocument = {
      ...emptyDocument(invocation.command, describeEnvironment()),
      error: documentError(wire),
    };
    printDocument(document, options, streams);
    if (!(error instanceof MyriadError) && !options.json) streams.stderr.write(`${wire.stack ?? ""}\n`);
    return exitCodeOfFault(wire.fault);
  }
}
