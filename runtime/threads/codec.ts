/**
 * Messages as MessagePack between two threads, with the records of one direction shared: the shape of an
 * object goes over once. What it bends: −0 becomes 0, lone surrogates U+FFFD, holes undefined, class
 * instances plain objects; shared references become copies. Functions and symbols are refused.
 */
import { addExtension, Packr } from "msgpackr";
import { AskReply } from "../ask.ts";
import { decodeError, encodeError, MyriadError, type WireError } from "../contracts/index.ts";
import { runtimeError } from "../errors.ts";
import { Ref } from "../ref.ts";

/** Stands for refs and replies while they travel: made and understood by a thread's mesh. */
export interface Passport {
  stampRef(ref: Ref<unknown>): unknown;
  readRef(stamp: unknown): Ref<unknown>;
  stampReply(reply: AskReply): unknown;
  readReply(stamp: unknown): unknown;
}

const REF = 1;
const REPLY = 2;
const ERROR = 3;
const SPILLED = 4;
const REFUSED = 5;

/** A part of a message that travels beside the ring, at that place among those that do. */
export class Spilled {
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }
}

// msgpackr keeps extensions for the whole process; what they need of one thread and message stands here.
let passport: Passport | null = null;
let spills: readonly unknown[] = [];

const travelling = (): Passport => {
  if (passport === null) throw runtimeError("MESSAGE_UNSENDABLE", "A ref or reply outside a message");
  return passport;
};
const extension = <Value, Wire>(
  type: number,
  Class: abstract new (...args: never[]) => Value,
  write: (value: Value) => Wire,
  read: (wire: Wire) => unknown,
): void =>
  addExtension({
    type,
    Class: Class,
    write: write as never,
    read: read as never,
  });

extension(
  REF,
  Ref<unknown>,
  (ref) => travelling().stampRef(ref),
  (stamp) => travelling().readRef(stamp),
);
extension(
  REPLY,
  AskReply,
  (reply) => travelling().stampReply(reply),
  (stamp) => travelling().readReply(stamp),
);
extension(
  ERROR,
  MyriadError,
  (error) => encodeError(error),
  (wire: WireError) => decodeError(wire),
);
extension(
  SPILLED,
  Spilled,
  ({ index }) => index,
  (index: number) => spills[index],
);

// Without these msgpackr would send an empty object, in silence. Shared memory goes beside the ring, from fields only.
const NEVER_PACKED = [Promise, WeakMap, WeakSet, WeakRef, AbortSignal, Blob, SharedArrayBuffer];
for (const [index, Class] of NEVER_PACKED.entries()) {
  const refuse = (): never => {
    throw new TypeError(
      `it holds a ${Class.name} ${Class === SharedArrayBuffer ? "below its fields" : ""}`.trim(),
    );
  };
  extension(REFUSED + index, Class as abstract new (...args: never[]) => object, refuse, refuse);
}

/** From as many shapes on msgpackr gives their numbers to others. */
const MOST_RECORDS = 32;

const OPTIONS = { sequential: true, useRecords: true, moreTypes: true, copyBuffers: true } as const;

export class Encoder {
  readonly #passport: Passport;
  #packr = newPackr();
  #stale = false;
  #renewed = false;

  constructor(owner: Passport) {
    this.#passport = owner;
  }

  /** @throws MESSAGE_UNSENDABLE */
  pack(value: unknown): Uint8Array {
    const outer = passport;
    passport = this.#passport;
    try {
      return this.#packr.pack(value);
    } catch (cause) {
      this.discard();
      throw runtimeError("MESSAGE_UNSENDABLE", `A message cannot go elsewhere: ${whyNot(cause)}`, { cause });
    } finally {
      passport = outer;
    }
  }

  /** What was packed last is not sent: its records would be unknown to the reader. */
  discard(): void {
    this.#packr = newPackr();
    this.#stale = true;
    this.#renewed = true;
  }

