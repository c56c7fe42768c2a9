/** What is kept of a command's two streams, and how much there was of both. */
import type { ProcessStream } from "./process-protocol.ts";

export class KeptStream {
  readonly #keepBytes: number;
  readonly #pieces: Uint8Array[] = [];
  #kept = 0;
  #seen = 0;

  constructor(keepBytes: number) {
    this.#keepBytes = keepBytes;
  }

  push(piece: Uint8Array): void {
    this.#seen += piece.length;
    const room = this.#keepBytes - this.#kept;
    if (room <= 0) return;
    // Copied: a piece may be a view of a much larger buffer.
    const part = Uint8Array.from(piece.subarray(0, room));
    this.#pieces.push(part);
    this.#kept += part.length;
  }

  get seenBytes(): number {
    return this.#seen;
  }

  finish(): ProcessStream {
    return { bytes: new Uint8Array(Buffer.concat(this.#pieces)), truncated: this.#seen > this.#kept };
  }
}
