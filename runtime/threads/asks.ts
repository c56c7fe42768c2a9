/** Asks of this thread whose answers come from another one, or from another node, by number. */
import type { Ask } from "../ask.ts";
import type { MyriadError } from "../contracts/index.ts";
import { FIRST_NODE } from "./frames.ts";

interface Entry {
  readonly ask: Ask;
  readonly peer: number;
}

/** Asks that have timed out wait here for a late answer; so many of them are too many. */
const LEAST_SWEEP = 65_536;

export class Asks {
  readonly #entries = new Map<number, Entry>();
  #last = 0;
  #sweepAt = LEAST_SWEEP;

  /** @returns its number, from 1. */
  add(ask: Ask, peer: number): number {
    do this.#last = (this.#last + 1) & 0x7fffffff || 1;
    while (this.#entries.has(this.#last));
    this.#entries.set(this.#last, { ask, peer });
    if (this.#entries.size >= this.#sweepAt) this.#sweep();
    return this.#last;
  }

  /** Whom it was sent to; null: it is answered. */
  peerOf(number: number): number | null {
    return this.#entries.get(number)?.peer ?? null;
  }

  /** @param from who answers; another node answers only what it was asked. */
  take(number: number, from: number = 0): Ask | null {
    const entry = this.#entries.get(number);
    if (entry === undefined || (from >= FIRST_NODE && entry.peer !== from)) return null;
    this.#entries.delete(number);
    return entry.ask;
  }

  /** Ends those that waited for a thread or a node that is no more. */
  lose(peer: number, error: MyriadError): void {
    for (const [number, entry] of [...this.#entries]) {
      if (entry.peer === peer) this.take(number)?.crashed(error);
    }
  }

  #sweep(): void {
    for (const [number, { ask }] of this.#entries) if (ask.ended) this.#entries.delete(number);
    this.#sweepAt = Math.max(LEAST_SWEEP, 2 * this.#entries.size);
  }
}
