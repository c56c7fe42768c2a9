/**
 * Makes a realm that can be used again and again as if it were new. Pure ECMAScript: runs in the main
 * context of a child process, or in an isolated-vm isolate.
 *
 *   once       globals that are not ECMAScript are removed; intrinsics are frozen deeply
 *   each run   `restore()`: the few intrinsics that are not frozen, and the global object, are compared with
 *              how they were, and put back where they differ
 *
 * Why not all frozen: V8 gives up its fast paths for arrays, regular expressions and sets when their
 * prototypes are frozen (a quicksort ran 2 times slower, a `replace` 5–7 times), and a frozen prototype
 * cannot be shadowed by assignment (`error.message = …`). The watched ones keep both.
 */
import {
  apply,
  freeze,
  getOwnPropertyDescriptor,
  dataOf,
  getPrototypeOf,
  is,
  isExtensible,
  ownKeys,
} from "./inside/intrinsics.ts";

const defineProperty: typeof Reflect.defineProperty = Reflect.defineProperty;
const deleteProperty: typeof Reflect.deleteProperty = Reflect.deleteProperty;
const setPrototypeOf: typeof Reflect.setPrototypeOf = Reflect.setPrototypeOf;
const executeRegExp = dataOf(RegExp.prototype, "exec") as (text: string) => unknown;
const setHas = dataOf(Set.prototype, "has") as (key: unknown) => boolean;
const SetOf = Set;

/** How a realm was found, and left; the worst of several is the largest. */
export type Freshness = typeof UNTOUCHED | typeof PUT_BACK | typeof SPOILED;
export const UNTOUCHED = 0;
export const PUT_BACK = 1;
/** What was changed cannot be undone. */
export const SPOILED = 2;

function worse(one: Freshness, other: Freshness): Freshness {
  return one > other ? one : other;
}

/** What stays of the global object: ECMAScript 2026 with ECMA-402; `console` is the harness's silent one. */
const KEPT: ReadonlySet<PropertyKey> = new Set<PropertyKey>(
  (
    "globalThis Infinity NaN undefined eval isFinite isNaN parseFloat parseInt decodeURI decodeURIComponent " +
    "encodeURI encodeURIComponent escape unescape AggregateError Array ArrayBuffer AsyncDisposableStack Atomics " +
    "BigInt BigInt64Array BigUint64Array Boolean DataView Date DisposableStack Error EvalError " +
    "FinalizationRegistry Float16Array Float32Array Float64Array Function Int16Array Int32Array Int8Array Intl " +
    "Iterator JSON Map Math Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set " +
    "SharedArrayBuffer String SuppressedError Symbol SyntaxError TypeError URIError Uint16Array Uint32Array " +
    "Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet console"
  ).split(" "),
);

function watchedObjects(): readonly object[] {
  const errors = [
    Error,
    AggregateError,
    EvalError,
    RangeError,
    ReferenceError,
    SyntaxError,
    TypeError,
    URIError,
  ];
  return [
    globalThis,
    Object.prototype,
    Function.prototype,
    Array,
    Array.prototype,
    RegExp,
    RegExp.prototype,
    Map.prototype,
    Set.prototype,
    WeakMap.prototype,
    Promise,
    Promise.prototype,
    ...errors.map((constructor) => constructor.prototype),
  ];
}

/**
 * @param foreign what is no part of the language and yet within the program's reach: frozen with it.
 * @param more globals that stay beside those of the language, frozen with them.
 * @returns restores the realm, and says how it was found.
 */
export function lockDown(foreign: readonly unknown[], more: readonly string[]): () => Freshness {
  const kept = new SetOf([...KEPT, ...more]);
  removeForeignGlobals(kept);
  // Node formats a stack by what stands here, with the engine's frames, and whenever an error is first read.
  defineProperty(globalThis, "Error", { writable: false, configurable: false });
  const watched = watchedObjects();
  freezeIntrinsics(new SetOf(watched), kept, foreign);
  const watches = watched.map((object) => watch(object));
  return () => {
    let found: Freshness = UNTOUCHED;
    for (let index = 0; index < watches.length; index++) found = worse(found, watches[index]!());
    // The last match is visible as RegExp.$1 and the like.
    apply(executeRegExp, /(?:)/, [""]);
    return found;
  };
}

function removeForeignGlobals(kept: ReadonlySet<PropertyKey>): void {
  for (const key of ownKeys(globalThis)) {
    if (!kept.has(key) && key !== Symbol.toStringTag) deleteProperty(globalThis, key);
  }
  // Leads to Temporal, which tells the machine's time and is not kept.
  deleteProperty(Date.prototype, "toTemporalInstant");
}

