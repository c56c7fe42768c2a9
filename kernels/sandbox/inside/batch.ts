/**
 * The measured loop: nothing in it but the calls, and a byte a call that says how it ended. Two loops, one
 * for functions that return promises: which one a fork needs is found once, by `returnsPromises`.
 *
 * A run that is observed goes by the same loops, with a witness: the program cannot tell it from one that is
 * timed, and what it does after a call has ended comes too late to be seen.
 */
import type { EncodedInput } from "../protocol.ts";
import { inputCopier } from "./copy-input.ts";
import { apply, list, promiseOf } from "./intrinsics.ts";
import type { Entry } from "./load.ts";
import type { Ended } from "./settle.ts";
import { settle } from "./settle.ts";

const RETURNED = 1;
const THREW = 2;
const NEVER_SETTLED = 3;

/** Hears how a call ended before anything else can run. */
export type Witness = (ended: Ended, args: readonly unknown[]) => void;

/** One iteration's argument lists, used up by one run: calls may change their arguments. */
export interface Batch {
  readonly argumentLists: ArrayLike<readonly unknown[]>;
  /** One a call: 1 returned, 2 threw, 3 a promise that never settled. */
  readonly endings: Uint8Array;
  /** Null in a run that is timed. */
  readonly witness: Witness | null;
  /** The last result, or what was thrown: reachable, so that no engine may leave a call out. */
  sink: unknown;
}

/** The returned function makes one batch a call, each with arguments of its own. */
export function batchMaker(inputs: ArrayLike<EncodedInput>): (witness: Witness | null) => Batch {
  const copiers: (() => readonly unknown[])[] = list();
  for (let index = 0; index < inputs.length; index++) copiers[index] = inputCopier(inputs[index]!);
  return (witness) => {
    const argumentLists: (readonly unknown[])[] = list();
    for (let index = 0; index < copiers.length; index++) argumentLists[index] = copiers[index]!();
    return { argumentLists, endings: new Uint8Array(copiers.length), witness, sink: undefined };
  };
}

export function runBatch(entry: Entry, batch: Batch): void {
  const { argumentLists, endings, witness } = batch;
  for (let index = 0; index < argumentLists.length; index++) {
    const args = argumentLists[index]!;
    try {
      batch.sink = callEntry(entry, args);
      endings[index] = RETURNED;
    } catch (thrown) {
      batch.sink = thrown;
      endings[index] = THREW;
    }
    if (witness !== null)
      witness({ state: endings[index] === RETURNED ? "returned" : "threw", value: batch.sink }, args);
  }
}

/** Each call waits for the one before; resolves with the number of calls. */
export function runBatchAsync(entry: Entry, batch: Batch): Promise<number> {
  const { argumentLists } = batch;
  return promiseOf((resolve) => {
    let index = 0;
    const goOn = (): void => {
      while (index < argumentLists.length) {
        const at = index++;
        let ended: Ended;
        try {
          const value = callEntry(entry, argumentLists[at]!);
          batch.sink = value;
          const waits = settle(value, (settled) => {
            note(batch, at, settled);
            goOn();
          });
          if (waits) return;
          ended = { state: "returned", value };
        } catch (thrown) {
          ended = { state: "threw", value: thrown };
        }
        note(batch, at, ended);
      }
      resolve(argumentLists.length);
    };
    goOn();
  });
}

function note({ argumentLists, endings, witness }: Batch, index: number, ended: Ended): void {
  const { state } = ended;
  if (state === "never") endings[index] = NEVER_SETTLED;
  else endings[index] = state === "returned" || state === "fulfilled" ? RETURNED : THREW;
  if (witness !== null) witness(ended, argumentLists[index]!);
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
