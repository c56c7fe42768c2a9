import { readdir, readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";

import { MyriadError } from "../runtime/contracts/index.ts";
import type { Clock } from "../runtime/contracts/index.ts";
import type { Analytics } from "./analytics/analytics.ts";
import { openAnalytics } from "./analytics/open-analytics.ts";
import type { LoadDuckdb } from "./analytics/open-analytics.ts";
import { makeDirectoryDurably, writeFileDurably } from "./durable-file.ts";
import { storageError, systemCode } from "./errors.ts";
import { openGuardedJournal } from "./journal/file-journal.ts";
import type { OwnedJournal } from "./journal/file-journal.ts";
import type { Recovery } from "./journal/segment-recovery.ts";
import { readLayoutVersion, takeLayoutSteps } from "./state-layout.ts";

/**
 * Everything that outlives a process, in one folder:
 *
 *   version.json        how this folder is laid out        analytics.duckdb   samples, baselines, comparisons
 *   journal/            segments and snapshots             analytics/         the same without DuckDB
 *   last-session        the session begun last             artifacts/<session>/<name>   reports, programs …
 *   .gitignore          `*`, where the folder was new: it is no part of the repository around it
 *
 * One owner at a time. The lock of the analytics is taken first and held until the end; the journal is opened
 * under it, with a lock of its own that keeps out who opens it by itself. The first ends with the process and the
 * second is known to be dead then, so `kill -9` leaves nothing to clean up; without DuckDB claim files stand in for the first.
 */
export class StateDirectory {
  /** Absolute. */
  readonly path: string;
  readonly journal: OwnedJournal;
  readonly analytics: Analytics;
  #closing: Promise<void> | null = null;

  constructor(path: string, analytics: Analytics, journal: OwnedJournal) {
    this.path = path;
    this.analytics = analytics;
    this.journal = journal;
  }

  /** What the journal cut off its end on opening; null when the last owner left it whole. */
  get recovery(): Recovery | null {
    return this.journal.recovery;
  }

  /** The session's folder, absolute; made when it is not there. @throws STATE_NAME_INVALID, STATE_UNWRITABLE, STATE_CLOSED */
  async artifacts(session: string): Promise<string> {
    this.#assertOpen();
    const folder = join(this.path, "artifacts", checkName(session, "session"));
    await writing(folder, () => makeDirectoryDurably(folder));
    return folder;
  }

  /**
   * Keeps the bytes under this name, durable and whole, in place of older ones; the file's absolute path.
   * @throws STATE_NAME_INVALID, STATE_UNWRITABLE (the older bytes are still there), STATE_CLOSED
   */
  async writeArtifact(session: string, name: string, bytes: Uint8Array): Promise<string> {
    checkName(name, "artifact");
    const file = join(await this.artifacts(session), name);
    await writing(file, () => writeFileDurably(file, bytes));
    return file;
  }

  /** @throws ARTIFACT_MISSING, STATE_NAME_INVALID, STATE_UNWRITABLE, STATE_CLOSED */
  async readArtifact(session: string, name: string): Promise<Uint8Array> {
    this.#assertOpen();
    const file = join(this.path, "artifacts", checkName(session, "session"), checkName(name, "artifact"));
    const bytes = await readIfThere(file);
    if (bytes !== null) return bytes;
    throw storageError("ARTIFACT_MISSING", `Session ${session} has no artifact ${name}.`, { location: file });
  }

  /** The session that was set last; null when none was. */
  async lastSession(): Promise<string | null> {
    this.#assertOpen();
    const bytes = await readIfThere(join(this.path, "last-session"));
    return bytes === null || bytes.length === 0 ? null : bytes.toString("utf8");
  }

  /** @throws STATE_NAME_INVALID, STATE_UNWRITABLE, STATE_CLOSED */
  async setLastSession(session: string): Promise<void> {
    this.#assertOpen();
    const file = join(this.path, "last-session");
    const bytes = Buffer.from(checkName(session, "session"));
    await writing(file, () => writeFileDurably(file, bytes));
  }

  /** Settles what was begun, then gives the folder free. */
  close(): Promise<void> {
    this.#closing ??= this.journal.close().finally(() => this.analytics.close());
    return this.#closing;
  }

  #assertOpen(): void {
    if (this.#closing !== null) throw storageError("STATE_CLOSED", "The state directory is closed.");
  }
}

export interface StateDirectoryOptions {
  readonly clock?: Clock;
  /** Rejects where DuckDB cannot be loaded; default: it is tried. */
  readonly loadDuckdb?: LoadDuckdb;
}

/**
 * Opens the folder, made when it is not there, brought forward when it is older than this version.
 * @throws STATE_IN_USE, STATE_NEWER, STATE_INVALID, STATE_UNWRITABLE, JOURNAL_CORRUPT, ANALYTICS_CORRUPT,
 *   INSTALLATION_INCOMPLETE
 */
export async function openStateDirectory(
  path: string,
  options: StateDirectoryOptions = {},
): Promise<StateDirectory> {
  const absolute = resolve(path);
  const isNew = await makeRoot(absolute);
  // Before anything is touched: a newer version may keep its lock elsewhere.
  const version = await readLayoutVersion(absolute);
  const analytics = await openAnalytics(absolute, options.loadDuckdb);
  try {
    if (isNew)
      await writing(absolute, () => writeFileDurably(join(absolute, ".gitignore"), Buffer.from("*\n")));
    await writing(absolute, () => takeLayoutSteps(absolute, version));
    const journal = await openJournal(join(absolute, "journal"), options);
    return new StateDirectory(absolute, analytics, journal);
  } catch (error) {
    await analytics.close();
    throw error;
  }
}

/** Somebody may have opened the journal by itself. */
async function openJournal(folder: string, options: StateDirectoryOptions): Promise<OwnedJournal> {
  try {
    return await openGuardedJournal(folder, options);
  } catch (error) {
    if (!(error instanceof MyriadError) || error.code !== "JOURNAL_IN_USE") throw error;
    throw storageError("STATE_IN_USE", error.message, { location: error.location ?? folder, cause: error });
  }
}

/** @returns whether nothing was there: in a folder of somebody's files git is to go on seeing them */
async function makeRoot(path: string): Promise<boolean> {
  const isFolder = await stat(path).then(
    (entry) => entry.isDirectory(),
    () => null,
  );
  if (isFolder === false) throw storageError("STATE_INVALID", `${path} is not a folder.`, { location: path });
  if (isFolder === null) await writing(path, () => makeDirectoryDurably(path));
  return (await writing(path, () => readdir(path))).length === 0;
}

async function readIfThere(file: string): Promise<Buffer | null> {
  try {
    return await readFile(file);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw refused(file, error);
  }
}

/** Runs what writes under `path`; what the system refuses becomes a coded error. */
async function writing<Answer>(path: string, action: () => Promise<Answer>): Promise<Answer> {
  try {
    return await action();
  } catch (error) {
    throw refused(path, error);
  }
}

function refused(path: string, cause: unknown): unknown {
  const code = systemCode(cause);
  if (cause instanceof MyriadError || code === null) return cause;
  const kind =
    code === "ENOTDIR" || code === "EEXIST" || code === "EISDIR" ? "STATE_INVALID" : "STATE_UNWRITABLE";
  return storageError(kind, `${path} cannot be used (${code}).`, { location: path, cause });
}

/** One path segment that no file system reads as anything else. */
function checkName(name: string, what: "session" | "artifact"): string {
  if (/^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}$/.test(name)) return name;
  throw storageError("STATE_NAME_INVALID", `${JSON.stringify(name)} is no ${what} name.`);
}
