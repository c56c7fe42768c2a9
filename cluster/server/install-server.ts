/**
 * Fetches nats-server from the package sources that a Debian or Ubuntu machine is set up for, into the user's
 * cache: nothing of the system is changed, and no rights are needed. apt checks what it fetches, as always.
 */
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { clusterError } from "../errors.ts";
import { findNatsServer, serverCache, type NatsServerBinary } from "./find-server.ts";

const run = promisify(execFile);
const LONGEST_MS = 180_000;

/** @throws NATS_SERVER_NOT_INSTALLED where there is no apt, no package of that name, or no network */
export async function installNatsServer(
  environment: NodeJS.ProcessEnv = process.env,
): Promise<NatsServerBinary> {
  const folder = await mkdtemp(join(tmpdir(), "myriad-nats-server-"));
  try {
    const fetched = await fetchPackage(folder);
    await run("dpkg-deb", ["-x", fetched, join(folder, "root")], { timeout: LONGEST_MS });
    const cache = serverCache(environment);
    await mkdir(cache, { recursive: true });
    // Under its name only when it is whole: another process may be looking for it.
    const staged = join(cache, `.staged-${process.pid}`);
    await copyFile(await programIn(join(folder, "root", "usr")), staged);
    const path = join(cache, "nats-server");
    await rename(staged, path);
    return await findNatsServer({ ...environment, MYRIAD_NATS_SERVER: path });
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    throw clusterError("NATS_SERVER_NOT_INSTALLED", `apt did not give nats-server: ${what}`, { cause });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** With lists and archives of its own, so that no rights are needed. */
async function fetchPackage(folder: string): Promise<string> {
  const own = { lists: join(folder, "lists"), cache: join(folder, "cache") };
  await mkdir(join(own.lists, "partial"), { recursive: true });
  await mkdir(join(own.cache, "archives", "partial"), { recursive: true });
  const options = [`Dir::State::lists=${own.lists}`, `Dir::Cache=${own.cache}`].flatMap((one) => ["-o", one]);
  const apt = { cwd: folder, timeout: LONGEST_MS };
  await run("apt-get", [...options, "-qq", "update"], apt);
  await run("apt-get", [...options, "-qq", "download", "nats-server"], apt);
  const names: readonly string[] = await readdir(folder);
  const name = names.find((one) => one.endsWith(".deb"));
  if (name === undefined) throw new Error("no package was downloaded");
  return join(folder, name);
}

async function programIn(usr: string): Promise<string> {
  for (const folder of ["sbin", "bin"]) {
    const names: readonly string[] = await readdir(join(usr, folder)).catch(() => []);
    if (names.includes("nats-server")) return join(usr, folder, "nats-server");
  }
  throw new Error("the package holds no nats-server");
}
