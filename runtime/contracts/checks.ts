/**
 * Checks of what a caller gives, where it is given: before anything has come of it, and never on the way of a
 * message. What is wrong is refused with the code of what it is part of, and shown:
 *
 *     check(isWhole(capacity, 1), "MAILBOX_INVALID", "capacity is a whole number from 1", capacity);
 *     // MAILBOX_INVALID: capacity is a whole number from 1, not -5
 */
import type { Clock } from "./clock.ts";
import type { MyriadError } from "./errors.ts";
import type { Journal } from "./journal.ts";
import type { Random } from "./random.ts";
import type { Transport } from "./transport.ts";

/** @throws the error of that code unless `holds` */
export type Check<Code extends string> = (
  holds: boolean,
  code: Code,
  /** What holds of anything that is right, as a sentence without its full stop. */
  expected: string,
  given: unknown,
) => void;

/** Makes the one function through which a folder refuses what it was given. */
export function checksOf<Code extends string>(
  error: (code: Code, message: string) => MyriadError,
): Check<Code> {
  return (holds, code, expected, given) => {
    if (!holds) throw error(code, `${expected}, not ${shown(given)}`);
  };
}

/** Something that can hold options. */
export function isObject(given: unknown): given is object {
  return typeof given === "object" && given !== null && !Array.isArray(given);
}

export function isText(given: unknown): given is string {
  return typeof given === "string";
}

export function isFunction(given: unknown): boolean {
  return typeof given === "function";
}

/** A function, or nothing at all. */
export function isOptionalFunction(given: unknown): boolean {
  return given === undefined || given === null || typeof given === "function";
}

/** A whole number that is not too small. */
export function isWhole(given: unknown, least: number): given is number {
  return Number.isInteger(given) && (given as number) >= least;
}

/** A number, and not NaN, from one to another. */
export function isBetween(given: unknown, least: number, most: number): given is number {
  return typeof given === "number" && given >= least && given <= most;
}

export function isThenable(given: unknown): given is PromiseLike<unknown> {
  return (
    typeof given === "object" && given !== null && typeof (given as { then?: unknown }).then === "function"
  );
}

/** Something with items; a text is none, for its characters are hardly meant. */
export function isIterable(given: unknown): given is Iterable<unknown> {
  return isObjectWith(given, Symbol.iterator);
}

export function isAsyncIterable(given: unknown): given is AsyncIterable<unknown> {
  return isObjectWith(given, Symbol.asyncIterator);
}

function isObjectWith(given: unknown, method: symbol): boolean {
  if (typeof given !== "object" || given === null) return false;
  return typeof (given as Readonly<Record<symbol, unknown>>)[method] === "function";
}

/** Whatever can be called by these names. */
export function hasMethods(given: unknown, ...names: readonly string[]): boolean {
  if ((typeof given !== "object" && typeof given !== "function") || given === null) return false;
  return names.every((name) => typeof (given as Readonly<Record<string, unknown>>)[name] === "function");
}

export function isClock(given: unknown): given is Clock {
  return hasMethods(given, "now", "monotonic", "schedule");
}

export function isRandom(given: unknown): given is Random {
  return hasMethods(given, "next", "below", "fork");
}

export function isJournal(given: unknown): given is Journal {
  return hasMethods(given, "append", "read", "revision", "streams", "saveSnapshot", "loadSnapshot", "close");
}

export function isTransport(given: unknown): given is Transport {
  return hasMethods(given, "open", "send", "close");
}

export function isSignal(given: unknown): given is AbortSignal {
  return hasMethods(given, "addEventListener", "removeEventListener");
}

const MOST_SHOWN = 200;

/** What stands for a value in a message. Never throws, whatever was given. */
export function shown(given: unknown): string {
  if (typeof given === "function") return "a function";
  try {
    const isNumber = typeof given === "number" || typeof given === "bigint";
    const isOther = given === undefined || typeof given === "symbol";
    return (isNumber || isOther ? String(given) : JSON.stringify(given)).slice(0, MOST_SHOWN);
  } catch {
    return `something that cannot be shown, of type ${typeof given}`;
  }
}
