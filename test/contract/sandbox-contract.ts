/**
 * What every sandbox engine promises. An engine's test is a call of this suite:
 *
 *   sandboxContract("realm", async () => { …; return { engine, close } });
 *
 * Programs are written by hand, as the bundler would give them.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { stringify } from "devalue";
import { MyriadError } from "../../runtime/contracts/index.ts";
import type {
  EncodedInput,
  Observation,
  ObserveRequest,
  SandboxEngine,
  SandboxLimits,
  SandboxProgram,
  SandboxSeed,
} from "../../kernels/sandbox/index.ts";

export interface EngineUnderTest {
  readonly engine: SandboxEngine;
  /** Lets go of what the engine was given. */
  close(): Promise<void>;
}

const seed: SandboxSeed = { random: 42, epochMs: 1_600_000_000_000 };
const limits: SandboxLimits = { memoryMb: 256, cpuSeconds: 5, diskMb: 10, wallSeconds: 10 };
const tight: SandboxLimits = { memoryMb: 128, cpuSeconds: 1, diskMb: 10, wallSeconds: 2 };
/** On a busy machine memory takes its time to fill up. */
const tightMemory: SandboxLimits = { ...tight, cpuSeconds: 10, wallSeconds: 10 };
/** Of all limits, graces and starts together: what is still "in time". */
const PATIENCE_MS = 15_000;

/** A program whose module body is `body` and which exports `f`. */
export function programOf(body: string): SandboxProgram {
  const code = `(function () { "use strict"; ${body}\nreturn { f }; })`;
  return { code, entry: "f", digest: createHash("sha256").update(code).update("f").digest("hex") };
}

export function inputOf(...args: readonly unknown[]): EncodedInput {
  return stringify(args) as EncodedInput;
}

type Difference = Partial<Pick<ObserveRequest, "order" | "limits" | "seed">>;

