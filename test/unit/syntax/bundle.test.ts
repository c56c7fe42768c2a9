import assert from "node:assert/strict";
import path from "node:path";
import { describe, it } from "node:test";
import vm from "node:vm";
import { bundleFunction } from "../../../kernels/syntax/index.ts";
import { fixture, temporaryProject } from "./fixture.ts";

type Callable = (...args: unknown[]) => unknown;

/** Evaluates a program as a sandbox does, in this realm. */
async function load(file: string, exportName: string, source: string | null = null): Promise<Callable> {
  const { code, entry } = await bundleFunction({ ref: { file, exportName }, source });
  const evaluate = new vm.Script(code).runInThisContext() as () => Record<string, Callable>;
  return evaluate()[entry]!;
}

async function loadFrom(files: Readonly<Record<string, string>>, exportName = "main"): Promise<Callable> {
  const directory = temporaryProject(files);
  return load(path.join(directory, Object.keys(files)[0]!), exportName);
}

describe("bundling", () => {
  it("makes one program of a TypeScript module and what it imports", async () => {
    assert.equal((await load(fixture("exports.ts"), "plus"))(2, 3), 5);
    assert.deepEqual((await load(fixture("exports.ts"), "default"))([1]), [1]);
  });

  it("loads every CommonJS form", async () => {
    assert.equal((await load(fixture("whole.cjs"), "default"))(4), 4);
    assert.equal((await load(fixture("members.cjs"), "inline"))(4), 4);
    assert.equal((await load(fixture("compiled.cjs"), "default"))(4), 4);
    assert.equal((await load(fixture("compiled.cjs"), "through"))(4), 4);
  });

  it("takes the given text in place of the file's own", async () => {
    const main = await load(
      fixture("reexported.ts"),
      "add",
      "export const add = (a: number): number => a * 10;",
    );
    assert.equal(main(4), 40);
  });

  it("says of an import that nothing exports where it stands, and which name is near", async () => {
    const directory = temporaryProject({
      "a.ts": 'import { dedup } from "./b.ts";\nexport const main = (): unknown => dedup;\n',
      "b.ts": "export const dedupe = 1;\n",
    });
    const file = path.join(directory, "a.ts");
    await assert.rejects(bundleFunction({ ref: { file, exportName: "main" }, source: null }), {
      code: "BUNDLE_FAILED",
      message: 'No matching export in "b.ts" for import "dedup" (Did you mean to import "dedupe" instead?)',
      location: `${file}:1:10`,
    });
  });

  it("evaluates anew at every call", async () => {
    const directory = temporaryProject({ "a.ts": "let n = 0; export const main = (): number => ++n;" });
    const { code } = await bundleFunction({
      ref: { file: path.join(directory, "a.ts"), exportName: "main" },
      source: null,
    });
    const evaluate = new vm.Script(code).runInThisContext() as () => { main: () => number };
    assert.deepEqual([evaluate().main(), evaluate().main()], [1, 1]);
  });

  it("gives the same digest for the same text, another for another", async () => {
    const ref = { file: fixture("reexported.ts"), exportName: "add" };
    const [first, second] = [
      await bundleFunction({ ref, source: null }),
      await bundleFunction({ ref, source: null }),
    ];
    const other = await bundleFunction({ ref, source: "export const add = (): number => 1;" });
    assert.equal(first.digest, second.digest);
    assert.match(first.digest, /^[0-9a-f]{64}$/);
    assert.notEqual(first.digest, other.digest);
  });

  it("leaves out what the function does not need", async () => {
    const directory = temporaryProject({
      "a.ts":
        "function unused() { return 'unused text'; }\nexport const main = (): number => 1; export const other = unused;",
    });
    const { code } = await bundleFunction({
      ref: { file: path.join(directory, "a.ts"), exportName: "main" },
      source: null,
    });
    assert.ok(!code.includes("unused text"));
  });

  it("resolves packages by the file that Node would load", async () => {
    const main = await loadFrom({
      "a.mjs": `import { a } from "pack"; import b from "pack/sub"; export const main = () => [a, b];`,
      "node_modules/pack/package.json": JSON.stringify({
        name: "pack",
        exports: {
          ".": { browser: "./browser.js", node: "./node.cjs", default: "./default.js" },
          "./sub": "./sub.cjs",
        },
      }),
      "node_modules/pack/node.cjs": "exports.a = 'node';",
      "node_modules/pack/browser.js": "exports.a = 'browser';",
      "node_modules/pack/default.js": "exports.a = 'default';",
      "node_modules/pack/sub.cjs": "module.exports = 'sub';",
    });
    assert.deepEqual(main(), ["node", "sub"]);
  });
});

