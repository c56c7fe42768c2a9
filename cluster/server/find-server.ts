/** Where nats-server is on this machine. */
import { execFile } from "node:child_process";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { clusterError } from "../errors.ts";

const run = promisify(execFile);

/** A nats-server that can be run. */
export interface NatsServerBinary {
  readonly path: string;
  /** Such as `2.10.27`. */
  readonly version: string;
}

/** Debian puts it where only root's PATH looks. */
const SYSTEM_FOLDERS = ["/usr/local/bin", "/usr/bin", "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"];

/** Where `installNatsServer` puts it. */
export function serverCache(environment: NodeJS.ProcessEnv = process.env): string {
  const caches = environment["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(caches, "myriad", "nats-server");
}

/**
 * Looks at MYRIAD_NATS_SERVER, and nowhere else when that is set; else at the PATH, at the usual folders and at what
 * was installed by `myriad nats-server install`.
 * @throws NATS_SERVER_MISSING
 */
export async function findNatsServer(
  environment: NodeJS.ProcessEnv = process.env,
): Promise<NatsServerBinary> {
  const named = environment["MYRIAD_NATS_SERVER"] ?? "";
  if (named !== "") {
    const version = await versionOf(named);
    if (version !== null) return { path: named, version };
    throw clusterError("NATS_SERVER_MISSING", `MYRIAD_NATS_SERVER names no nats-server that runs: ${named}`);
  }
  const folders = [
    ...(environment["PATH"] ?? "").split(delimiter),
    ...SYSTEM_FOLDERS,
    serverCache(environment),
  ];
  for (const folder of new Set(folders.filter((one) => one !== ""))) {
    const path = join(folder, "nats-server");
    const version = await versionOf(path);
    if (version !== null) return { path, version };
  }
  throw clusterError("NATS_SERVER_MISSING", "no nats-server was found on the PATH or in the usual folders");
}

async function versionOf(path: string): Promise<string | null> {
  try {
    const { stdout } = await run(path, ["--version"], { timeout: 10_000 });
    return /nats-server: v?(\d+\.\d+\.\d+\S*)/.exec(stdout)?.[1] ?? null;
  } catch {
    return null;
  }
}
