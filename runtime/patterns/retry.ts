/**
 * Tries again what failed: for any function that gives a promise, asks among them.
 *
 *     retry(() => ref.ask(make), { clock, random })
 *
 * After attempt n (counted from 0) it waits 2^n + U(0, 1) seconds. Every attempt sends the same thing, so what
 * is tried must bear repetition: carry a message id, and number the attempts with the argument.
 */
import { onAbort } from "../abort.ts";
import type { Clock, Random } from "../contracts/index.ts";
import { isClock, isFunction, isObject, isRandom, isSignal, isWhole, shown } from "../contracts/index.ts";
import { check, runtimeError } from "../errors.ts";

/** How often something is tried, and how long is waited in between. */
export interface RetryOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** How often it is tried in all; default 3. */
  readonly attempts?: number;
  /** Milliseconds to wait after attempt n, which failed: finite, from 0; default 1,000 · (2^n + U(0, 1)). */
  readonly waitMs?: (attempt: number, random: Random) => number;
  /** Whether an error is worth another attempt; default: each. */
  readonly again?: (error: unknown) => boolean;
  /** Its abort ends the waiting: the last error is then the result. */
  readonly signal?: AbortSignal;
}

/**
 * Calls `operation` until it succeeds, or has failed as often as it may.
 * @param operation gets the number of the attempt, from 0.
 * @throws (rejects) what the last attempt threw; RETRY_INVALID, as soon as `waitMs` gives no such time too
 */
export async function retry<Value>(
  operation: (attempt: number) => PromiseLike<Value> | Value,
  options: RetryOptions,
): Promise<Value> {
  check(isFunction(operation), "RETRY_INVALID", "What is tried is a function", operation);
  const { clock, random, attempts, waitMs, again, signal } = retryRules(options);
  for (let attempt = 0; ; attempt++) {
    try {
      return await operation(attempt);
    } catch (error) {
      if (attempt + 1 >= attempts || !again(error)) throw error;
      if (!(await wait(clock, waitOf(waitMs(attempt, random), error), signal))) throw error;
    }
  }
}

type RetryRules = Required<Omit<RetryOptions, "signal">> & { readonly signal: AbortSignal | undefined };

/** @throws RETRY_INVALID */
function retryRules(options: RetryOptions): RetryRules {
  check(isObject(options), "RETRY_INVALID", "The options of a retry are an object", options);
  const { clock, random, attempts = 3, waitMs = exponentialWaitMs, again = () => true, signal } = options;
  check(isClock(clock), "RETRY_INVALID", "clock is a Clock", clock);
  check(isRandom(random), "RETRY_INVALID", "random is a Random", random);
  check(isWhole(attempts, 1), "RETRY_INVALID", "attempts is a whole number from 1", attempts);
  check(isFunction(waitMs), "RETRY_INVALID", "waitMs is a function", waitMs);
  check(isFunction(again), "RETRY_INVALID", "again is a function", again);
  check(signal === undefined || isSignal(signal), "RETRY_INVALID", "signal is an AbortSignal", signal);
  return { clock, random, attempts, waitMs, again, signal };
}

/** @throws RETRY_INVALID */
function waitOf(given: number, cause: unknown): number {
  if (Number.isFinite(given) && given >= 0) return given;
  throw runtimeError("RETRY_INVALID", `waitMs gives finite milliseconds from 0, not ${shown(given)}`, {
    cause,
  });
}

/** The default wait after attempt n, in milliseconds: 1,000 · (2^n + U(0, 1)). */
export function exponentialWaitMs(attempt: number, random: Random): number {
  return 1_000 * (2 ** attempt + random.next());
}

/** @returns after `delayMs`, or at the abort of `signal`: then false. */
function wait(clock: Clock, delayMs: number, signal: AbortSignal | undefined): Promise<boolean> {
  if (signal?.aborted === true) return Promise.resolve(false);
  return new Promise((resolve) => {
    const done = (elapsed: boolean): void => {
      cancel();
      forget();
      resolve(elapsed);
    };
    const cancel = clock.schedule(delayMs, () => done(true));
    const forget = signal === undefined ? (): void => undefined : onAbort(signal, () => done(false));
  });
}
