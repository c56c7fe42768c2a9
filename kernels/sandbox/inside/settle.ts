/**
 * Waiting for promises. One that is still pending when neither job nor timer is left to run will never settle;
 * only the engine knows when no job is left, and says so by `stalled`.
 *
 *   engine                                   here
 *   asks for an observation             ->   a call returns a promise: `settle` waits for it
 *   runs jobs until none is left
 *   still pending: `stalled()`          ->   the next timer fires, where there are timers and one is to come;
 *                                            else the wait ends with `never`
 *   runs jobs until none is left        ->   the observation is made
 */
import { isPromise, list, promiseThen } from "./intrinsics.ts";
import { meetsProxy } from "./proxies.ts";

export type Settled =
  | { readonly state: "fulfilled"; readonly value: unknown }
  | { readonly state: "rejected"; readonly value: unknown }
  | { readonly state: "never"; readonly value: undefined };

/** How a call ended, or its promise. */
export type Ended = Settled | { readonly state: "returned" | "threw"; readonly value: unknown };

/** The waits that are open, most often one; `stalled` ends them all. */
let waiting: (() => void)[] = list();

/**
 * Calls `done` once, in a later job, with how the promise settles.
 * @returns false when the value is no promise: `done` is never called. A thenable of the program's own
 *   making is none, and neither is a proxy, of which nothing is run.
 */
export function settle(value: unknown, done: (settled: Settled) => void): boolean {
  if (meetsProxy(value) || !isPromise(value)) return false;
  let open = true;
  const finish = (settled: Settled): void => {
    if (!open) return;
    open = false;
    done(settled);
  };
  try {
    promiseThen(
      value,
      (result) => finish({ state: "fulfilled", value: result }),
      (reason) => finish({ state: "rejected", value: reason }),
    );
  } catch {
    return false;
  }
  waiting[waiting.length] = () => finish({ state: "never", value: undefined });
  return true;
}

let fireNext = (): boolean => false;

/** Timers take part: the function fires the next one, and answers false when none is to come. */
export function whenStalled(fire: () => boolean): void {
  fireNext = fire;
}

/** Said by the engine when no job is left: a timer fires, or every wait still open is given up. */
export function stalled(): void {
  if (fireNext()) return;
  const given = waiting;
  waiting = list();
  for (let index = 0; index < given.length; index++) given[index]!();
}

/** Said when a run begins: waits of an earlier one are not this one's. */
export function forgetWaits(): void {
  waiting = list();
}
