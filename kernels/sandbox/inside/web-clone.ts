/**
 * `structuredClone`: the graph again, with its cycles and aliases. What holds state that no clone can have
 * (functions, symbols, promises, weak collections, objects of the platform) is refused with a DataCloneError.
 */
import { getter, inherits, isPromise, method } from "./intrinsics.ts";
import { meetsProxy } from "./proxies.ts";
import { publish, slottedAt } from "./slots.ts";
import { domException, installDOMException } from "./web-exception.ts";
import type { DOMException } from "./web-exception.ts";
import { textOf } from "./web-text.ts";

type Copy = (value: object, memory: Memory) => object | null;

const ERRORS: Readonly<Record<string, ErrorConstructor>> = {
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};
const errorPrototype: object = Error.prototype;

/** What was copied: each object once. */
class Memory {
  readonly #copies = new Map<object, object>();

  copy(value: unknown): unknown {
    if (typeof value === "symbol" || typeof value === "function") throw uncloneable(value);
    if (typeof value !== "object" || value === null) return value;
    return this.#copies.get(value) ?? this.#copyNew(value);
  }

  keep<Made extends object>(original: object, made: Made): Made {
    this.#copies.set(original, made);
    return made;
  }

  #copyNew(value: object): object {
    if (meetsProxy(value) || isOpaque(value)) throw uncloneable(value);
    for (const copy of COPIES) {
      const made = copy(value, this);
      if (made !== null) return made;
    }
    return this.copyProperties(value, this.keep(value, {}));
  }

  copyProperties<Made extends object>(from: object, to: Made): Made {
    for (const key of Object.keys(from)) {
      const value = this.copy((from as Readonly<Record<string, unknown>>)[key]);
      Object.defineProperty(to, key, { value, writable: true, enumerable: true, configurable: true });
    }
    return to;
  }
}

function uncloneable(value: unknown): DOMException {
  const what =
    typeof value === "symbol" ? value.toString() : typeof value === "function" ? "A function" : "An object";
  return domException(`${what} could not be cloned.`, "DataCloneError");
}

/** Whether a slot's reader accepts the value. */
function answers(read: (self: unknown) => unknown): (value: object) => boolean {
  return (value) => {
    try {
      read(value);
      return true;
    } catch {
      return false;
    }
  };
}

const holdsMore: readonly ((value: object) => boolean)[] = [
  isPromise,
  answers((self) => method(WeakMap.prototype, "has")(self, {})),
  answers((self) => method(WeakSet.prototype, "has")(self, {})),
  answers((self) => method(WeakRef.prototype, "deref")(self)),
];
const generator = Object.getPrototypeOf(Object.getPrototypeOf((function* () {})())) as object;
const iterator = Object.getPrototypeOf(generator) as object;

function isOpaque(value: object): boolean {
  if (holdsMore.some((holds) => holds(value))) return true;
  for (
    let at = Object.getPrototypeOf(value) as object | null;
    at !== null;
    at = Object.getPrototypeOf(at) as object | null
  ) {
    if (at === generator || slottedAt(at) !== null) return true;
    // The language's own iterators, not the program's classes that extend Iterator.
    if (Object.getPrototypeOf(at) === iterator && !Object.hasOwn(at, "constructor")) return true;
  }
  return false;
}

const unbox: readonly (readonly [(self: unknown) => unknown, (value: unknown) => object])[] = [
  [method(Boolean.prototype, "valueOf"), Object],
  [method(Number.prototype, "valueOf"), Object],
  [method(String.prototype, "valueOf"), Object],
  [method(BigInt.prototype, "valueOf"), Object],
];

const copyBoxed: Copy = (value, memory) => {
  for (const [read, box] of unbox) if (answers(read)(value)) return memory.keep(value, box(read(value)));
  if (answers(method(Symbol.prototype, "valueOf"))(value)) throw uncloneable(value);
  return null;
};

const timeOf = method(Date.prototype, "getTime") as (self: unknown) => number;

const copyDate: Copy = (value, memory) =>
  answers(timeOf)(value) ? memory.keep(value, new Date(timeOf(value))) : null;

const sourceOf = getter<string>(RegExp.prototype, "source", "");

const copyRegExp: Copy = (value, memory) => {
  // The getter answers for the prototype too, which holds no pattern.
  if (value === RegExp.prototype || !answers(sourceOf)(value)) return null;
  return memory.keep(value, new RegExp(sourceOf(value), (value as RegExp).flags));
};

const bytesIn = getter<number>(ArrayBuffer.prototype, "byteLength", 0);
const mostBytesIn = getter<number>(ArrayBuffer.prototype, "maxByteLength", 0);
const isResizable = getter<boolean>(ArrayBuffer.prototype, "resizable", false);
const isDetached = getter<boolean>(ArrayBuffer.prototype, "detached", false);

