/**
 * Programs that attack their sandbox. Each exports `f(n)`: 1 attacks, any other number comes back as it is, so that
 * the runs before and after an attack tell whether they were touched. What an attack finds of the host it returns
 * as a text that begins with `ESCAPED`.
 */
import type { Observation, Outcome } from "../../kernels/sandbox/index.ts";

export interface HostileProgram {
  readonly name: string;
  /** Statements; `attack` is the function that is called. */
  readonly body: string;
  /** How an attack may end. */
  readonly outcomes: readonly Outcome[];
  /** Only killing its thread ends it. */
  readonly native: boolean;
}

const ESCAPED = "ESCAPED";

export function programBody({ body }: HostileProgram): string {
  return `${body}\nfunction f(n) { return n === 1 ? attack() : n; }`;
}

/** What is wrong with an attack's observation; null when it was held. */
export function escapeIn({ outcomes }: HostileProgram, { outcome, text }: Observation): string | null {
  if (text.includes(ESCAPED)) return text;
  return outcomes.includes(outcome) ? null : `${outcome}: ${text}`;
}

const LIMIT: readonly Outcome[] = ["limit_exceeded"];

function limited(name: string, attack: string): HostileProgram {
  return { name, body: `function attack() { ${attack} }`, outcomes: LIMIT, native: false };
}

function nativeLoop(name: string, attack: string): HostileProgram {
  return { ...limited(name, attack), native: true };
}

/** Any end is right, but for one that tells of an escape. */
function escaping(name: string, attack: string): HostileProgram {
  const outcomes: readonly Outcome[] = ["returned", "threw", "incomparable", "unavailable"];
  return { name, body: `${SEARCH} function attack() { ${attack} }`, outcomes, native: false };
}

/** Answers the names of the host that a value leads to, or "held". */
const SEARCH = `
  const hostNames = ["process", "require", "module", "Buffer", "fetch", "Deno", "Bun", "WebAssembly", "Worker",
    "navigator", "document", "std", "os", "scriptArgs", "print", "__filename", "importScripts", "postMessage"];
  const own = typeof WebAssembly === "undefined" ? [] : ["WebAssembly"];
  function search(place) {
    if ((typeof place !== "object" && typeof place !== "function") || place === null) return "held";
    for (const name of hostNames) {
      let found; try { found = place[name]; } catch { continue; }
      if (found !== undefined && !own.includes(name)) return "${ESCAPED} to " + name;
    }
    return "held";
  }
  function all(...roads) {
    const ends = roads.map((road) => { try { return search(road()); } catch { return "held"; } });
    return ends.find((end) => end !== "held") ?? "held";
  }`;

