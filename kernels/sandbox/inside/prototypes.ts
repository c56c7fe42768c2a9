/**
 * What stands in an object's prototype chain, read without running code. A builtin prototype is known by
 * identity, a class by the name of its constructor, and any other object in the chain is part of the value.
 *
 * An object is taken for what its chain says and its internal slots confirm. One whose builtin prototype was
 * taken away (a Map set to inherit from Object.prototype) is read as an ordinary object, and private fields
 * of classes cannot be seen at all.
 */
import { dataOf, getPrototypeOf, jsonString, mapGet, MapOf, mapSet, method } from "./intrinsics.ts";
import { meetsProxy } from "./proxies.ts";
import { slottedAt } from "./slots.ts";

export type Brand =
  | "Object"
  | "Array"
  | "Map"
  | "Set"
  | "Date"
  | "RegExp"
  | "Error"
  | "Boxed"
  | "Buffer"
  | "TypedArray"
  | "DataView"
  /** A class of the sandbox's own, which tells what its instances hold. */
  | "Slotted"
  /** Holds state that nothing can read. */
  | "Opaque";

interface Builtin {
  readonly name: string;
  readonly brand: Brand;
}

export interface Lineage {
  /** Of the nearest builtin prototype, or of the null at the end: the chain's end. */
  readonly brand: Brand;
  /** Name of that builtin; null where the chain ends in null or in an object that is part of the value. */
  readonly builtin: string | null;
  /** `class B extends class A`, nearest first; empty when no class stands in between. */
  readonly classes: string;
  /** A nameless object in the chain, which belongs to the value. */
  readonly parent: object | null;
}

const builtins = new MapOf<object, Builtin>();

function learn(name: string, brand: Brand, prototype: unknown): void {
  if (typeof prototype === "object" && prototype !== null) mapSet(builtins, prototype, { name, brand });
  if (typeof prototype === "function") mapSet(builtins, prototype, { name, brand });
}

const byBrand: readonly (readonly [Brand, readonly string[]])[] = [
  ["Object", ["Object"]],
  ["Array", ["Array"]],
  ["Map", ["Map"]],
  ["Set", ["Set"]],
  ["Date", ["Date"]],
  ["RegExp", ["RegExp"]],
  [
    "Error",
    [
      "Error",
      "AggregateError",
      "EvalError",
      "InternalError",
      "RangeError",
      "ReferenceError",
      "SuppressedError",
      "SyntaxError",
      "TypeError",
      "URIError",
    ],
  ],
  ["Boxed", ["Boolean", "Number", "String", "Symbol", "BigInt"]],
  ["Buffer", ["ArrayBuffer", "SharedArrayBuffer"]],
  [
    "TypedArray",
    [
      "Int8Array",
      "Uint8Array",
      "Uint8ClampedArray",
      "Int16Array",
      "Uint16Array",
      "Int32Array",
      "Uint32Array",
      "Float16Array",
      "Float32Array",
      "Float64Array",
      "BigInt64Array",
      "BigUint64Array",
    ],
  ],
  ["DataView", ["DataView"]],
  ["Opaque", ["Function", "Promise", "WeakMap", "WeakSet", "WeakRef", "FinalizationRegistry", "Iterator"]],
];

function learnGlobals(): void {
  for (const [brand, names] of byBrand) {
    for (const name of names) {
      const constructor = dataOf(globalThis, name);
      if (typeof constructor === "function") learn(name, brand, dataOf(constructor, "prototype"));
    }
  }
}

/** The prototypes that no global names: what generators and the builtin iterators inherit from. */
function learnIterators(): void {
  const iterator = getPrototypeOf(getPrototypeOf([][Symbol.iterator]())!)!;
  learn("Iterator", "Opaque", iterator);
  const asyncGenerator: object = async function* () {}.prototype as object;
  learn("AsyncIterator", "Opaque", getPrototypeOf(getPrototypeOf(asyncGenerator)!));
}

learnGlobals();
learnIterators();

const functionText = method(Function.prototype, "toString") as (self: unknown) => string;
const includes = method(String.prototype, "includes") as (self: string, part: string) => boolean;

function builtinAt(prototype: object): Builtin | undefined {
  const builtin = mapGet(builtins, prototype);
  if (builtin !== undefined) return builtin;
  const slotted = slottedAt(prototype);
  if (slotted === null) return undefined;
  return { name: slotted.name, brand: slotted.tell === null ? "Opaque" : "Slotted" };
}

type Link =
  | { readonly kind: "class"; readonly name: string }
  | { readonly kind: "native" }
  | { readonly kind: "value" };

function linkOf(prototype: object): Link {
  const constructor = dataOf(prototype, "constructor");
  if (typeof constructor !== "function") return { kind: "value" };
  // A builtin that is not in the table (Intl.Collator …) may hold state in slots that nobody here knows.
  if (includes(functionText(constructor), "[native code]")) return { kind: "native" };
  const name = dataOf(constructor, "name");
  return { kind: "class", name: typeof name === "string" ? name : "" };
}

/** A generator inherits from its function's nameless `prototype`, and from what cannot be read above that. */
function opaqueAbove(parent: object): Lineage | null {
  for (let at: object | null = parent; at !== null; at = getPrototypeOf(at)) {
    const builtin = mapGet(builtins, at);
    if (builtin?.brand === "Opaque") {
      return { brand: "Opaque", builtin: builtin.name, classes: "", parent: null };
    }
  }
  return null;
}

function lineageFrom(prototype: object | null): Lineage {
  if (meetsProxy(prototype)) return { brand: "Opaque", builtin: "proxy", classes: "", parent: null };
  let classes = "";
  for (let at = prototype; at !== null; at = getPrototypeOf(at)) {
    const builtin = builtinAt(at);
    if (builtin !== undefined) return { brand: builtin.brand, builtin: builtin.name, classes, parent: null };
    const link = linkOf(at);
    if (link.kind === "native") return { brand: "Opaque", builtin: "a builtin", classes, parent: null };
    if (link.kind === "value")
      return opaqueAbove(at) ?? { brand: "Object", builtin: null, classes, parent: at };
    classes += `${classes === "" ? "" : " extends "}class ${jsonString(link.name)}`;
  }
  return { brand: "Object", builtin: null, classes, parent: null };
}

/** One walk's memory of the chains it has read: a graph has many objects and few prototypes. */
export class Lineages {
  readonly #known = new MapOf<object | null, Lineage>();

  of(value: object): Lineage {
    const prototype = getPrototypeOf(value);
    const known = mapGet(this.#known, prototype);
    if (known !== undefined) return known;
    const lineage = lineageFrom(prototype);
    mapSet(this.#known, prototype, lineage);
    return lineage;
  }
}
