import { isText, NO_STREAM, shown } from "../../runtime/contracts/index.ts";
import type { Revision } from "../../runtime/contracts/index.ts";
import { storageError } from "../errors.ts";

/**
 * Both journals here write a stream's revision as the number of its events, in decimal. That is their
 * secret: to everybody else a revision is opaque.
 */
export function formatRevision(eventCount: number): Revision {
  return eventCount === 0 ? NO_STREAM : (String(eventCount) as Revision);
}

/** @throws JOURNAL_UNKNOWN_REVISION unless a stream of `eventCount` events had this revision at some time. */
export function parseRevision(stream: string, revision: Revision, eventCount: number): number {
  const count = revision === NO_STREAM ? 0 : isText(revision) ? Number(revision) : NaN;
  if (
    formatRevision(count) === revision &&
    Number.isSafeInteger(count) &&
    count >= 0 &&
    count <= eventCount
  ) {
    return count;
  }
  throw storageError(
    "JOURNAL_UNKNOWN_REVISION",
    `Stream "${stream}" never had the revision ${shown(revision)}.`,
  );
}
