/**
 * Reaching for what no sandbox gives. A program shows it in two ways: the bundler's stand-in for a builtin
 * module throws an error that carries a mark, and a global of the platform that is not there is a
 * ReferenceError that names it.
 */
import { dataOf, getPrototypeOf, hasOwn, isObject, record, method, defineProperty } from "./intrinsics.ts";

/** Own property of the errors thrown by the bundler's stand-ins; its value names the module. */
const MARK = Symbol.for("myriad.unavailable");

const referenceError: object = ReferenceError.prototype;

const platformGlobals = record<Record<string, true>>({});
for (const name of (
  "process require module exports __dirname __filename Buffer global window self document navigator location " +
  "fetch Headers Request Response FormData Blob File WebSocket XMLHttpRequest EventSource " +
  "setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate queueMicrotask " +
  "requestAnimationFrame cancelAnimationFrame requestIdleCallback " +
  "structuredClone TextEncoder TextDecoder URL URLSearchParams atob btoa performance crypto " +
  "AbortController AbortSignal Event EventTarget CustomEvent MessageChannel MessagePort BroadcastChannel " +
  "Worker SharedArrayBuffer Atomics WebAssembly Intl Temporal console " +
  "ReadableStream WritableStream TransformStream CompressionStream DecompressionStream " +
  "localStorage sessionStorage indexedDB caches alert prompt confirm Deno Bun"
).split(" ")) {
  defineProperty(platformGlobals, name, { value: true });
}

/** What a thrown value says it reached for, e.g. `node:fs` or `fetch`; null when it is any other error. */
export function unavailableIn(thrown: unknown): string | null {
  if (!isObject(thrown)) return null;
  const marked = dataOf(thrown, MARK);
  if (typeof marked === "string") return marked;
  if (getPrototypeOf(thrown) !== referenceError) return null;
  const name = missingName(dataOf(thrown, "message"));
  return name !== null && hasOwn(platformGlobals, name) ? name : null;
}

const indexOf = method(String.prototype, "indexOf") as (self: string, part: string) => number;
const slice = method(String.prototype, "slice") as (self: string, start: number, end: number) => string;

/** V8: `x is not defined`; QuickJS: `'x' is not defined`; JavaScriptCore: `Can't find variable: x`. */
function missingName(message: unknown): string | null {
  if (typeof message !== "string") return null;
  const webkit = "Can't find variable: ";
  if (indexOf(message, webkit) === 0) return slice(message, webkit.length, message.length);
  const end = indexOf(message, " is not defined");
  if (end < 1) return null;
  return message[0] === "'" ? slice(message, 1, end - 1) : slice(message, 0, end);
}
