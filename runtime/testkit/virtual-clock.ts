/**
 * A clock that stands still until it is moved. Actions run in the order they fall due, those due at the same
 * moment in the order they were scheduled, each seeing its own due time as now.
 */
import { isBetween, isFunction, type Cancel, type Clock } from "../contracts/index.ts";
import { check } from "./errors.ts";

interface Entry {
  readonly dueAt: number;
  readonly action: () => void;
}

/** A clock for any code that takes one, moved by hand. */
export class VirtualClock implements Clock {
  readonly #startedAt: number;
  readonly #settle: () => Promise<void>;
  /** By due time; equal ones in the order they came. */
  readonly #entries: Entry[] = [];
  #elapsedMs = 0;

  /**
   * @param startedAt milliseconds since the epoch at the start; default 0.
   * @param settle waits until nothing more happens without time passing; default: one round of the event loop.
   * @throws CLOCK_INVALID
   */
  constructor(startedAt = 0, settle: () => Promise<void> = eventLoopRound) {
    check(Number.isFinite(startedAt), "CLOCK_INVALID", "startedAt is a number of milliseconds", startedAt);
    check(isFunction(settle), "CLOCK_INVALID", "settle of a clock is a function", settle);
    this.#startedAt = startedAt;
    this.#settle = settle;
  }

  now(): number {
    return this.#startedAt + this.#elapsedMs;
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  /** How many actions are scheduled. */
  get pending(): number {
    return this.#entries.length;
  }

  /** Milliseconds until the next action is due; Infinity when none is. */
  get nextDueInMs(): number {
    return (this.#entries[0]?.dueAt ?? Infinity) - this.#elapsedMs;
  }

  /** @throws CLOCK_INVALID */
  schedule(delayMs: number, action: () => void): Cancel {
    // One entry at no time would stand before all others, for ever.
    check(isBetween(delayMs, -Infinity, Infinity), "CLOCK_INVALID", "A delay is a number", delayMs);
    check(isFunction(action), "CLOCK_INVALID", "What is scheduled is a function", action);
    const entry = { dueAt: this.#elapsedMs + Math.max(0, delayMs), action };
    this.#entries.splice(this.#placeFor(entry.dueAt), 0, entry);
    return () => {
      const index = this.#entries.indexOf(entry);
      if (index >= 0) this.#entries.splice(index, 1);
    };
  }

  /** Moves on by `ms`, letting everything settle at each moment at which something is due. @throws CLOCK_INVALID */
  async advance(ms: number): Promise<void> {
    const until = this.#target(ms);
    await this.#settle();
    while (this.#runNext(until)) await this.#settle();
    this.#elapsedMs = Math.max(this.#elapsedMs, until);
  }

  /** Moves on by `ms` at once, as if the thread had been busy that long: nothing settles in between. @throws CLOCK_INVALID */
  jump(ms: number): void {
    const until = this.#target(ms);
    while (this.#runNext(until));
    this.#elapsedMs = Math.max(this.#elapsedMs, until);
  }

  #target(ms: number): number {
    const isTime = Number.isFinite(ms) && ms >= 0;
    check(isTime, "CLOCK_INVALID", "A clock moves by a finite number of milliseconds from 0", ms);
    return this.#elapsedMs + ms;
  }

  #runNext(until: number): boolean {
    const next = this.#entries[0];
    if (next === undefined || next.dueAt > until) return false;
    this.#entries.shift();
    this.#elapsedMs = Math.max(this.#elapsedMs, next.dueAt);
    next.action();
    return true;
  }

  #placeFor(dueAt: number): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#entries[middle]!.dueAt <= dueAt) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export function eventLoopRound(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
