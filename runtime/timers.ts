/**
 * An actor's timers. Each has a key; starting one under a key that is taken replaces it. They end with the
 * life of the actor. After `cancel` (or a replacement) nothing more arrives from the old one, not even a
 * message that was already waiting. A periodic timer never has more than one message waiting: ticks that an
 * actor is too slow for are skipped, and the next one falls on the original beat.
 */
import { isBetween, isText, type Cancel, type Clock } from "./contracts/index.ts";
import { check } from "./errors.ts";

/** The timers of one actor, each under a key of its own; they end with its life. */
export interface Timers<in Message> {
  /** Delivers `message` once, no sooner than `delayMs` from now. @throws TIMER_INVALID */
  single(key: string, delayMs: number, message: Message): void;
  /** Delivers `message` every `intervalMs`, first after `firstDelayMs` (default `intervalMs`). @throws TIMER_INVALID */
  periodic(key: string, intervalMs: number, message: Message, firstDelayMs?: number): void;
  cancel(key: string): void;
  cancelAll(): void;
  isActive(key: string): boolean;
}

export interface Timer {
  readonly key: string;
  readonly message: unknown;
  /** 0 for a single one. */
  readonly intervalMs: number;
  dueAt: number;
  cancel: Cancel;
  /** A fired message that waits to be handled. */
  waiting: boolean;
}

const MAX_DELAY_MS = 2_147_483_647;

export class ActorTimers {
  readonly #clock: Clock;
  readonly #deliver: (timer: Timer) => void;
  readonly #timers = new Map<string, Timer>();

  constructor(clock: Clock, deliver: (timer: Timer) => void) {
    this.#clock = clock;
    this.#deliver = deliver;
  }

  start(key: string, delayMs: number, intervalMs: number, message: unknown): void {
    this.cancel(key);
    const dueAt = this.#clock.monotonic() + delayMs;
    const timer: Timer = { key, message, intervalMs, dueAt, cancel: () => undefined, waiting: false };
    this.#timers.set(key, timer);
    this.#schedule(timer, delayMs);
  }

  cancel(key: string): void {
    this.#timers.get(key)?.cancel();
    this.#timers.delete(key);
  }

  cancelAll(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  isActive(key: string): boolean {
    return this.#timers.has(key);
  }

  /** Called in the actor's turn. @returns whether the message is still wanted. */
  take(timer: Timer): boolean {
    timer.waiting = false;
    if (this.#timers.get(timer.key) !== timer) return false;
    if (timer.intervalMs === 0) this.#timers.delete(timer.key);
    return true;
  }

  #schedule(timer: Timer, delayMs: number): void {
    timer.cancel = this.#clock.schedule(delayMs, () => {
      if (timer.intervalMs > 0) this.#scheduleNextBeat(timer);
      if (timer.waiting) return;
      timer.waiting = true;
      this.#deliver(timer);
    });
  }

  #scheduleNextBeat(timer: Timer): void {
    const now = this.#clock.monotonic();
    const missed = Math.max(0, Math.floor((now - timer.dueAt) / timer.intervalMs));
    timer.dueAt += (missed + 1) * timer.intervalMs;
    this.#schedule(timer, Math.max(0, timer.dueAt - now));
  }
}

/** @throws TIMER_INVALID */
export function checkKey(key: unknown): void {
  check(isText(key), "TIMER_INVALID", "The key of a timer is a text", key);
}

/** @throws TIMER_INVALID */
export function checkDelay(delayMs: number, leastMs: number): void {
  const isDelay = isBetween(delayMs, leastMs, MAX_DELAY_MS);
  check(isDelay, "TIMER_INVALID", "The delay of a timer is a number of milliseconds", delayMs);
}
