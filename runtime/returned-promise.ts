import type { Address } from "./address.ts";
import type { MyriadError } from "./contracts/index.ts";
import { runtimeError } from "./errors.ts";

/** The failure of an actor whose functions are synchronous, and one of which is not. */
export function promiseReturned(by: string, location: Address, promise: PromiseLike<unknown>): MyriadError {
  // Its rejection is nobody's any more, and must not end the process.
  promise.then(undefined, () => undefined);
  return runtimeError("ACTOR_RETURNED_PROMISE", `${by} returned a promise`, { location });
}
