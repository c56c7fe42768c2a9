/** What the web is where time is measured: the runtime's own where it only computes, the sandbox's where it waits. */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { isolateEngine, trustedEngine } from "../../kernels/sandbox/index.ts";
import type { Observation, SandboxEngine } from "../../kernels/sandbox/index.ts";
import { inputOf, programOf } from "../contract/sandbox-contract.ts";

const seed = { random: 7, epochMs: 1_000 };
const limits = { memoryMb: 256, cpuSeconds: 10, diskMb: 1, wallSeconds: 20 };

const openers: readonly (() => Promise<SandboxEngine>)[] = [
  () => isolateEngine({ workers: 1 }),
  () => Promise.resolve(trustedEngine({ workers: 1 })),
];

for (const open of openers) {
  let engine: SandboxEngine;

  async function observe(body: string, runs = 1): Promise<readonly Observation[]> {
    const inputs = Array.from({ length: runs }, () => inputOf());
    const request = { program: programOf(body), inputs, order: "alone", seed, limits } as const;
    return (await engine.observe(request)).observations;
  }

  async function textOf(body: string): Promise<string> {
    return (await observe(body))[0]!.text.split("\narguments")[0]!;
  }

  describe(`the web of a program that is timed (${open === openers[0] ? "isolate" : "trusted"})`, () => {
    before(async () => {
      engine = await open();
    });

    it("is the runtime's own where it only computes, and is compared by what it holds", async () => {
      assert.equal(
        await textOf(
          "const f = () => [/native code/.test(Function.prototype.toString.call(structuredClone)), new URL('http://a/b?c=1#d'), new URLSearchParams('a=1&b=2')];",
        ),
        'returned [true, URL("http://a/b?c=1#d"), URLSearchParams("a=1&b=2")]',
      );
      assert.equal(
        await textOf("const f = () => new TextDecoder().decode(new TextEncoder().encode('hé'));"),
        'returned "hé"',
      );
    });

    it("tells an exception by name and message, wherever it was made", async () => {
      const one = await textOf("const f = () => { atob('*'); };");
      const other = await textOf("const f = () => {\n\n   return atob('*');\n};");
      assert.equal(one, other);
      assert.match(one, /^threw DOMException\("\[\\"InvalidCharacterError\\",/);
      const kinds = await textOf(
        "const f = () => { const c = new AbortController(); c.abort(); let e; try { structuredClone(() => 1); } catch (t) { e = t; } return [e, c.signal.reason].map((x) => x instanceof DOMException); };",
      );
      assert.equal(kinds, "returned [true, true]");
    });

    it("has nothing that the program does not name, and nothing that leads to files or blobs", async () => {
      const found =
        "const f = () => { URL; return [Reflect.ownKeys(globalThis).filter((key) => /^(URL|Text|DOM|Blob|set|fetch|process|structured|Message)/.test(String(key))), 'createObjectURL' in URL]; };";
      assert.equal(await textOf(found), 'returned [["URL", "URLSearchParams", "DOMException"], false]');
    });

    it("waits in no time, and draws its chance from the seed", async () => {
      assert.equal(
        await textOf(
          "const f = () => new Promise((done) => { setTimeout(() => done([performance.now(), Date.now()]), 3_600_000); });",
        ),
        "returned a promise of [3600000, 3601000]",
      );
      const [first, second] = await observe("const f = () => crypto.randomUUID();", 2);
      assert.equal(first!.outcome, "returned");
      assert.deepEqual(first, second);
    });

    it("keeps no trace of an earlier run", async () => {
      const observations = await observe(
        `function f() {
          const decoder = new TextDecoder();
          const hidden = Object.getOwnPropertySymbols(decoder).map((key) => decoder[key]);
          let exception; try { atob("*"); } catch (thrown) { exception = thrown; }
          const holders = [URL, URL.prototype, URL.parse, URLSearchParams.prototype, structuredClone, atob, TextEncoder.prototype,
            Object.getPrototypeOf(new URLSearchParams().keys()), DOMException, Object.getPrototypeOf(exception), setTimeout,
            Object.getPrototypeOf(setTimeout(() => 1)), AbortSignal.prototype, crypto, performance,
            ...hidden.map((value) => Object.getPrototypeOf(Object(value)))];
          const found = holders.map((holder) => holder !== undefined && "left" in holder);
          for (const holder of holders) { try { holder.left = 1; } catch {} }
          try { URL.prototype.toString = () => "forged"; } catch {}
          return [found.some(Boolean), new URL("a:b").toString(), +setTimeout(() => 1)];
        }`,
        4,
      );
      assert.match(observations[0]!.text, /^returned \[false, "a:b", 3\]/);
      for (const observation of observations) assert.deepEqual(observation, observations[0]);
    });

    it("is timed, promises that wait for timers too", async () => {
      const bodies = [
        "const f = () => new URL('http://a/b').pathname;",
        "const f = () => new Promise((done) => { setTimeout(done, 60_000, 5); });",
      ];
      for (const body of bodies) {
        const { failures, wallNs, proof, conditions } = await engine.measure({
          program: programOf(body),
          batch: [inputOf()],
          iterations: 20,
          warmUpIterations: 20,
          stretch: 4,
          seed,
          limits,
        });
        assert.equal(failures, 0);
        assert.ok(wallNs.every((ns) => ns > 0 && ns < 1e9));
        assert.equal(proof[0]!.outcome, "returned");
        assert.equal(conditions?.stretch, body === bodies[0] ? 4 : 1);
      }
    });
  });
}
