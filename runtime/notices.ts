/**
 * What an actor has ordered for itself: fired timers, piped results, the stop of what it watches; and its own
 * stop once all that waits has been handled. Notices are
 * bounded by the orders, so they stand outside the mailbox bound, yet they keep their place: a notice is
 * ready when all messages that were waiting before it have been taken.
 */
import type { StopReason } from "./actor.ts";
import type { ReceiveTimeout } from "./receive-timeout.ts";
import type { Target } from "./ref.ts";
import { RunQueue } from "./run-queue.ts";
import type { Timer } from "./timers.ts";

export type Notice =
  | { readonly kind: "terminated"; readonly target: Target; readonly reason: StopReason }
  | { readonly kind: "timer"; readonly timer: Timer }
  | { readonly kind: "idle"; readonly timeout: ReceiveTimeout }
  | { readonly kind: "drained" }
  | { readonly kind: "piped"; readonly toMessage: (value: never) => unknown; readonly value: unknown };

export class Notices {
  readonly #queue = new RunQueue<{ readonly at: number; readonly notice: Notice }>();
  #next: { readonly at: number; readonly notice: Notice } | null = null;
  /** Messages taken from the mailbox since the first waiting notice came. */
  #taken = 0;

  get ready(): boolean {
    return this.#next !== null && this.#taken >= this.#next.at;
  }

  get size(): number {
    return this.#next === null ? 0 : this.#queue.size + 1;
  }

  add(notice: Notice, waitingMessages: number): void {
    if (this.#next === null) {
      this.#taken = 0;
      this.#next = { at: waitingMessages, notice };
    } else {
      this.#queue.push({ at: this.#taken + waitingMessages, notice });
    }
  }

  /** To be called for each message that leaves the mailbox. */
  messageTaken(): void {
    this.#taken += 1;
  }

  /** Takes the oldest; call it only when `size` is above 0. */
  shift(): Notice {
    const { notice } = this.#next!;
    this.#next = this.#queue.size > 0 ? this.#queue.shift() : null;
    return notice;
  }
}
