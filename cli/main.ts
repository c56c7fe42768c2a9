/**
 * The command line: parse, call the library, print. Returns the exit code; only a second signal to stop exits by
 * itself. However it ends, `--json` has printed one document.
 */
import { CommanderError } from "commander";
import {
  describeEnvironment,
  documentError,
  emptyBenchDocument,
  emptyCiDocument,
  emptyDocument,
  interrupted,
} from "../actors/index.ts";
import { encodeError, MyriadError } from "../runtime/contracts/index.ts";
import type { Fault, WireError } from "../runtime/contracts/index.ts";
import { usageError } from "./errors.ts";
import { EXIT_INPUT, EXIT_INTERRUPTED, EXIT_OK, exitCodeOfFault } from "./exit-code.ts";
import { printDocument } from "./output.ts";
import type { CommandDocument, Streams } from "./output.ts";
import { buildProgram, COMMANDS } from "./program.ts";
import type { Invocation } from "./program.ts";
import { perform } from "./perform.ts";
import { onSignal } from "./signals.ts";

/** @param early aborted when a signal to stop has come before this was called. */
export async function main(
  argv: readonly string[],
  streams: Streams = process,
  early: AbortSignal = new AbortController().signal,
): Promise<number> {
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
  return invocation === undefined ? EXIT_OK : await execute(invocation, streams, early);
}

/** Help and version were asked for; anything else is bad usage, which commander has explained on stderr. */
function usageExit(error: unknown, argv: readonly string[], json: boolean, streams: Streams): number {
  if (!(error instanceof CommanderError)) throw error;
  if (error.exitCode === 0) return EXIT_OK;
  if (json) {
    // Commander shows its help where a command is missing, and has no words for it.
    const message =
      error.code === "commander.help" ? "no command is named" : error.message.replace(/^error: /, "");
    const command = COMMANDS.find((name) => argv.includes(name)) ?? "run";
    const document = failedDocument(command, encodeError(usageError(message)), null);
    printDocument(document, { json, quiet: false }, streams);
  }
  return EXIT_INPUT;
}

async function execute(invocation: Invocation, streams: Streams, early: AbortSignal): Promise<number> {
  const { options } = invocation;
  const begun: { session: string | null } = { session: null };
  const stop = onSignal(early, () => {
    printError(interrupted(), invocation, streams, begun.session);
    process.exit(EXIT_INTERRUPTED);
  });
  try {
    const { document, exitCode } = await perform(invocation, streams, {
      signal: stop.signal,
      onSession: (session) => (begun.session = session),
    });
    printDocument(document, options, streams);
    return exitCode;
  } catch (error) {
    return exitCodeOfFault(printError(error, invocation, streams, begun.session));
  } finally {
    stop.listenNoMore();
  }
}

function printError(
  error: unknown,
  { command, options }: Invocation,
  streams: Streams,
  session: string | null,
): Fault {
  const wire = encodeError(error);
  printDocument(failedDocument(command, wire, session), options, streams);
  if (!(error instanceof MyriadError) && !options.json) streams.stderr.write(`${wire.stack ?? ""}\n`);
  return wire.fault;
}

function failedDocument(
  command: Invocation["command"],
  wire: WireError,
  session: string | null,
): CommandDocument {
  const environment = describeEnvironment();
  const error = documentError(wire, session ?? undefined);
  if (command === "ci") return { ...emptyCiDocument(environment), error };
  if (command === "bench") return { ...emptyBenchDocument(environment), session, error };
  return { ...emptyDocument(command, environment), session, error };
}
