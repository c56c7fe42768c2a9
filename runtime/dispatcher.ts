/**
 * Runs actors on one thread: first come, first served, one turn each.
 *
 * Work begins in a microtask, since a macrotask a hop costs fifty times more. Microtasks alone would starve
 * timers and I/O, so after `MESSAGES_PER_SLICE` messages, or at the first check past `SLICE_MS`, the rest
 * waits for the event loop to come round. The count runs on over idle times: a chain of promises and short
 * microtasks starves the loop just as one long drain does, and one needless yield in some thousand
 * messages costs nothing.
 */
import type { Ask } from "./ask.ts";
import type { Clock } from "./contracts/index.ts";

export interface Runnable {
  /** Handles at most about `limit` messages; returns how many. Never throws. */
  turn(limit: number): number;
  /** Whether another turn is needed. */
  readonly ready: boolean;
  /** Kept by the dispatcher: true while in the queue or in its turn. */
  queued: boolean;
  /** Kept by the dispatcher: whose turn comes after its own. */
  next: Runnable | null;
}

/** The connection to other threads. */
export interface Outside {
  /** Makes visible what was sent. */
  flush(): void;
  /** The same, and takes in what has come. */
  exchange(): void;
  /** The same when nothing else is to be done; may wait a moment. @returns whether anything came. */
  await(): boolean;
}

const MESSAGES_PER_TURN = 64;
const MESSAGES_PER_SLICE = 4096;
const MESSAGES_PER_CHECK = 32;
const SLICE_MS = 4;
const RESOLVED = Promise.resolve();

export interface Dispatcher {
  /** Whose turn it is. */
  readonly current: Runnable | null;
  /** Kept by the cell whose turn it is: the question in hand; null: there is none, or it was passed on. */
  question: Ask | null;
  readonly idle: boolean;
  /** Asks for a turn. Ask once: only while `runnable.queued` is false. */
  enqueue(runnable: Runnable): void;
  /** Runs soon, even when no actor has anything to do: there may be something to send or to read. */
  arm(): void;
  /** Connects other threads: their messages come in between turns. */
  attach(outside: Outside): void;
  /** No further turn is given. */
  close(): void;
}

export class FairDispatcher implements Dispatcher {
  current: Runnable | null = null;
  question: Ask | null = null;
  readonly #clock: Clock;
  /** A list through the actors themselves: a table of a million new ones would grow old before they do. */
  #first: Runnable | null = null;
  #last: Runnable | null = null;
  #outside: Outside | null = null;
  #armed = false;
  #closed = false;
  #spent = 0;
  #nextCheck = MESSAGES_PER_CHECK;
  #sliceStart = -1;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get idle(): boolean {
    return !this.#armed;
  }

  #hasWork(): boolean {
    return this.#first !== null;
  }

  attach(outside: Outside): void {
    this.#outside = outside;
  }

  enqueue(runnable: Runnable): void {
    runnable.queued = true;
    this.#append(runnable);
    this.arm();
  }

  #append(runnable: Runnable): void {
    if (this.#last === null) this.#first = runnable;
    else this.#last.next = runnable;
    this.#last = runnable;
  }

  /** Call it only when there is work. */
  #takeFirst(): Runnable {
    const runnable = this.#first!;
    this.#first = runnable.next;
    if (runnable.next === null) this.#last = null;
    else runnable.next = null;
    return runnable;
  }

  arm(): void {
    if (this.#armed || this.#closed) return;
    this.#armed = true;
    // Half the price of queueMicrotask, which makes an async resource a call.
    void RESOLVED.then(this.#run);
  }

  close(): void {
    this.#closed = true;
  }

  readonly #run = (): void => {
    while (!this.#closed) {
      if (this.#spent >= this.#nextCheck) {
        if (this.#sliceOver()) {
          this.#outside?.flush();
          setImmediate(this.#run);
          return;
        }
        this.#outside?.exchange();
      }
      if (!this.#hasWork()) {
        if (this.#outside === null || !this.#outside.await()) break;
        this.#spent += 1;
        if (this.#hasWork()) continue;
        // Only promises were settled: who awaits them goes on first, and may have more to send.
        this.current = null;
        void RESOLVED.then(this.#run);
        return;
      }
      const runnable = this.#takeFirst();
      this.current = runnable;
      this.#spent += runnable.turn(MESSAGES_PER_TURN);
      if (runnable.ready) this.#append(runnable);
      else runnable.queued = false;
    }
    this.current = null;
    this.#armed = false;
  };

  #sliceOver(): boolean {
    const now = this.#clock.monotonic();
    if (this.#sliceStart < 0) this.#sliceStart = now;
    this.#nextCheck = this.#spent + MESSAGES_PER_CHECK;
    if (this.#spent < MESSAGES_PER_SLICE && now - this.#sliceStart < SLICE_MS) return false;
    this.#spent = 0;
    this.#nextCheck = MESSAGES_PER_CHECK;
    this.#sliceStart = -1;
    this.current = null;
    return true;
  }
}