  /**
   * Reads again what this encoder has packed.
   * @returns null when the number of a record has meant more than one shape, so that nothing is certain.
   */
  reader(): Decoder | null {
    const { structures = [] } = this.#packr as { readonly structures?: readonly (readonly string[])[] };
    if (this.#renewed || structures.length >= MOST_RECORDS) return null;
    return new Decoder(this.#passport, structures);
  }

  /** Whether an encoding has failed half-way since: the reader must forget all records before the next one. */
  takeStale(): boolean {
    const stale = this.#stale;
    this.#stale = false;
    return stale;
  }
}

function whyNot(cause: unknown): string {
  if (cause instanceof RangeError) return "it holds itself, or is nested too deep";
  return cause instanceof Error ? cause.message : String(cause);
}

export class Decoder {
  readonly #passport: Passport;
  #packr = newPackr();

  /** @param records shapes that are known already, by their numbers. */
  constructor(owner: Passport, records: readonly (readonly string[])[] = []) {
    this.#passport = owner;
    Object.assign(this.#packr, { structures: records.map((keys) => [...keys]) });
  }

  unpack(bytes: Uint8Array, beside: readonly unknown[] = []): unknown {
    passport = this.#passport;
    spills = beside;
    try {
      return this.#packr.unpack(bytes);
    } finally {
      passport = null;
      spills = [];
    }
  }

  forget(): void {
    this.#packr = newPackr();
  }
}

function newPackr(): Packr {
  const packr = new Packr({ ...OPTIONS });
  // Left out of msgpackr's types; without it a function is packed as undefined, in silence.
  Object.assign(packr, {
    writeFunction: () => {
      throw new TypeError("it holds a function");
    },
  });
  return packr;
}

/** Typed arrays from this size on travel beside the ring: moved if marked, shared if shared, else copied once. */
export const SPILL_BYTES = 65_536;

const movable = new WeakSet<ArrayBuffer>();

/**
 * Marks a typed array or buffer: the next message that has it as a field of its own and goes to another
 * thread takes the memory along instead of copying it. Afterwards it is empty here.
 */
export function transfer<Value extends ArrayBuffer | ArrayBufferView>(value: Value): Value {
  const buffer = ArrayBuffer.isView(value) ? value.buffer : value;
  if (buffer instanceof ArrayBuffer) movable.add(buffer);
  return value;
}

export interface Spill {
  /** The message with `Spilled` in the place of what travels beside it. */
  readonly message: unknown;
  readonly beside: readonly unknown[];
  readonly moved: readonly ArrayBuffer[];
}

/** @returns null: nothing of the message travels beside the ring. */
export function spill(message: unknown): Spill | null {
  if (typeof message !== "object" || message === null) return null;
  const whole = bulkOf(message);
  if (whole !== null) return { message: new Spilled(0), beside: [message], moved: takeMovable(whole) };
  let found: { message: Record<string, unknown>; beside: unknown[]; moved: ArrayBuffer[] } | null = null;
  for (const key in message) {
    const value = (message as Record<string, unknown>)[key];
    const buffer = bulkOf(value);
    if (buffer === null) continue;
    found ??= { message: { ...message }, beside: [], moved: [] };
    found.message[key] = new Spilled(found.beside.length);
    found.beside.push(value);
    found.moved.push(...takeMovable(buffer));
  }
  return found;
}

function takeMovable(buffer: ArrayBufferLike): ArrayBuffer[] {
  return buffer instanceof ArrayBuffer && movable.delete(buffer) ? [buffer] : [];
}

function bulkOf(value: unknown): ArrayBufferLike | null {
  if (ArrayBuffer.isView(value)) {
    return value.byteLength >= SPILL_BYTES || isShared(value.buffer) ? value.buffer : null;
  }
  if (value instanceof ArrayBuffer) return value.byteLength >= SPILL_BYTES ? value : null;
  return isShared(value) ? value : null;
}

function isShared(value: unknown): value is SharedArrayBuffer {
  return typeof SharedArrayBuffer !== "undefined" && value instanceof SharedArrayBuffer;
}
