/** What travels beside the frames to another node: packed, and cut into pieces that fit a datagram. */
import { Packr } from "msgpackr";
import { runtimeError } from "../errors.ts";
import type { BesideItem } from "../threads/frames.ts";

const packr = new Packr({ useRecords: false, moreTypes: true, copyBuffers: true });
/** Of one item; larger artifacts have stores of their own. */
const MOST_BYTES = 268_435_456;

/** @throws MESSAGE_UNSENDABLE */
export function packItem({ packed, parts }: BesideItem): Uint8Array {
  for (const part of parts) {
    const buffer = ArrayBuffer.isView(part) ? part.buffer : part;
    if (!(buffer instanceof ArrayBuffer)) {
      throw runtimeError("MESSAGE_UNSENDABLE", "Shared memory cannot be reached from another node");
    }
  }
  const bytes = packr.pack([packed, parts]);
  if (bytes.length > MOST_BYTES) {
    throw runtimeError(
      "MESSAGE_UNSENDABLE",
      `${bytes.length} bytes are too many for a message to another node`,
    );
  }
  return bytes;
}

export function* pieces(bytes: Uint8Array, most: number): Iterable<{ piece: Uint8Array; more: boolean }> {
  for (let at = 0; at < bytes.length; at += most) {
    yield { piece: bytes.subarray(at, at + most), more: at + most < bytes.length };
  }
}

/** Puts pieces together. */
export class ItemInbox {
  readonly #items: { readonly item: BesideItem; readonly bytes: number }[] = [];
  #pieces: Uint8Array[] = [];
  /** Of all that no frame has asked for. */
  #bytes = 0;
  #pieceBytes = 0;

  /** @throws NODE_FRAMES_INVALID */
  add(piece: Uint8Array, more: boolean): void {
    this.#bytes += piece.length;
    this.#pieceBytes += piece.length;
    if (this.#bytes > MOST_BYTES)
      throw runtimeError("NODE_FRAMES_INVALID", "Too much lies beside the frames");
    this.#pieces.push(piece);
    if (more) return;
    const [packed, parts] = packr.unpack(Buffer.concat(this.#pieces)) as [Uint8Array | null, unknown[]];
    if (!Array.isArray(parts)) throw runtimeError("NODE_FRAMES_INVALID", "An item has no parts");
    this.#items.push({ item: { packed, parts }, bytes: this.#pieceBytes });
    this.#pieces = [];
    this.#pieceBytes = 0;
  }

  /** @throws NODE_FRAMES_INVALID */
  next(): BesideItem {
    const next = this.#items.shift();
    if (next === undefined) throw runtimeError("NODE_FRAMES_INVALID", "A frame's companion is not there");
    this.#bytes -= next.bytes;
    return next.item;
  }
}
