/**
 * The command line of `node`, `up` and `nats-server`: parse, call the library, print; see `main.ts`. However it ends,
 * `--json` has printed one document.
 */
import { Command, CommanderError } from "commander";
import { encodeError, MyriadError } from "../runtime/contracts/index.ts";
import type { Fault } from "../runtime/contracts/index.ts";
import { failedDocument, printClusterDocument } from "./cluster-output.ts";
import type { ClusterDocument } from "./cluster-output.ts";
import { addClusterCommands } from "./cluster-program.ts";
import type { ClusterInvocation } from "./cluster-program.ts";
import { endedAtOnce, usageError } from "./errors.ts";
import { EXIT_INPUT, EXIT_INTERRUPTED, EXIT_OK, exitCodeOfFault } from "./exit-code.ts";
import type { OutputOptions, Streams } from "./output.ts";
import { performCluster } from "./perform-cluster.ts";
import { onSignal } from "./signals.ts";

/** @param early aborted when a signal to stop has come before this was called. */
export async function main(
  argv: readonly string[],
  streams: Streams = process,
  early: AbortSignal = new AbortController().signal,
): Promise<number> {
  // A reader that has gone away (`| head`) is no reason to lose a node.
  for (const stream of [streams.stdout, streams.stderr]) stream.on("error", () => undefined);
  const json = argv.includes("--json");
  const chosen: ClusterInvocation[] = [];
  const program = programOf((invocation) => void chosen.push(invocation), streams, json);
  try {
    await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    return usageExit(error, argv, { json, quiet: false }, streams);
  }
  const [invocation] = chosen;
  return invocation === undefined ? EXIT_OK : await execute(invocation, streams, early);
}

function programOf(
  choose: (invocation: ClusterInvocation) => void,
  streams: Streams,
  json: boolean,
): Command {
  const program = new Command("myriad")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void streams.stdout.write(text),
      writeErr: (text) => {
        if (!json) streams.stderr.write(text);
      },
    })
    .showHelpAfterError("(myriad --help)");
  addClusterCommands(program, choose, json);
  return program;
}

/** Help was asked for; anything else is bad usage, which commander has explained on stderr. */
function usageExit(
  error: unknown,
  argv: readonly string[],
  options: OutputOptions,
  streams: Streams,
): number {
  if (!(error instanceof CommanderError)) throw error;
  if (error.exitCode === 0) return EXIT_OK;
  if (options.json) {
    const command = argv.find((word) => !word.startsWith("-")) as ClusterDocument["command"];
    const usage = usageError(error.message.replace(/^error: /, ""));
    printClusterDocument(failedDocument(command, encodeError(usage)), options, streams);
  }
  return EXIT_INPUT;
}

async function execute(invocation: ClusterInvocation, streams: Streams, early: AbortSignal): Promise<number> {
  const { command, options } = invocation;
  // Of a command that goes on after its document: a second one would be one too many.
  const printed = { json: options.json, quiet: options.quiet };
  const print = (document: ClusterDocument): void => {
    printClusterDocument(document, printed, streams);
    printed.json = false;
  };
  const fail = (error: unknown): Fault => {
    const wire = encodeError(error);
    print(failedDocument(command, wire));
    if (!(error instanceof MyriadError)) streams.stderr.write(`${wire.stack ?? ""}\n`);
    return wire.fault;
  };
  const stop = onSignal(early, () => {
    fail(endedAtOnce());
    process.exit(EXIT_INTERRUPTED);
  });
  try {
    return await performCluster(invocation, streams, { signal: stop.signal, print });
  } catch (error) {
    return exitCodeOfFault(fail(error));
  } finally {
    stop.listenNoMore();
  }
}
