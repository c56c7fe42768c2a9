/** What the isolate engine says of a fork beside its samples, and what no compiler may leave out of them. */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { isolateEngine } from "../../kernels/sandbox/index.ts";
import type { IsolateEngine, SandboxLimits } from "../../kernels/sandbox/index.ts";
import { inputOf, programOf } from "../contract/sandbox-contract.ts";

const seed = { random: 7, epochMs: 1_600_000_000_000 };
const limits: SandboxLimits = { memoryMb: 256, cpuSeconds: 5, diskMb: 10, wallSeconds: 20 };
const onV8 = process.versions["bun"] === undefined ? false : "only V8 tells";

let engine: IsolateEngine;
before(async () => {
  engine = await isolateEngine({ workers: 1 });
});

interface Asked {
  readonly inputs?: number;
  readonly iterations?: number;
  readonly stretch?: number;
}

function measure(body: string, { inputs = 1, iterations = 100, stretch = 1 }: Asked = {}) {
  return engine.measure({
    program: programOf(body),
    batch: Array.from({ length: inputs }, (_, index) => inputOf(index + 2)),
    iterations,
    warmUpIterations: iterations,
    stretch,
    seed,
    limits,
  });
}

function median(values: Float64Array): number {
  return values.toSorted()[values.length >> 1]!;
}

const EMPTY = "function f() {}";

describe("a fork's conditions", () => {
  it("tell the times of the warm-up, and what the clock can tell", async () => {
    const { conditions, wallNs } = await measure("function f(x) { return String(x).repeat(50); }");
    assert.equal(conditions!.warmUpNs.length, 100);
    assert.ok(conditions!.warmUpNs.every((ns) => ns > 0));
    assert.ok(conditions!.warmUpNs[0]! > median(wallNs), "the first call is no slower than a warm one");
    const { resolutionNs, overheadNs } = conditions!.timer;
    assert.ok(resolutionNs > 0 && overheadNs > 0, `${resolutionNs} ${overheadNs}`);
    assert.ok(conditions!.cpuMs > 0);
  });

  it("take off what an iteration takes that calls nothing, and leave every sample above zero", async () => {
    const { conditions, wallNs } = await measure(EMPTY);
    assert.ok(wallNs.every((ns) => ns > 0));
    assert.ok(median(wallNs) < median(conditions!.warmUpNs));
  });

  it("tell of the heap what one iteration's calls allocate", { skip: onV8 }, async () => {
    const objects = (count: number): string =>
      `function f() { const all = []; for (let i = 0; i < ${count}; i++) all.push({ i, next: i }); return all; }`;
    const allocated = async (body: string): Promise<number> =>
      (await measure(body)).conditions!.allocatedBytes!;
    const [none, some, more] = [
      await allocated(EMPTY),
      await allocated(objects(1000)),
      await allocated(objects(4000)),
    ];
    assert.ok(none < 2000, `${none}`);
    // An object of two fields has three to five words, and the array grows.
    assert.ok(some > 24_000 && some < 200_000, `${some}`);
    assert.ok(more > 3 * some && more < 6 * some, `${more} after ${some}`);
  });

  it("tell how often memory was collected, the more the more is thrown away", { skip: onV8 }, async () => {
    const throwing =
      "function f() { let s = 0; for (let i = 0; i < 40; i++) s += new Array(10_000).fill(i).length; return s; }";
    const { collections } = (await measure(throwing)).conditions!;
    const { collections: few } = (await measure(EMPTY)).conditions!;
    assert.ok(collections!.count > few!.count && collections!.ms > 0, JSON.stringify({ collections, few }));
  });

  it("are the same for functions that return promises", async () => {
    const { conditions, failures, wallNs } = await measure("async function f(x) { await null; return x; }", {
      stretch: 10,
    });
    assert.equal(failures, 0);
    assert.ok(wallNs.every((ns) => ns > 0));
    assert.equal(conditions!.stretch, 1);
    assert.ok(conditions!.timer.overheadNs > 0);
  });
});

describe("iterations that are timed together", () => {
  it("give a sample that is one iteration's time", async () => {
    const body =
      "function f(x) { let v = x; for (let i = 0; i < 3000; i++) v = Math.sqrt(v + i); return v; }";
    const alone = await measure(body, { iterations: 200 });
    const together = await measure(body, { iterations: 200, stretch: 8 });
    assert.equal(together.conditions!.stretch, 8);
    assert.equal(together.wallNs.length, 200);
    const ratio = Math.min(...together.wallNs) / Math.min(...alone.wallNs);
    assert.ok(ratio > 0.4 && ratio < 1.6, `${ratio}`);
  });

  it("are fresh, each of them: module state and chance begin anew", async () => {
    const counting =
      "let calls = 0; function f() { if (++calls > 3) throw new Error('stale'); return calls; }";
    const counted = await measure(counting, { inputs: 3, stretch: 10 });
    assert.equal(counted.failures, 0);
    assert.equal(counted.conditions!.stretch, 10);
    // Which of the calls throw tells of the sequence that they drew from.
    const chancy = "function f() { if (Math.random() < 0.5) throw new Error('odd'); }";
    assert.equal((await measure(chancy, { inputs: 20, stretch: 10 })).failures, 0);
  });

  it("are timed one by one when the program changes what they would share", async () => {
    const leaving = `function f() {
      if (Object.prototype.left === 1) throw new Error("met another one's traces");
      Object.prototype.left = 1;
    }`;
    const { failures, conditions } = await measure(leaving, { stretch: 50 });
    assert.equal(failures, 0);
    assert.equal(conditions!.stretch, 1);
  });
});

describe("a pure call whose result is dropped", () => {
  const roots = (count: number): string =>
    Array.from({ length: count }, () => "v = Math.sqrt(v + 3);").join(" ");
  /** Each program's fastest iteration in forks that take turns: what else runs here only adds time. */
  async function timesOf(...bodies: readonly string[]): Promise<readonly number[]> {
    const fastest = bodies.map(() => Number.POSITIVE_INFINITY);
    for (let round = 0; round < 3; round++) {
      for (const [index, body] of bodies.entries()) {
        const { wallNs } = await measure(body, { inputs: 100, iterations: 300 });
        fastest[index] = Math.min(fastest[index]!, ...wallNs);
      }
    }
    return fastest;
  }

  for (const [size, count] of [
    ["small enough to be inlined", 16],
    ["too large for that", 300],
  ] as const) {
    it(`takes the time it takes when it is used, ${size}`, async () => {
      const [dropped, used, nothing] = await timesOf(
        `function f(x) { let v = x; ${roots(count)} return v; }`,
        `let sum = 0; function f(x) { let v = x; ${roots(count)} return (sum += v); }`,
        "function f(x) { return x; }",
      );
      assert.ok(dropped! > 4 * nothing!, `${dropped} against ${nothing} for nothing`);
      assert.ok(dropped! > 0.6 * used! && dropped! < 1.7 * used!, `${dropped} against ${used} when used`);
    });
  }
});
