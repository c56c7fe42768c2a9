import type { Address } from "./address.ts";

/**
 * Why nobody got the message:
 * - `stopped`: the receiver had stopped, or stopped while the message waited;
 * - `unknown`: no actor was ever reachable at the address;
 * - `overflow`: the mailbox was full and its policy dropped this message;
 * - `stale`: a piped result for a life of the actor that a restart has ended;
 * - `late-reply`: a reply to an ask that had ended;
 * - `thread-lost`: the receiver's thread had died.
 */
export type DeadLetterReason = "stopped" | "unknown" | "overflow" | "stale" | "late-reply" | "thread-lost";

export interface DeadLetter {
  readonly message: unknown;
  readonly target: Address;
  readonly reason: DeadLetterReason;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Keeps the newest dead letters for inspection; `total` counts all there ever were. */
export class DeadLetters {
  readonly #capacity: number;
  readonly #letters: DeadLetter[] = [];
  #oldest = 0;
  #total = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get total(): number {
    return this.#total;
  }

  add(letter: DeadLetter): void {
    this.#total += 1;
    if (this.#letters.length < this.#capacity) {
      this.#letters.push(letter);
    } else if (this.#capacity > 0) {
      this.#letters[this.#oldest] = letter;
      this.#oldest = (this.#oldest + 1) % this.#capacity;
    }
  }

  /** Oldest first. */
  list(): readonly DeadLetter[] {
    return [...this.#letters.slice(this.#oldest), ...this.#letters.slice(0, this.#oldest)];
  }

  clear(): void {
    this.#letters.length = 0;
    this.#oldest = 0;
  }
}
