/**
 * What has arrived at one mailbox from other threads and nodes, its peers, and is not confirmed yet. A peer sends no more than a
 * window of unconfirmed messages to a mailbox; they are confirmed by halves of that window, and only while
 * the mailbox has room, so a slow actor slows its senders down wherever they are.
 */
import type { Incarnation } from "./address.ts";
import type { Host } from "./host.ts";

/** How many messages one peer may have on their way to a mailbox of another, unconfirmed. */
export const windowOf = (capacity: number): number => Math.max(1, capacity >> 2);

/** So many messages from other nodes may wait somewhere beyond what it holds: only those that keep no bound send more. */
export const MOST_BEYOND = 1_048_576;

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

  arrived(peer: number): void {
    const count = (this.#arrived[peer] ?? 0) + 1;
    this.#arrived[peer] = count;
    if (count >= this.#half) this.#due = true;
  }

  /** What came from there is confirmed no more: whoever is there begins anew. */
  forget(peer: number): void {
    this.#arrived[peer] = 0;
  }

  confirm(waiting: number): void {
    if (!this.#due || waiting >= this.#capacity) return;
    this.#due = false;
    this.#arrived.forEach((count, peer) => {
      if (count < this.#half) return;
      this.#arrived[peer] = 0;
      this.#host.confirm(peer, this.#incarnation, count);
    });
  }
}
