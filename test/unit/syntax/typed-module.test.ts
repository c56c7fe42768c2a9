import assert from "node:assert/strict";
import path from "node:path";
import { describe, it } from "node:test";
import { loadModule } from "../../../kernels/syntax/typed-module.ts";
import { fixture, temporaryProject } from "./fixture.ts";

function homeOf(name: string, exportName: string): string {
  const { home } = loadModule({ ref: { file: fixture(name), exportName }, source: null });
  return `${path.basename(home.file)}#${home.exportName}`;
}

describe("loading a module", () => {
  const forms: readonly (readonly [string, string, string])[] = [
    ["exports.ts", "renamed", "exports.ts#renamed"],
    ["exports.ts", "arrow", "exports.ts#arrow"],
    ["exports.ts", "same", "exports.ts#same"],
    ["exports.ts", "default", "exports.ts#default"],
    ["exports.ts", "overloaded", "exports.ts#overloaded"],
    ["exports.ts", "cast", "exports.ts#cast"],
    ["exports.ts", "plus", "reexported.ts#add"],
    ["whole.cjs", "default", "whole.cjs#default"],
    ["whole.cjs", "member", "whole.cjs#member"],
    ["members.cjs", "whole", "whole.cjs#default"],
    ["members.cjs", "member", "whole.cjs#member"],
    ["members.cjs", "again", "whole.cjs#member"],
    ["members.cjs", "own", "members.cjs#own"],
    ["members.cjs", "inline", "members.cjs#inline"],
    ["compiled.cjs", "late", "compiled.cjs#late"],
    ["compiled.cjs", "default", "compiled.cjs#default"],
    ["compiled.cjs", "through", "whole.cjs#member"],
    ["passed-on.cjs", "default", "whole.cjs#default"],
  ];
  for (const [file, exportName, home] of forms) {
    it(`finds ${exportName} of ${file} at ${home}`, () => {
      assert.equal(homeOf(file, exportName), home);
    });
  }

  it("gives the implementation of an overloaded function", () => {
    const { declaration } = loadModule({
      ref: { file: fixture("exports.ts"), exportName: "overloaded" },
      source: null,
    });
    assert.ok(declaration.getText().includes("a: unknown"));
  });

  it("reads another text in place of the file's own, and the file's own again afterwards", () => {
    const ref = { file: fixture("exports.ts"), exportName: "arrow" };
    const changed = loadModule({
      ref,
      source: "export const arrow = (a: string, b: string): string => a + b;",
    });
    assert.equal(changed.declaration.parameters.length, 2);
    assert.equal(loadModule({ ref, source: null }).declaration.parameters.length, 1);
  });

  it("keeps the program of an unchanged text", () => {
    const module = { ref: { file: fixture("exports.ts"), exportName: "arrow" }, source: null };
    assert.equal(loadModule(module).program, loadModule(module).program);
  });

  it("follows a path alias of the nearest tsconfig.json", () => {
    const directory = temporaryProject({
      "tsconfig.json": `{ "compilerOptions": { "strict": true, "paths": { "#lib/*": ["./lib/*"] } } }`,
      "lib/add.ts": "export const add = (a: number): number => a;",
      "main.ts": `export { add } from "#lib/add.ts";`,
    });
    const { home } = loadModule({
      ref: { file: path.join(directory, "main.ts"), exportName: "add" },
      source: null,
    });
    assert.equal(home.file, path.join(directory, "lib", "add.ts"));
  });

  it("finds a function in a CommonJS package whose entry passes on another file", () => {
    const directory = temporaryProject({
      "node_modules/pack/package.json": `{ "name": "pack", "main": "index.js" }`,
      "node_modules/pack/index.js": `exports.pick = require("./lib/pick");`,
      "node_modules/pack/lib/pick.js": `module.exports = function pick(list) { return list[0]; };`,
      "node_modules/pack/lib/pick.d.ts": "declare function pick<T>(list: T[]): T; export = pick;",
    });
    const file = path.join(directory, "node_modules", "pack", "index.js");
    const { home, declaration } = loadModule({ ref: { file, exportName: "pick" }, source: null });
    assert.equal(home.file, path.join(directory, "node_modules", "pack", "lib", "pick.js"));
    assert.equal(declaration.name?.getText(), "pick");
  });
});
