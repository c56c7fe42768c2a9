import { encodeEntry, ENTRY_FIXED_BYTES, FRAME_HEADER_BYTES, sealFrame } from "./segment-format.ts";
import type { Entry } from "./segment-format.ts";

const FIRST_BYTES = 64 * 1024;
/** A buffer that one large append has blown up beyond this is not kept. */
const MAX_KEPT_BYTES = 8 * 1024 * 1024;
const MAX_BYTES_PER_CODE_UNIT = 3;

/** One frame in the making; its buffer serves the next one again, so a frame is written before `begin`. */
export class FrameBuilder {
  #bytes: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  #view: DataView = viewOf(this.#bytes);
  #length = FRAME_HEADER_BYTES;

  begin(): void {
    if (this.#bytes.length > MAX_KEPT_BYTES) this.#use(Buffer.allocUnsafe(FIRST_BYTES));
    this.#length = FRAME_HEADER_BYTES;
  }

  /** @returns where it ends in the frame */
  add(entry: Entry): number {
    this.#makeRoom(ENTRY_FIXED_BYTES + entry.stream.length * MAX_BYTES_PER_CODE_UNIT + entry.payload.length);
    this.#length = encodeEntry(entry, this.#bytes, this.#view, this.#length);
    return this.#length;
  }

  /** The whole frame for this place in its file. @param synced whether all before it is on the disk */
  seal(salt: Uint8Array, offset: number, synced: boolean): Buffer {
    const frame = this.#bytes.subarray(0, this.#length);
    sealFrame(frame, salt, offset, synced);
    return frame;
  }

  #makeRoom(sizeBytes: number): void {
    const needed = this.#length + sizeBytes;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#use(grown);
  }

  #use(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
