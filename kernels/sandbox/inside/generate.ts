/** Runs a generator module's export once and writes the argument lists it returns. */
import { seededRandom } from "../../../runtime/contracts/random.ts";
import type { EncodedInput } from "../protocol.ts";
import { canonical } from "./canonical.ts";
import { encodeInput } from "./codec.ts";
import { freeze, list, promiseOf, record } from "./intrinsics.ts";
import { limitOf } from "./limits.ts";
import type { ProgramFactory } from "./load.ts";
import type { Loaded } from "./observe.ts";
import { load } from "./observe.ts";
import { forgetWaits, settle } from "./settle.ts";
import { unavailableIn } from "./unavailable.ts";

/** The seeded source that a generator is given as its first argument. */
export interface GeneratorRandom {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, bound). */
  below(bound: number): number;
  /** One element, uniformly; undefined of an empty array. */
  pick<Item>(items: readonly Item[]): Item | undefined;
  /** A new array of the same elements in random order (Fisher–Yates). */
  shuffle<Item>(items: readonly Item[]): Item[];
}

export type Generated =
  | { readonly kind: "inputs"; readonly inputs: readonly EncodedInput[] }
  /** `text` says what was wrong, `path` where in the returned array, e.g. `[3][0].callback`. */
  | { readonly kind: "invalid"; readonly text: string; readonly path: string }
  | { readonly kind: "threw" | "unavailable" | "limit_exceeded"; readonly text: string; readonly path: "" };

export function generate(
  factory: ProgramFactory,
  name: string,
  count: number,
  seed: number,
): Generated | Promise<Generated> {
  forgetWaits();
  const loaded: Loaded = load(factory, name);
  if (loaded.entry === null) {
    const { outcome, text } = loaded.failure;
    return failed(outcome === "unavailable" || outcome === "limit_exceeded" ? outcome : "threw", text);
  }
  let returned: unknown;
  try {
    returned = loaded.entry(generatorRandom(seed), count);
  } catch (thrown) {
    return judgeThrown(thrown);
  }
  return whenSettled(returned);
}

function whenSettled(returned: unknown): Generated | Promise<Generated> {
  let resolve: (generated: Generated) => void = () => undefined;
  const isPromise = settle(returned, (settled) => {
    if (settled.state === "fulfilled") resolve(encodeAll(settled.value));
    else if (settled.state === "rejected") resolve(judgeThrown(settled.value));
    else resolve(invalid("a promise that never settles", ""));
  });
  if (!isPromise) return encodeAll(returned);
  return promiseOf((given) => {
    resolve = given;
  });
}

function encodeAll(returned: unknown): Generated {
  if (!Array.isArray(returned)) return invalid("not an array of argument lists", "");
  const inputs: EncodedInput[] = list();
  for (let index = 0; index < returned.length; index++) {
    const args: unknown = returned[index];
    if (!Array.isArray(args)) return invalid("not an argument list (an array)", `[${index}]`);
    const encoding = encodeInput(args);
    if ("refused" in encoding) return invalid(encoding.refused, `[${index}]${encoding.path}`);
    inputs[index] = encoding.encoded;
  }
  return record({ kind: "inputs", inputs });
}

function judgeThrown(thrown: unknown): Generated {
  try {
    const limit = limitOf(thrown);
    if (limit !== null) return failed("limit_exceeded", limit);
    const missing = unavailableIn(thrown);
    if (missing !== null) return failed("unavailable", missing);
    return failed("threw", canonical("threw", thrown, null).text);
  } catch {
    return failed("threw", "an object that throws when it is read");
  }
}

function invalid(text: string, path: string): Generated {
  return record({ kind: "invalid", text, path });
}

function failed(kind: "threw" | "unavailable" | "limit_exceeded", text: string): Generated {
  return record({ kind, text, path: "" });
}

function generatorRandom(seed: number): GeneratorRandom {
  const random = seededRandom(seed).fork("inputs");
  return freeze({
    next: () => random.next(),
    below: (bound: number) => random.below(bound),
    pick: <Item>(items: readonly Item[]) =>
      items.length === 0 ? undefined : items[random.below(items.length)],
    shuffle: <Item>(items: readonly Item[]) => {
      const shuffled = items.slice();
      for (let last = shuffled.length - 1; last > 0; last--) {
        const other = random.below(last + 1);
        [shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!];
      }
      return shuffled;
    },
  });
}
