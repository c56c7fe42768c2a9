import { createHash } from "node:crypto";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { storageError, systemCode } from "../errors.ts";
import { canBeAsked, mayBeAlive, ownLife, parseLife, whereabouts } from "../process-life.ts";
import type { ProcessLife } from "../process-life.ts";

/**
 * Who has a file open, for two things that the database's own lock cannot do.
 *
 * The lock (of the kernel, gone with its process) keeps other processes out, but does not name its holder in
 * any form but prose. And it does not keep out another thread, or a second opening, of the same process:
 * DuckDB then loses rows without a word. So every opener writes a claim `<file>.owner-<pid>-<where>` beside the
 * file before it asks for the lock, and removes it when it is done. Where: a digest of host and namespaces, so
 * that nobody writes over the claim of a living process that has the same pid elsewhere.
 *
 *  - A claim of our own pid means that this process has it open: refused, whichever thread asks. A claim is
 *    a file and not a variable because threads share files only.
 *  - A holder of the lock always has a claim, so a process that does not get the lock can name it.
 *  - Beside a lock a claim alone holds nothing. One left by a killed process is removed by the next owner.
 *  - Plain files have no lock: there a claim of a process that may be alive holds. One from a host or namespaces that
 *    do not come back (a container's) has to be removed by hand; the refusal names it.
 */
interface Claim extends ProcessLife {
  /** When the process started, ms since the epoch: tells our lives from one another where the kernel does not. */
  readonly startedAt: number;
}

export interface FoundClaim extends Claim {
  readonly path: string;
}

const SAME_START_MS = 2_000;

/** @throws STATE_IN_USE when this process has the file open; the file system's own error. */
export async function claimFile(file: string): Promise<void> {
  const own = ownPath(file);
  const claim = JSON.stringify(ownClaim());
  try {
    await writeFile(own, claim, { flag: "wx" });
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
    const present = await readClaim(own);
    if (present !== null && isThisProcess(present)) throw inUse(file, [present]);
    await writeFile(own, claim);
  }
}

export async function releaseClaim(file: string): Promise<void> {
  await rm(ownPath(file), { force: true });
}

/** Claims of others that may be alive. A process of another host or namespace cannot be asked, so it counts. */
export async function otherClaims(file: string): Promise<readonly FoundClaim[]> {
  const claims = await Promise.all((await claimPaths(file)).map(readClaim));
  return claims.filter((claim): claim is FoundClaim => claim !== null && mayBeAnothers(claim));
}

/** @throws STATE_IN_USE when another process that may be alive has it. */
export async function refuseOthers(file: string): Promise<void> {
  const holders = await otherClaims(file);
  const far = holders.filter((holder) => !canBeAsked(holder)).map(({ path }) => path);
  const remedy = ` What cannot be asked from here and is gone for good left a file to remove: ${far.join(", ")}.`;
  if (holders.length > 0) throw inUse(file, holders, far.length === 0 ? "" : remedy);
}

/** For the holder of the lock: whatever claims are left belong to nobody who has the file. */
export async function removeDeadClaims(file: string): Promise<void> {
  for (const path of await claimPaths(file)) {
    const claim = await readClaim(path);
    if (claim === null || (!isThisProcess(claim) && !mayBeAnothers(claim))) await rm(path, { force: true });
  }
}

export function inUse(file: string, holders: readonly FoundClaim[], remedy = ""): Error {
  const own = holders.some(isThisProcess);
  const names = holders.map((holder) => `process ${holder.pid}${whereabouts(holder)}`);
  const holder = own ? "this process already" : names.join(" or ");
  return storageError("STATE_IN_USE", `The state in ${dirname(file)} is in use by ${holder}.${remedy}`, {
    location: holders[0]?.path ?? file,
  });
}

/** Of our pid and our place: of no other process that is alive, so for names of files that nobody else has. */
export function ownMark(): string {
  const { host, namespaces } = ownLife();
  const where = createHash("sha256")
    .update(`${host} ${namespaces ?? ""}`)
    .digest("hex")
    .slice(0, 8);
  return `${process.pid}-${where}`;
}

function ownPath(file: string): string {
  return `${file}.owner-${ownMark()}`;
}

async function claimPaths(file: string): Promise<readonly string[]> {
  const prefix = `${basename(file)}.owner-`;
  const names = await readdir(dirname(file));
  return names.filter((name) => name.startsWith(prefix)).map((name) => join(dirname(file), name));
}

async function readClaim(path: string): Promise<FoundClaim | null> {
  try {
    const claim: unknown = JSON.parse(await readFile(path, "utf8"));
    const life = parseLife(claim);
    const { startedAt } = claim as Partial<Record<keyof Claim, unknown>>;
    return life === null || typeof startedAt !== "number" ? null : { ...life, startedAt, path };
  } catch {
    return null;
  }
}

function ownClaim(): Claim {
  return { ...ownLife(), startedAt: Date.now() - process.uptime() * 1000 };
}

function isThisProcess(claim: Claim): boolean {
  if (!hasOurPid(claim)) return false;
  const own = ownClaim();
  if (claim.birth !== null && own.birth !== null) return claim.birth === own.birth;
  return Math.abs(claim.startedAt - own.startedAt) < SAME_START_MS;
}

/** Of our pid it is ours, or of an earlier life that is over. */
function mayBeAnothers(claim: Claim): boolean {
  return !hasOurPid(claim) && mayBeAlive(claim);
}

function hasOurPid(claim: Claim): boolean {
  return claim.pid === process.pid && canBeAsked(claim);
}
