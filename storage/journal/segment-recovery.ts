import { open, readdir, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";

import { storageError } from "../errors.ts";
import { syncDirectory } from "../durable-file.ts";
import type { StreamState } from "./admission.ts";
import type { JournalIndex } from "./journal-index.ts";
import { formatRevision } from "./revision.ts";
import {
  checkFrame,
  decodeEntry,
  decodeHeader,
  entryLength,
  findProof,
  FORMAT_VERSION,
  FRAME_HEADER_BYTES,
  SEGMENT_HEADER_BYTES,
} from "./segment-format.ts";
import type { Entry, SegmentHeader } from "./segment-format.ts";

/**
 * Opening after whatever happened. Every frame of every segment is checked. Bytes at the very end of the
 * last segment that form no valid frame were never confirmed as durable: they are cut off and reported.
 * Anything else that does not fit was confirmed once and is damaged: JOURNAL_CORRUPT, and nothing is changed.
 */
export interface Recovery {
  readonly truncatedBytes: number;
  readonly file: string;
  readonly reason: string;
}

export interface RecoveredSegment {
  readonly path: string;
  readonly header: SegmentHeader;
  readonly sizeBytes: number;
  readonly frames: number;
}

export interface RecoveredJournal {
  /** The last segment, to be written on; null when there is none yet. */
  readonly last: RecoveredSegment | null;
  readonly recovery: Recovery | null;
}

export function segmentPath(directory: string, ordinal: number): string {
  return join(directory, `${String(ordinal).padStart(8, "0")}.journal`);
}

export async function recoverSegments(directory: string, index: JournalIndex): Promise<RecoveredJournal> {
  const names = (await readdir(directory)).filter((name) => /^\d{8}\.journal$/.test(name)).sort();
  let last: RecoveredSegment | null = null;
  for (const [position, name] of names.entries()) {
    const path = join(directory, name);
    const scan = scanSegment(path, await readFile(path), last, index);
    const isLast = position === names.length - 1;
    if (scan.torn !== null && !isLast) throw corrupt(path, scan.torn.at, scan.torn.reason);
    if (scan.torn !== null) return cutTail(path, scan.torn, scan.segment, last);
    last = scan.segment ?? last;
  }
  return { last, recovery: null };
}

interface Torn {
  readonly at: number;
  readonly sizeBytes: number;
  readonly reason: string;
}

interface Scan {
  /** Null when not even the header is whole. */
  readonly segment: RecoveredSegment | null;
  readonly torn: Torn | null;
}

function scanSegment(
  path: string,
  bytes: Buffer,
  previous: RecoveredSegment | null,
  index: JournalIndex,
): Scan {
  const header = decodeHeader(bytes);
  if (header === null) return { segment: null, torn: tornHeader(path, bytes) };
  checkHeader(path, header, previous);
  let at = SEGMENT_HEADER_BYTES;
  let frames = header.framesBefore;
  let torn: Torn | null = null;
  while (at < bytes.length && torn === null) {
    const end = checkFrame(bytes, header.salt, at);
    if (typeof end === "string") {
      torn = tornFrame(path, bytes, header, at, end);
    } else {
      indexFrame(path, bytes.subarray(0, end), at + FRAME_HEADER_BYTES, header.ordinal, index);
      at = end;
      frames += 1;
    }
  }
  return { segment: { path, header, sizeBytes: at, frames }, torn };
}

/** A segment's header is on the disk before its first frame: more bytes behind a bad one mean damage. */
function tornHeader(path: string, bytes: Buffer): Torn {
  if (bytes.length > SEGMENT_HEADER_BYTES) throw corrupt(path, 0, "the header of the segment is damaged");
  return { at: 0, sizeBytes: bytes.length, reason: "the header of a new segment is cut off" };
}

function tornFrame(path: string, bytes: Buffer, header: SegmentHeader, at: number, reason: string): Torn {
  const next = findProof(bytes, header.salt, at + 1);
  if (next !== null)
    throw corrupt(path, at, `${reason}, and a frame written after it follows at byte ${next}`);
  return { at, sizeBytes: bytes.length, reason };
}

function checkHeader(path: string, header: SegmentHeader, previous: RecoveredSegment | null): void {
  if (header.version > FORMAT_VERSION) {
    throw storageError(
      "STATE_NEWER",
      `The journal has format ${header.version}; this version reads up to ${FORMAT_VERSION}.`,
      {
        location: path,
      },
    );
  }
  const ordinal = (previous?.header.ordinal ?? 0) + 1;
  if (basename(path) !== basename(segmentPath("", ordinal)) || header.ordinal !== ordinal) {
    throw corrupt(path, 0, `segment ${ordinal} is missing or misnamed`);
  }
  if (header.framesBefore !== (previous?.frames ?? 0)) {
    throw corrupt(path, 0, `the segment before it has lost its end`);
  }
}

function indexFrame(
  path: string,
  upToEnd: Buffer,
  start: number,
  segment: number,
  index: JournalIndex,
): void {
  let at = start;
  while (at < upToEnd.length) {
    const length = entryLength(upToEnd, at);
    const entry = decodeEntry(upToEnd.subarray(at, at + length));
    if (entry === null) throw corrupt(path, at, "an append does not match its checksum");
    const stream = index.claim(entry.stream);
    if (entry.eventsBefore !== stream.state.eventCount) {
      throw corrupt(path, at, "an append does not continue its stream");
    }
    index.add(stream, stateAfter(entry, stream.state), segment, at, length);
    at += length;
  }
}

function stateAfter(entry: Entry, before: StreamState): StreamState {
  const eventCount = entry.eventsBefore + entry.eventCount;
  return { eventCount, revision: formatRevision(eventCount), fence: entry.fence ?? before.fence };
}

async function cutTail(
  path: string,
  torn: Torn,
  segment: RecoveredSegment | null,
  previous: RecoveredSegment | null,
): Promise<RecoveredJournal> {
  const recovery = { truncatedBytes: torn.sizeBytes - torn.at, file: path, reason: torn.reason };
  if (segment === null) {
    await rm(path);
    await syncDirectory(join(path, ".."));
    return { last: previous, recovery };
  }
  const handle = await open(path, "r+");
  try {
    await handle.truncate(torn.at);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { last: segment, recovery };
}

export function corrupt(path: string, offset: number, what: string): Error {
  return storageError(
    "JOURNAL_CORRUPT",
    `The journal is damaged: in ${basename(path)} at byte ${offset} ${what}.`,
    {
      location: `${path}:${offset}`,
    },
  );
}
