/**
 * The right of a node to act as itself, for a time, counted by its own monotonic clock from before it asked for it.
 * A lease that is lost stays lost: what comes after it is another life, with another lease.
 *
 * Why the holder always knows first: a renewal that was sent at S is received by an observer at R > S, and the
 * observer waits a whole lease from R. The holder counts from S, and a tenth less, so that clocks of different
 * speeds do not matter. Nobody's wall clock is asked.
 */
import type { Cancel, Clock } from "../../runtime/contracts/index.ts";

/** What those who act by a lease see of it. */
export interface Lease {
  /** Of the node that holds it: greater than all lives that any node had before. */
  readonly life: number;
  /** Whether it may act now. The first answer `false`, to whomever, comes after all listeners were told. */
  isValid(): boolean;
  /** Calls once, as soon as it is lost; at once when it is. */
  onLost(listener: () => void): Cancel;
}

/** What a listener throws keeps nobody else from being told; it ends the process, unless somebody listens for that. */
export function callThrough(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

const HOLDERS_PART = 0.9;

export class HeldLease implements Lease {
  readonly life: number;
  readonly #clock: Clock;
  readonly #holdMs: number;
  readonly #listeners = new Set<() => void>();
  #until: number;
  #isLost = false;
  #cancel: Cancel = () => undefined;

  /** @param sentAt before the announcement was sent */
  constructor(clock: Clock, life: number, leaseMs: number, sentAt: number) {
    this.life = life;
    this.#clock = clock;
    this.#holdMs = leaseMs * HOLDERS_PART;
    this.#until = sentAt + this.#holdMs;
    this.#watchOver();
  }

  isValid(): boolean {
    if (!this.#isLost && this.#clock.monotonic() >= this.#until) this.lose();
    return !this.#isLost;
  }

  onLost(listener: () => void): Cancel {
    if (this.isValid()) this.#listeners.add(listener);
    else listener();
    return () => void this.#listeners.delete(listener);
  }

  /** A renewal that was sent then has come through. What comes too late changes nothing. */
  renewed(sentAt: number): void {
    if (this.isValid()) this.#until = Math.max(this.#until, sentAt + this.#holdMs);
  }

  lose(): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#cancel();
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) callThrough(listener);
  }

  /** One timer that looks again when the time it was set for is over. */
  #watchOver(): void {
    this.#cancel = this.#clock.schedule(this.#until - this.#clock.monotonic(), () => {
      if (this.isValid()) this.#watchOver();
    });
  }
}
