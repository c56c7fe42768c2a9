import type { Address } from "./address.ts";
import type { MyriadError } from "./contracts/index.ts";
import { runtimeError } from "./errors.ts";

/**
 * The failure of an actor whose functions are synchronous, and one of which is not. To be made at once: a
 * rejection that nobody has heard of by the end of the turn ends the process.
 * @param location null: whose function it is is not known
 */
export function promiseReturned(
  by: string,
  location: Address | null,
  promise: PromiseLike<unknown>,
): MyriadError {
  // Its rejection is nobody's any more, and must not end the process.
  promise.then(undefined, () => undefined);
  return runtimeError(
    "ACTOR_RETURNED_PROMISE",
    `${by} returned a promise`,
    location === null ? {} : { location },
  );
}
