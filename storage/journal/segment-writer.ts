import { randomBytes } from "node:crypto";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";

import { storageError, systemCode } from "../errors.ts";
import { syncDirectory } from "../durable-file.ts";
import {
  encodeFrame,
  encodeHeader,
  FORMAT_VERSION,
  FRAME_HEADER_BYTES,
  SEGMENT_HEADER_BYTES,
} from "./segment-format.ts";
import type { SegmentHeader } from "./segment-format.ts";
import { segmentPath } from "./segment-recovery.ts";
import type { RecoveredSegment } from "./segment-recovery.ts";

/** `always`: an append is confirmed after fdatasync. `never`: after the write; safe against kill, not against power loss. */
export type FsyncPolicy = "always" | "never";

/** What the writer asks of an open file. */
export type SegmentFile = Pick<FileHandle, "write" | "truncate" | "datasync">;

/**
 * Writes frames at the end of one segment, one at a time; the caller waits for each.
 * A frame that cannot be written whole is cut off again before anything else is written: at every moment
 * the file is confirmed frames and at most one unconfirmed tail.
 */
export class SegmentWriter {
  readonly header: SegmentHeader;
  readonly #file: SegmentFile;
  readonly #path: string;
  readonly #fsync: FsyncPolicy;
  #sizeBytes: number;
  #frames: number;
  #hasTail = false;

  constructor(file: SegmentFile, segment: RecoveredSegment, fsync: FsyncPolicy) {
    this.#file = file;
    this.#path = segment.path;
    this.header = segment.header;
    this.#sizeBytes = segment.sizeBytes;
    this.#frames = segment.frames;
    this.#fsync = fsync;
  }

  /** Of confirmed bytes. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** In this and all earlier segments. */
  get frames(): number {
    return this.#frames;
  }

  /**
   * Resolves, when the frame is durable, to the offset of its first entry.
   * @throws JOURNAL_WRITE_FAILED
   */
  async write(entries: readonly Uint8Array[]): Promise<number> {
    const frame = encodeFrame(entries, this.header.salt, this.#sizeBytes);
    try {
      await this.#cutTail();
      this.#hasTail = true;
      await writeAll(this.#file, frame, this.#sizeBytes);
      await this.#sync();
      this.#hasTail = false;
    } catch (error) {
      await this.#cutTail().catch(() => undefined); // The next write tries again before it writes.
      throw writeFailed(this.#path, error);
    }
    const firstEntry = this.#sizeBytes + FRAME_HEADER_BYTES;
    this.#sizeBytes += frame.length;
    this.#frames += 1;
    return firstEntry;
  }

  async #cutTail(): Promise<void> {
    if (!this.#hasTail) return;
    await this.#file.truncate(this.#sizeBytes);
    await this.#sync();
    this.#hasTail = false;
  }

  async #sync(): Promise<void> {
    if (this.#fsync === "always") await this.#file.datasync();
  }
}

/** Makes the file of a new segment, its header on the disk; leaves no file behind when it fails. */
export async function createSegment(
  directory: string,
  ordinal: number,
  framesBefore: number,
): Promise<RecoveredSegment> {
  const path = segmentPath(directory, ordinal);
  const header = { version: FORMAT_VERSION, ordinal, framesBefore, salt: Uint8Array.from(randomBytes(8)) };
  try {
    const file = await open(path, "w");
    try {
      await writeAll(file, encodeHeader(header), 0);
      await file.sync();
    } finally {
      await file.close();
    }
    await syncDirectory(dirname(path));
  } catch (error) {
    throw writeFailed(path, error);
  }
  return { path, header, sizeBytes: SEGMENT_HEADER_BYTES, frames: framesBefore };
}

async function writeAll(file: SegmentFile, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

export function writeFailed(path: string, cause: unknown): Error {
  const code = systemCode(cause) ?? "unknown error";
  return storageError("JOURNAL_WRITE_FAILED", `The journal could not be written: ${code}.`, {
    location: path,
    cause,
  });
}
