/**
 * One call of the code under test, and everything that can be seen of it: how it ended, with what, and what
 * became of its arguments.
 */
import type { EncodedInput, Observation, Outcome } from "../protocol.ts";
import { canonical } from "./canonical.ts";
import { decodeInput } from "./codec.ts";
import { apply, jsonString, list, promiseOf, record } from "./intrinsics.ts";
import { limitOf } from "./limits.ts";
import { loadEntry } from "./load.ts";
import type { Entry, ProgramFactory } from "./load.ts";
import { meetsProxy } from "./proxies.ts";
import type { Ended } from "./settle.ts";
import { forgetWaits, settle } from "./settle.ts";
import { unavailableIn } from "./unavailable.ts";

export type Loaded =
  { readonly entry: Entry; readonly failure: null } | { readonly entry: null; readonly failure: Observation };

export function observation(outcome: Outcome, text: string): Observation {
  return record({ outcome, text });
}

/** Never throws: what goes wrong while the module is evaluated is observed like what goes wrong in a call. */
export function load(factory: ProgramFactory, name: string): Loaded {
  try {
    const entry = loadEntry(factory, name);
    if (entry !== null) return { entry, failure: null };
    const text = `while loading: the export ${jsonString(name)} is not a function`;
    return { entry: null, failure: observation("threw", text) };
  } catch (thrown) {
    return { entry: null, failure: judgeThrown("while loading: threw", thrown, null) };
  }
}

export function observe(
  factory: ProgramFactory,
  name: string,
  input: EncodedInput,
): Observation | Promise<Observation> {
  forgetWaits();
  const args = decodeInput(input);
  const loaded = load(factory, name);
  if (loaded.entry === null) return loaded.failure;
  const call: { made: Observation | null } = { made: null };
  let resolve: (observation: Observation) => void = () => undefined;
  observeCall(loaded.entry, args, (observed) => {
    call.made = observed;
    resolve(observed);
  });
  return (
    call.made ??
    promiseOf((given) => {
      resolve = given;
    })
  );
}

/** All inputs in order in one module instance, decoded before it is loaded. The list has no prototype: read it by index. */
export function observeSequence(
  factory: ProgramFactory,
  name: string,
  inputs: ArrayLike<EncodedInput>,
): readonly Observation[] | Promise<readonly Observation[]> {
  forgetWaits();
  const argumentLists: (readonly unknown[])[] = list();
  for (let index = 0; index < inputs.length; index++) argumentLists[index] = decodeInput(inputs[index]!);
  const loaded = load(factory, name);
  if (loaded.entry === null) return repeated(loaded.failure, inputs.length);
  return callInOrder(loaded.entry, argumentLists);
}

function repeated(one: Observation, count: number): readonly Observation[] {
  const all: Observation[] = list();
  for (let index = 0; index < count; index++) all[index] = one;
  return all;
}

/** Calls go on in a loop while they end at once, so that a long sequence does not deepen the stack. */
export function callInOrder(
  entry: Entry,
  argumentLists: ArrayLike<readonly unknown[]>,
): readonly Observation[] | Promise<readonly Observation[]> {
  const observations: Observation[] = list();
  let resolve: ((all: readonly Observation[]) => void) | null = null;
  let looping = false;
  const goOn = (): void => {
    looping = true;
    while (observations.length < argumentLists.length) {
      const index = observations.length;
      observeCall(entry, argumentLists[index]!, (observed) => {
        observations[index] = observed;
        if (!looping) goOn();
      });
      if (observations.length === index) break;
    }
    looping = false;
    if (observations.length === argumentLists.length) resolve?.(observations);
  };
  goOn();
  if (observations.length === argumentLists.length) return observations;
  return promiseOf((given) => {
    resolve = given;
  });
}

/** Calls `done` before it returns when the call ended at once, else in the job in which its promise settles. */
function observeCall(entry: Entry, args: readonly unknown[], done: (observation: Observation) => void): void {
  let result: unknown;
  try {
    result = apply(entry, undefined, args);
  } catch (thrown) {
    done(judgeEnded({ state: "threw", value: thrown }, args));
    return;
  }
  const isPromise = settle(result, (settled) => done(judgeEnded(settled, args)));
  if (!isPromise) done(judgeEnded({ state: "returned", value: result }, args));
}

export function judgeEnded({ state, value }: Ended, args: readonly unknown[]): Observation {
  switch (state) {
    case "returned":
      return judge("returned", "returned", value, args);
    case "threw":
      return judgeThrown("threw", value, args);
    case "fulfilled":
      return judge("returned", "returned a promise of", value, args);
    case "rejected":
      return judgeThrown("returned a promise rejected with", value, args);
    case "never":
      return observation("incomparable", "result: a promise that never settles");
  }
}

function judge(
  outcome: Outcome,
  ending: string,
  value: unknown,
  args: readonly unknown[] | null,
): Observation {
  try {
    const seen = canonical(ending, value, args);
    return observation(seen.comparable ? outcome : "incomparable", seen.text);
  } catch (thrown) {
    return observation("limit_exceeded", limitOf(thrown) ?? "memory");
  }
}

function judgeThrown(ending: string, thrown: unknown, args: readonly unknown[] | null): Observation {
  if (!meetsProxy(thrown)) {
    const limit = limitOf(thrown);
    if (limit !== null) return observation("limit_exceeded", limit);
    const missing = unavailableIn(thrown);
    if (missing !== null) return observation("unavailable", missing);
  }
  return judge("threw", ending, thrown, args);
}
