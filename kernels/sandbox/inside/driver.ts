/**
 * How the realm engine drives the harness: flat functions that take and give texts, since every handle that
 * crosses the border of a realm costs. A function answers at once, or with "" when it has to wait for
 * promises: then jobs are run, and `poll` gives the answer or "" again. No answer is empty.
 */
import type { EncodedInput, Observation } from "../protocol.ts";
import type { Generated } from "./generate.ts";
import { generate } from "./generate.ts";
import { isPromise, jsonTexts, list, promiseThen } from "./intrinsics.ts";
import type { ProgramFactory } from "./load.ts";
import { observe, observeSequence } from "./observe.ts";
import { stalled } from "./settle.ts";

export interface Driver {
  /** JSON of `[outcome, text]`. */
  observe(input: string): string;
  /** Takes a JSON array of inputs; gives JSON of `[outcome, text, outcome, text, …]`. */
  observeSequence(inputs: string): string;
  /** JSON of `["inputs", …]` or of `[kind, text, path]`. */
  generate(count: string, seed: string): string;
  poll(): string;
  stalled(): string;
}

export function makeDriver(factory: ProgramFactory, name: string): Driver {
  let answer = "";

  function waitFor<Value>(value: Value | Promise<Value>, write: (value: Value) => string): string {
    if (!isPromise(value)) return write(value as Value);
    answer = "";
    promiseThen(
      value,
      (settled) => {
        answer = write(settled as Value);
      },
      // The harness's own promises are not rejected; if one were, the wait would be given up as stalled.
      () => undefined,
    );
    return "";
  }

  return {
    observe: (input) => waitFor(observe(factory, name, input as EncodedInput), writeObservation),
    observeSequence: (inputs) =>
      waitFor(observeSequence(factory, name, parseInputs(inputs)), writeObservations),
    generate: (count, seed) => waitFor(generate(factory, name, +count, +seed), writeGenerated),
    poll: () => answer,
    stalled() {
      stalled();
      return "";
    },
  };
}

/** While the language is still as it came. */
function parseInputs(inputs: string): readonly EncodedInput[] {
  return JSON.parse(inputs) as readonly EncodedInput[];
}

function writeObservation(observation: Observation): string {
  const texts: string[] = list();
  texts[0] = observation.outcome;
  texts[1] = observation.text;
  return jsonTexts(texts);
}

function writeObservations(observations: readonly Observation[]): string {
  const texts: string[] = list();
  for (let index = 0; index < observations.length; index++) {
    texts[2 * index] = observations[index]!.outcome;
    texts[2 * index + 1] = observations[index]!.text;
  }
  return jsonTexts(texts);
}

function writeGenerated(generated: Generated): string {
  const texts: string[] = list();
  texts[0] = generated.kind;
  if (generated.kind === "inputs") {
    for (let index = 0; index < generated.inputs.length; index++) texts[index + 1] = generated.inputs[index]!;
  } else {
    texts[1] = generated.text;
    texts[2] = generated.path;
  }
  return jsonTexts(texts);
}