describe("strictness", () => {
  const sloppy = "module.exports = function (a) { arguments[0] = 5; return [a, typeof this]; };";

  it("keeps ES modules strict", async () => {
    const main = await loadFrom({
      "a.js": "export function main(a) { arguments[0] = 5; return [a, typeof this]; }",
    });
    assert.deepEqual(main.call(undefined, 1), [1, "undefined"]);
  });

  it("keeps a CommonJS script sloppy", async () => {
    const main = await loadFrom({ "a.cjs": sloppy }, "default");
    assert.deepEqual(main.call(undefined, 1), [5, "object"]);
  });

  it("keeps each in its own mode when one program holds both", async () => {
    const main = await loadFrom({
      "a.ts": `import loose from "./b.cjs"; export function main(this: unknown, a: number): unknown { return [typeof this, loose.call(undefined, a)]; }`,
      "b.cjs": `const strict = require("./c.cjs");\nmodule.exports = function (a) { arguments[0] = 5; return [a, typeof this, strict.kind()]; };`,
      "c.cjs": `"use strict";\nexports.kind = function () { return typeof this; };`,
    });
    assert.deepEqual(main.call(undefined, 1), ["undefined", [5, "object", "object"]]);
  });

  it("lets an optional package be missing in a sloppy script", async () => {
    const main = await loadFrom({
      "a.ts": `import loose from "./b.cjs"; export const main = (): unknown => loose();`,
      "b.cjs": `let found = "none"; try { found = require("not-installed"); } catch {}\nmodule.exports = () => found;`,
    });
    assert.equal(main(), "none");
  });
});

describe("names that collide", () => {
  it("are the ones that were written, for classes and functions", async () => {
    const main = await loadFrom({
      "a.ts": `import { Wrong as Other, helper as second, arrow as third } from "./b.ts";
class Wrong extends Error { static made = 0; static make(): Wrong { return new Wrong(); } }
function helper(): void {}
const arrow = (): number => 1;
export const main = (): unknown => [Wrong.make().constructor.name, helper.name, arrow.name, new Other().constructor.name, second.name, third.name];`,
      "b.ts": `export class Wrong extends Error {}\nexport function helper(): void {}\nexport const arrow = (): number => 2;`,
    });
    assert.deepEqual(main(), ["Wrong", "helper", "arrow", "Wrong", "helper", "arrow"]);
  });

  it("leave a static member called name alone", async () => {
    const main = await loadFrom({
      "a.ts": `import { A as B } from "./b.ts"; class A { static name(): string { return "mine"; } static self = A; }\nexport const main = (): unknown => [(A.name as () => string)(), B.name];`,
      "b.ts": "export class A { static self: unknown = A; }",
    });
    assert.deepEqual(main(), ["mine", "A"]);
  });
});

describe("what a sandbox does not give", () => {
  const marked = Symbol.for("myriad.unavailable");

  function thrownBy(main: Callable, ...args: unknown[]): unknown {
    try {
      return main(...args);
    } catch (error) {
      return (error as Record<symbol, unknown>)[marked];
    }
  }

  it("can be imported, and throws a marked error when it is used", async () => {
    const main = await loadFrom({
      "a.ts": `import fs, { readFileSync } from "node:fs"; import * as path from "path"; import { EventEmitter } from "events";
class Own extends EventEmitter {}
const uses = [(): unknown => readFileSync("x"), (): unknown => fs.existsSync("x"), (): unknown => path.join("a"), (): unknown => new Own(), (): unknown => \`\${path.sep}\`, (): unknown => fs.promises.readFile("x"), (): unknown => "fine"];
export const main = (index: number): unknown => uses[index]!();`,
    });
    const found = [0, 1, 2, 3, 4, 5, 6].map((index) => thrownBy(main, index));
    assert.deepEqual(found, [
      "node:fs",
      "node:fs",
      "node:path",
      "node:events",
      "node:path",
      "node:fs",
      "fine",
    ]);
  });

  it("is told for a package's require of a name known only at run time", async () => {
    const main = await loadFrom({
      "a.mjs": `import load from "pack"; export const main = (name) => load(name);`,
      "node_modules/pack/package.json": `{ "name": "pack", "main": "index.js" }`,
      "node_modules/pack/index.js": `"use strict"; module.exports = (name) => require(name);`,
    });
    assert.equal(thrownBy(main, "fs"), "require fs");
  });
});

describe("refusing to bundle", () => {
  async function refusal(text: string): Promise<unknown> {
    const directory = temporaryProject({ "a.ts": text });
    return bundleFunction({
      ref: { file: path.join(directory, "a.ts"), exportName: "main" },
      source: null,
    }).catch((error: unknown) => error);
  }

  it("names the missing package and where it is imported", async () => {
    const error = (await refusal(`import x from "absent";\nexport const main = () => x;`)) as Record<
      string,
      string
    >;
    assert.equal(error["code"], "BUNDLE_FAILED");
    assert.match(error["message"]!, /absent/);
    assert.match(error["location"]!, /a\.ts:1:15$/);
  });

  it("names a dynamic import of the subject's own file", async () => {
    const error = (await refusal("export const main = (name: string) => import(name);")) as Record<
      string,
      string
    >;
    assert.equal(error["code"], "BUNDLE_DYNAMIC_IMPORT");
    assert.match(error["location"]!, /a\.ts:1:\d+$/);
  });

  it("names the place of a syntax error", async () => {
    const error = (await refusal("export const main = (")) as Record<string, string>;
    assert.equal(error["code"], "BUNDLE_FAILED");
  });

  it("answers SUBJECT_FILE_MISSING without a file", async () => {
    await assert.rejects(
      bundleFunction({ ref: { file: "/absent/a.ts", exportName: "main" }, source: null }),
      {
        code: "SUBJECT_FILE_MISSING",
      },
    );
  });
});
