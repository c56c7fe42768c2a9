/**
 * The command line's door. Sessions and clusters need much, and nothing of each other: what runs a node is not loaded
 * for a session, nor TypeScript and DuckDB for a node.
 */
import type { Streams } from "./output.ts";

const OF_CLUSTERS: readonly string[] = ["node", "up", "nats-server", "admin", "repl", "top"];

/** @param early aborted when a signal to stop has come before this was called. */
export async function main(argv: readonly string[], streams?: Streams, early?: AbortSignal): Promise<number> {
  const command = argv.find((word) => !word.startsWith("-")) ?? "";
  const half = OF_CLUSTERS.includes(command) ? await import("./cluster-main.ts") : await import("./main.ts");
  return await half.main(argv, streams, early);
}
