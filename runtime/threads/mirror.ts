/**
 * The two rings between two threads that cannot share memory: each thread has its own copy of both, and its
 * mirror tells the other side what has become visible in the one it writes, and how far it has read the other.
 * Writer and reader do not know of it.
 */
import type { LinkMemory } from "./link.ts";
import { HEAD, RingView, TAIL, WAITING } from "./ring.ts";

export interface MirrorNews {
  /** What became visible since the last news. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where the one who tells stands in the ring that it reads. */
  readonly head: number;
  /** It waits for room in the ring that it writes. */
  readonly waiting: boolean;
}

export class Mirror {
  readonly #out: RingView;
  readonly #in: RingView;
  #toldTail = 0;
  #toldHead = 0;

  constructor(memory: LinkMemory) {
    this.#out = new RingView(memory.out);
    this.#in = new RingView(memory.in);
  }

  /** @returns null when there is nothing that the other side does not know. */
  news(): MirrorNews | null {
    const tail = Atomics.load(this.#out.control, TAIL);
    const head = Atomics.load(this.#in.control, HEAD);
    const waiting = Atomics.exchange(this.#out.control, WAITING, 0) === 1;
    if (tail === this.#toldTail && head === this.#toldHead && !waiting) return null;
    const bytes = new Uint8Array(((tail - this.#toldTail) | 0) * 8);
    const first = this.#stretch(this.#out, this.#toldTail, bytes.length);
    bytes.set(first);
    bytes.set(this.#out.bytes.subarray(0, bytes.length - first.length), first.length);
    this.#toldTail = tail;
    this.#toldHead = head;
    return { bytes, head, waiting };
  }

  apply({ bytes, head, waiting }: MirrorNews): void {
    const tail = Atomics.load(this.#in.control, TAIL);
    const first = this.#stretch(this.#in, tail, bytes.length);
    first.set(bytes.subarray(0, first.length));
    this.#in.bytes.set(bytes.subarray(first.length));
    if (waiting) Atomics.store(this.#in.control, WAITING, 1);
    Atomics.store(this.#in.control, TAIL, (tail + bytes.length / 8) | 0);
    Atomics.store(this.#out.control, HEAD, head);
  }

  /** From a position on, as far as the ring goes before it begins anew. */
  #stretch(ring: RingView, position: number, length: number): Uint8Array {
    const at = (position & ring.mask) * 8;
    return ring.bytes.subarray(at, Math.min(at + length, ring.bytes.length));
  }
}
