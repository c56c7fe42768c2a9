import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { figuresOf } from "../../../actors/evidence/own-metric.ts";
import type { Figures } from "../../../actors/evidence/own-metric.ts";
import { realmEngine, SANDBOX_CAPS } from "../../../kernels/sandbox/index.ts";
import type { SandboxProgram } from "../../../kernels/sandbox/index.ts";
import { encodeInput } from "../../../kernels/syntax/encoded-input.ts";
import { hasCode } from "../../contract/journal-contract.ts";
import { scriptedExecutor } from "../../kit/scripted-executor.ts";
import { SANDBOX_SEED } from "../../kit/session.ts";

const UNSTOPPED = new AbortController().signal;
/** The real engine, on this thread. */
const realm = realmEngine(scriptedExecutor());

/** A program of one function `f`, as the bundler would make it. */
function programOf(text: string, before = ""): SandboxProgram {
  const code = `(function () { "use strict"; ${before}; return { f: ${text} }; })`;
  return { code, entry: "f", digest: text };
}

function figures(
  metric: string,
  versions: Readonly<Partial<Record<"baseline" | "candidate", SandboxProgram>>>,
  inputs: readonly (readonly unknown[])[] = [[[3, 1, 2]], [[5]], [[]]],
): Promise<Figures> {
  const question = {
    name: "size",
    metric: programOf(metric),
    versions,
    inputs: inputs.map((args) => encodeInput(args)),
    seed: SANDBOX_SEED,
    limits: { ...SANDBOX_CAPS, wallSeconds: 2, cpuSeconds: 2 },
  };
  return figuresOf(question, realm, UNSTOPPED);
}

const COPY = programOf("(list) => [...list]");
const TWICE = programOf("(list) => [...list, ...list]");

describe("a metric of the task's own", () => {
  it("gives one figure of each version an input, of the result and the arguments", async () => {
    const told = await figures("(result, list) => result.length + list.length / 10", {
      baseline: COPY,
      candidate: TWICE,
    });
    assert.deepEqual(told, {
      baseline: Float64Array.of(3.3, 1.1, 0),
      candidate: Float64Array.of(6.3, 2.1, 0),
    });
  });

  it("of one version alone, and of promises by what they come to", async () => {
    const later = programOf("async (list) => [...list]");
    const told = await figures("async (result) => -result.length * 1e-7", { candidate: later });
    assert.deepEqual(told, { candidate: Float64Array.of(-3e-7, -1e-7, -0) });
  });

  it("leaves out an input on which a version throws, for both", async () => {
    const picky = programOf("(list) => { if (list.length === 1) throw new Error('one'); return list; }");
    const told = await figures("(result) => result.length", { baseline: COPY, candidate: picky });
    assert.deepEqual(told, { baseline: Float64Array.of(3, 0), candidate: Float64Array.of(3, 0) });
    const never = programOf("() => { throw new Error('never'); }");
    await assert.rejects(figures("() => 1", { baseline: COPY, candidate: never }), hasCode("INPUTS_TOO_FEW"));
  });

  for (const [what, metric] of [
    ["NaN", "() => NaN"],
    ["more than any number", "() => 1 / 0"],
    ["nothing", "() => undefined"],
    ["a text that looks like a number", "() => '12'"],
    ["a bigint", "() => 12n"],
    ["an object", "() => ({ valueOf: () => 12 })"],
    ["a list of a number", "() => [12]"],
    ["a promise of nothing", "async () => undefined"],
    ["an error", "() => { throw new Error('12'); }"],
  ] as const) {
    it(`is refused with a coded error where it gives ${what}`, async () => {
      await assert.rejects(figures(metric, { baseline: COPY }), (error) => {
        assert.ok(hasCode("METRIC_NO_FIGURE")(error), String(error));
        assert.match((error as Error).message, /^size gave no finite number: /);
        return true;
      });
    });
  }

  it("is refused where it is no function", async () => {
    await assert.rejects(figures("12", { baseline: COPY }), hasCode("METRIC_NO_FIGURE"));
  });

  it("is loaded before the version, so that what it took of the language is its own", async () => {
    const liar = programOf("(list) => list", "Array.prototype.reduce = () => 0; Math.max = () => 0");
    const metric = "((max) => (result) => max(0, ...result))(Math.max)";
    const told = await figures(metric, { baseline: COPY, candidate: liar });
    assert.deepEqual(told.candidate, told.baseline);
  });

  it("starts each input from the same state", async () => {
    const counting = "((count) => () => ++count)(0)";
    assert.deepEqual(await figures(counting, { baseline: COPY }), { baseline: Float64Array.of(1, 1, 1) });
  });
});
