import assert from "node:assert/strict";
import path from "node:path";
import { describe, it } from "node:test";
import { inspectFunction } from "../../../kernels/syntax/index.ts";
import type { FunctionInfo } from "../../../kernels/syntax/index.ts";
import { fixture, temporaryProject } from "./fixture.ts";

function inspect(name: string, exportName: string): FunctionInfo {
  return inspectFunction({ file: fixture(name), exportName });
}

describe("inspecting a function", () => {
  it("tells its parameters, result and lines", () => {
    const info = inspect("exports.ts", "later");
    assert.equal(info.async, true);
    assert.equal(info.returnType, "Promise<number>");
    assert.deepEqual(info.parameters, [
      { name: "a", type: "number", optional: false, rest: false },
      { name: "b", type: "number", optional: true, rest: false },
      { name: "rest", type: "readonly string[]", optional: false, rest: true },
    ]);
    const lines = info.source.split("\n").slice(info.startLine - 1, info.endLine);
    assert.equal(lines.join("\n"), info.functionText);
  });

  it("shows the whole statement of a constant that holds the function", () => {
    assert.equal(
      inspect("exports.ts", "arrow").functionText,
      "export const arrow = (text: string): string => text;",
    );
  });

  it("tells the home of a re-exported function, with that file's text", () => {
    const info = inspect("exports.ts", "plus");
    assert.deepEqual(info.ref, { file: fixture("reexported.ts"), exportName: "add" });
    assert.ok(info.source.startsWith("const add"));
  });

  it("checks only the syntax of scripts", () => {
    const directory = temporaryProject({ "a.js": "export function f(a) { return a.b.c + undeclared; }" });
    assert.equal(inspectFunction({ file: path.join(directory, "a.js"), exportName: "f" }).returnType, "any");
  });

  it("does not blame the subject for packages and types that are not installed", () => {
    const directory = temporaryProject({
      "a.ts": `import fs from "node:fs";\nimport x from "absent";\nexport function f(): unknown { console.log(process.env); return [fs, x]; }`,
    });
    assert.equal(
      inspectFunction({ file: path.join(directory, "a.ts"), exportName: "f" }).returnType,
      "unknown",
    );
  });

  it("reads a file of twenty thousand lines", () => {
    const many = Array.from({ length: 20_000 }, (_, index) => `export const c${index} = ${index};`).join(
      "\n",
    );
    const directory = temporaryProject({
      "large.ts": `${many}\nexport function last(): number { return c19999; }`,
    });
    assert.equal(
      inspectFunction({ file: path.join(directory, "large.ts"), exportName: "last" }).startLine,
      20_001,
    );
  });
});

describe("refusing a function", () => {
  const refusals: readonly (readonly [string, string, string, RegExp, string | RegExp])[] = [
    ["absent.ts", "f", "SUBJECT_FILE_MISSING", /no file/, /absent\.ts$/],
    ["tsconfig.json", "f", "SUBJECT_FILE_UNSUPPORTED", /no TypeScript or JavaScript/, /tsconfig\.json$/],
    [
      "exports.ts",
      "nope",
      "SUBJECT_EXPORT_MISSING",
      /it exports .*renamed, arrow, same.*/,
      /exports\.ts:1:1$/,
    ],
    ["exports.ts", "four", "SUBJECT_NOT_A_FUNCTION", /no function but 4/, /exports\.ts:14:21$/],
    ["exports.ts", "Plain", "SUBJECT_NOT_A_FUNCTION", /is a type/, /exports\.ts:11:1$/],
    ["exports.ts", "Shape", "SUBJECT_FUNCTION_UNSUPPORTED", /is a class/, /exports\.ts:10:1$/],
    ["exports.ts", "counting", "SUBJECT_FUNCTION_UNSUPPORTED", /is a generator/, /exports\.ts:22:1$/],
    ["exports.ts", "bound", "SUBJECT_FUNCTION_UNSUPPORTED", /made by an expression/, /exports\.ts:15:22$/],
    ["broken.ts", "fine", "SUBJECT_SYNTAX_ERROR", /expected/, /broken\.ts:4:24$/],
    ["wrongly-typed.ts", "wrong", "SUBJECT_TYPE_ERROR", /TS2322/, /wrongly-typed\.ts:2:3$/],
  ];
  for (const [file, exportName, code, message, location] of refusals) {
    it(`answers ${code} for ${exportName} of ${file}`, () => {
      assert.throws(() => inspect(file, exportName), { code, message, location });
    });
  }

  it("answers PROJECT_CONFIG_INVALID for a tsconfig.json that is no JSON", () => {
    const directory = temporaryProject({
      "tsconfig.json": `{ "compilerOptions": [ }`,
      "a.ts": "export const f = () => 1;",
    });
    assert.throws(() => inspectFunction({ file: path.join(directory, "a.ts"), exportName: "f" }), {
      code: "PROJECT_CONFIG_INVALID",
      location: /tsconfig\.json:1:\d+$/,
    });
  });

  it("says that a module without exports exports nothing", () => {
    const directory = temporaryProject({ "a.ts": "const x = 1;" });
    assert.throws(() => inspectFunction({ file: path.join(directory, "a.ts"), exportName: "f" }), {
      message: /exports nothing/,
    });
  });

  it("survives circular re-exports", () => {
    const directory = temporaryProject({
      "a.ts": `export { f } from "./b.ts";`,
      "b.ts": `export { f } from "./a.ts";`,
    });
    assert.throws(() => inspectFunction({ file: path.join(directory, "a.ts"), exportName: "f" }), {
      code: "SUBJECT_NOT_A_FUNCTION",
    });
  });
});
