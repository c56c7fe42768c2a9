/**
 * Ask: a message that carries a reply, and a promise that waits for it.
 *
 * An `Ask` is its own envelope in the mailbox. It ends once, by the first of: a reply, its deadline, or the
 * failure of its target (crash, restart, stop, a mailbox that is full or drained); later ones find it ended.
 * The target's cell keeps the asks it has handled and not answered, so that they end with its life.
 */
import { onAbort } from "./abort.ts";
import {
  isBetween,
  isObject,
  isSignal,
  MyriadError,
  shown,
  type Cancel,
  type Clock,
} from "./contracts/index.ts";
import type { DeadLetterReason } from "./dead-letters.ts";
import { check, runtimeError } from "./errors.ts";
import type { Target } from "./ref.ts";

/** How long an ask waits, and what else ends it. */
export interface AskOptions {
  /** Milliseconds until the ask fails with ASK_TIMEOUT; default 5,000. */
  readonly timeoutMs?: number;
  /**
   * Its abort ends the ask at once with ASK_CANCELLED, the signal's reason as the cause. The question is then
   * skipped if it still waits; a later reply is a dead letter.
   */
  readonly signal?: AbortSignal;
}

/** Where the answer to an ask goes. The first answer counts; any later one is a dead letter (`late-reply`). */
export interface Reply<in Value> {
  send(value: Value): void;
  /** Rejects the ask: with `error` if it is coded, else with ASK_REFUSED and `error` as its cause. */
  fail(error: unknown): void;
}

const DEFAULT_TIMEOUT_MS = 5_000;
const MAX_TIMEOUT_MS = 2_147_483_647;

/** What has taken an ask to another thread or node, where it waits on. */
export interface AskCarrier {
  /** Nobody waits for the answer any more. */
  withdraw(ask: Ask): void;
}

export class Ask {
  readonly target: Target;
  message: unknown = undefined;
  ended = false;
  dueAt = 0;
  /** Neighbours in the list of asks with the same timeout; null when in none. */
  previous: Ask | null = null;
  next: Ask | null = null;
  list: DeadlineList | null = null;
  /** The target's unanswered asks, once this is one of them. */
  unanswered: Set<Ask> | null = null;
  /** Once it has gone to another thread or node: what took it there, and under which number. */
  carrier: AskCarrier | null = null;
  number = 0;
  readonly #resolve: (value: never) => void;
  readonly #reject: (error: Error) => void;

  constructor(target: Target, resolve: (value: never) => void, reject: (error: Error) => void) {
    this.target = target;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  static start<Value>(
    target: Target,
    make: (reply: Reply<Value>) => unknown,
    options?: AskOptions,
  ): Promise<Value> {
    if (options?.signal !== undefined) return cancellable(target, make, options, options.signal);
    return new Promise<Value>((resolve, reject) => {
      const timeoutMs = options === undefined ? DEFAULT_TIMEOUT_MS : timeoutOf(options);
      if (typeof make !== "function") throw makeless(make);
      const ask = new Ask(target, resolve, reject);
      ask.message = make(new AskReply(ask));
      // Of `async` functions all are of this class, and each ask pays for the look.
      if (ask.message instanceof Promise) throw promised(ask.message);
      if (ask.ended) return;
      target.deadlines.add(ask, timeoutMs);
      try {
        target.post(ask);
      } catch (error) {
        ask.fail(error as Error);
      }
    });
  }

  succeed(value: unknown): void {
    if (!this.ended) this.#end();
    this.#resolve(value as never);
  }

  fail(error: Error): void {
    if (!this.ended) this.#end();
    this.#reject(error);
  }

  /** Ends it because its message will not be handled. */
  undelivered(reason: DeadLetterReason): void {
    const { address } = this.target;
    if (reason === "overflow") this.fail(runtimeError("MAILBOX_FULL", `${address} dropped the question`));
    else if (reason === "unknown")
      this.fail(runtimeError("ASK_TARGET_UNKNOWN", `Nobody lives at ${address}`));
    else if (reason === "thread-lost")
      this.crashed(runtimeError("THREAD_LOST", `The thread of ${address} is no more`));
    else if (reason === "node-lost")
      this.crashed(runtimeError("NODE_LOST", `The node of ${address} is lost`));
    else this.stopped();
  }

  stopped(): void {
    this.fail(runtimeError("ASK_TARGET_STOPPED", `${this.target.address} stopped before it replied`));
  }

  crashed(cause: unknown): void {
    this.fail(
      runtimeError("ASK_TARGET_FAILED", `${this.target.address} crashed before it replied`, { cause }),
    );
  }

  cancelled(cause: unknown): void {
    this.fail(runtimeError("ASK_CANCELLED", `The ask of ${this.target.address} was cancelled`, { cause }));
    this.carrier?.withdraw(this);
  }

  expire(): void {
    this.fail(runtimeError("ASK_TIMEOUT", `${this.target.address} did not reply in time`));
    this.carrier?.withdraw(this);
  }

  /** Whoever asked, elsewhere, has given up: nobody is to be told. */
  withdrawn(): void {
    if (this.ended) return;
    this.#end();
    this.carrier?.withdraw(this);
  }

  #end(): void {
    this.ended = true;
    this.message = undefined;
    this.list?.remove(this);
    this.unanswered?.delete(this);
  }
}

