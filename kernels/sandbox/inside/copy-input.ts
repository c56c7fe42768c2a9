/**
 * Fresh argument lists for every iteration. Decoding a text each time takes longer than most functions do, so
 * an input that is a plain tree (arrays without holes, ordinary objects, primitives, nothing met twice) is
 * decoded once and copied; any other is decoded anew. Both give the same graph. Copies have packed arrays, as
 * arrays of real programs mostly are.
 */
import type { EncodedInput } from "../protocol.ts";
import { decodeInput } from "./codec.ts";
import { getPrototypeOf, hasOwn, isArray, MapOf, ownKeys } from "./intrinsics.ts";

type Tree = unknown[] | Record<string, unknown>;

/** Deeper trees are decoded: copying goes by recursion. */
const MOST_DEPTH = 200;

const objectPrototype = Object.prototype;
const arrayPrototype = Array.prototype;

/** @throws when the text was not written by `encodeInput`. */
export function inputCopier(input: EncodedInput): () => unknown[] {
  const template = decodeInput(input);
  return isPlainTree(template, new MapOf<object, true>(), 0)
    ? () => copyArray(template)
    : () => decodeInput(input);
}

function isPlainTree(value: unknown, met: Map<object, true>, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (depth > MOST_DEPTH || met.has(value)) return false;
  met.set(value, true);
  if (isArray(value)) return isPlainArray(value as unknown[], met, depth);
  if (getPrototypeOf(value) !== objectPrototype) return false;
  for (const key in value) {
    if (!hasOwn(value, key) || !isPlainTree((value as Record<string, unknown>)[key], met, depth + 1))
      return false;
  }
  return true;
}

function isPlainArray(array: unknown[], met: Map<object, true>, depth: number): boolean {
  // One own key an element and `length`: no holes, nothing beside the elements.
  if (getPrototypeOf(array) !== arrayPrototype || ownKeys(array).length !== array.length + 1) return false;
  for (let index = 0; index < array.length; index++) {
    if (!isPlainTree(array[index], met, depth + 1)) return false;
  }
  return true;
}

function copyArray(source: readonly unknown[]): unknown[] {
  const copy: unknown[] = [];
  for (let index = 0; index < source.length; index++) copy[index] = copyOf(source[index]);
  return copy;
}

function copyOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return isArray(value) ? copyArray(value as unknown[]) : copyObject(value as Record<string, unknown>);
}

function copyObject(source: Readonly<Record<string, unknown>>): Tree {
  const copy = { ...source };
  for (const key in copy) {
    const value = copy[key];
    if (typeof value === "object" && value !== null) copy[key] = copyOf(value);
  }
  return copy;
}