export const HOSTILE_PROGRAMS: readonly HostileProgram[] = [
  // Memory.
  limited("arrays without end", "const held = []; for (;;) held.push(new Array(1000).fill(held.length));"),
  limited("buffers without end", "const held = []; for (;;) held.push(new Uint8Array(1 << 22).fill(1));"),
  limited("a map without end", "const map = new Map(); for (let n = 0; ; n++) map.set(n, { n });"),
  {
    // The engine's longest text may come before the end of the memory.
    ...limited("a text that doubles", "let s = 'x'; const held = []; for (;;) { s += s; held.push(s + 1); }"),
    outcomes: ["limit_exceeded", "threw"],
  },
  limited(
    "a buffer that grows",
    "const b = new ArrayBuffer(1, { maxByteLength: 2 ** 31 - 1 }); for (let n = 1; ; n *= 2) b.resize(n);",
  ),
  limited(
    "memory taken while it is refused",
    "const held = []; for (;;) try { held.push(new Uint8Array(1 << 20).fill(1)); } catch { held.length >>= 1; }",
  ),
  // Time.
  limited("a loop", "for (;;);"),
  limited("a loop that catches", "for (;;) try { for (;;); } catch {} finally { continue; }"),
  limited("jobs without end", "return (async () => { for (;;) await null; })();"),
  limited(
    "microtasks without end",
    "const go = () => queueMicrotask(go); go(); return new Promise(() => {});",
  ),
  limited("timers without end", "setInterval(() => {}, 1); return new Promise(() => {});"),
  limited("a thenable without end", "const loop = { then(go) { go(loop); } }; return Promise.resolve(loop);"),
  limited("a search that goes back", "return /^(a+)+$/.exec('a'.repeat(60) + '!');"),
  limited("an iterator without end", "return [...(function* () { for (;;) yield; })()].length;"),
  limited("a trap that loops", "return new Proxy({}, { get() { for (;;); } }).x;"),
  limited("a comparison that loops", "return [2, 1].sort(() => { for (;;); });"),
  limited("a replacer that loops", "return JSON.stringify({ toJSON() { for (;;); } });"),
  // Native code that asks nobody.
  nativeLoop(
    "a quadratic indexOf",
    "let s = 'ab'; while (s.length < 1 << 22) s += s; for (;;) s.indexOf(s.slice(0, s.length / 2) + 'x');",
  ),
  nativeLoop("big integers", "const n = 3n ** 250000n; for (;;) n * n;"),
  // Depth.
  limited("recursion", "const go = (n) => go(n + 1) + 1; return go(0);"),
  limited("recursion by accessors", "const o = { get x() { return this.x; } }; return o.x;"),
  limited("recursion by toString", "const o = { toString() { return `${o}`; } }; return `${o}`;"),
  {
    ...limited("deep JSON", "return JSON.parse('['.repeat(1e6) + ']'.repeat(1e6)).length;"),
    outcomes: ["limit_exceeded", "threw", "returned"],
  },
  {
    ...limited("a deep expression", "return eval('('.repeat(1e5) + '1' + ')'.repeat(1e5));"),
    outcomes: ["limit_exceeded", "threw", "returned"],
  },
  {
    ...limited("a deep pattern", "return new RegExp('('.repeat(1e5) + ')'.repeat(1e5)).test('');"),
    outcomes: ["limit_exceeded", "threw", "returned"],
  },
  // Ways out.
  escaping(
    "constructors",
    `return all(() => globalThis, () => Function("return this")(), () => (0, eval)("this"), () => [].constructor.constructor("return this")(),
    () => Object.getPrototypeOf(async () => {}).constructor("return this")(), () => Object.getPrototypeOf(function* () {}).constructor("return this")().next().value, () => this);`,
  ),
  escaping(
    "prototypes",
    `Object.prototype.constructor = null; Object.defineProperty(Object.prototype, "then", { get() { return search(this) === "held" ? undefined : "${ESCAPED}"; }, configurable: true });
    Object.prototype.toJSON = function () { return search(this); }; Array.prototype[Symbol.iterator] = null; return {};`,
  ),
  escaping(
    "a proxy for a result",
    `return new Proxy(function () {}, { get(t, k) { return search(globalThis); }, apply() { throw search(this); }, ownKeys() { for (;;); } });`,
  ),
  escaping(
    "a proxy thrown",
    `throw new Proxy(new Error("x"), { get() { for (;;); }, getPrototypeOf() { for (;;); } });`,
  ),
  escaping(
    "Error.prepareStackTrace",
    `const seen = []; Error.prepareStackTrace = (e, frames) => { for (const frame of frames ?? []) { seen.push(search(frame.getThis?.()), search(frame.getFunction?.())); } return "x"; };
    Error.stackTraceLimit = Infinity; try { null.x; } catch (e) { seen.push(String(e.stack).includes("node:") ? "${ESCAPED} by a stack" : "held"); }
    try { new Error("y").stack; } catch {} return seen.find((end) => end !== "held") ?? "held";`,
  ),
  escaping(
    "what a stack tells",
    `try { null.x; } catch (e) { return /node_modules|file:|\\/(?:home|tmp|root|work)\\//.test(e.stack) ? "${ESCAPED}: " + e.stack : "held"; }`,
  ),
  escaping(
    "callers",
    `return Function("all", \`function inner() { return inner.caller; } return all(() => inner(), () => arguments.callee.caller, () => inner().caller, () => inner().arguments[0]);\`)(all);`,
  ),
  escaping(
    "getters in the result",
    `return { get a() { for (;;); }, [Symbol.toPrimitive]() { for (;;); } };`,
  ),
  escaping(
    "a result that lies about itself",
    `class Fake extends Array { get [Symbol.toStringTag]() { for (;;); } static get [Symbol.species]() { for (;;); } } return Fake.from([1]);`,
  ),
  escaping(
    "hooks by name",
    `return all(...["async_hooks", "vm", "fs", "child_process", "worker_threads", "module", "process", "inspector"].map((name) =>
    () => require(name)), () => process.binding("fs"), () => process.mainModule.require("fs"), () => globalThis.process);`,
  ),
  escaping(
    "WebAssembly",
    `if (typeof WebAssembly === "undefined") return "held"; const m = new WebAssembly.Memory({ initial: 1 }); m.grow(1); return "held";`,
  ),
  escaping("a dynamic import", `return import("node:fs").then((m) => "${ESCAPED} by import", () => "held");`),
  escaping(
    "an import in eval",
    `return eval("import('node:child_process')").then((m) => "${ESCAPED} by import", () => "held");`,
  ),
  escaping(
    "an import in a Function",
    `return Function("return import('node:child_process')")().then((m) => "${ESCAPED} by import", () => "held");`,
  ),
  escaping(
    "an import of data",
    `return import("data:text/javascript,export default 1").then((m) => "${ESCAPED} by import", () => "held");`,
  ),
  escaping(
    "poisoned JSON",
    `JSON.stringify = () => '["returned","ESC" + "APED"]'; JSON.parse = () => { throw 1; }; String.prototype.toString = () => { throw 1; }; return {};`,
  ),
  escaping(
    "poisoned promises",
    `Promise.prototype.then = function () { return "x"; }; Promise.prototype.constructor = null; return (async () => 1)();`,
  ),
  escaping(
    "a poisoned language",
    `for (const holder of [Reflect, Object, Map.prototype, WeakSet.prototype, Function.prototype, Symbol.prototype]) {
    for (const key of Reflect.ownKeys(holder)) try { holder[key] = () => { throw "x"; }; } catch {} } return { a: new Map([[1, 2]]) };`,
  ),
  escaping(
    "a global object without anything",
    `for (const key of Reflect.ownKeys(globalThis)) try { delete globalThis[key]; } catch {} return { a: [1] };`,
  ),
  escaping(
    "a detached buffer",
    `const b = new ArrayBuffer(8); const v = new Uint8Array(b); b.transfer?.(); return [v.length, v[0], v];`,
  ),
  escaping(
    "a view beyond its buffer",
    `const b = new ArrayBuffer(64, { maxByteLength: 128 }); const v = new Float64Array(b, 8, 4); b.resize?.(16);
    let sum = 0; for (let i = -8; i < 64; i++) sum += v[i] ?? 0; v[1e9] = 1; v[-1] = 1; return sum;`,
  ),
  escaping(
    "an array changed while it is used",
    `const a = Array.from({ length: 1000 }, (_, i) => ({ valueOf() { a.length = 0; return i; } })); a.sort(); a.length = 1000;
    return [a.indexOf(5), a.fill(1, { valueOf() { a.length = 1; return 0; } }).length].length;`,
  ),
];