/** @throws ASK_INVALID */
function timeoutOf(options: AskOptions): number {
  check(isObject(options), "ASK_INVALID", "The options of an ask are an object", options);
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const isTimeout = isBetween(timeoutMs, 0, MAX_TIMEOUT_MS) && timeoutMs > 0;
  check(
    isTimeout,
    "ASK_INVALID",
    "timeoutMs is a number of milliseconds above 0, and no more than a timer can wait",
    timeoutMs,
  );
  return timeoutMs;
}

function makeless(given: unknown): Error {
  return runtimeError("ASK_INVALID", `The message of an ask is made by a function, not ${shown(given)}`);
}

function promised(message: Promise<unknown>): Error {
  // Its rejection is nobody's any more, and must not end the process.
  message.catch(() => undefined);
  return runtimeError("ASK_INVALID", "The function that makes the message of an ask returned a promise");
}

/** Apart, so that asks without a signal pay nothing for it. */
async function cancellable<Value>(
  target: Target,
  make: (reply: Reply<Value>) => unknown,
  { timeoutMs }: AskOptions,
  signal: AbortSignal,
): Promise<Value> {
  checkSignal(signal);
  if (typeof make !== "function") throw makeless(make);
  let ask: Ask | null = null;
  const abort = (): void => ask?.cancelled(signal.reason);
  const observed = (reply: Reply<Value>): unknown => {
    ask = (reply as unknown as AskReply).ask;
    // An ask that was cancelled before it began is not sent.
    if (signal.aborted) abort();
    return make(reply);
  };
  const forget = onAbort(signal, abort);
  try {
    return await Ask.start(target, observed, timeoutMs === undefined ? {} : { timeoutMs });
  } finally {
    forget();
  }
}

/** @throws ASK_INVALID */
export function checkSignal(signal: unknown): void {
  check(isSignal(signal), "ASK_INVALID", "signal is an AbortSignal", signal);
}

/** The reply of one ask, where the ask waits. */
export class AskReply implements Reply<unknown> {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  get ask(): Ask {
    return this.#ask;
  }

  send(value: unknown): void {
    if (this.#ask.ended) this.#ask.target.deadlines.late(this.#ask.target, value);
    else this.#ask.succeed(value);
  }

  fail(error: unknown): void {
    if (this.#ask.ended) this.#ask.target.deadlines.late(this.#ask.target, error);
    else this.#ask.fail(error instanceof MyriadError ? error : this.#refused(error));
  }

  #refused(cause: unknown): MyriadError {
    const why = cause instanceof Error ? cause.message : "no reason given";
    return runtimeError("ASK_REFUSED", `${this.#ask.target.address} refused: ${why}`, { cause });
  }
}

/**
 * The deadlines of a system's asks. Asks with the same timeout fall due in the order they were made, so each
 * timeout has a linked list and at most one timer, armed for its oldest; an ask that ends leaves in O(1).
 */
export class Deadlines {
  readonly late: (target: Target, value: unknown) => void;
  readonly #clock: Clock;
  readonly #lists = new Map<number, DeadlineList>();

  constructor(clock: Clock, late: (target: Target, value: unknown) => void) {
    this.#clock = clock;
    this.late = late;
  }

  add(ask: Ask, timeoutMs: number): void {
    let list = this.#lists.get(timeoutMs);
    if (list === undefined) {
      list = new DeadlineList(this.#clock, timeoutMs, () => this.#lists.delete(timeoutMs));
      this.#lists.set(timeoutMs, list);
    }
    list.add(ask);
  }

  /** Ends every ask that still waits, and leaves no timer. */
  close(): void {
    for (const list of [...this.#lists.values()]) list.close();
    this.#lists.clear();
  }
}

class DeadlineList {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onEmpty: () => void;
  #first: Ask | null = null;
  #last: Ask | null = null;
  #cancel: Cancel | null = null;

  constructor(clock: Clock, timeoutMs: number, onEmpty: () => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onEmpty = onEmpty;
  }

  add(ask: Ask): void {
    ask.dueAt = this.#clock.monotonic() + this.#timeoutMs;
    ask.list = this;
    ask.previous = this.#last;
    if (this.#last === null) this.#first = ask;
    else this.#last.next = ask;
    this.#last = ask;
    // The timer stays armed while asks come and go: one that finds nothing due costs less than one an ask.
    this.#cancel ??= this.#clock.schedule(this.#timeoutMs, this.#expire);
  }

  remove(ask: Ask): void {
    if (ask.previous === null) this.#first = ask.next;
    else ask.previous.next = ask.next;
    if (ask.next === null) this.#last = ask.previous;
    else ask.next.previous = ask.previous;
    ask.previous = ask.next = ask.list = null;
  }

  close(): void {
    this.#cancel?.();
    while (this.#first !== null) this.#first.stopped();
  }

  readonly #expire = (): void => {
    this.#cancel = null;
    const now = this.#clock.monotonic();
    while (this.#first !== null && this.#first.dueAt <= now) this.#first.expire();
    if (this.#first === null) this.#onEmpty();
    else this.#cancel = this.#clock.schedule(this.#first.dueAt - now, this.#expire);
  };
}
