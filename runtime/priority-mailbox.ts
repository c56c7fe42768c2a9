/**
 * A mailbox that gives the most urgent message first, equals in the order they came.
 *
 * A binary heap: the entry at `n` stands before those at `2n + 1` and `2n + 2`. Each entry carries the
 * number of its arrival, which makes the order total and therefore stable.
 */
import { Ask } from "./ask.ts";
import { Mailbox, type MailboxLimits } from "./mailbox.ts";

interface Entry {
  readonly item: unknown;
  readonly priority: number;
  readonly arrival: number;
}

export class PriorityMailbox extends Mailbox {
  readonly #priority: (message: never) => number;
  readonly #heap: Entry[] = [];
  #arrivals = 0;

  constructor(limits: MailboxLimits, priority: (message: never) => number) {
    super(limits);
    this.#priority = priority;
  }

  override push(item: unknown): boolean {
    if (this.size >= this.limits.capacity) return false;
    this.#add(item);
    return true;
  }

  override pushBeyond(item: unknown): boolean {
    return this.limits.overflow === "drop-newest" ? this.push(item) : this.#add(item);
  }

  override shift(): unknown {
    const { item } = this.#heap[0]!;
    const last = this.#heap.pop()!;
    this.size -= 1;
    if (this.size > 0) this.#sink(last);
    return item;
  }

  #add(item: unknown): true {
    this.#arrivals += 1;
    const entry = { item, priority: this.#priorityOf(item), arrival: this.#arrivals };
    this.#heap.push(entry);
    this.#rise(entry, this.size);
    this.size += 1;
    return true;
  }

  #priorityOf(item: unknown): number {
    try {
      const priority = this.#priority((item instanceof Ask ? item.message : item) as never);
      return priority > -Infinity ? priority : -Infinity;
    } catch {
      // On the sender's stack, and on another thread's behalf, it must disturb nobody.
      return -Infinity;
    }
  }

  #rise(entry: Entry, from: number): void {
    const heap = this.#heap;
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (before(heap[above]!, entry)) break;
      heap[at] = heap[above]!;
      at = above;
    }
    heap[at] = entry;
  }

  /** Puts `entry` in the place of the first, which has been taken. */
  #sink(entry: Entry): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= this.size) break;
      if (below + 1 < this.size && before(heap[below + 1]!, heap[below]!)) below += 1;
      if (before(entry, heap[below]!)) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = entry;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.priority === b.priority ? a.arrival < b.arrival : a.priority > b.priority;
}
