/**
 * An append as a message: its events are the payload, as plain data of the storage; what the next append needs to
 * know of the stream stands in its headers, so that the last message of a subject is all that has to be looked at.
 *
 *     Myriad-Append  <id> <recorded at> <events> <first> <previous>
 *     Myriad-Fence   the newest fence the stream has seen, when there is one
 *     Myriad-Stream  the stream's name in percent signs, when its subject holds but a digest
 *
 * `first` is the sequence of the stream's first append; 0: this is it. `previous` is that of the append it was made for to
 * follow; 0: none. A message counts only when that is the last one before it which counts: servers before 2.15 keep what
 * several writers send at once for the same place of a replicated stream, and so all but the first are passed over.
 */
import type { Fence } from "../../runtime/contracts/index.ts";
import { decodePlainData, storageError } from "../../storage/index.ts";
import { nameOf, tokenOf } from "../nats/subjects.ts";

export const APPEND: string = "Myriad-Append";
export const FENCE: string = "Myriad-Fence";
export const STREAM: string = "Myriad-Stream";

/** What a writer knows of a stream. */
export interface Head {
  /** Of the last append; 0: there is none. */
  readonly sequence: number;
  /** Of the last message, which may not count: what the server compares. */
  readonly lastSequence: number;
  /** Of the first append; 0: there is none. */
  readonly firstSequence: number;
  readonly fence: Fence | null;
}

export const NO_HEAD: Head = { sequence: 0, lastSequence: 0, firstSequence: 0, fence: null };

/** An append as it is read back. */
export interface Append {
  readonly id: string;
  readonly recordedAt: number;
  readonly eventCount: number;
  readonly previous: number;
  readonly head: Head;
}

export interface NewAppend {
  readonly id: string;
  readonly recordedAt: number;
  readonly eventCount: number;
  readonly fence: Fence | null;
}

/** @param isDigest whether the subject tells no name */
export function fieldsOf(
  { id, recordedAt, eventCount, fence }: NewAppend,
  head: Head,
  stream: string,
  isDigest: boolean,
): Readonly<Record<string, string>> {
  const newest = fence ?? head.fence;
  return {
    [APPEND]: `${id} ${recordedAt} ${eventCount} ${head.firstSequence} ${head.sequence}`,
    ...(newest === null ? {} : { [FENCE]: String(newest) }),
    ...(isDigest ? { [STREAM]: tokenOf(stream) } : {}),
  };
}

/** The head after an append that was made of `head`. */
export function headAfter(head: Head, { fence }: Pick<NewAppend, "fence">, sequence: number): Head {
  const firstSequence = head.firstSequence === 0 ? sequence : head.firstSequence;
  return { sequence, lastSequence: sequence, firstSequence, fence: fence ?? head.fence };
}

const FORM = /^(\S+) (-?[\d.]+(?:e[+-]?\d+)?) ([1-9]\d*) (\d+) (\d+)$/;

/** @throws JOURNAL_CORRUPT: no journal has written it */
export function appendOf(sequence: number, header: (name: string) => string | null, where: string): Append {
  const [, id, ...rest] = FORM.exec(header(APPEND) ?? "") ?? [];
  const [recordedAt, eventCount, first, previous] = rest.map(Number);
  const fence = fenceOf(header(FENCE));
  const isWhole = [eventCount, first, previous].every(Number.isSafeInteger) && Number.isFinite(recordedAt);
  if (id === undefined || !isWhole || fence === undefined) throw corrupt(where, sequence);
  const firstSequence = first === 0 ? sequence : first!;
  const head = { sequence, lastSequence: sequence, firstSequence, fence };
  return { id, recordedAt: recordedAt!, eventCount: eventCount!, previous: previous!, head };
}

/** @throws JOURNAL_CORRUPT */
export function eventsOf(
  data: Uint8Array,
  eventCount: number,
  sequence: number,
  where: string,
): readonly unknown[] {
  let events: unknown;
  try {
    events = decodePlainData(data);
  } catch (cause) {
    throw corrupt(where, sequence, cause);
  }
  if (!Array.isArray(events) || events.length !== eventCount) throw corrupt(where, sequence);
  return events;
}

/** The name that a message stands under. @returns null: none of a journal */
export function streamOf(subject: string, header: (name: string) => string | null): string | null {
  return nameOf(header(STREAM) ?? subject.slice(subject.lastIndexOf(".") + 1));
}

function fenceOf(text: string | null): Fence | null | undefined {
  if (text === null) return null;
  const fence = /^\d+$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(fence) ? (fence as Fence) : undefined;
}

function corrupt(where: string, sequence: number, cause?: unknown): Error {
  const message = `Message ${sequence} of ${where} is no append of a journal, or is damaged.`;
  return storageError("JOURNAL_CORRUPT", message, cause === undefined ? {} : { cause });
}
