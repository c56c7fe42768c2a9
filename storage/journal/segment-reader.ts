import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

import { storageError, systemCode } from "../errors.ts";
import type { EntryLocation, EntryLocations } from "./journal-index.ts";
import { decodeEntry } from "./segment-format.ts";
import type { Entry } from "./segment-format.ts";
import { corrupt, segmentPath } from "./segment-recovery.ts";

const READ_AHEAD_BYTES = 256 * 1024;

/**
 * Reads appends back from the segments, each held against its checksum; keeps one open file a segment.
 *
 * A segment may be exchanged while somebody reads: places and file of a piece are taken in one turn, before anything
 * is awaited, and the file that was exchanged stays open for who has it. So an exchange (the places moved and `exchange`
 * called, in one turn as well, after `hold`) leaves every reader with places and file that belong together.
 */
export class SegmentReader {
  readonly #directory: string;
  readonly #files = new Map<number, Promise<FileHandle>>();
  /** Exchanged for others. */
  readonly #old: Promise<FileHandle>[] = [];

  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * The appends at `locations` from index `first` up to `end`. Neighbours are read in one piece.
   * @throws JOURNAL_CORRUPT, JOURNAL_READ_FAILED
   */
  async *read(locations: EntryLocations, first: number, end: number): AsyncGenerator<Entry> {
    let next = first;
    while (next < end) {
      const pieceEnd = endOfPiece(locations, next, end);
      const places = placesOf(locations, next, pieceEnd);
      const [start, last] = [places[0]!, places.at(-1)!];
      const file = this.#file(start.segment);
      const piece = await this.#readPiece(file, start, last.offset + last.length - start.offset);
      for (const place of places) yield this.#entry(piece, place, start.offset);
      next = pieceEnd;
    }
  }

  /** Opens the segment if nobody has yet: who reads it from here on has this file, until `exchange`. */
  async hold(segment: number): Promise<void> {
    await this.#file(segment);
  }

  /** @param file the segment that has taken the place of the held one */
  exchange(segment: number, file: FileHandle): void {
    this.#old.push(this.#file(segment));
    this.#files.set(segment, Promise.resolve(file));
  }

  async close(): Promise<void> {
    const files = await Promise.allSettled([...this.#files.values(), ...this.#old]);
    this.#files.clear();
    for (const file of files) if (file.status === "fulfilled") await file.value.close();
  }

  #entry(piece: Buffer, location: EntryLocation, pieceOffset: number): Entry {
    const at = location.offset - pieceOffset;
    const entry = decodeEntry(piece.subarray(at, at + location.length));
    if (entry !== null) return entry;
    const path = segmentPath(this.#directory, location.segment);
    throw corrupt(path, location.offset, "an append does not match its checksum");
  }

  async #readPiece(opening: Promise<FileHandle>, start: EntryLocation, length: number): Promise<Buffer> {
    const piece = Buffer.allocUnsafe(length);
    try {
      const file = await opening;
      let done = 0;
      while (done < length) {
        const { bytesRead } = await file.read(piece, done, length - done, start.offset + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return piece.subarray(0, done);
    } catch (cause) {
      const message = `The journal could not be read: ${systemCode(cause) ?? "unknown error"}.`;
      throw storageError("JOURNAL_READ_FAILED", message, {
        location: segmentPath(this.#directory, start.segment),
        cause,
      });
    }
  }

  #file(segment: number): Promise<FileHandle> {
    let file = this.#files.get(segment);
    if (file === undefined) {
      file = open(segmentPath(this.#directory, segment), "r");
      this.#files.set(segment, file);
      // A failed opening is not remembered: the next reader tries again.
      file.catch(() => this.#files.delete(segment));
    }
    return file;
  }
}

function placesOf(locations: EntryLocations, first: number, end: number): readonly EntryLocation[] {
  return Array.from({ length: end - first }, (_, at) => locations.at(first + at));
}

function endOfPiece(locations: EntryLocations, first: number, end: number): number {
  const start = locations.at(first);
  let next = first + 1;
  while (next < end) {
    const { segment, offset, length } = locations.at(next);
    if (segment !== start.segment || offset + length - start.offset > READ_AHEAD_BYTES) break;
    next += 1;
  }
  return next;
}
