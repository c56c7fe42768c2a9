/**
 * For the tests of rewrite rules: applies one rule to a module's text, and runs two versions of a module on
 * the same input to see whether anything tells them apart.
 */
import assert from "node:assert/strict";
import path from "node:path";
import vm from "node:vm";
import fc from "fast-check";
import ts from "typescript";
import { findRewrites } from "../../../../kernels/syntax/find-rewrites.ts";
import { loadModule } from "../../../../kernels/syntax/typed-module.ts";

export interface Found {
  readonly source: string;
  readonly description: string;
  readonly line: number;
}

/** A text that no file has: only the name's ending counts, and the project's options (this repository's). */
function moduleFile(extension: string): string {
  return path.join(import.meta.dirname, `subject.${extension}`);
}

/** What the rule finds for the export `f`. */
export function applied(rule: string, source: string, extension = "ts"): readonly Found[] {
  const ref = { file: moduleFile(extension), exportName: "f" };
  return findRewrites({ module: { ref, source } }).filter((rewrite) => rewrite.rule === rule);
}

/** The rule applies once, and this is the whole module after it. */
export function assertRewrites(rule: string, before: string, after: string, extension = "ts"): void {
  const found = applied(rule, before, extension);
  assert.equal(found.length, 1, `${rule} applies ${found.length} times`);
  assert.equal(found[0]!.source, after);
  assertSameErrors(before, after, extension);
}

export function assertLeavesAlone(rule: string, source: string, extension = "ts"): void {
  assert.deepEqual(applied(rule, source, extension), []);
}

/** Both versions do the same to every input: what they give, throw and leave in their arguments. */
export function assertEquivalent<Arguments extends unknown[]>(
  rule: string,
  source: string,
  inputs: fc.Arbitrary<Arguments>,
  extension = "ts",
): void {
  const [rewrite] = applied(rule, source, extension);
  assert.ok(rewrite !== undefined, `${rule} does not apply`);
  const before = loaded(source)["f"]!;
  const after = loaded(rewrite.source)["f"]!;
  fc.assert(
    fc.property(inputs, (input) => {
      assert.equal(effectOf(after, input), effectOf(before, input));
    }),
    { numRuns: 200 },
  );
}

export type Subject = (...input: unknown[]) => unknown;

/** The module's exports. */
export function loaded(source: string): Readonly<Record<string, Subject>> {
  const options = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };
  const { outputText } = ts.transpileModule(source, { compilerOptions: options });
  const module = { exports: {} as Record<string, Subject> };
  const run = vm.runInThisContext(`(function (module, exports) {${outputText}\n})`) as (
    module: unknown,
    exports: unknown,
  ) => void;
  run(module, module.exports);
  return module.exports;
}

/** What it gives, throws, and leaves in its arguments, as text. */
export function effectOf(subject: Subject, input: readonly unknown[]): string {
  const own = copied(input);
  try {
    const result = subject(...own);
    return shown({ result, arguments: own });
  } catch (error) {
    return shown({ thrown: String(error), arguments: own });
  }
}

/** Like `structuredClone`, holes and shared objects kept; the inputs here are plain data. */
function copied(input: readonly unknown[]): unknown[] {
  return structuredClone(input) as unknown[];
}

/** Tells apart −0 and 0, NaN, holes and undefined, key order, own `__proto__`, shared and equal objects. */
function shown(value: unknown, seen: Map<object, number> = new Map<object, number>()): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "function") return "function";
  if (typeof value !== "object" || value === null) return String(value);
  const known = seen.get(value);
  if (known !== undefined) return `#${known}`;
  seen.set(value, seen.size);
  const keys = Object.keys(value).map(
    (key) => `${JSON.stringify(key)}: ${shown(Reflect.get(value, key), seen)}`,
  );
  const contents =
    value instanceof Map || value instanceof Set ? [...value].map((one: unknown) => shown(one, seen)) : [];
  const length = Array.isArray(value) ? `(${value.length})` : "";
  const prototype = Object.getPrototypeOf(value) === Object.prototype ? "" : value.constructor.name;
  return `${prototype}${length}{${[...keys, ...contents].join(", ")}}`;
}

/** The rewritten text has no type or syntax error that the text before it had not. */
function assertSameErrors(before: string, after: string, extension: string): void {
  assert.deepEqual(errorsOf(after, extension), errorsOf(before, extension));
}

function errorsOf(source: string, extension: string): readonly string[] {
  const { program, sourceFile } = loadModule({
    ref: { file: moduleFile(extension), exportName: "f" },
    source,
  });
  return program
    .getSemanticDiagnostics(sourceFile)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));
}

/** Numbers with what is special about them. */
export const oddNumber: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(NaN, -0, 0, Infinity, -Infinity, 0.5),
);

/** Words that collide often, and the names that plain objects trip over. */
export const oddWord: fc.Arbitrary<string> = fc.constantFrom(
  "a",
  "b",
  "c",
  "",
  "1",
  "__proto__",
  "constructor",
  "é",
);
