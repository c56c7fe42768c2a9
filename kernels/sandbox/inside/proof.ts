/**
 * Observing what is else timed. Apart from `batch.ts`, since a realm that is only measured is to hold as little
 * as may be.
 */
import type { Observation } from "../protocol.ts";
import type { Witness } from "./batch.ts";
import { judgeEnded } from "./observe.ts";

/** Appends an observation a call. The list is to have no prototype. */
export function witnessInto(observations: Observation[]): Witness {
  return (ended, args) => {
    observations[observations.length] = judgeEnded(ended, args);
  };
}
