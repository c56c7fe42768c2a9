import { Packr, RESERVE_START_SPACE } from "msgpackr";

import { storageError } from "../errors.ts";
import { PlainWriter } from "./plain-writer.ts";
import { tag, untag } from "./tagged-data.ts";

/**
 * Events and snapshots as bytes: one form byte, then MessagePack.
 *
 * What comes back equals what went in as after `structuredClone`: typed arrays, Map, Set, Date, RegExp,
 * BigInt, undefined, shared and cyclic references. Three forms:
 *
 *   plain   records, arrays and scalars, as most events are: objects are MessagePack maps (`plain-writer.ts`)
 *   direct  whatever else MessagePack and its extensions carry unbent: objects are msgpackr's records
 *   tagged  what MessagePack alone bends without a word (−0, strings with lone surrogates, a key named
 *           `__proto__`, holes in arrays): see `tagged-data.ts`
 *
 * Functions, symbols, class instances and shared memory are refused, so that no event comes back poorer
 * than it was appended. Not kept: an error's stack, properties of arrays that are not elements.
 */
const direct = new Packr({ structuredClone: true, copyBuffers: true });
const plain = new Packr({ structuredClone: true, copyBuffers: true, useRecords: false });
const writer = new PlainWriter();

const DIRECT = 0;
const TAGGED = 1;
const PLAIN = 2;
const FORM_BYTES = 1;
const MAX_DEPTH = 500;

/**
 * The bytes may be a view of a larger buffer, which is never written again.
 * @throws JOURNAL_EVENT_REFUSED, its location the path inside the value.
 */
export function encodePlainData(value: unknown): Uint8Array {
  const written = writer.write(PLAIN, value);
  if (written !== null) return written;
  const inspection = new Inspection();
  inspection.visit(value);
  return inspection.needsTags ? pack(direct, TAGGED, tag(value)) : pack(direct, DIRECT, value);
}

export function decodePlainData(bytes: Uint8Array): unknown {
  const body = bytes.subarray(FORM_BYTES);
  if (bytes[0] === PLAIN) return plain.unpack(body);
  const value: unknown = direct.unpack(body);
  return bytes[0] === TAGGED ? untag(value) : value;
}

function pack(packr: Packr, form: number, value: unknown): Uint8Array {
  const bytes = packr.pack(value, RESERVE_START_SPACE | FORM_BYTES);
  bytes[0] = form;
  return bytes;
}

/** One walk that refuses what cannot be kept and notices what MessagePack would bend. */
class Inspection {
  needsTags = false;
  readonly #seen = new Set<object>();
  readonly #path: string[] = [];

  visit(value: unknown): void {
    switch (typeof value) {
      case "string":
        this.#visitText(value);
        return;
      case "number":
        if (Object.is(value, -0)) this.needsTags = true;
        return;
      case "function":
      case "symbol":
        throw this.#refuse(`a ${typeof value}`);
      case "object":
        if (value !== null && !this.#seen.has(value)) this.#visitObject(value);
        return;
      default:
        return;
    }
  }

  #visitText(text: string): void {
    if (/\p{Surrogate}/u.test(text)) this.needsTags = true;
  }

  #visitObject(value: object): void {
    this.#seen.add(value);
    if (this.#path.length > MAX_DEPTH) throw this.#refuse(`data nested more than ${MAX_DEPTH} levels deep`);
    if (Array.isArray(value)) this.#visitArray(value);
    else if (value instanceof Map) this.#visitMap(value);
    else if (value instanceof Set) this.#visitSet(value);
    else if (isRecord(value)) this.#visitRecord(value);
    else if (!isLeaf(value)) throw this.#refuse(`an instance of ${className(value)}`);
  }

  #visitArray(array: readonly unknown[]): void {
    for (let index = 0; index < array.length; index++) {
      if (!(index in array)) this.needsTags = true;
      this.#enter(String(index), array[index]);
    }
  }

  #visitMap(map: ReadonlyMap<unknown, unknown>): void {
    for (const [key, value] of map) {
      this.#enter("<key>", key);
      this.#enter("<value>", value);
    }
  }

  #visitSet(set: ReadonlySet<unknown>): void {
    for (const member of set) this.#enter("<member>", member);
  }

  #visitRecord(record: Readonly<Record<string, unknown>>): void {
    for (const key of Object.keys(record)) {
      // Written as such they would be left out, or called.
      if (key === "__proto__" || key === "toJSON") this.needsTags = true;
      this.#visitText(key);
      this.#enter(key, record[key]);
    }
  }

  #enter(step: string, value: unknown): void {
    // Leaves need no place on the path; most of the data is leaves.
    if (typeof value === "number" ? !Object.is(value, -0) : value === null) return;
    this.#path.push(step);
    this.visit(value);
    this.#path.pop();
  }

  #refuse(what: string): Error {
    return storageError("JOURNAL_EVENT_REFUSED", `An event must be plain data, not ${what}.`, {
      location: this.#path.slice(0, 20).join("."),
    });
  }
}

export function isRecord(value: object): value is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value);
  // The second test admits plain objects of another realm (a vm context, a test's sandbox).
  return prototype === null || (typeof prototype === "object" && Object.getPrototypeOf(prototype) === null);
}

function isLeaf(value: object): boolean {
  if (ArrayBuffer.isView(value)) return value.buffer instanceof ArrayBuffer;
  const prototype: unknown = Object.getPrototypeOf(value);
  return leafPrototypes.has(prototype);
}

const leafPrototypes: ReadonlySet<unknown> = new Set(
  [
    Date,
    RegExp,
    ArrayBuffer,
    Error,
    TypeError,
    RangeError,
    SyntaxError,
    ReferenceError,
    EvalError,
    URIError,
  ].map((type): unknown => type.prototype),
);

function className(value: object): string {
  const constructor: unknown = value.constructor;
  return typeof constructor === "function" && constructor.name !== "" ? constructor.name : "an unnamed class";
}
