/**
 * Values by R and SciPy, looked up by the text of the call that gave them (test/fixtures/statistics holds the
 * scripts), and the comparison with a stated relative error.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

interface ReferenceFile {
  readonly data?: Readonly<Record<string, readonly number[]>>;
  readonly values: Readonly<Record<string, number | readonly number[]>>;
}

const r = merged(load("reference-r.json"), load("series-r.json"));
const scipy = merged(load("reference-scipy.json"), load("series-scipy.json"));

/** What R gave for `call`: a number as a list of one. */
export function byR(call: string): readonly number[] {
  return lookUp(r, call);
}

export function byScipy(call: string): readonly number[] {
  return lookUp(scipy, call);
}

export function dataSet(name: string): Float64Array {
  const values = r.data?.[name];
  assert.ok(values, `no data set ${name}`);
  return Float64Array.from(values);
}

/** Relative error of every figure at most `tolerance`; an expected 0 is met to 1e-300. */
export function assertClose(
  actual: number | readonly number[],
  expected: readonly number[],
  tolerance: number,
): void {
  const figures = typeof actual === "number" ? [actual] : actual;
  assert.equal(figures.length, expected.length);
  figures.forEach((figure, index) => {
    const want = expected[index]!;
    const message = `figure ${index}: ${figure} is not ${want} within ${tolerance}`;
    assert.ok(Math.abs(figure - want) <= Math.max(tolerance * Math.abs(want), 1e-300), message);
  });
}

function lookUp(file: ReferenceFile, call: string): readonly number[] {
  const value = file.values[call];
  assert.notEqual(value, undefined, `no reference value for ${call}`);
  return typeof value === "number" ? [value] : value!;
}

function merged(left: ReferenceFile, right: ReferenceFile): ReferenceFile {
  return { data: { ...left.data, ...right.data }, values: { ...left.values, ...right.values } };
}

function load(name: string): ReferenceFile {
  let root = import.meta.dirname;
  while (!existsSync(path.join(root, "package.json"))) root = path.dirname(root);
  const text = readFileSync(path.join(root, "test/fixtures/statistics", name), "utf8");
  return JSON.parse(text) as ReferenceFile;
}
