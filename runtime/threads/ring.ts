/**
 * A ring of frames with one writer and one reader, over memory that two threads share.
 *
 *     control  Int32   HEAD (reader)  ·  TAIL (writer)  ·  WAITING (writer wants room), a cache line each
 *     words    8 bytes each; a frame begins on a word and never wraps:
 *
 *         | size i32 | kind i32 | body …………… |      size: bytes of the body, −1: skip to the start
 *
 * Positions count words, modulo 2³², so that full and empty differ. The writer fills frames in front of
 * TAIL and makes them visible all at once by `publish`; the reader gives room back by moving HEAD. Either
 * side keeps its own position and looks at the other's only when it has to.
 */
import { isWhole } from "../contracts/index.ts";
import { check } from "../errors.ts";
import type { FrameHandler, FrameMemory, FrameWriter } from "./frame-writer.ts";

/** Places in `control`. */
export const HEAD = 0;
export const TAIL = 16;
export const WAITING = 32;
const CONTROL_BYTES = 192;
const SKIP = -1;
const FRAME_BYTES = 8;

export type RingMemory = SharedArrayBuffer | ArrayBuffer;

/** @throws THREADS_INVALID */
export function checkRingBytes(bytes: number): void {
  const isSize = isWhole(bytes, 4_096) && bytes <= 2 ** 30 && (bytes & (bytes - 1)) === 0;
  check(isSize, "THREADS_INVALID", "ringBytes is a power of two from 4,096 to 2^30", bytes);
}

/** @throws THREADS_INVALID */
export function ringMemory(bytes: number, shared = true): RingMemory {
  checkRingBytes(bytes);
  return shared ? new SharedArrayBuffer(CONTROL_BYTES + bytes) : new ArrayBuffer(CONTROL_BYTES + bytes);
}

/** What writer and reader see of the same memory. Offsets count bytes from the first word. */
export class RingView implements FrameMemory {
  readonly control: Int32Array;
  readonly view: DataView;
  readonly bytes: Buffer;
  readonly words: number;
  readonly mask: number;

  constructor(memory: RingMemory) {
    this.control = new Int32Array(memory, 0, CONTROL_BYTES / 4);
    this.view = new DataView(memory, CONTROL_BYTES);
    this.bytes = Buffer.from(memory, CONTROL_BYTES);
    this.words = this.bytes.length / 8;
    this.mask = this.words - 1;
  }
}

export class RingWriter extends RingView implements FrameWriter {
  unpublished = 0;
  readonly publishAfter = 64;
  readonly #memory: RingMemory;
  #tail: number;
  #head: number;

  constructor(memory: RingMemory) {
    super(memory);
    this.#memory = memory;
    this.#tail = Atomics.load(this.control, TAIL);
    this.#head = Atomics.load(this.control, HEAD);
  }

  /** In an empty ring, wherever it stands. */
  get longestBody(): number {
    return this.bytes.length / 4;
  }

  claim(bodyBytes: number): number {
    const needed = (FRAME_BYTES + bodyBytes + 7) >>> 3;
    const index = this.#tail & this.mask;
    const skipped = index + needed > this.words ? this.words - index : 0;
    if (((this.#tail - this.#head) | 0) + skipped + needed > this.words) {
      this.#head = Atomics.load(this.control, HEAD);
      if (((this.#tail - this.#head) | 0) + skipped + needed > this.words) return -1;
    }
    if (skipped > 0) {
      this.view.setInt32(index * 8, SKIP, true);
      this.#tail = (this.#tail + skipped) | 0;
      return FRAME_BYTES;
    }
    return index * 8 + FRAME_BYTES;
  }

  commit(body: number, kind: number, bodyBytes: number): void {
    this.view.setInt32(body - 8, bodyBytes, true);
    this.view.setInt32(body - 4, kind, true);
    this.#tail = (this.#tail + ((FRAME_BYTES + bodyBytes + 7) >>> 3)) | 0;
    this.unpublished += 1;
  }

  publish(): void {
    Atomics.store(this.control, TAIL, this.#tail);
    this.unpublished = 0;
  }

  waitForRoom(): void {
    Atomics.store(this.control, WAITING, 1);
  }

  unread(handle: FrameHandler): void {
    new RingReader(this.#memory).read(Infinity, handle);
  }
}

/** How much is read before room is given back. */
const RELEASE_WORDS = 2_048;

export class RingReader extends RingView {
  #head: number;

  constructor(memory: RingMemory) {
    super(memory);
    this.#head = Atomics.load(this.control, HEAD);
  }

  get empty(): boolean {
    return Atomics.load(this.control, TAIL) === this.#head;
  }

  /** Reads up to about `limit` frames. @returns how many. */
  read(limit: number, handle: FrameHandler): number {
    const tail = Atomics.load(this.control, TAIL);
    let count = 0;
    let released = this.#head;
    while (this.#head !== tail && count < limit) {
      const offset = (this.#head & this.mask) * 8;
      const bodyBytes = this.view.getInt32(offset, true);
      if (bodyBytes === SKIP) {
        this.#head = (this.#head + this.words - (this.#head & this.mask)) | 0;
        continue;
      }
      handle(this.view.getInt32(offset + 4, true), this, offset + FRAME_BYTES, bodyBytes);
      this.#head = (this.#head + ((FRAME_BYTES + bodyBytes + 7) >>> 3)) | 0;
      count += 1;
      if (((this.#head - released) | 0) >= RELEASE_WORDS) {
        Atomics.store(this.control, HEAD, this.#head);
        released = this.#head;
      }
    }
    Atomics.store(this.control, HEAD, this.#head);
    return count;
  }

  /** Whether the writer waits for room; it is then to be rung once. */
  takeWaiting(): boolean {
    return Atomics.load(this.control, WAITING) === 1 && Atomics.exchange(this.control, WAITING, 0) === 1;
  }
}
