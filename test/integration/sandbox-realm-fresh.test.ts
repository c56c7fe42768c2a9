/** Nothing that a run leaves, wherever it leaves it, is there for the next one. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openPool } from "../../kernels/pool/index.ts";
import { realmEngine } from "../../kernels/sandbox/index.ts";
import type { SandboxEngine } from "../../kernels/sandbox/index.ts";
import type { Executor } from "../../runtime/contracts/index.ts";
import { inputOf, programOf } from "../contract/sandbox-contract.ts";

const seed = { random: 7, epochMs: 0 };
const limits = { memoryMb: 64, cpuSeconds: 2, diskMb: 1, wallSeconds: 4 };
const RUNS = 4;

/** Each says what it finds of an earlier run, then leaves a trace. `state` belongs to the module. */
const PLACES: readonly (readonly [string, string])[] = [
  ["module state", "let n = 0; const f = () => n++;"],
  [
    "the global object",
    "const f = () => { const found = globalThis.left; globalThis.left = 1; return found; };",
  ],
  [
    "a global that was deleted",
    "const f = () => { const found = typeof escape; delete globalThis.escape; return found; };",
  ],
  [
    "a global that sloppy code made",
    "const f = () => { const found = typeof left; Function('left = 1')(); return found; };",
  ],
  ...[
    "Object",
    "Array",
    "Map",
    "Set",
    "String",
    "Number",
    "RegExp",
    "Promise",
    "Date",
    "Function",
    "Error",
    "Symbol",
  ].map((name): readonly [string, string] => [
    `${name}.prototype`,
    `const f = () => { const found = ${name}.prototype.left; ${name}.prototype.left = 1; return found; };`,
  ]),
  [
    "a method of Map",
    "const f = () => { const found = new Map([[1, 2]]).get(1); Map.prototype.get = () => 'forged'; return found; };",
  ],
  [
    "a method of Array",
    "const f = () => { const found = [3, 1].sort()[0]; Array.prototype.sort = () => ['forged']; return found; };",
  ],
  [
    "the iterators' prototype",
    "const p = Object.getPrototypeOf([][Symbol.iterator]()); const f = () => { const found = p.left; p.left = 1; return found; };",
  ],
  [
    "generators' prototype",
    "const p = Object.getPrototypeOf(function* () {}); const f = () => { const found = p.left; p.left = 1; return found; };",
  ],
  [
    "a frozen prototype",
    "const f = () => { const found = Object.isFrozen(Array.prototype); Object.freeze(Array.prototype); return found; };",
  ],
  [
    "the prototype of a prototype",
    "const f = () => { const found = Object.getPrototypeOf(Map.prototype) === Object.prototype; Object.setPrototypeOf(Map.prototype, null); return found; };",
  ],
  [
    "a registered symbol",
    "const held = []; const f = () => { const found = Symbol.for('left')[1] ?? Symbol.for('left').left; Symbol.prototype.left = Symbol.for('left').description; return found; };",
  ],
  [
    "the order of registered symbols",
    "const f = () => { const o = { [Symbol.for('b')]: 1 }; const found = globalThis[Symbol.for('left')]; globalThis[Symbol.for('left')] = 1; return found; };",
  ],
  [
    "lastIndex of a literal",
    "const r = /a/g; const f = () => { const found = r.lastIndex; r.test('aaa'); return found; };",
  ],
  [
    "a sticky literal",
    "const r = /a/y; const f = () => { const found = r.test('aa'); r.lastIndex = 5; return found; };",
  ],
  [
    "a tagged template's array",
    "const t = (s) => s; const g = () => t`x`; const cache = new WeakMap(); const f = () => { const found = cache.get(g()); cache.set(g(), 1); return found; };",
  ],
  [
    "a WeakRef",
    "let ref; const f = () => { const found = typeof ref?.deref(); globalThis.strong ??= {}; ref = new WeakRef(globalThis.strong); return found; };",
  ],
  [
    "a FinalizationRegistry",
    "let n = 0; const registry = new FinalizationRegistry(() => n++); const f = () => { const found = n + (globalThis.registered ?? 0); registry.register({}, 1); globalThis.registered = 1; return found; };",
  ],
  [
    "a WeakMap",
    "const key = {}; const map = new WeakMap(); const f = () => { const found = map.get(key); map.set(key, 1); return found; };",
  ],
  [
    "a detached buffer",
    "const b = new ArrayBuffer(8); const f = () => { const found = b.byteLength; b.transfer(); return found; };",
  ],
  [
    "a buffer's bytes",
    "const b = new Uint8Array(4); const f = () => { const found = b[0]; b.fill(7); return found; };",
  ],
  [
    "a resized buffer",
    "const b = new ArrayBuffer(4, { maxByteLength: 64 }); const f = () => { const found = b.byteLength; b.resize(64); return found; };",
  ],
  [
    "a pending promise",
    "let go, done = 'no'; const f = () => { const found = done; new Promise((r) => { go = r; }).then(() => { done = 'yes'; }); go(); return Promise.resolve(found); };",
  ],
  [
    "a job that was left behind",
    "const f = async () => { const found = globalThis.late; Promise.resolve().then(() => { globalThis.late = 1; }); return found; };",
  ],
  [
    "a job of a promise that never settles",
    "let n = 0; const f = async () => { const found = n; (async () => { for (let i = 0; i < 3; i++) { await null; n++; } })(); await null; return found; };",
  ],
  ["Math.random", "const f = () => Math.random();"],
  [
    "a Math.random of its own",
    "const f = () => { const found = Math.random() < 2; Math.random = () => 3; return found; };",
  ],
  ["Date.now", "const f = () => { const found = Date.now(); Date.now = () => 5; return found; };"],
  [
    "the class Date",
    "const f = () => { const found = new Date(7).getTime(); globalThis.Date = class { getTime() { return 'forged'; } }; return found; };",
  ],
  [
    "performance",
    "const f = async () => { const found = performance.now(); await new Promise((r) => setTimeout(r, 50)); return found; };",
  ],
  [
    "Date beside timers",
    "const f = async () => { const found = Date.now(); await new Promise((r) => setTimeout(r, 50)); return found; };",
  ],
  [
    "a timer",
    "const f = async () => { const found = globalThis.fired; setTimeout(() => { globalThis.fired = 1; }, 1); await new Promise((r) => setTimeout(r, 5)); return found; };",
  ],
  ["the numbers of timers", "const f = () => { const t = setTimeout(() => {}, 1); return +t; };"],
  ["crypto", "const f = () => crypto.randomUUID();"],
  ["a crypto of its own", "const f = () => { const found = crypto.left; crypto.left = 1; return found; };"],
  [
    "console",
    "const f = () => { const found = typeof console.log; console.log('x'); try { globalThis.console = {}; } catch {} return found; };",
  ],
  [
    "the class URL",
    "const f = () => { const found = URL.prototype.left; URL.prototype.left = 1; return found; };",
  ],
  [
    "a listener",
    "const t = new EventTarget(); let n = 0; const f = () => { const found = n; t.addEventListener('x', () => n++); t.dispatchEvent(new Event('x')); return found; };",
  ],
  [
    "an aborted signal",
    "const c = new AbortController(); const f = () => { const found = c.signal.aborted; c.abort(); return found; };",
  ],
  [
    "a decoder's begun text",
    "const d = new TextDecoder(); const f = () => d.decode(Uint8Array.of(0xc3), { stream: true });",
  ],
  ["Proxy", "const f = () => { const found = typeof Proxy.left; Proxy.left = 1; return found; };"],
  [
    "Function.prototype.call",
    "const f = () => { const found = Math.max.call(null, 1, 2); Function.prototype.call = () => 'forged'; return found; };",
  ],
  [
    "Symbol.iterator of arrays",
    "const f = () => { let found; try { found = [...[1]].length; } catch { found = 'broken'; } Array.prototype[Symbol.iterator] = null; return found; };",
  ],
  ["a class's static field", "class A { static n = 0; } const f = () => A.n++;"],
  [
    "a private field",
    "class A { #n = 0; next() { return this.#n++; } } const a = new A(); const f = () => a.next();",
  ],
  [
    "a generator under way",
    "const g = (function* () { for (let n = 0; ; n++) yield n; })(); const f = () => g.next().value;",
  ],
  [
    "a closure's memory",
    "const memo = new Map(); const f = () => { const found = memo.size; memo.set(memo.size, 1); return found; };",
  ],
  [
    "an error's stack",
    "const f = () => { const e = globalThis.kept; globalThis.kept = new Error('x'); return typeof e; };",
  ],
];

