/** What the realm gives of the web, in the realm itself: the same as Node where time and chance play no part. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import vm from "node:vm";
import { openPool } from "../../kernels/pool/index.ts";
import { realmEngine } from "../../kernels/sandbox/index.ts";
import type { Observation, SandboxEngine } from "../../kernels/sandbox/index.ts";
import type { Executor } from "../../runtime/contracts/index.ts";
import { inputOf, programOf } from "../contract/sandbox-contract.ts";

const seed = { random: 7, epochMs: 1_000 };
const limits = { memoryMb: 64, cpuSeconds: 2, diskMb: 1, wallSeconds: 4 };

describe("the web in a realm", () => {
  let pool: Executor;
  let engine: SandboxEngine;
  before(() => {
    pool = openPool({ workers: 1 });
    engine = realmEngine(pool);
  });
  after(() => pool.close());

  async function observe(body: string, count = 1): Promise<readonly Observation[]> {
    const inputs = Array.from({ length: count }, () => inputOf());
    const { observations } = await engine.observe({
      program: programOf(body),
      inputs,
      order: "alone",
      seed,
      limits,
    });
    return observations;
  }

  /** JSON of what an expression (it may await) gives. */
  async function told(expression: string): Promise<unknown> {
    const { outcome, text } = (await observe(`const f = async () => JSON.stringify(${expression});`))[0]!;
    assert.equal(outcome, "returned", text);
    const [, json] = /^returned a promise of (".*")\narguments$/s.exec(text)!;
    return JSON.parse(JSON.parse(json!) as string) as unknown;
  }

  describe("does what Node does", () => {
    const expressions = [
      "[...new URL('../a?b=1#c', 'http://u:p@EXAMPLE.com:80/x/y/z').href]",
      "[new URL('http://a/é?ü').href, URL.canParse('x'), JSON.stringify(new URL('http://a')), `${new URL('http://b')}`]",
      "(() => { try { new URL('x'); } catch (e) { return [e.name, e.code, e.input]; } })()",
      "[...new URLSearchParams({ a: '1 2', b: '&' })].concat([new URLSearchParams('?q=%20+x').toString()])",
      "Object.prototype.toString.call(new URL('http://a')) + Object.prototype.toString.call(new TextEncoder())",
      "[...new TextEncoder().encode('hé\\ud83d\\ude00\\ud800')]",
      "new TextDecoder().decode(Uint8Array.of(0xef, 0xbb, 0xbf, 104, 195, 169, 0xff))",
      "[atob('aGk='), btoa('hi'), (() => { try { atob('*'); } catch (e) { return [e.name, e.code, e instanceof DOMException]; } })()]",
      "(() => { try { structuredClone(() => 1); } catch (e) { return [e.name, e.code, e instanceof Error]; } })()",
      "(() => { const b = new ArrayBuffer(8); const c = structuredClone(b, { transfer: [b] }); return [b.byteLength, c.byteLength]; })()",
      "(() => { const a = { m: new Map([[1, new Set(['x'])]]), d: new Date(5) }; a.self = a; const c = structuredClone(a); return [c !== a, c.self === c, c.m.get(1).has('x'), c.d.getTime()]; })()",
      "await new Promise((done) => { const l = []; setTimeout(() => l.push('t'), 1); setImmediate(() => { l.push('i'); }); queueMicrotask(() => l.push('m')); Promise.resolve().then(() => l.push('p')); setTimeout(() => done(l), 30); l.push('s'); })",
      "await new Promise((done) => { let n = 0; const t = setInterval(() => { if (++n === 3) { clearInterval(t); done(n); } }, 1); })",
      "await new Promise((done) => { setTimeout((...all) => done(all), 1, 'a', 2); })",
      "await new Promise((done) => { const t = setTimeout(() => done('cleared'), 1); clearTimeout(+t); setTimeout(done, 20, 'later'); })",
      "(() => { try { setTimeout('x'); } catch (e) { return e.name; } })()",
      "(() => { const t = new EventTarget(), l = []; const h = (e) => l.push(e.type, e.target === t, e.currentTarget === t); t.addEventListener('a', h); t.addEventListener('a', h); t.addEventListener('a', { handleEvent: (e) => { l.push('o'); e.preventDefault(); } }, { once: true }); const go = () => t.dispatchEvent(new Event('a', { cancelable: true })); l.push(go(), go()); t.removeEventListener('a', h); l.push(go()); return l; })()",
      "(() => { const t = new EventTarget(), l = []; t.addEventListener('a', (e) => { l.push(1); e.stopImmediatePropagation(); }); t.addEventListener('a', () => l.push(2)); t.dispatchEvent(new Event('a')); return l; })()",
      "(() => { const e = new CustomEvent('x', { detail: 5 }); return [e.detail, e.type, e.bubbles, e.cancelable, e.defaultPrevented, e instanceof Event]; })()",
      "(() => { const c = new AbortController(), l = []; c.signal.onabort = () => l.push('on'); c.signal.addEventListener('abort', (e) => l.push(e.type)); c.abort(); c.abort(); return [l, c.signal.aborted, c.signal.reason.name, (() => { try { c.signal.throwIfAborted(); } catch (e) { return e.code; } })()]; })()",
      "(() => { const c = new AbortController(); const a = AbortSignal.any([c.signal]), b = AbortSignal.any([a]); c.abort('why'); return [a.aborted, b.aborted, b.reason, AbortSignal.abort(3).reason, AbortSignal.any([AbortSignal.abort(4)]).reason]; })()",
      "await new Promise((done) => { const s = AbortSignal.timeout(1); s.onabort = () => done([s.reason.name, s.reason.code]); setTimeout(() => {}, 50); })",
      "(() => { try { crypto.getRandomValues(new Float64Array(1)); } catch (e) { return e.name; } })()",
      "(() => { try { crypto.getRandomValues(new Uint8Array(65537)); } catch (e) { return e.name; } })()",
      "/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())",
      "[URL, URLSearchParams, TextEncoder, TextDecoder, Event, EventTarget, AbortController, AbortSignal, DOMException].map((c) => c.name)",
      "[new DOMException('a', 'AbortError').code, new DOMException('b').name, new DOMException('c', { name: 'X', cause: 1 }).cause]",
    ];
    for (const expression of expressions) {
      it(expression, async () => {
        const native = vm.runInThisContext(
          `(async () => JSON.stringify(${expression}))()`,
        ) as Promise<string>;
        assert.deepEqual(await told(expression), JSON.parse(await native));
      });
    }
  });

  describe("keeps time of its own", () => {
    it("that goes on when nothing is left to run, and by as much as was waited for", async () => {
      const times = await told(
        "await new Promise((done) => { const l = [performance.now(), Date.now()]; setTimeout(() => done([...l, performance.now(), Date.now(), +new Date()]), 3_600_000); })",
      );
      assert.deepEqual(times, [0, 1_000, 3_600_000, 3_601_000, 3_601_000]);
    });

    it("in which a timer fires after all jobs, and timers of one time in the order of their making", async () => {
      const order = await told(
        `await (async () => { const l = [];
          setTimeout(() => { l.push("a"); Promise.resolve().then(() => l.push("job of a")); }, 5);
          setTimeout(() => l.push("b"), 5); setTimeout(() => l.push("c"), 4);
          const t = setTimeout(() => l.push("never"), 6); setTimeout(() => clearTimeout(t), 5);
          await new Promise((done) => setTimeout(done, 10)); return l; })()`,
      );
      assert.deepEqual(order, ["c", "a", "job of a", "b"]);
    });

    it("and a callback that throws ends alone", async () => {
      const { text } = (
        await observe(
          "const f = () => new Promise((done) => { setTimeout(() => { throw 1; }, 1); setTimeout(done, 2, 'on'); });",
        )
      )[0]!;
      assert.equal(text, 'returned a promise of "on"\narguments');
    });

    it("in which an unref'd timer holds nothing", async () => {
      const { text } = (
        await observe("const f = () => new Promise((done) => { setTimeout(done, 1).unref(); });")
      )[0]!;
      assert.match(text, /never settles/);
    });

    it("that a timer without end uses up, until the deadline", async () => {
      const quick = { ...limits, cpuSeconds: 0.2 };
      const program = programOf("const f = () => new Promise(() => { setInterval(() => {}, 1); });");
      const { observations } = await engine.observe({
        program,
        inputs: [inputOf()],
        order: "alone",
        seed,
        limits: quick,
      });
      assert.deepEqual(observations, [{ outcome: "limit_exceeded", text: "cpu" }]);
    });
  });

  it("draws its chance from the seed", async () => {
    const body = "const f = () => [crypto.randomUUID(), ...crypto.getRandomValues(new Uint32Array(3))];";
    const [first, second] = await observe(body, 2);
    assert.equal(first!.outcome, "returned");
    assert.deepEqual(second, first);
    const other = { ...seed, random: 8 };
    const { observations } = await engine.observe({
      program: programOf(body),
      inputs: [inputOf()],
      order: "alone",
      seed: other,
      limits,
    });
    assert.notDeepEqual(observations[0], first);
  });

  it("tells URLs apart that differ, whatever the program makes of their members, and what has no content it refuses", async () => {
    const forged = `Object.defineProperty(URL.prototype, "href", { get: () => "http://forged/" });
      Array.prototype.map = Array.prototype.join = () => "forged"; const f = () => new URL("http://a/b?c");`;
    assert.equal((await observe(forged))[0]!.text, 'returned URL("http://a/b?c")\narguments');
    assert.match(
      (await observe("const f = () => new URLSearchParams('a=1&a=2');"))[0]!.text,
      /"a\\": \\"1\\", \\"a\\": \\"2/,
    );
    for (const made of [
      "new AbortController()",
      "new EventTarget()",
      "new TextDecoder()",
      "setTimeout(() => {}, 1)",
    ]) {
      assert.equal((await observe(`const f = () => ${made};`))[0]!.outcome, "incomparable", made);
    }
  });

  it("is there for every way to name it", async () => {
    for (const way of [
      "URL",
      "globalThis.URL",
      "globalThis['U' + 'RL']",
      "eval('U' + 'RL')",
      "Function('return U' + 'RL')()",
    ]) {
      const { text } = (await observe(`const f = () => typeof (${way});`))[0]!;
      assert.equal(text, 'returned "function"\narguments', way);
    }
  });

  it("is measured like the language", async () => {
    const program = programOf(
      "const f = async (n) => { await new Promise((done) => setTimeout(done, n)); return new URL('http://a/' + n).href; };",
    );
    const fork = await engine.measure({
      program,
      batch: [inputOf(1), inputOf(2)],
      iterations: 10,
      warmUpIterations: 1,
      seed,
      limits,
    });
    assert.equal(fork.failures, 0);
    assert.equal(new Set(fork.ticks).size, 1);
    assert.equal(fork.proof[1]!.text, 'returned a promise of "http://a/2"\narguments 2');
  });
});