const copyBuffer: Copy = (value, memory) => {
  if (!answers(bytesIn)(value)) return null;
  if (isDetached(value)) throw uncloneable(value);
  const options = isResizable(value) ? [{ maxByteLength: mostBytesIn(value) }] : [];
  const made = new (ArrayBuffer as unknown as new (length: number, ...options: object[]) => ArrayBuffer)(
    bytesIn(value),
    ...options,
  );
  new Uint8Array(made).set(new Uint8Array(value as ArrayBuffer));
  return memory.keep(value, made);
};

type ViewMaker = new (buffer: ArrayBufferLike, offset: number, length: number) => object;
const viewName = getter<string | undefined>(
  Object.getPrototypeOf(Uint8Array.prototype) as object,
  Symbol.toStringTag,
  undefined,
);
const views = new Map<string, ViewMaker>(
  [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
  ]
    .concat([BigInt64Array, BigUint64Array] as never)
    .map((maker) => [maker.name, maker as unknown as ViewMaker]),
);

const copyView: Copy = (value, memory) => {
  if (!ArrayBuffer.isView(value)) return null;
  const buffer = memory.copy(value.buffer) as ArrayBuffer;
  const { byteOffset } = value;
  if (value instanceof DataView)
    return memory.keep(value, new DataView(buffer, byteOffset, value.byteLength));
  const maker = views.get(viewName(value) ?? "");
  if (maker === undefined) throw uncloneable(value);
  return memory.keep(value, new maker(buffer, byteOffset, (value as Uint8Array).length));
};

const mapSize = getter<number>(Map.prototype, "size", 0);
const setSize = getter<number>(Set.prototype, "size", 0);

const copyMap: Copy = (value, memory) => {
  if (!answers(mapSize)(value)) return null;
  const made = memory.keep(value, new Map<unknown, unknown>());
  for (const [key, item] of [...(value as Map<unknown, unknown>)])
    made.set(memory.copy(key), memory.copy(item));
  return made;
};

const copySet: Copy = (value, memory) => {
  if (!answers(setSize)(value)) return null;
  const made = memory.keep(value, new Set<unknown>());
  for (const item of [...(value as Set<unknown>)]) made.add(memory.copy(item));
  return made;
};

function isError(value: object): boolean {
  const { isError: known } = Error as unknown as { readonly isError?: (value: unknown) => boolean };
  return known === undefined ? inherits(value, errorPrototype) : known(value);
}

/** Name decides the class, and only a message that is plain data goes along; so does the cause. */
const copyError: Copy = (value, memory) => {
  if (!isError(value)) return null;
  const { name } = value as { readonly name?: unknown };
  const constructor = ERRORS[textOf(name)] ?? Error;
  const message = Object.getOwnPropertyDescriptor(value, "message");
  const made =
    message !== undefined && "value" in message ? new constructor(textOf(message.value)) : new constructor();
  memory.keep(value, made);
  const hidden = { writable: true, enumerable: false, configurable: true };
  for (const key of ["stack", "cause"]) {
    const held = Object.getOwnPropertyDescriptor(value, key);
    if (held !== undefined && "value" in held)
      Object.defineProperty(made, key, { value: memory.copy(held.value), ...hidden });
  }
  return made;
};

const copyArray: Copy = (value, memory) => {
  if (!Array.isArray(value)) return null;
  const made = memory.keep(value, new Array<unknown>(value.length));
  return memory.copyProperties(value, made);
};

const COPIES: readonly Copy[] = [
  copyArray,
  copyBoxed,
  copyDate,
  copyRegExp,
  copyBuffer,
  copyView,
  copyMap,
  copySet,
  copyError,
];

const transferBuffer = method(ArrayBuffer.prototype, "transfer") as (self: ArrayBuffer) => ArrayBuffer;

export function structuredCloneOf(
  value: unknown,
  options: { readonly transfer?: Iterable<unknown> } = {},
): unknown {
  const transferred = [...(options.transfer ?? [])];
  if (new Set(transferred).size !== transferred.length)
    throw domException("A buffer is transferred twice", "DataCloneError");
  for (const buffer of transferred) {
    if (!(buffer instanceof ArrayBuffer) || isDetached(buffer)) throw uncloneable(buffer);
  }
  const memory = new Memory();
  // A copy first: when it fails, nothing has been detached.
  const made = memory.copy(value);
  for (const buffer of transferred) transferBuffer(buffer as ArrayBuffer);
  return made;
}

export function installClone(): void {
  installDOMException();
  publish(
    "structuredClone",
    function structuredClone(value: unknown, options?: { readonly transfer?: Iterable<unknown> }) {
      if (arguments.length === 0) throw new TypeError("What is to be cloned is missing");
      return structuredCloneOf(value, options);
    },
  );
}
