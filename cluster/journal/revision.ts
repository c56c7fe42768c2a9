import { isText, NO_STREAM, shown, type Revision } from "../../runtime/contracts/index.ts";
import { storageError } from "../../storage/index.ts";

/**
 * Where an event stands: the sequence of the message of its append, and which of its events it is, unless it is the
 * last one. So the revision of an append is that of its last event. To everybody else a revision is opaque.
 */
export interface Position {
  readonly sequence: number;
  /** How many of its events; null: all. */
  readonly within: number | null;
}

const FORM = /^([1-9]\d{0,15})(?:\.([1-9]\d{0,9}))?$/;

/** @param sequence 0: nothing was ever appended */
export function formatRevision(sequence: number): Revision {
  return sequence === 0 ? NO_STREAM : (String(sequence) as Revision);
}

export function formatWithin(sequence: number, within: number, count: number): Revision {
  return within === count ? formatRevision(sequence) : (`${sequence}.${within}` as Revision);
}

/** @returns null: the beginning. @throws JOURNAL_UNKNOWN_REVISION for what can be none */
export function parseRevision(stream: string, revision: Revision): Position | null {
  if (revision === NO_STREAM) return null;
  const [, sequence, within] = (isText(revision) ? FORM.exec(revision) : null) ?? [];
  if (sequence === undefined || !Number.isSafeInteger(Number(sequence))) throw unknown(stream, revision);
  return { sequence: Number(sequence), within: within === undefined ? null : Number(within) };
}

export function unknown(stream: string, revision: Revision): Error {
  const message = `Stream "${stream}" never had the revision ${shown(revision)}.`;
  return storageError("JOURNAL_UNKNOWN_REVISION", message);
}
