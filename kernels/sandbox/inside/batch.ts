/**
 * The measured loop: nothing in it but the calls, and a byte a call that says how it ended. Two loops, one
 * for functions that return promises: which one a fork needs is found once, by `returnsPromises`.
 */
import type { EncodedInput } from "../protocol.ts";
import { inputCopier } from "./copy-input.ts";
import { apply, list, promiseOf } from "./intrinsics.ts";
import type { Entry } from "./load.ts";
import type { Settled } from "./settle.ts";
import { settle } from "./settle.ts";

const RETURNED = 1;
export const THREW = 2;
const NEVER_SETTLED = 3;

/** One iteration's argument lists, used up by one run: calls may change their arguments. */
export interface Batch {
  readonly argumentLists: ArrayLike<readonly unknown[]>;
  /** One a call: 1 returned, 2 threw, 3 a promise that never settled. */
  readonly endings: Uint8Array;
  /** The last result, or what was thrown: reachable, so that no engine may leave a call out. */
  sink: unknown;
  /** How the last promise ended; null where the last call returned none. */
  settled: Settled | null;
}

/** The returned function makes one batch a call, each with arguments of its own. */
export function batchMaker(inputs: ArrayLike<EncodedInput>): () => Batch {
  const copiers: (() => readonly unknown[])[] = list();
  for (let index = 0; index < inputs.length; index++) copiers[index] = inputCopier(inputs[index]!);
  return () => {
    const argumentLists: (readonly unknown[])[] = list();
    for (let index = 0; index < copiers.length; index++) argumentLists[index] = copiers[index]!();
    return batchOf(argumentLists);
  };
}

export function batchOf(argumentLists: ArrayLike<readonly unknown[]>): Batch {
  return { argumentLists, endings: new Uint8Array(argumentLists.length), sink: undefined, settled: null };
}

export function runBatch(entry: Entry, batch: Batch): void {
  const { argumentLists, endings } = batch;
  for (let index = 0; index < argumentLists.length; index++) {
    try {
      batch.sink = callEntry(entry, argumentLists[index]!);
      endings[index] = RETURNED;
    } catch (thrown) {
      batch.sink = thrown;
      endings[index] = THREW;
    }
  }
}

/** Each call waits for the one before; resolves with the number of calls. */
export function runBatchAsync(entry: Entry, batch: Batch): Promise<number> {
  const { argumentLists, endings } = batch;
  return promiseOf((resolve) => {
    let index = 0;
    const goOn = (): void => {
      while (index < argumentLists.length) {
        const at = index++;
        try {
          const result = callEntry(entry, argumentLists[at]!);
          batch.sink = result;
          endings[at] = RETURNED;
          const waits = settle(result, (settled) => {
            const { state } = settled;
            batch.settled = settled;
            endings[at] = state === "fulfilled" ? RETURNED : state === "rejected" ? THREW : NEVER_SETTLED;
            goOn();
          });
          if (waits) return;
        } catch (thrown) {
          batch.sink = thrown;
          endings[at] = THREW;
        }
      }
      resolve(argumentLists.length);
    };
    goOn();
  });
}

/** Runs the batch once, to find out; whatever it changes is to be thrown away. */
export function returnsPromises(entry: Entry, batch: Batch): boolean {
  const { argumentLists } = batch;
  let found = false;
  for (let index = 0; index < argumentLists.length; index++) {
    try {
      if (settle(callEntry(entry, argumentLists[index]!), () => undefined)) found = true;
    } catch {
      // How a call ends is the measured loop's to record.
    }
  }
  return found;
}

/** A byte a call as text: equal patterns ended alike. */
export function patternOf(batch: Batch): string {
  let pattern = "";
  for (let index = 0; index < batch.argumentLists.length; index++) pattern += `${batch.endings[index]!}`;
  return pattern;
}

/** Direct calls for the common arities: `apply` on a list costs more than a small function's body. */
function callEntry(entry: Entry, args: readonly unknown[]): unknown {
  switch (args.length) {
    case 0:
      return entry();
    case 1:
      return entry(args[0]);
    case 2:
      return entry(args[0], args[1]);
    case 3:
      return entry(args[0], args[1], args[2]);
    default:
      return apply(entry, undefined, args);
  }
}
