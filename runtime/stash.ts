/**
 * Messages that an actor has put aside for later. Put back, they are handled before anything that waits in
 * the mailbox, in the order in which they were put aside.
 */
import { runtimeError } from "./errors.ts";
import { RunQueue } from "./run-queue.ts";

export class Stash {
  readonly #capacity: number;
  #aside = new RunQueue<unknown>();
  #back = new RunQueue<unknown>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** How many are to be handled again. */
  get back(): number {
    return this.#back.size;
  }

  /** @throws STASH_FULL */
  add(message: unknown): void {
    if (this.#aside.size + this.#back.size >= this.#capacity) {
      throw runtimeError("STASH_FULL", `More than ${this.#capacity} messages were put aside`);
    }
    this.#aside.push(message);
  }

  /** What was put back before and has not been handled yet stays first. */
  putBack(): void {
    if (this.#back.size === 0) {
      [this.#aside, this.#back] = [this.#back, this.#aside];
      return;
    }
    while (this.#aside.size > 0) this.#back.push(this.#aside.shift());
  }

  /** Call it only when `back` is above 0. */
  shift(): unknown {
    return this.#back.shift();
  }

  /** Empties it, the oldest first. */
  *drain(): Generator<unknown, void, undefined> {
    while (this.#back.size > 0) yield this.#back.shift();
    while (this.#aside.size > 0) yield this.#aside.shift();
  }
}
