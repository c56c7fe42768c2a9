import { randomBytes } from "node:crypto";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";

import { FrameBuilder } from "./frame-builder.ts";
import { decodePlainData, encodePlainData } from "./plain-data.ts";
import {
  checkFrame,
  decodeEntry,
  decodeHeader,
  encodeHeader,
  entryLength,
  FORMAT_VERSION,
  FRAME_HEADER_BYTES,
  SEGMENT_HEADER_BYTES,
} from "./segment-format.ts";
import type { Entry, SegmentHeader } from "./segment-format.ts";
import { corrupt } from "./segment-recovery.ts";
import { openSegmentFile, writeFailed } from "./segment-writer.ts";

/**
 * Makes a closed segment anew with smaller events: the same frames with the same appends, so that the segments
 * around it, revisions, fences and times stay what they are; only payloads, and with them places, change.
 *
 *   00000003.journal  ──draft──►  00000003.journal.thin  ──rename──►  00000003.journal
 *
 * The draft is on the disk before it takes the segment's name, so whatever stops this, there is one whole segment of
 * that name, the old one or the new one. A draft that was left behind is no segment, and goes at the next opening.
 */
export interface ThinnedDraft {
  readonly path: string;
  /** Of all appends of the segment, in its order. */
  readonly places: readonly ThinnedPlace[];
  /** Events that are others now. */
  readonly events: number;
}

export interface ThinnedPlace {
  readonly stream: string;
  readonly eventsBefore: number;
  readonly offset: number;
  readonly length: number;
}

export interface Thinner {
  readonly streams: ReadonlySet<string>;
  /** What is to stand for the event; the event itself where it is to stay. */
  readonly thin: (event: unknown) => unknown;
}

const DRAFT = ".thin";

export async function removeDrafts(directory: string): Promise<void> {
  const drafts = (await readdir(directory)).filter((name) => name.endsWith(`.journal${DRAFT}`));
  for (const name of drafts) await rm(join(directory, name), { force: true });
}

/** @returns null: no event changes, and nothing was written. @throws JOURNAL_CORRUPT, JOURNAL_WRITE_FAILED */
export async function draftThinned(path: string, thinner: Thinner): Promise<ThinnedDraft | null> {
  const before = await readFile(path);
  const header = decodeHeader(before);
  if (header === null) throw corrupt(path, 0, "the header of the segment is damaged");
  const made = thinnedSegment(path, before, header, thinner);
  if (made.events === 0) return null;
  const draft = `${path}${DRAFT}`;
  try {
    await writeDraft(draft, made.pieces);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined); // The full disk says more.
    throw writeFailed(draft, error);
  }
  return { path: draft, places: made.places, events: made.events };
}

interface ThinnedSegment {
  readonly pieces: readonly Uint8Array[];
  readonly places: readonly ThinnedPlace[];
  readonly events: number;
}

function thinnedSegment(
  path: string,
  before: Buffer,
  { ordinal, framesBefore, salt: oldSalt }: SegmentHeader,
  thinner: Thinner,
): ThinnedSegment {
  const salt = Uint8Array.from(randomBytes(8));
  const pieces: Uint8Array[] = [encodeHeader({ version: FORMAT_VERSION, ordinal, framesBefore, salt })];
  const places: ThinnedPlace[] = [];
  const builder = new FrameBuilder();
  let events = 0;
  let frameAt = SEGMENT_HEADER_BYTES;
  for (let at = SEGMENT_HEADER_BYTES; at < before.length;) {
    const end = checkFrame(before, oldSalt, at);
    if (typeof end === "string") throw corrupt(path, at, end);
    builder.begin();
    let start = FRAME_HEADER_BYTES;
    for (const entry of entriesIn(path, before.subarray(0, end), at + FRAME_HEADER_BYTES)) {
      const thinned = thinnedEntry(entry, thinner);
      events += thinned.events;
      const entryEnd = builder.add(thinned.entry);
      const { stream, eventsBefore } = entry;
      places.push({ stream, eventsBefore, offset: frameAt + start, length: entryEnd - start });
      start = entryEnd;
    }
    // The builder's bytes serve the next frame again. All of the draft is on the disk before it counts.
    const frame = Uint8Array.from(builder.seal(salt, frameAt, true));
    pieces.push(frame);
    frameAt += frame.length;
    at = end;
  }
  return { pieces, places, events };
}

function* entriesIn(path: string, upToEnd: Buffer, start: number): Generator<Entry> {
  for (let at = start; at < upToEnd.length;) {
    const length = entryLength(upToEnd, at);
    const entry = decodeEntry(upToEnd.subarray(at, at + length));
    if (entry === null) throw corrupt(path, at, "an append does not match its checksum");
    yield entry;
    at += length;
  }
}

function thinnedEntry(
  entry: Entry,
  { streams, thin }: Thinner,
): { readonly entry: Entry; readonly events: number } {
  if (!streams.has(entry.stream)) return { entry, events: 0 };
  const events = decodePlainData(entry.payload) as readonly unknown[];
  const thinned = events.map((event) => thin(event));
  const changed = thinned.filter((event, at) => event !== events[at]).length;
  if (changed === 0) return { entry, events: 0 };
  return { entry: { ...entry, payload: encodePlainData(thinned) }, events: changed };
}

async function writeDraft(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  const file = await openSegmentFile(path, "w");
  try {
    let at = 0;
    for (const piece of pieces) {
      await file.write(piece, at);
      at += piece.length;
    }
    await file.datasync();
  } finally {
    await file.close();
  }
}
