import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it } from "node:test";
import vm from "node:vm";
import fc from "fast-check";
import { findRewrites } from "../../../../kernels/syntax/find-rewrites.ts";
import { input, PARAMETERS, ProgramWriter, ROW_TYPE } from "./program-writer.ts";
import { effectOf, loaded, type Subject } from "./rewriting.ts";

const FUNCTIONS = 12;
const INPUTS = 25;
const LIMIT_MS = 10_000;

/** Mulberry32: a number below `count`, the same row of them for the same seed. */
function chooser(seed: number): (count: number) => number {
  let state = seed;
  return (count) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * count);
  };
}

/** One module of many functions, all of which `f` reaches: types are worked out once. */
function moduleText(seed: number): string {
  const names = Array.from({ length: FUNCTIONS }, (_, index) => `f${index}`);
  const writer = new ProgramWriter(chooser(seed));
  const all = `export function f(${PARAMETERS}): unknown {\n  return [${names.join(", ")}];\n}\n`;
  return [ROW_TYPE, ...names.map((name) => writer.functionText(name)), all].join("\n");
}

/** What does not end in time has none. */
function effects(subject: Subject, inputs: readonly unknown[][]): readonly string[] {
  const run = (): readonly string[] => inputs.map((one) => effectOf(subject, one));
  try {
    return vm.runInNewContext("run()", { run }, { timeout: LIMIT_MS }) as readonly string[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
    return [];
  }
}

function assertSame(seed: number, directory: string): void {
  const source = moduleText(seed);
  const inputs = fc.sample(input, { seed, numRuns: INPUTS });
  const ref = { file: path.join(directory, "written.ts"), exportName: "f" };
  const before = loaded(source);
  for (const { rule, source: text } of findRewrites({ module: { ref, source } })) {
    const after = loaded(text);
    const names = Object.keys(before).filter((name) => name !== "f");
    for (const name of names.filter((one) => String(before[one]) !== String(after[one]))) {
      const changes = `${rule} changes what this does:\n${String(before[name])}\nas\n${String(after[name])}`;
      const expected = effects(before[name]!, inputs);
      if (expected.length > 0) assert.deepEqual(effects(after[name]!, inputs), expected, changes);
    }
  }
}

describe("rewriting functions that nobody wrote", () => {
  // This repository's options have indices checked; a folder without options does not.
  for (const [checks, directory] of [
    ["checks", import.meta.dirname],
    ["does not check", tmpdir()],
  ] as const) {
    it(`changes nothing that they do where the compiler ${checks} indices`, () => {
      const same = fc.property(fc.integer(), (seed) => assertSame(seed, directory));
      fc.assert(same, { numRuns: 2, endOnFailure: true, includeErrorInReport: true });
    });
  }
});
