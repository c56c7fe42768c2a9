/**
 * Timers on the virtual clock, and `queueMicrotask`. A timer fires when no job is left to run: one at a time, in
 * the order of their times and then of their making, each after all jobs of the one before.
 *
 *   engine: no job is left, `stalled()`  ->  the clock goes to the next timer's time, its callback runs
 *   no timer that holds the run          ->  what is waited for will never come
 *
 * As in Node: a delay below 1 is 1, an immediate waits for nothing but the jobs, a timer that was unref'd holds
 * nothing. What a callback throws ends that callback, and nobody is told.
 */
import { apply, freeze, list, promiseOf, promiseThen } from "./intrinsics.ts";
import { whenStalled } from "./settle.ts";
import { nameClass, publish } from "./slots.ts";
import { advanceTo, elapsedMs } from "./virtual-clock.ts";

type Callback = (...args: readonly unknown[]) => unknown;

/** One time at which a timer is to fire; stale when the timer was closed or refreshed since. */
interface Turn {
  readonly timer: Timeout;
  readonly dueMs: number;
  readonly order: number;
}

interface Plan {
  readonly callback: unknown;
  readonly args: readonly unknown[];
  readonly delayMs: number;
  readonly repeats: boolean;
}

const LONGEST_MS = 2 ** 31 - 1;

/** A binary heap: the first is the next. */
let turns: Turn[] = list();
/** Timers that are open and not unref'd. */
let holding = 0;
let lastNumber = 0;
let byId = new Map<number, Timeout>();

class Timeout {
  readonly #plan: Plan;
  readonly #id: number = ++lastNumber;
  #order = 0;
  #open = true;
  #holds = true;

  constructor(plan: Plan) {
    this.#plan = plan;
    holding++;
    byId.set(this.#id, this);
    this.#enter();
  }

  ref(): this {
    if (this.#open && !this.#holds) holding++;
    this.#holds = true;
    return this;
  }

  unref(): this {
    if (this.#open && this.#holds) holding--;
    this.#holds = false;
    return this;
  }

  hasRef(): boolean {
    return this.#holds;
  }

  refresh(): this {
    if (this.#open) this.#enter();
    return this;
  }

  close(): this {
    if (this.#open && this.#holds) holding--;
    this.#open = false;
    byId.delete(this.#id);
    return this;
  }

  [Symbol.toPrimitive](): number {
    return this.#id;
  }

  static isStale({ timer, order }: Turn): boolean {
    return !timer.#open || timer.#order !== order;
  }

  static fire(timer: Timeout): void {
    const { callback, args, repeats } = timer.#plan;
    if (!repeats) timer.close();
    try {
      apply(callback as Callback, timer, args);
    } catch {
      // As for a job that throws: the program goes on.
    }
    if (repeats && timer.#open) timer.#enter();
  }

  static is(value: unknown): value is Timeout {
    return typeof value === "object" && value !== null && #plan in value;
  }

  #enter(): void {
    this.#order = ++lastNumber;
    enqueue({ timer: this, dueMs: elapsedMs() + this.#plan.delayMs, order: this.#order });
  }
}

function isBefore(left: Turn, right: Turn): boolean {
  return left.dueMs === right.dueMs ? left.order < right.order : left.dueMs < right.dueMs;
}

function enqueue(turn: Turn): void {
  let at = turns.length;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(turn, turns[parent]!)) break;
    turns[at] = turns[parent]!;
    at = parent;
  }
  turns[at] = turn;
}

function dequeue(): Turn {
  const first = turns[0]!;
  const last = turns[turns.length - 1]!;
  turns.length--;
  if (turns.length > 0) sink(last);
  return first;
}

function sink(turn: Turn): void {
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= turns.length) break;
    if (child + 1 < turns.length && isBefore(turns[child + 1]!, turns[child]!)) child++;
    if (!isBefore(turns[child]!, turn)) break;
    turns[at] = turns[child]!;
    at = child;
  }
  turns[at] = turn;
}

/** @returns false when nothing is to come that holds the run. */
function fireNext(): boolean {
  if (holding === 0) return false;
  let turn = dequeue();
  while (Timeout.isStale(turn)) turn = dequeue();
  advanceTo(turn.dueMs);
  Timeout.fire(turn.timer);
  return true;
}

function delayOf(delay: unknown): number {
  const ms = Number(delay);
  return ms >= 1 && ms <= LONGEST_MS ? Math.trunc(ms) : 1;
}

export function startTimer(callback: unknown, delayMs: number, repeats: boolean, args: unknown[]): Timeout {
  if (typeof callback !== "function") throw new TypeError("The callback argument must be a function");
  return new Timeout({ callback, args, delayMs, repeats });
}

function clear(timer: unknown): void {
  if (Timeout.is(timer)) timer.close();
  else if (typeof timer === "number" || typeof timer === "string") byId.get(+timer)?.close();
}

function queueJob(callback: unknown): void {
  if (typeof callback !== "function") throw new TypeError("The callback argument must be a function");
  const now = promiseOf<undefined>((resolve) => resolve(undefined));
  promiseThen(
    now,
    () => void (callback as Callback)(),
    () => undefined,
  );
}

/** @returns forgets all timers. */
export function installTimers(): () => void {
  nameClass("Timeout", Timeout);
  // No global leads to it, so no lock-down finds it.
  freeze(freeze(Timeout).prototype);
  publish("setTimeout", (callback: unknown, delay?: unknown, ...args: unknown[]) =>
    startTimer(callback, delayOf(delay), false, args),
  );
  publish("setInterval", (callback: unknown, delay?: unknown, ...args: unknown[]) =>
    startTimer(callback, delayOf(delay), true, args),
  );
  publish("setImmediate", (callback: unknown, ...args: unknown[]) => startTimer(callback, 0, false, args));
  for (const name of ["clearTimeout", "clearInterval", "clearImmediate"])
    publish(name, (timer: unknown) => clear(timer));
  publish("queueMicrotask", (callback: unknown) => queueJob(callback));
  whenStalled(fireNext);
  return () => {
    turns = list();
    byId = new Map<number, Timeout>();
    holding = lastNumber = 0;
    advanceTo(0);
  };
}
