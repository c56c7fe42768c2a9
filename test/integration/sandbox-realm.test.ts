import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openPool } from "../../kernels/pool/index.ts";
import { generateInputs, realmEngine } from "../../kernels/sandbox/index.ts";
import type { GenerateRequest, SandboxEngine } from "../../kernels/sandbox/index.ts";
import { MyriadError } from "../../runtime/contracts/index.ts";
import type { Executor } from "../../runtime/contracts/index.ts";
import { inputOf, programOf, sandboxContract } from "../contract/sandbox-contract.ts";

sandboxContract("realm", () => {
  const pool = openPool({ workers: 2 });
  return Promise.resolve({ engine: realmEngine(pool), close: () => pool.close() });
});

const seed = { random: 7, epochMs: 0 };
const limits = { memoryMb: 64, cpuSeconds: 2, diskMb: 1, wallSeconds: 4 };

describe("the realm engine alone", () => {
  let pool: Executor;
  let engine: SandboxEngine;
  before(() => {
    pool = openPool({ workers: 1 });
    engine = realmEngine(pool);
  });
  after(() => pool.close());

  it("counts the same ticks in every iteration and every fork, and more for more work", async () => {
    const fork = async (turns: number): Promise<readonly number[]> => {
      const program = programOf(
        `function f(n) { let s = 0; for (let i = 0; i < ${turns}; i++) s += i ^ n; return s; }`,
      );
      const request = { program, batch: [inputOf(1)], iterations: 20, warmUpIterations: 2, seed, limits };
      return [...new Set((await engine.measure(request)).ticks)];
    };
    const [first, again, more] = [await fork(50_000), await fork(50_000), await fork(50_100)];
    assert.equal(first.length, 1);
    assert.deepEqual(again, first);
    const perTurn = (more[0]! - first[0]!) / 100;
    assert.ok(Number.isInteger(perTurn) && perTurn > 0, `${perTurn} ticks a turn`);
  });

  it("counts the same ticks in every worker, in new threads and in machines that others have used", async () => {
    const program = programOf(
      `async function f(n) { const url = new URL("http://a/" + n); await new Promise((done) => setTimeout(done, n));
        return [structuredClone([url.href]), [3, 1, 2].sort(), JSON.stringify({ n }), Math.random() < 2]; }`,
    );
    const request = { program, batch: [inputOf(5)], iterations: 8, warmUpIterations: 1, seed, limits };
    const other = { ...request, program: programOf("const f = () => [...'abc'].map((c) => c + c);") };
    const counted = new Set<number>();
    for (let round = 0; round < 2; round++) {
      const two = openPool({ workers: 2 });
      const among = realmEngine(two);
      const forks = [request, other, request, request, other, request].map((one) => among.measure(one));
      for (const [index, { ticks }] of (await Promise.all(forks)).entries()) {
        if (index !== 1 && index !== 4) for (const count of ticks) counted.add(count);
      }
      await two.close();
    }
    assert.equal(counted.size, 1);
    assert.ok([...counted][0]! > 0);
  });

  it("loses only the input whose native loop had to be killed", async () => {
    const program =
      programOf(`function f(n) { if (n % 10 !== 3) return n; let s = "ab"; while (s.length < 1 << 22) s += s;
      for (;;) s.indexOf(s.slice(0, s.length / 2) + "x"); }`);
    const inputs = Array.from({ length: 14 }, (_, index) => inputOf(index));
    const hasty = { ...limits, cpuSeconds: 0.2 };
    const { observations } = await engine.observe({ program, inputs, order: "alone", seed, limits: hasty });
    observations.forEach(({ outcome }, index) =>
      assert.equal(outcome, index % 10 === 3 ? "limit_exceeded" : "returned"),
    );
  });

  it("says what holds the code", async () => {
    const program = programOf("const f = () => 1;");
    const { isolation } = await engine.observe({ program, inputs: [], order: "alone", seed, limits });
    assert.equal(isolation.carrier, "quickjs-wasm");
    assert.ok(
      ["memory", "cpu", "wall", "network", "filesystem"].every((what) => isolation.enforced.includes(what)),
    );
  });

  it("says that a program is no JavaScript", async () => {
    const program = { ...programOf(""), code: "(function () {" };
    await assert.rejects(
      engine.observe({ program, inputs: [inputOf()], order: "alone", seed, limits }),
      (error: unknown) => error instanceof MyriadError && error.code === "SANDBOX_PROGRAM",
    );
  });
});

describe("generating inputs", () => {
  let pool: Executor;
  before(() => {
    pool = openPool({ workers: 1 });
  });
  after(() => pool.close());

  function generate(body: string, more: Partial<GenerateRequest> = {}) {
    return generateInputs(pool, { program: programOf(body), count: 5, seed, limits, ...more });
  }

  function refused(message: RegExp, location?: string): (error: unknown) => boolean {
    return (error) => {
      assert.ok(error instanceof MyriadError);
      assert.equal(error.code, "SANDBOX_GENERATOR");
      assert.match(error.message, message);
      if (location !== undefined) assert.equal(error.location, location);
      return true;
    };
  }

  const body = `function f(random, count) {
    return Array.from({ length: count }, () => [random.next(), random.below(10), random.pick(["a"]), random.shuffle([1, 2, 3])]);
  }`;

  it("gives the argument lists of the generator, the same for the same seed", async () => {
    const inputs = await generate(body);
    assert.equal(inputs.length, 5);
    assert.deepEqual(await generate(body), inputs);
    assert.notDeepEqual(await generate(body, { seed: { ...seed, random: 8 } }), inputs);
    assert.equal(new Set(inputs).size, 5);
  });

  it("waits for a generator that is asynchronous", async () => {
    assert.deepEqual(await generate("async function f() { await 1; return [[1n]]; }"), [inputOf(1n)]);
  });

  it("says where a value stands that cannot be an input", async () => {
    await assert.rejects(
      generate("const f = () => [[1], [{ a: [() => 1] }]];"),
      refused(/function/, "inputs[1][0].a[0]"),
    );
    await assert.rejects(generate("const f = () => [[1], 2];"), refused(/argument list/, "inputs[1]"));
    await assert.rejects(generate("const f = () => 3;"), refused(/not an array/));
  });

  it("says how a generator failed", async () => {
    await assert.rejects(generate("const f = () => { throw new TypeError('mine'); };"), refused(/mine/));
    await assert.rejects(generate("const f = () => process.env;"), refused(/process/));
    await assert.rejects(generate("const f = () => { for (;;); };"), refused(/cpu/));
    await assert.rejects(generate("const f = () => new Promise(() => {});"), refused(/never settles/));
  });
});
