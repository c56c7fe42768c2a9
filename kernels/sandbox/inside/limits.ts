/**
 * Telling an engine's own limits from the program's errors. Engines give no code for them, so this is the
 * one place where a message is read, each by its engine's fixed wording.
 */
import { dataOf, getPrototypeOf, isObject, method } from "./intrinsics.ts";

const endsWith = method(String.prototype, "endsWith") as (self: string, end: string) => boolean;
const rangeError: object = RangeError.prototype;
const internalError = engineError();

/** QuickJS's own class for its limits. */
function engineError(): object | null {
  const constructor = dataOf(globalThis, "InternalError");
  if (typeof constructor !== "function") return null;
  return dataOf(constructor, "prototype") as object;
}

export type Limit = "memory" | "stack";

/** Which limit a thrown value tells of; null when it is the program's own error. */
export function limitOf(thrown: unknown): Limit | null {
  if (!isObject(thrown)) return null;
  const prototype = getPrototypeOf(thrown);
  if (prototype !== rangeError && prototype !== internalError) return null;
  const message = dataOf(thrown, "message");
  if (prototype === internalError) return ofQuickJs(message);
  return ofRangeError(message);
}

function ofRangeError(message: unknown): Limit | null {
  switch (message) {
    case "Maximum call stack size exceeded":
    case "Maximum call stack size exceeded.":
      return "stack";
    // V8 when the system refuses a buffer; JavaScriptCore when it refuses anything.
    case "Array buffer allocation failed":
    case "Out of memory":
      return "memory";
    default:
      // V8 where a buffer is to grow, after the method's name.
      return typeof message === "string" && endsWith(message, ": Out of memory") ? "memory" : null;
  }
}

function ofQuickJs(message: unknown): Limit | null {
  if (message === "stack overflow") return "stack";
  return message === "out of memory" ? "memory" : null;
}
