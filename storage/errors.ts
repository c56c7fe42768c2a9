import { errorsOf } from "../runtime/contracts/index.ts";
import type { ErrorDefinition, ErrorDetail, MyriadError } from "../runtime/contracts/index.ts";

export type StorageErrorCode =
  | "JOURNAL_CONFLICT"
  | "JOURNAL_FENCED"
  | "JOURNAL_CLOSED"
  | "JOURNAL_IN_USE"
  | "JOURNAL_WRITE_FAILED"
  | "JOURNAL_READ_FAILED"
  | "JOURNAL_CORRUPT"
  | "JOURNAL_EVENT_REFUSED"
  | "JOURNAL_OPTION_INVALID"
  | "JOURNAL_UNKNOWN_REVISION"
  | "ANALYTICS_CLOSED"
  | "ANALYTICS_WRITE_FAILED"
  | "ANALYTICS_READ_FAILED"
  | "ANALYTICS_CORRUPT"
  | "ANALYTICS_ROW_INVALID"
  | "INSTALLATION_INCOMPLETE"
  | "BASELINE_EXISTS"
  | "BASELINE_UNKNOWN"
  | "STATE_IN_USE"
  | "STATE_NEWER"
  | "STATE_INVALID"
  | "STATE_UNWRITABLE"
  | "STATE_NAME_INVALID"
  | "STATE_CLOSED"
  | "ARTIFACT_MISSING";

export const STORAGE_ERRORS: Readonly<Record<StorageErrorCode, ErrorDefinition>> = {
  JOURNAL_CONFLICT: {
    fault: "internal",
    meaning: "The stream's revision is not the one the writer expected; nothing was written.",
    hint: "Read the stream again and decide anew.",
  },
  JOURNAL_FENCED: {
    fault: "internal",
    meaning: "A newer owner has written to the stream; this writer's fence is stale; nothing was written.",
    hint: "Stop this writer: another incarnation owns the stream.",
  },
  JOURNAL_CLOSED: {
    fault: "internal",
    meaning: "The journal was used after it was closed.",
    hint: "Finish all reading and writing before closing the journal.",
  },
  JOURNAL_IN_USE: {
    fault: "input",
    meaning:
      "The folder of the journal is open: in another process, in another thread, or a second time in this one.",
    hint: "Close it there, or wait for that process to end. Of a host or container that is gone for good, remove the file that the message names.",
  },
  JOURNAL_WRITE_FAILED: {
    fault: "internal",
    meaning: "The disk refused a write; nothing of it was kept, and what was there before still is.",
    hint: "Free space on the disk or fix its permissions, then repeat the append.",
  },
  JOURNAL_READ_FAILED: {
    fault: "internal",
    meaning: "The disk refused to give back part of the journal.",
    hint: "Check the disk and the permissions of the state directory.",
  },
  JOURNAL_CORRUPT: {
    fault: "internal",
    meaning: "Bytes of the journal that were once confirmed do not match their checksum, or are missing.",
    hint: "Restore the file from a backup, or move the state directory away and start a new one. Nothing was changed.",
  },
  JOURNAL_EVENT_REFUSED: {
    fault: "internal",
    meaning:
      "An event or snapshot is not plain data (a function, symbol or class instance), is nested too deep or is too large; or what came with it is no name of a stream, no array of events or no fence.",
    hint: "Append arrays of plain data only, to a stream that is named by a text; keep large blobs as artifacts.",
  },
  JOURNAL_OPTION_INVALID: {
    fault: "internal",
    meaning: "An option of the journal makes no sense.",
    hint: "fsync is always, never, or { intervalMs } with a finite positive number of milliseconds; segmentBytes is a whole number from 48.",
  },
  JOURNAL_UNKNOWN_REVISION: {
    fault: "internal",
    meaning: "A revision was given that the stream never had.",
    hint: "Use only revisions that this stream handed out.",
  },
  ANALYTICS_CLOSED: {
    fault: "internal",
    meaning: "The analytics database was used after it was closed.",
    hint: "Finish all queries before closing the state directory.",
  },
  ANALYTICS_WRITE_FAILED: {
    fault: "internal",
    meaning: "The analytics database could not store a record; nothing of it was kept.",
    hint: "Free space on the disk or fix its permissions, then repeat the command.",
  },
  ANALYTICS_READ_FAILED: {
    fault: "internal",
    meaning: "The analytics database could not answer a query.",
    hint: "Check the disk; if the file is damaged, restore it from a backup.",
  },
  ANALYTICS_CORRUPT: {
    fault: "internal",
    meaning: "The analytics file is damaged or is not a database of this product.",
    hint: "Restore the file from a backup, or move it away; measurements in it are lost, the journal is not touched.",
  },
  ANALYTICS_ROW_INVALID: {
    fault: "internal",
    meaning: "A record holds a value that its column cannot hold.",
    hint: "Correct the field named in the message.",
  },
  INSTALLATION_INCOMPLETE: {
    fault: "input",
    meaning:
      "The state directory holds a database, and DuckDB, a native part, is not installed or is not for this platform.",
    hint: "Install it with its optional dependencies, on this machine: npm install --include=optional myriad-runtime; or give another directory with --state.",
  },
  BASELINE_EXISTS: {
    fault: "input",
    meaning: "A baseline with this tag exists; baselines are immutable.",
    hint: "Choose another tag.",
  },
  BASELINE_UNKNOWN: {
    fault: "input",
    meaning: "No baseline has this tag.",
    hint: "List the tags with `myriad baseline list`.",
  },
  STATE_IN_USE: {
    fault: "input",
    meaning: "The state directory is in use by another process, or is already open in this one.",
    hint: "Wait for that process to end or stop it, or give another directory with --state.",
  },
  STATE_NEWER: {
    fault: "input",
    meaning: "The state was written by a newer version of this product.",
    hint: "Use that version or a newer one, or give another directory with --state.",
  },
  STATE_INVALID: {
    fault: "input",
    meaning: "The path cannot be a state directory: it is a file, or holds something else.",
    hint: "Give another directory with --state.",
  },
  STATE_UNWRITABLE: {
    fault: "input",
    meaning: "The state directory cannot be made or written: no permission, a read-only disk or a full one.",
    hint: "Fix the permissions, free space, or give another directory with --state.",
  },
  STATE_NAME_INVALID: {
    fault: "input",
    meaning: "A session or artifact name is not a plain file name.",
    hint: "Use letters, digits, dots, dashes and underscores, at most 128, not beginning with a dot.",
  },
  STATE_CLOSED: {
    fault: "internal",
    meaning: "The state directory was used after it was closed.",
    hint: "Finish all work before closing the state directory.",
  },
  ARTIFACT_MISSING: {
    fault: "input",
    meaning: "The session has no artifact of this name.",
    hint: "Check the session's id and the artifact's name.",
  },
};

export const storageError: (code: StorageErrorCode, message: string, detail?: ErrorDetail) => MyriadError =
  errorsOf(STORAGE_ERRORS);

/** The operating system's own code of a failed call (`ENOSPC`, `EACCES` …); null for anything else. */
export function systemCode(thrown: unknown): string | null {
  if (!(thrown instanceof Error) || !("code" in thrown)) return null;
  return typeof thrown.code === "string" ? thrown.code : null;
}
