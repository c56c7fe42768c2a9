import { randomBytes } from "node:crypto";
import { close, constants, fdatasync, ftruncate, open, write } from "node:fs";
import { dirname } from "node:path";

import type { MyriadError } from "../../runtime/contracts/index.ts";
import { storageError, systemCode } from "../errors.ts";
import { syncDirectory } from "../durable-file.ts";
import type { FrameBuilder } from "./frame-builder.ts";
import { encodeHeader, FORMAT_VERSION, SEGMENT_HEADER_BYTES } from "./segment-format.ts";
import type { SegmentHeader } from "./segment-format.ts";
import { segmentPath } from "./segment-recovery.ts";
import type { RecoveredSegment } from "./segment-recovery.ts";

/** What the writer asks of an open file; each resolves when the system has done it. */
export interface SegmentFile {
  /** What it has written is on the disk, without a sync. */
  readonly writesThrough: boolean;
  /** All of it. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  truncate(length: number): Promise<void>;
  datasync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Writes frames at the end of one segment, one at a time; the caller waits for each call before the next.
 * A frame that cannot be written whole is cut off again before anything else is written: at every moment
 * the file is confirmed frames and at most one unconfirmed tail.
 *
 * Frames may go without a sync of their own. When a later sync then fails, what was confirmed since the
 * last one may be lost, and no further frame could be trusted to stand on it: the writer takes no more.
 */
export class SegmentWriter {
  readonly header: SegmentHeader;
  readonly #file: SegmentFile;
  readonly #path: string;
  #sizeBytes: number;
  #frames: number;
  #hasTail = false;
  /** All frames are on the disk. */
  #synced = true;
  #broken: Error | null = null;

  /** All that `segment` holds is on the disk. */
  constructor(file: SegmentFile, segment: RecoveredSegment) {
    this.#file = file;
    this.#path = segment.path;
    this.header = segment.header;
    this.#sizeBytes = segment.sizeBytes;
    this.#frames = segment.frames;
  }

  /** Of confirmed bytes. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** In this and all earlier segments. */
  get frames(): number {
    return this.#frames;
  }

  get synced(): boolean {
    return this.#synced;
  }

  /**
   * Resolves, when the frame is written and with `sync` on the disk, to its offset.
   * @throws JOURNAL_WRITE_FAILED
   */
  async write(frame: FrameBuilder, sync: boolean): Promise<number> {
    if (this.#broken !== null) throw this.#broken;
    const bytes = frame.seal(this.header.salt, this.#sizeBytes, this.#synced);
    try {
      if (this.#hasTail) await this.#cutTail();
      this.#hasTail = true;
      await this.#file.write(bytes, this.#sizeBytes);
      if (sync && !this.#file.writesThrough) await this.#syncFile();
      this.#hasTail = false;
    } catch (error) {
      await this.#cutTail().catch(() => undefined); // The next write tries again before it writes.
      throw writeFailed(this.#path, error);
    }
    const frameAt = this.#sizeBytes;
    this.#sizeBytes += bytes.length;
    this.#frames += 1;
    this.#synced = sync;
    return frameAt;
  }

  /** Puts on the disk what was written without a sync. @throws JOURNAL_WRITE_FAILED */
  async sync(): Promise<void> {
    if (this.#synced) return;
    if (this.#broken !== null) throw this.#broken;
    try {
      await this.#syncFile();
    } catch (error) {
      throw writeFailed(this.#path, error);
    }
    this.#synced = true;
  }

  /** As `sync`, and nothing else is left in the file: another segment is to follow. @throws JOURNAL_WRITE_FAILED */
  async finish(): Promise<void> {
    if (this.#broken !== null) throw this.#broken;
    try {
      if (this.#hasTail) await this.#cutTail();
    } catch (error) {
      throw writeFailed(this.#path, error);
    }
    await this.sync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #syncFile(): Promise<void> {
    try {
      await this.#file.datasync();
    } catch (error) {
      if (!this.#synced) this.#broken = writeFailed(this.#path, error);
      throw error;
    }
  }

  async #cutTail(): Promise<void> {
    await this.#file.truncate(this.#sizeBytes);
    await this.#syncFile();
    this.#hasTail = false;
  }
}

/**
 * O_DSYNC does with each write what fdatasync does after it, in one step of the thread pool instead of two.
 * Only where that is the whole promise: Apple's fdatasync goes further, Windows has no such flag.
 */
const WRITE_THROUGH: number | null =
  process.platform === "linux" && Object.hasOwn(constants, "O_DSYNC")
    ? constants.O_RDWR | constants.O_DSYNC
    : null;

/**
 * Callbacks and a bare descriptor: a promise-based file handle costs each small sync a fifth more.
 * @param flags `through`: an existing file, each write to be synced by itself where the system can do that
 */
export async function openSegmentFile(path: string, flags: "through" | "r+" | "w"): Promise<SegmentFile> {
  const writesThrough = flags === "through" && WRITE_THROUGH !== null;
  const opening = flags === "through" ? (WRITE_THROUGH ?? "r+") : flags;
  const file = await new Promise<number>((resolve, reject) => {
    open(path, opening, (error, descriptor) => (error === null ? resolve(descriptor) : reject(error)));
  });
  return {
    writesThrough,
    write: (bytes, position) => writeAll(file, bytes, position),
    truncate: (length) => settled((done) => ftruncate(file, length, done)),
    datasync: () => settled((done) => fdatasync(file, done)),
    close: () => settled((done) => close(file, done)),
  };
}

/** Makes the file of a new segment, its header on the disk. What a failure leaves of it is written over by the next. */
export async function createSegment(
  directory: string,
  ordinal: number,
  framesBefore: number,
): Promise<RecoveredSegment> {
  const path = segmentPath(directory, ordinal);
  const header = { version: FORMAT_VERSION, ordinal, framesBefore, salt: Uint8Array.from(randomBytes(8)) };
  try {
    const file = await openSegmentFile(path, "w");
    try {
      await file.write(encodeHeader(header), 0);
      await file.datasync();
    } finally {
      await file.close();
    }
    await syncDirectory(dirname(path));
  } catch (error) {
    throw writeFailed(path, error);
  }
  return { path, header, sizeBytes: SEGMENT_HEADER_BYTES, frames: framesBefore };
}

function writeAll(file: number, bytes: Uint8Array, position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const writeFrom = (done: number): void => {
      write(file, bytes, done, bytes.length - done, position + done, (error, written) => {
        if (error !== null) reject(error);
        else if (done + written < bytes.length) writeFrom(done + written);
        else resolve();
      });
    };
    writeFrom(0);
  });
}

function settled(start: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error === null ? resolve() : reject(error)));
  });
}

export function writeFailed(path: string, cause: unknown): MyriadError {
  const code = systemCode(cause) ?? "unknown error";
  return storageError("JOURNAL_WRITE_FAILED", `The journal could not be written: ${code}.`, {
    location: path,
    cause,
  });
}
