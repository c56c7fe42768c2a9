/**
 * Which thread sits in which slot, as one thread knows it. Slot 0 is the main thread's. Where a thread was lost
 * another one sits at once, under a number never used before: what is sent to it waits until it is ready.
 */
import type { Placement } from "../placement.ts";
import { slotOf } from "../placement.ts";
import { runtimeError } from "../errors.ts";

/** Of a slot that was given up. */
export const EMPTY = -1;

export class Seats {
  readonly #slots: number[];
  /** Of threads that were lost, too. */
  readonly #slotOf = new Map<number, number>();
  #turn = 0;

  /** @param slots the numbers of the threads that sit in them */
  constructor(slots: readonly number[]) {
    this.#slots = [...slots];
    slots.forEach((thread, slot) => this.#slotOf.set(thread, slot));
  }

  sit(slot: number, thread: number): void {
    this.#slots[slot] = thread;
    this.#slotOf.set(thread, slot);
  }

  list(): readonly number[] {
    return this.#slots;
  }

  /** @throws PLACEMENT_INVALID */
  threadFor(placement: Exclude<Placement, "local">): number {
    if (placement === "spread") return this.#next();
    const slots = this.#slots.length;
    const slot = "thread" in placement ? placement.thread : slotOf(placement.key, slots);
    if (slot >= slots) {
      throw runtimeError(
        "PLACEMENT_INVALID",
        `There is no thread ${slot}: the threads are 0 to ${slots - 1}`,
      );
    }
    return this.#from(slot);
  }

  /** Where an actor begins anew whose thread was lost: on the thread that took its slot. */
  insteadOf(lost: number): number {
    return this.#from(this.#slotOf.get(lost) ?? 0);
  }

  /** The same worker for the same slot, also when that is given up; the main thread when all are. */
  #from(slot: number): number {
    const slots = this.#slots.length;
    const workers = slots - 1;
    let thread = this.#slots[slot]!;
    for (let tried = 1; thread === EMPTY && tried < workers; tried++) {
      thread = this.#slots[1 + ((slot - 1 + tried) % workers)]!;
    }
    return thread === EMPTY ? this.#slots[0]! : thread;
  }

  /** Some worker, each in its turn; the main thread when there is none. */
  #next(): number {
    const workers = this.#slots.length - 1;
    if (workers === 0) return this.#slots[0]!;
    this.#turn = (this.#turn % workers) + 1;
    return this.#from(this.#turn);
  }
}