/** Whose second run in one realm cannot tell, and why. */
const WITHOUT_TRACE: ReadonlySet<string> = new Set([
  // The answer is of a kind that says nothing of the trace; the trace is there all the same.
  "a Math.random of its own",
  "the class Date",
  "a registered symbol",
]);

describe("a realm is fresh", () => {
  let pool: Executor;
  let engine: SandboxEngine;
  before(() => {
    pool = openPool({ workers: 1 });
    engine = realmEngine(pool);
  });
  after(() => pool.close());

  async function texts(body: string, order: "alone" | "sequence"): Promise<readonly string[]> {
    const inputs = Array.from({ length: RUNS }, () => inputOf());
    const { observations } = await engine.observe({ program: programOf(body), inputs, order, seed, limits });
    return observations.map(({ text }) => text);
  }

  for (const [place, body] of PLACES) {
    it(`of what is left in ${place}`, async () => {
      const alone = await texts(body, "alone");
      assert.match(alone[0]!, /^returned /);
      assert.deepEqual(new Set(alone), new Set([alone[0]]));
      // The place is one that does keep what is left there, as long as nobody writes the memory back.
      if (!WITHOUT_TRACE.has(place)) assert.notDeepEqual((await texts(body, "sequence")).at(-1), alone[0]);
    });
  }

  it("after runs that broke limits, trapped or never came to an end", async () => {
    const body = `let n = 0; function deep() { return deep() + 1; }
      function f(act) { n++;
        if (act === 1) for (;;);
        if (act === 2) return deep();
        if (act === 3) { const held = []; for (;;) held.push(new Uint8Array(1 << 20).fill(1)); }
        if (act === 4) return new Promise(() => {});
        if (act === 5) return JSON.parse("[".repeat(1e6));
        return [n, typeof globalThis.left, Math.random(), (globalThis.left = 1)]; }`;
    const acts = [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0];
    const hasty = { ...limits, memoryMb: 32, cpuSeconds: 0.3 };
    const inputs = acts.map((act) => inputOf(act));
    const { observations } = await engine.observe({
      program: programOf(body),
      inputs,
      order: "alone",
      seed,
      limits: hasty,
    });
    for (const [index, act] of acts.entries()) {
      if (act === 0) assert.deepEqual(observations[index], observations[0]);
    }
  });

  it("in a measured fork as well: the last iteration is the first one", async () => {
    const program = programOf(
      "let n = 0; const f = () => { if (n++ > 0 || globalThis.left) throw 1; globalThis.left = 1; return Math.random(); };",
    );
    const request = { program, batch: [inputOf()], iterations: 300, warmUpIterations: 3, seed, limits };
    const { failures, ticks } = await engine.measure(request);
    assert.equal(failures, 0);
    assert.equal(new Set(ticks).size, 1);
  });

  it("and has nothing of what cannot be put back", async () => {
    const body =
      "const f = () => ['WebAssembly', 'Worker', 'SharedWorker', 'BroadcastChannel', 'localStorage', 'indexedDB', 'gc'].filter((name) => name in globalThis);";
    assert.equal((await texts(body, "alone"))[0], "returned []\narguments");
  });
});
