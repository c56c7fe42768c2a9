/**
 * Which thread sits in which slot, in memory that all threads share. Slot 0 is the main thread's. A thread
 * that was lost leaves its slot empty until another one sits there, under a number never used before.
 */
import type { Placement } from "../placement.ts";
import { slotOf } from "../placement.ts";
import { runtimeError } from "../errors.ts";

export const EMPTY = -1;

export class Seats {
  readonly #slots: Int32Array;
  #turn = 0;

  constructor(slots: Int32Array) {
    this.#slots = slots;
  }

  sit(slot: number, thread: number): void {
    Atomics.store(this.#slots, slot, thread);
  }

  threadAt(slot: number): number {
    return Atomics.load(this.#slots, slot);
  }

  /** @throws PLACEMENT_INVALID */
  threadFor(placement: Exclude<Placement, "local">): number {
    if (placement === "spread") return this.next();
    const slots = this.#slots.length;
    const slot = "thread" in placement ? placement.thread : slotOf(placement.key, slots);
    if (slot >= slots) {
      throw runtimeError(
        "PLACEMENT_INVALID",
        `There is no thread ${slot}: the threads are 0 to ${slots - 1}`,
      );
    }
    const thread = this.threadAt(slot);
    return thread === EMPTY ? this.next() : thread;
  }

  /** Some living worker, each in its turn; the main thread when there is none. */
  next(): number {
    const workers = this.#slots.length - 1;
    for (let tried = 0; tried < workers; tried++) {
      this.#turn = (this.#turn % workers) + 1;
      const thread = this.threadAt(this.#turn);
      if (thread !== EMPTY) return thread;
    }
    return this.threadAt(0);
  }
}
