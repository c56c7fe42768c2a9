/**
 * The one place where a sandbox that did not start is started again, and where that is counted. Measuring
 * alone comes through here: what is only observed the engines begin again themselves.
 */
import { MyriadError } from "../../runtime/contracts/index.ts";

const MOST_ATTEMPTS = 3;

export interface Started<Result> {
  readonly result: Result;
  /** How often it did not start before. */
  readonly startFailures: number;
}

/** @throws SANDBOX_INFRA when it did not start three times in a row, and whatever else `work` throws. */
export async function untilStarted<Result>(work: () => Promise<Result>): Promise<Started<Result>> {
  for (let startFailures = 0; ; startFailures++) {
    try {
      return { result: await work(), startFailures };
    } catch (error) {
      const unstarted = error instanceof MyriadError && error.code === "SANDBOX_INFRA";
      if (!unstarted || startFailures + 1 >= MOST_ATTEMPTS) throw error;
    }
  }
}
