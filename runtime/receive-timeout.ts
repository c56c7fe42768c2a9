/**
 * Notices that an actor has been sent nothing for a while: once in each stretch of silence. The timer is not
 * moved by each message: when it fires it looks when the last one was taken, and waits for the rest.
 */
import type { Cancel, Clock } from "./contracts/index.ts";

export class ReceiveTimeout {
  readonly message: unknown;
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #deliver: (timeout: ReceiveTimeout) => void;
  #lastAt: number;
  #cancel: Cancel | null = null;
  /** It has fired, and its message waits to be handled. */
  #waiting = false;

  constructor(clock: Clock, idleMs: number, message: unknown, deliver: (timeout: ReceiveTimeout) => void) {
    this.#clock = clock;
    this.#idleMs = idleMs;
    this.message = message;
    this.#deliver = deliver;
    this.#lastAt = clock.monotonic();
    this.#arm(idleMs);
  }

  /** A message is being taken. */
  touch(): void {
    this.#lastAt = this.#clock.monotonic();
    if (this.#cancel === null && !this.#waiting) this.#arm(this.#idleMs);
  }

  /** Called in the actor's turn. @returns whether nothing was taken since it fired. */
  take(): boolean {
    this.#waiting = false;
    const leftMs = this.#leftMs();
    if (leftMs <= 0) return true;
    this.#arm(leftMs);
    return false;
  }

  cancel(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #leftMs(): number {
    return this.#lastAt + this.#idleMs - this.#clock.monotonic();
  }

  #arm(delayMs: number): void {
    this.#cancel = this.#clock.schedule(delayMs, () => {
      this.#cancel = null;
      const leftMs = this.#leftMs();
      if (leftMs > 0) {
        this.#arm(leftMs);
        return;
      }
      this.#waiting = true;
      this.#deliver(this);
    });
  }
}
