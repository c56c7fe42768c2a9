/**
 * The state directory, with storage loaded only now: its database is native code of one platform, which an
 * installation without optional dependencies lacks, and which help and bad usage can do without.
 */
import type { Clock } from "../runtime/contracts/index.ts";
import type { StateDirectory } from "../storage/index.ts";
import { actorError } from "./errors.ts";

/** @throws INSTALLATION_INCOMPLETE, and what `openStateDirectory` refuses. */
export async function openState(path: string, clock: Clock): Promise<StateDirectory> {
  // By itself first: failing below storage's other modules it would end the process, caught or not (Node 20).
  await import("@duckdb/node-api").catch((error: unknown) => {
    throw isMissingPart(error) ? incomplete(error) : error;
  });
  const { openStateDirectory } = await import("../storage/index.ts");
  return await openStateDirectory(path, { clock });
}

/** A package that is not there, or a binary that this machine cannot load. */
function isMissingPart(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error) || !("code" in error)) return false;
  return ["MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND", "ERR_DLOPEN_FAILED"].includes(String(error.code));
}

function incomplete(cause: Error): Error {
  const [what] = cause.message.split("\n", 1);
  return actorError("INSTALLATION_INCOMPLETE", `the database cannot be loaded: ${what ?? ""}`, { cause });
}