function freezeIntrinsics(
  watched: ReadonlySet<object>,
  kept: ReadonlySet<PropertyKey>,
  foreign: readonly unknown[],
): void {
  // Bun's own object cannot be removed from the global object, and reading all of it starts half of Bun.
  const seen = new Set<object>([globalThis]);
  const visit = (value: unknown): void => {
    if (value === null || (typeof value !== "object" && typeof value !== "function") || seen.has(value))
      return;
    seen.add(value);
    visit(getPrototypeOf(value));
    for (const key of ownKeys(value)) {
      const descriptor: Readonly<Record<string, unknown>> = { ...getOwnPropertyDescriptor(value, key) };
      visit(descriptor["value"]);
      visit(descriptor["get"]);
      visit(descriptor["set"]);
    }
  };
  visit(getPrototypeOf(globalThis));
  for (const name of kept) visit(dataOf(globalThis, name));
  for (const hidden of [...hiddenIntrinsics(), ...foreign]) visit(hidden);
  for (const object of seen) if (!watched.has(object)) freeze(object);
}

/** Intrinsics that no global leads to: iterators, generators, async functions, the accessors of a stack. */
function hiddenIntrinsics(): readonly unknown[] {
  const instances = [
    [][Symbol.iterator](),
    new Map().entries(),
    new Set().entries(),
    ""[Symbol.iterator](),
    /x/[Symbol.matchAll](""),
    function* () {},
    async function* () {},
    async () => {
      await Promise.resolve();
    },
    new Intl.Segmenter().segment(""),
    new Intl.Segmenter().segment("")[Symbol.iterator](),
    ...iteratorHelpers(),
  ];
  return [...instances.map((value) => getPrototypeOf(value)), ...instances.filter(isCallable), ...traced()];
}

function isCallable(value: unknown): boolean {
  return typeof value === "function";
}

/** What has a stack; newer engines give it by accessors of its own. */
function traced(): readonly object[] {
  const capture = dataOf(Error, "captureStackTrace") as ((holder: object) => void) | undefined;
  const holder = {};
  capture?.(holder);
  return [new Error(), holder];
}

interface IteratorHelpers {
  readonly from: (iterator: { readonly next: () => { readonly done: boolean } }) => {
    readonly map: (change: () => unknown) => object;
  };
}

/** Of newer engines. */
function iteratorHelpers(): readonly object[] {
  const { from } = (dataOf(globalThis, "Iterator") ?? {}) as Partial<IteratorHelpers>;
  if (from === undefined) return [];
  const wrapped = from({ next: () => ({ done: true }) });
  return [wrapped, wrapped.map(() => undefined)];
}

interface Held {
  readonly key: PropertyKey;
  readonly descriptor: PropertyDescriptor;
}

/** Runs after hostile code: only captured functions, no iteration, nothing written to arrays. */
function watch(object: object): () => Freshness {
  const prototype = getPrototypeOf(object);
  const held: Held[] = [];
  for (const key of ownKeys(object)) {
    held[held.length] = { key, descriptor: bare(getOwnPropertyDescriptor(object, key)!) };
  }
  const keys = new SetOf(ownKeys(object));
  return () => {
    let found = isExtensible(object) ? putBackPrototype(object, prototype) : SPOILED;
    for (let index = 0; index < held.length; index++) found = worse(found, putBack(object, held[index]!));
    if (inOrder(object, held)) return found;
    // A key that was deleted stands at the end now: what it says of earlier runs cannot be undone.
    return removeExtras(object, keys) && inOrder(object, held) ? worse(found, PUT_BACK) : SPOILED;
  };
}

/** A descriptor that no planted `Object.prototype.get` can change. */
function bare(descriptor: PropertyDescriptor): PropertyDescriptor {
  setPrototypeOf(descriptor, null);
  return descriptor;
}

function putBackPrototype(object: object, prototype: object | null): Freshness {
  if (getPrototypeOf(object) === prototype) return UNTOUCHED;
  return setPrototypeOf(object, prototype) ? PUT_BACK : SPOILED;
}

function putBack(object: object, { key, descriptor }: Held): Freshness {
  const now = getOwnPropertyDescriptor(object, key);
  if (now !== undefined && same(now, descriptor)) return UNTOUCHED;
  return defineProperty(object, key, descriptor) ? PUT_BACK : SPOILED;
}

function same(now: PropertyDescriptor, then: PropertyDescriptor): boolean {
  if (now.configurable !== then.configurable || now.enumerable !== then.enumerable) return false;
  if (then.get !== undefined || then.set !== undefined) return now.get === then.get && now.set === then.set;
  return now.writable === then.writable && is(now.value, then.value);
}

function inOrder(object: object, held: readonly Held[]): boolean {
  const present = ownKeys(object);
  if (present.length !== held.length) return false;
  for (let index = 0; index < held.length; index++) {
    if (present[index] !== held[index]!.key) return false;
  }
  return true;
}

function removeExtras(object: object, keys: ReadonlySet<PropertyKey>): boolean {
  let fresh = true;
  const present = ownKeys(object);
  for (let index = 0; index < present.length; index++) {
    const key = present[index]!;
    if (!apply(setHas, keys, [key])) fresh = deleteProperty(object, key) && fresh;
  }
  return fresh;
}
