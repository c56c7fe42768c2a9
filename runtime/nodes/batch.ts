/**
 * Frames on their way to another node, gathered: each batch becomes the payload of one datagram.
 *
 *     | size u32 | kind u32 | body … |      one after another; size: bytes of the body
 */
import { runtimeError } from "../errors.ts";
import type { FrameHandler, FrameMemory, FrameWriter } from "../threads/frame-writer.ts";

const FRAME_BYTES = 8;
/** The head of the shortest body; see frames.ts. */
const LEAST_BODY = 16;

export class BatchWriter implements FrameWriter {
  readonly view: DataView;
  readonly bytes: Buffer;
  unpublished = 0;
  readonly publishAfter = 512;
  readonly #batchBytes: number;
  readonly #emit: (batch: Uint8Array) => void;
  readonly #isFull: () => boolean;
  readonly #unread: () => Iterable<Uint8Array>;
  #end = 0;

  /**
   * @param batchBytes how long a batch may be.
   * @param emit takes each batch when it is published, or full.
   * @param isFull whether nothing more is taken in for now.
   * @param unread the batches that are not known to have been read.
   */
  constructor(
    batchBytes: number,
    emit: (batch: Uint8Array) => void,
    isFull: () => boolean,
    unread: () => Iterable<Uint8Array>,
  ) {
    this.#batchBytes = batchBytes;
    this.#emit = emit;
    this.#isFull = isFull;
    this.#unread = unread;
    this.bytes = Buffer.allocUnsafeSlow(batchBytes);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, batchBytes);
  }

  get longestBody(): number {
    return this.#batchBytes - FRAME_BYTES;
  }

  claim(bodyBytes: number): number {
    if (this.#end + FRAME_BYTES + bodyBytes > this.#batchBytes) this.publish();
    return this.#isFull() ? -1 : this.#end + FRAME_BYTES;
  }

  commit(body: number, kind: number, bodyBytes: number): void {
    this.view.setUint32(body - 8, bodyBytes, true);
    this.view.setUint32(body - 4, kind, true);
    this.#end = body + bodyBytes;
    this.unpublished += 1;
  }

  publish(): void {
    this.unpublished = 0;
    if (this.#end === 0) return;
    // A copy as long as need be: it is kept until the other side has taken it.
    const batch = Uint8Array.prototype.slice.call(this.bytes, 0, this.#end);
    this.#end = 0;
    this.#emit(batch);
  }

  waitForRoom(): void {
    // Whoever says that there is room has the backlog flushed.
  }

  unread(handle: FrameHandler): void {
    for (const batch of this.#unread()) readBatch(batch, handle);
  }
}

/** @throws NODE_FRAMES_INVALID: these are no whole frames; those before were handled. */
export function readBatch(batch: Uint8Array, handle: FrameHandler): void {
  const bytes = Buffer.from(batch.buffer, batch.byteOffset, batch.byteLength);
  const memory: FrameMemory = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) };
  let at = 0;
  while (at < bytes.length) {
    if (at + FRAME_BYTES > bytes.length) throw invalid(at);
    const size = memory.view.getUint32(at, true);
    const kind = memory.view.getUint32(at + 4, true);
    const body = at + FRAME_BYTES;
    if (size < LEAST_BODY || size > bytes.length - body) throw invalid(at);
    handle(kind, memory, body, size);
    at = body + size;
  }
}

const invalid = (at: number): Error => runtimeError("NODE_FRAMES_INVALID", `There is no frame at byte ${at}`);
