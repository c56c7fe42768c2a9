/**
 * What has arrived at one mailbox from other threads and is not confirmed yet. A thread sends no more than a
 * window of unconfirmed messages to a mailbox; they are confirmed by halves of that window, and only while
 * the mailbox has room, so a slow actor slows its senders down on whatever thread they are.
 */
import type { Incarnation } from "./address.ts";
import type { Host } from "./host.ts";

/** How many messages one thread may have on their way to a mailbox of another, unconfirmed. */
export const windowOf = (capacity: number): number => Math.max(1, capacity >> 2);

export class Inflow {
  readonly #host: Host;
  readonly #incarnation: Incarnation;
  readonly #capacity: number;
  readonly #half: number;
  readonly #arrived: number[] = [];
  #due = false;

  constructor(host: Host, incarnation: Incarnation, capacity: number) {
    this.#host = host;
    this.#incarnation = incarnation;
    this.#capacity = capacity;
    this.#half = Math.max(1, windowOf(capacity) >> 1);
  }

  arrived(thread: number): void {
    const count = (this.#arrived[thread] ?? 0) + 1;
    this.#arrived[thread] = count;
    if (count >= this.#half) this.#due = true;
  }

  /** What came from there is confirmed no more: whoever is there begins anew. */
  forget(thread: number): void {
    this.#arrived[thread] = 0;
  }

  confirm(waiting: number): void {
    if (!this.#due || waiting >= this.#capacity) return;
    this.#due = false;
    this.#arrived.forEach((count, thread) => {
      if (count < this.#half) return;
      this.#arrived[thread] = 0;
      this.#host.confirm(thread, this.#incarnation, count);
    });
  }
}