export function sandboxContract(name: string, makeEngine: () => Promise<EngineUnderTest>): void {
  describe(`the ${name} engine`, { timeout: 120_000 }, () => {
    let under: EngineUnderTest;
    before(async () => {
      under = await makeEngine();
    });
    after(() => under.close());

    async function observe(
      body: string,
      inputs: readonly EncodedInput[],
      difference: Difference = {},
    ): Promise<readonly Observation[]> {
      const program = programOf(body);
      const request = { program, inputs, order: "alone", seed, limits, ...difference } as const;
      const { observations, isolation } = await under.engine.observe(request);
      assert.equal(observations.length, inputs.length);
      assert.equal(isolation.engine, under.engine.name);
      return observations;
    }

    async function one(
      body: string,
      args: readonly unknown[] = [],
      more: Difference = {},
    ): Promise<Observation> {
      return (await observe(body, [inputOf(...args)], more))[0]!;
    }

    async function same(left: string, right: string, args: readonly unknown[] = []): Promise<boolean> {
      const [first, second] = [await one(left, args), await one(right, args)];
      assert.equal(first.outcome, "returned", first.text);
      assert.equal(second.outcome, "returned", second.text);
      return first.text === second.text;
    }

    describe("observes", () => {
      it("nothing of no inputs", async () => {
        assert.deepEqual(await observe("const f = () => 1;", []), []);
      });

      it("the result and the arguments of each input, in the order of the inputs", async () => {
        const inputs = Array.from({ length: 40 }, (_, index) => inputOf(index, { x: -0 }));
        const observations = await observe("const f = (n, o) => [n * 2, o.x];", inputs);
        observations.forEach(({ outcome, text }, index) => {
          assert.equal(outcome, "returned");
          assert.equal(text, `returned [${index * 2}, -0]\narguments ${index}, {"x": -0}`);
        });
      });

      it("what a call does to its arguments", async () => {
        const { text } = await one("function f(list) { list.push(3); list[0] = NaN; }", [[1, 2]]);
        assert.equal(text, "returned undefined\narguments [NaN, 2, 3]");
      });

      it("whether the result is an argument or a copy of it", async () => {
        assert.equal(await same("const f = (a) => a;", "const f = (a) => [...a];", [[1]]), false);
        assert.equal(await same("const f = (a) => a;", "const f = (...all) => all[0];", [[1]]), true);
      });

      it("an error by its class and message, and what became of the arguments", async () => {
        const body = `class Odd extends RangeError { constructor(m) { super(m); this.code = 7; } }
          function f(list) { list.pop(); throw new Odd("no"); }`;
        const observation = await one(body, [[1]]);
        assert.equal(observation.outcome, "threw");
        assert.match(
          observation.text,
          /^threw .*Odd.*RangeError.*"message".*"no".*"code": 7.*\narguments \[\]$/,
        );
        assert.deepEqual(
          await one(body.replaceAll("f(list)", "f(l)").replaceAll("list.", "l."), [[1]]),
          observation,
        );
        assert.notDeepEqual(await one(body.replace('"no"', '"na"'), [[1]]), observation);
        assert.notDeepEqual(await one(body.replaceAll("Odd", "Even"), [[1]]), observation);
      });

      it("a thrown value that is no error", async () => {
        assert.deepEqual(await one("function f() { throw null; }"), {
          outcome: "threw",
          text: "threw null\narguments",
        });
      });

      it("what a promise is fulfilled with, and that it was a promise", async () => {
        const body = "async function f(n) { for (let i = 0; i < 5; i++) await null; return [n]; }";
        const observation = await one(body, [1]);
        assert.equal(observation.outcome, "returned");
        assert.notDeepEqual(await one("const f = (n) => [n];", [1]), observation);
        assert.deepEqual(await one("const f = (n) => Promise.resolve([n]);", [1]), observation);
      });

      it("what a promise is rejected with", async () => {
        const observation = await one("async function f() { await 1; throw new TypeError('late'); }");
        assert.equal(observation.outcome, "threw");
        assert.match(observation.text, /TypeError.*late/);
        assert.notDeepEqual(await one("function f() { throw new TypeError('late'); }"), observation);
      });

      it("that a promise never settles, in time, and the next input after it", async () => {
        const body = "const f = (n) => (n === 1 ? new Promise(() => {}) : Promise.resolve(n));";
        const inputs = [inputOf(1), inputOf(2)];
        for (const order of ["alone", "sequence"] as const) {
          const [never, next] = await observe(body, inputs, { order });
          assert.equal(never!.outcome, "incomparable");
          assert.match(never!.text, /never settles/);
          assert.equal(next!.outcome, "returned");
        }
      });

      it("an error of the module itself", async () => {
        const observation = await one("const f = () => 1; null.x;");
        assert.equal(observation.outcome, "threw");
        assert.match(observation.text, /while loading.*TypeError/);
      });

      it("inputs with cycles, aliases, Map, Set, Date, BigInt and typed arrays as they were written", async () => {
        const shared = { deep: [1n, undefined, NaN] };
        const loop: Record<string, unknown> = { shared };
        loop["self"] = loop;
        const args = [shared, loop, new Map([[shared, new Set(["a"])]]), new Date(5), new Uint8Array([1, 2])];
        const { text } = await one(
          "const f = (s, l, m, d, b) => [l.shared === s, l.self === l, m.get(s).has('a'), d.getTime(), b[1], typeof s.deep[0]];",
          args,
        );
        assert.match(text, /^returned \[true, true, true, 5, 2, "bigint"\]\n/);
      });

      it("long and deep values", async () => {
        const long = await one("const f = () => Array.from({ length: 20000 }, (_, i) => ({ i }));");
        assert.equal(long.outcome, "returned");
        const deep = await one(
          "function f() { let at = null; for (let i = 0; i < 5000; i++) at = { at }; return at; }",
        );
        assert.equal(deep.outcome, "returned");
      });
    });

    describe("calls what it cannot compare incomparable, and says where", () => {
      const cases: readonly (readonly [string, string, RegExp])[] = [
        ["a function", "const f = () => ({ a: [() => 1] });", /\["a"\]\[0\]: a function/],
        ["a generator", "function* f() { yield 1; }", /result: .*Iterator/],
        ["a WeakMap", "const f = () => new WeakMap();", /WeakMap/],
        ["a promise in the result", "const f = () => [Promise.resolve(1)];", /\[0\]: .*Promise/],
        ["an accessor", "const f = () => ({ get x() { return 1; } });", /\["x"\]: an accessor/],
        ["a proxy", "const f = () => ({ a: new Proxy({}, {}) });", /\["a"\]: a proxy/],
        [
          "a proxy that throws",
          "const f = () => new Proxy({}, { ownKeys() { throw 1; } });",
          /result: a proxy/,
        ],
        ["a proxy that was revoked", "const f = () => Proxy.revocable({}, {}).proxy;", /result: a proxy/],
        [
          "what inherits from a proxy",
          "const f = () => Object.create(new Proxy({}, { getPrototypeOf() { throw 1; } }));",
          /result: .*proxy/,
        ],
        ["a promise of a proxy", "const f = async () => new Proxy([], {});", /result: a proxy/],
      ];
      for (const [what, body, expected] of cases) {
        it(what, async () => {
          const { outcome, text } = await one(body);
          assert.equal(outcome, "incomparable");
          assert.match(text, expected);
        });
      }
    });

    describe("names what is not available", () => {
      for (const name of ["process", "require", "fetch", "document", "Buffer"]) {
        it(name, async () => {
          const observation = await one(`function f() { return typeof ${name} === "never" || ${name}(1); }`);
          assert.deepEqual(observation, { outcome: "unavailable", text: name });
        });
      }

      it("a builtin module, by the mark of the bundler's stand-in", async () => {
        const stand = `const stand = new Proxy({}, { get() {
          throw Object.assign(new Error("no"), { [Symbol.for("myriad.unavailable")]: "node:fs" }); } });`;
        const expected = { outcome: "unavailable", text: "node:fs" };
        assert.deepEqual(await one(`${stand} function f() { return stand.readFileSync("x"); }`), expected);
        assert.deepEqual(await one(`${stand} const { readFileSync } = stand; const f = () => 1;`), expected);
        assert.deepEqual(await one(`${stand} async function f() { await 1; return stand.x; }`), expected);
      });

      it("and leaves other reference errors to the program", async () => {
        assert.equal((await one("function f() { return missingName; }")).outcome, "threw");
      });
    });

    describe("is fresh", () => {
      /** Answers what it finds of an earlier run, then leaves traces wherever it can. */
      const canary = `
        let own = 0; const held = []; const cache = new Map();
        function attempt(act) { try { act(); } catch {} }
        function f() {
          const found = [own++, held.length, cache.size, typeof globalThis.left, "left" in Object.prototype,
            "left" in Array.prototype, Array.prototype.push.left, Math.left, Symbol.left, Object.keys(JSON).length,
            "abc".replace("b", "x"), [3, 1, 2].sort().join(), Math.random(), Math.random(), Date.now(),
            new Date().getTime(), Date(), /a/g.lastIndex, typeof Date.left];
          held.push(1); cache.set("a", 1);
          attempt(() => { globalThis.left = 1; });
          attempt(() => { Object.prototype.left = 1; });
          attempt(() => { Array.prototype.left = 1; });
          attempt(() => { Array.prototype.push.left = 1; });
          attempt(() => { Math.left = 1; });
          attempt(() => { Date.left = 1; });
          attempt(() => { Symbol.left = 1; });
          attempt(() => { JSON.left = 1; });
          attempt(() => { String.prototype.replace = () => "forged"; });
          attempt(() => { Array.prototype.sort = function () { return ["forged"]; }; });
          attempt(() => { Math.random = () => 0.5; });
          attempt(() => { Date.now = () => 7; });
          delete Object.prototype.left;
          return found;
        }`;

      it("for every input: no trace of an earlier run is left anywhere", async () => {
        const observations = await observe(
          canary,
          Array.from({ length: 20 }, () => inputOf()),
        );
        assert.equal(observations[0]!.outcome, "returned", observations[0]!.text);
        for (const observation of observations) assert.deepEqual(observation, observations[0]);
        assert.match(observations[0]!.text, /^returned \[0, 0, 0, "undefined", false, /);
        assert.match(observations[0]!.text, /, 1600000000000, 1600000000000, "/);
      });

      const channels: readonly (readonly [string, string])[] = [
        [
          "the order of a prototype's methods",
          `function f() { const { at } = Array.prototype; const order = Reflect.ownKeys(Array.prototype).map(String).join();
            delete Array.prototype.at; Object.defineProperty(Array.prototype, "at", { value: at, writable: true, configurable: true });
            return order; }`,
        ],
        [
          "the order of the global object's properties",
          `function f() { const order = Reflect.ownKeys(globalThis).map(String).join();
            const held = Object.getOwnPropertyDescriptor(globalThis, "JSON"); delete globalThis.JSON;
            Object.defineProperty(globalThis, "JSON", held); return order; }`,
        ],
        [
          "the class of the error of a refused import",
          `async function f() { let error; try { await import("node:fs"); } catch (thrown) { error = thrown; }
            const holders = [error.toString, Object.getPrototypeOf(error)];
            const found = holders.map((holder) => Object.hasOwn(holder, "left"));
            for (const holder of holders) { try { holder.left = 1; } catch {} } return found; }`,
        ],
        [
          "the accessors of an error's stack",
          `function f() { const { get } = Object.getOwnPropertyDescriptor(new Error(), "stack") ?? {};
            const found = get?.left; try { get.left = 1; } catch {} return found; }`,
        ],
        [
          "the last match of a regular expression",
          "function f() { const found = [RegExp.input, RegExp.$1]; /(b)/.exec('abc'); RegExp.input = 'x'; return found; }",
        ],
        [
          "the array of a tagged template",
          "const f = () => { const t = ((s) => s)`x`; const found = [t.left, t.raw.left]; try { t.left = 1; } catch {} return found; };",
        ],
      ];
      for (const [what, body] of channels) {
        it(`and a run finds nothing that another one left in ${what}`, async () => {
          const observations = await observe(
            body,
            Array.from({ length: 3 }, () => inputOf()),
          );
          assert.equal(observations[0]!.outcome, "returned", observations[0]!.text);
          for (const observation of observations) assert.deepEqual(observation, observations[0]);
        });
      }

      it("and sloppy code finds nothing that another run left in the function around it", async () => {
        const code = `(function () { var around = arguments.callee;
          return { f: function () { var found = [around.left, around.prototype.left];
            around.left = 1; around.prototype.left = 1; return found; } }; })`;
        const program = { code, entry: "f", digest: "sloppy" };
        const inputs = [inputOf(), inputOf()];
        const { observations } = await under.engine.observe({
          program,
          inputs,
          order: "alone",
          seed,
          limits,
        });
        for (const { text } of observations) assert.equal(text, "returned [undefined, undefined]\narguments");
      });

      it("from request to request", async () => {
        assert.deepEqual(await one(canary), await one(canary));
      });

      it("and keeps module state within a sequence", async () => {
        const texts = (
          await observe("let n = 0; const f = () => ++n;", [inputOf(), inputOf(), inputOf()], {
            order: "sequence",
          })
        ).map(({ text }) => text);
        assert.deepEqual(texts, ["returned 1\narguments", "returned 2\narguments", "returned 3\narguments"]);
      });

      it("and its chance comes from the seed alone", async () => {
        const body = "const f = () => [Math.random(), Math.random()];";
        assert.deepEqual(await one(body), await one(body));
        assert.notDeepEqual(await one(body, [], { seed: { ...seed, random: 43 } }), await one(body));
      });

      it("and its time stands still, whoever tells it", async () => {
        const body = `const f = () => { const told = [+new Date(), Date.now(), String(Date()) === String(new Date())];
          if (typeof Temporal !== "undefined" || "toTemporalInstant" in Date.prototype) told.push("Temporal");
          if (typeof Intl === "undefined") return told;
          const format = new Intl.DateTimeFormat("en", { dateStyle: "short", timeStyle: "long" });
          return [...told, format.format() === format.format(Date.now()),
            JSON.stringify(format.formatToParts()) === JSON.stringify(format.formatToParts(Date.now()))]; };`;
        const { text } = await one(body);
        assert.match(text, /^returned \[1600000000000, 1600000000000, true(, true, true)?\]/);
      });
    });

    describe("cannot be fooled by code that changes the language", () => {
      it("a forged method shows or fails, and is never taken for the true result", async () => {
        const honest = await one("const f = (a) => { a.push(1); return [a, new Map([[1, 2]])]; };", [[0]]);
        const forgeries = [
          "JSON.stringify = () => 'x'",
          "Map.prototype.forEach = () => {}",
          "Object.getOwnPropertyDescriptor = Reflect.getOwnPropertyDescriptor = () => undefined",
          "Object.defineProperty(Object.prototype, 'value', { get() { return 1; }, configurable: true })",
          "Object.defineProperty(Array.prototype, 0, { set() {}, configurable: true })",
          "Promise.prototype.then = () => {}",
          "Array.prototype[Symbol.iterator] = function* () { yield 'forged'; }",
        ];
        for (const forgery of forgeries) {
          const body = `const f = (a) => { a.push(1); const m = new Map(); m.set(1, 2); const made = [a, m];
            try { ${forgery}; } catch {} return made; };`;
          assert.deepEqual(await one(body, [[0]]), honest, forgery);
        }
      });

      it("a thrown proxy is not read", async () => {
        const body = `let read = 0; const trap = () => { read++; throw 1; };
          const f = (n) => { if (n === 1) return read;
            throw new Proxy(new RangeError("Maximum call stack size exceeded"), { get: trap, getPrototypeOf: trap, getOwnPropertyDescriptor: trap, ownKeys: trap }); };`;
        const [first, second] = await observe(body, [inputOf(0), inputOf(1)], { order: "sequence" });
        assert.deepEqual(first, { outcome: "incomparable", text: "result: a proxy" });
        assert.match(second!.text, /^returned 0\n/);
      });

      it("getters, toJSON, toString and iterators of the result are not run", async () => {
        const body = `function f() { const out = { ran: 0, toString() { return "x"; } }; delete out.toString;
          Object.defineProperty(out, "toJSON", { value: 1, enumerable: false, writable: true, configurable: true });
          return out; }`;
        const { outcome, text } = await one(body);
        assert.equal(outcome, "returned");
        assert.match(text, /"ran": 0/);
      });
    });

    it("leaves rejections that nobody handles to the program", async () => {
      const body = "function f(n) { Promise.reject(new Error('loose')); return n; }";
      for (const order of ["alone", "sequence"] as const) {
        const observations = await observe(body, [inputOf(0), inputOf(1)], { order });
        assert.deepEqual(
          observations.map(({ text }) => text.split("\n")[0]),
          ["returned 0", "returned 1"],
        );
      }
    });

    describe("holds its limits", () => {
      async function inTime(body: string, expected: RegExp, within: SandboxLimits = tight): Promise<void> {
        const started = performance.now();
        const inputs = [inputOf(0), inputOf(1), inputOf(2)];
        const [before, at, next] = await observe(body, inputs, { limits: within });
        assert.ok(performance.now() - started < PATIENCE_MS, "not in time");
        assert.equal(at!.outcome, "limit_exceeded", at!.text);
        assert.match(at!.text, expected);
        assert.deepEqual(before, { outcome: "returned", text: "returned 0\narguments 0" });
        assert.deepEqual(next, { outcome: "returned", text: "returned 2\narguments 2" });
      }

      it("ends at the first input that breaks a limit when it is asked to, so that the others cost nothing", async () => {
        const program = programOf("function f(n) { if (n >= 2) for (;;); return n; }");
        const inputs = Array.from({ length: 60 }, (_, n) => inputOf(n));
        const started = performance.now();
        const { observations } = await under.engine.observe({
          program,
          inputs,
          order: "alone",
          seed,
          limits: tight,
          untilLimit: true,
        });
        // 58 loops of a second each would take longer than a minute.
        assert.ok(performance.now() - started < PATIENCE_MS, "not in time");
        assert.deepEqual(
          observations.map(({ outcome }) => outcome),
          ["returned", "returned", "limit_exceeded"],
        );
      });

      it("tells of a sequence as a whole that it broke a limit, also when it is to end at the first", async () => {
        const program = programOf("function f(n) { if (n === 1) for (;;); return n; }");
        const inputs = [inputOf(0), inputOf(1), inputOf(2)];
        const request = {
          program,
          inputs,
          order: "sequence",
          seed,
          limits: tight,
          untilLimit: true,
        } as const;
        const { observations } = await under.engine.observe(request);
        assert.deepEqual(
          observations.map(({ outcome }) => outcome),
          ["limit_exceeded", "limit_exceeded", "limit_exceeded"],
        );
      });

      it("ends an infinite loop; the inputs beside it are untouched", () =>
        inTime("function f(n) { if (n === 1) for (;;); return n; }", /cpu|wall/));

      it("ends a loop that catches everything", () =>
        inTime(
          "function f(n) { while (n === 1) try { for (;;); } catch {} finally { continue; } return n; }",
          /cpu|wall/,
        ));

      it("ends promises that go on for ever", () =>
        inTime(
          "function f(n) { if (n !== 1) return n; return (async () => { for (;;) await null; })(); }",
          /cpu|wall/,
        ));

      it("ends a native call that no interrupt reaches", () =>
        inTime(
          `function f(n) { if (n !== 1) return n; let s = "ab"; while (s.length < 1 << 22) s += s;
            let sum = 0; for (;;) sum += s.indexOf(s.slice(0, s.length / 2) + "x"); }`,
          /cpu|wall/,
        ));

      it("ends a memory bomb, the host lives, and the next run is clean", () =>
        inTime(
          "function f(n) { const held = []; while (n === 1) held.push(new Array(1000).fill(held.length)); return n; }",
          /memory/,
          tightMemory,
        ));

      it("ends a bomb of big buffers", () =>
        inTime(
          "function f(n) { const held = []; while (n === 1) held.push(new Uint8Array(1 << 24).fill(1)); return n; }",
          /memory/,
          tightMemory,
        ));

      it("calls endless recursion a limit of the stack", () =>
        inTime("const g = (n) => g(n + 1) + 1; function f(n) { return n === 1 ? g(0) : n; }", /stack/));

      it("refuses limits that are none or above the caps", async () => {
        for (const memoryMb of [0, -1, NaN, 1e9]) {
          await assert.rejects(
            one("const f = () => 1;", [], { limits: { ...limits, memoryMb } }),
            (error: unknown) => error instanceof MyriadError && error.code === "SANDBOX_LIMITS",
          );
        }
      });
    });

    describe("lets nothing out", () => {
      it("neither by the global object nor by constructors, errors or imports", async () => {
        const body = `
          const roads = [
            () => globalThis, () => Function("return this")(), () => (0, eval)("this"),
            () => (function () {}).constructor("return this")(), () => [].constructor.constructor("return this")(),
            () => Object.getPrototypeOf(async function () {}).constructor("return this"),
            () => { try { null.x; } catch (e) { return e.constructor.constructor("return this")(); } },
            () => f.caller, () => new Error().stack && Error.prepareStackTrace,
          ];
          const names = ["process", "require", "module", "Buffer", "fetch", "document", "WebAssembly", "Deno", "Bun",
            "navigator", "global", "std", "os", "scriptArgs", "print", "SharedArrayBuffer"];
          const own = new Set(["WebAssembly", "SharedArrayBuffer"]);
          function f() {
            const found = [];
            for (const road of roads) {
              let place; try { place = road(); } catch { continue; }
              if (place === undefined || place === null) continue;
              for (const name of names) {
                let held; try { held = place[name]; } catch {}
                if (held !== undefined && !own.has(name)) found.push(name);
              }
            }
            return found;
          }`;
        const { outcome, text } = await one(body);
        // Where code from text is forbidden altogether, the roads end in errors, and nothing is found either.
        assert.deepEqual({ outcome, text }, { outcome: "returned", text: "returned []\narguments" });
      });

      it("not by a dynamic import", async () => {
        const { outcome } = await one(
          "async function f() { return typeof (await import('node:fs')).readFileSync; }",
        );
        assert.notEqual(outcome, "returned");
      });
    });

    describe("measures", () => {
      const batch = [inputOf(1), inputOf(2), inputOf(3)];

      function measure(body: string, more: Partial<{ limits: SandboxLimits; signal: AbortSignal }> = {}) {
        const { signal, ...rest } = more;
        const request = {
          program: programOf(body),
          batch,
          iterations: 60,
          warmUpIterations: 10,
          seed,
          limits,
        };
        return under.engine.measure({ ...request, ...rest }, signal === undefined ? {} : { signal });
      }

      it("every iteration, and proves what it measured", async () => {
        const fork = await measure("let n = 0; function f(x) { n += x; return n; }");
        assert.equal(fork.failures, 0);
        assert.equal(fork.wallNs.length, 60);
        assert.ok(fork.wallNs.every((ns) => ns > 0));
        assert.ok(fork.cpuMs > 0 && fork.peakMb > 0);
        assert.equal(fork.isolation.engine, under.engine.name);
        assert.deepEqual(
          fork.proof.map(({ text }) => text.split("\n")[0]),
          ["returned 1", "returned 3", "returned 6"],
        );
      });

      it("more time for more work", async () => {
        const work = (turns: number): string =>
          `function f(x) { let sum = x; for (let i = 0; i < ${turns}; i++) sum = (sum * 31 + i) | 0; return sum; }`;
        const median = (values: Float64Array): number => values.slice().sort()[values.length >> 1]!;
        const [little, much] = [await measure(work(200)), await measure(work(20_000))];
        assert.ok(median(much.wallNs) > 5 * median(little.wallNs));
      });

      it("functions that throw and functions that return promises", async () => {
        assert.equal(
          (await measure("function f(x) { if (x === 2) throw new Error('x'); return x; }")).failures,
          0,
        );
        const promises = await measure("async function f(x) { await null; return x; }");
        assert.equal(promises.failures, 0);
        assert.match(promises.proof[2]!.text, /3/);
      });

      it("no promise as settled that is filled later", async () => {
        const late = `const out = []; Promise.resolve().then(() => {}).then(() => {}).then(() => {}).then(() => {}).then(() => {
          out.push(1); });`;
        for (const body of [
          `function f() { ${late} return out; }`,
          `function f() { ${late} return Promise.resolve(out); }`,
        ]) {
          const { proof } = await measure(body);
          for (const { text } of proof) assert.match(text, /^returned (a promise of )?\[\]\n/);
        }
      });

      it("each iteration fresh, so that none differs from the first in how its calls end", async () => {
        const body =
          "let calls = 0; function f() { if (++calls > 3) throw new Error('stale'); return calls; }";
        assert.equal((await measure(body)).failures, 0);
      });

      it("an iteration that breaks a limit as a failure, in time", async () => {
        const started = performance.now();
        const fork = await measure("function f(x) { if (x === 2) for (;;); return x; }", { limits: tight });
        assert.ok(performance.now() - started < PATIENCE_MS);
        assert.equal(fork.failures, 60);
        assert.equal(fork.wallNs.length, 60);
        assert.equal(fork.proof.length, 3);
        assert.ok(fork.proof.some(({ outcome }) => outcome === "limit_exceeded"));
      });

      it("until it is aborted", async () => {
        const controller = new AbortController();
        const fork = measure("function f(x) { for (;;); }", { signal: controller.signal });
        controller.abort();
        await assert.rejects(
          fork,
          (error: unknown) => error instanceof MyriadError && error.code === "SANDBOX_ABORTED",
        );
      });
    });
  });
}
