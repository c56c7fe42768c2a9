/**
 * Spares a target that fails again and again, and its callers the waiting. One breaker a target.
 *
 *     closed ──`failures` failures in a row──▶ open ──`openMs` later──▶ half-open
 *     half-open: one call is let through; it succeeds ──▶ closed, it fails ──▶ open
 *
 * A call let through to try that has not settled `openMs` after it began counts as failed, and the breaker is
 * open for as long again. A call whose failure `isFailure` throws over counts as failed too. A refusal (see
 * `isRefusal`) is an answer: the target lives, so it counts as a success. What a call begun before the last
 * change of state comes to changes nothing.
 */
import { MyriadError, type Clock } from "../contracts/index.ts";
import { isClock, isFunction, isObject, isOptionalFunction, isWhole } from "../contracts/index.ts";
import { check, runtimeError } from "../errors.ts";

/** Whether calls go through: all, none, or one to try. */
export type CircuitState = "closed" | "open" | "half-open";

/** When a breaker opens, and for how long. */
export interface CircuitBreakerOptions {
  readonly clock: Clock;
  /** Failures in a row that open it; default 5. */
  readonly failures?: number;
  /** How long it stays open, and how long the call that tries again may take; default 60,000. */
  readonly openMs?: number;
  /** Whether an error is a failure of the target; default: each that is no refusal. */
  readonly isFailure?: (error: unknown) => boolean;
}

/** Lets calls through to one target, until it has failed too often in a row. */
export class CircuitBreaker {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #openMs: number;
  readonly #isFailure: (error: unknown) => boolean;
  #state: CircuitState = "closed";
  #failures = 0;
  /** Of the monotonic clock: open, nothing is called sooner; half-open, the call under way must settle sooner. */
  #until = 0;
  /** Grows with each change of state. */
  #epoch = 0;

  /** @throws BREAKER_INVALID */
  constructor(options: CircuitBreakerOptions) {
    check(isObject(options), "BREAKER_INVALID", "The options of a breaker are an object", options);
    const { clock, failures = 5, openMs = 60_000, isFailure } = options;
    const isTime = Number.isFinite(openMs) && openMs > 0;
    check(isClock(clock), "BREAKER_INVALID", "clock is a Clock", clock);
    check(isWhole(failures, 1), "BREAKER_INVALID", "failures is a whole number from 1", failures);
    check(isTime, "BREAKER_INVALID", "openMs is finite and positive", openMs);
    check(isOptionalFunction(isFailure), "BREAKER_INVALID", "isFailure is a function", isFailure);
    this.#clock = clock;
    this.#limit = failures;
    this.#openMs = openMs;
    this.#isFailure = isFailure ?? ((error) => !isRefusal(error));
  }

  /** `half-open` while the one call is under way. */
  get state(): CircuitState {
    this.#giveUpTrying();
    return this.#state;
  }

  /** @throws (rejects) what `operation` or `isFailure` throws; CIRCUIT_OPEN, without calling it; BREAKER_INVALID: it is no function */
  async call<Value>(operation: () => PromiseLike<Value> | Value): Promise<Value> {
    check(isFunction(operation), "BREAKER_INVALID", "What is called is a function", operation);
    this.#enter();
    const epoch = this.#epoch;
    try {
      const value = await operation();
      if (this.#isIn(epoch)) this.#succeeded();
      return value;
    } catch (error) {
      if (this.#isIn(epoch)) this.#threw(error);
      throw error;
    }
  }

  /** Looked at whenever it matters, so that a breaker needs no timer. */
  #giveUpTrying(): void {
    if (this.#state === "half-open" && this.#clock.monotonic() >= this.#until) this.#open(this.#until);
  }

  #isIn(epoch: number): boolean {
    this.#giveUpTrying();
    return epoch === this.#epoch;
  }

  #enter(): void {
    this.#giveUpTrying();
    if (this.#state === "closed") return;
    const now = this.#clock.monotonic();
    const leftMs = this.#until - now;
    if (this.#state === "half-open" || leftMs > 0) {
      const why = this.#state === "half-open" ? "it is being tried" : `for another ${Math.ceil(leftMs)} ms`;
      throw runtimeError("CIRCUIT_OPEN", `The target has failed too often and is left alone: ${why}`);
    }
    this.#until = now + this.#openMs;
    this.#change("half-open");
  }

  #succeeded(): void {
    this.#failures = 0;
    if (this.#state === "half-open") this.#change("closed");
  }

  #threw(error: unknown): void {
    let hasFailed = true;
    try {
      hasFailed = this.#isFailure(error);
    } finally {
      if (hasFailed) this.#failed();
      else this.#succeeded();
    }
  }

  #failed(): void {
    this.#failures += 1;
    if (this.#state === "half-open" || this.#failures >= this.#limit) this.#open(this.#clock.monotonic());
  }

  #open(from: number): void {
    this.#until = from + this.#openMs;
    this.#failures = 0;
    this.#change("open");
  }

  #change(state: CircuitState): void {
    this.#state = state;
    this.#epoch += 1;
  }
}

/** The target has answered, and said no: it was given something wrong, or does not want to. */
export function isRefusal(error: unknown): boolean {
  if (!(error instanceof MyriadError)) return false;
  return error.code === "ASK_REFUSED" || error.fault === "input" || error.fault === "rejected";
}
