import { rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

import { MyriadError } from "../../runtime/contracts/index.ts";
import { syncDirectory } from "../durable-file.ts";
import { storageError, systemCode } from "../errors.ts";
import type { Analytics } from "./analytics.ts";
import { openFileAnalytics } from "./file-analytics.ts";
import { claimFile, refuseOthers, releaseClaim, removeDeadClaims } from "./owner-claim.ts";

/**
 * Which of the two keeps the measurements of a state directory, decided once, at opening:
 *
 *   DuckDB loads          the database; rows in plain files are taken over into it first, then the files go
 *   it does not load,     plain files, and a notice that says so
 *     no database there
 *   it does not load,     INSTALLATION_INCOMPLETE: what the database holds (baselines above all) would be
 *     a database there    hidden by files that know nothing of it
 *
 * So there are never rows in both, save while they are taken over. That is done before anybody else writes,
 * and each row may be said again: stopped at any moment, the next opening with DuckDB starts it anew, and what
 * it finds the same stays as it is. The files are gone in one step (a rename) when all of it is durable.
 *
 * The owner's lock is DuckDB's own. Plain files have none, so there the claims decide (`owner-claim.ts`): an
 * opener claims first and looks at the claims of others then, so of two at the same time at least one is refused.
 */

/** Loads DuckDB, whatever the answer; rejects where it is not installed or not for this machine. */
export type LoadDuckdb = () => Promise<unknown>;

/**
 * Opens or makes what is in the folder, which is there.
 * @throws STATE_IN_USE, STATE_NEWER, STATE_UNWRITABLE, ANALYTICS_CORRUPT, INSTALLATION_INCOMPLETE
 */
export async function openAnalytics(folder: string, load: LoadDuckdb = loadDuckdb): Promise<Analytics> {
  const places = { database: join(folder, "analytics.duckdb"), files: join(folder, "analytics") };
  const lack = await load().then(() => null, lackOf);
  return lack === null ? await openDatabase(places) : await openFiles(places, lack);
}

interface Places {
  readonly database: string;
  readonly files: string;
}

/** By itself: failing below other modules of ours it would end the process, caught or not (Node 20). */
function loadDuckdb(): Promise<unknown> {
  return import("@duckdb/node-api");
}

/** The first line of why. */
function lackOf(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split("\n", 1)[0] ?? "";
}

async function openDatabase({ database, files }: Places): Promise<Analytics> {
  const { openDuckdbAnalytics } = await import("./duckdb-analytics.ts");
  const analytics = await openDuckdbAnalytics(database, files);
  try {
    await takeOver(files, analytics);
    return analytics;
  } catch (error) {
    await analytics.close();
    throw error;
  }
}

async function takeOver(files: string, analytics: Analytics): Promise<void> {
  const taken = `${files}.taken`;
  try {
    await rm(taken, { recursive: true, force: true });
    if (!(await isThere(files))) return;
    const kept = await openFileAnalytics(files, "", () => Promise.resolve());
    await kept.copyTo(analytics).finally(() => kept.close());
    await rename(files, taken);
    await syncDirectory(dirname(files));
    await rm(taken, { recursive: true, force: true });
  } catch (error) {
    throw unwritable(files, error);
  }
}

async function openFiles({ database, files }: Places, lack: string): Promise<Analytics> {
  await claimFile(files).catch((error: unknown) => {
    throw unwritable(files, error);
  });
  const release = (): Promise<void> => releaseClaim(files);
  try {
    await refuseOthers(files);
    await refuseOthers(database);
    if (await isThere(database)) throw incomplete(database, lack);
    const analytics = await openFileAnalytics(files, noticeOf(lack), release);
    await removeDeadClaims(files);
    return analytics;
  } catch (error) {
    await release();
    throw unwritable(files, error);
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
}

function noticeOf(lack: string): string {
  return `DuckDB cannot be loaded (${lack}): measurements are kept in plain files, and move into the database once it can be`;
}

function incomplete(database: string, lack: string): Error {
  const message = `${database} holds measurements and baselines, and DuckDB cannot be loaded: ${lack}`;
  return storageError("INSTALLATION_INCOMPLETE", message, { location: database });
}

/** What the system refuses becomes a coded error; what has a code already keeps it. */
function unwritable(file: string, cause: unknown): unknown {
  const code = cause instanceof MyriadError ? null : systemCode(cause);
  if (code === null) return cause;
  return storageError("STATE_UNWRITABLE", `${file} cannot be used (${code}).`, { location: file, cause });
}
