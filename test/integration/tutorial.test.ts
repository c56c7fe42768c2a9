/** The tutorial as its reader follows it: the files of its steps in a project of their own, compiled and run. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { after, before, describe, it } from "node:test";
import ts from "typescript";
import { readSource, ROOT } from "../kit/repository.ts";

interface Step {
  readonly title: string;
  /** The file whose output the document shows. */
  readonly program: string;
  readonly output: string;
}

const TUTORIAL = "docs/actors-tutorial.md";
const files = new Map<string, string>();
const steps: Step[] = [];
for (const section of readSource(TUTORIAL).split(/^## /m).slice(1)) {
  const title = section.slice(0, section.indexOf("\n"));
  for (const [, language, code] of section.matchAll(/^```(\w+)\n([^]*?)^```$/gm)) {
    if (language === "ts")
      files.set(/^\/\/ (\S+\.ts)\n/.exec(code!)?.[1] ?? assert.fail(`no name: ${code!}`), code!);
    else if (language === "text") steps.push({ title, program: [...files.keys()].at(-1)!, output: code! });
    else assert.fail(`${title} has a block that is neither code nor output: ${language!}`);
  }
}

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  rewriteRelativeImportExtensions: true,
  erasableSyntaxOnly: true,
  verbatimModuleSyntax: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noUnusedLocals: true,
  skipLibCheck: true,
  types: ["node"],
  typeRoots: [join(ROOT, "node_modules", "@types")],
};

describe("the tutorial", () => {
  let project = "";

  before(() => {
    project = mkdtempSync(join(tmpdir(), "myriad-tutorial-"));
    writeFileSync(join(project, "package.json"), '{ "type": "module" }');
    mkdirSync(join(project, "node_modules"));
    symlinkSync(ROOT, join(project, "node_modules", "myriad-runtime"));
    for (const [name, code] of files) writeFileSync(join(project, name), code);
  });

  after(() => rmSync(project, { recursive: true }));

  it("shows the output of every step", () => {
    assert.ok(steps.length >= 10);
    const titles = new Set(steps.map(({ title }) => title));
    const numbered = [...readSource(TUTORIAL).matchAll(/^## (\d+\. .+)$/gm)].map(([, title]) => title!);
    assert.deepEqual([...titles], numbered);
  });

  it("compiles against the public types at their strictest", () => {
    const program = ts.createProgram(
      [...files.keys()].map((name) => posix.join(project, name)),
      OPTIONS,
    );
    const { emitSkipped, diagnostics } = program.emit();
    const found = [...ts.getPreEmitDiagnostics(program), ...diagnostics].map(
      ({ file, messageText }) =>
        `${posix.basename(file?.fileName ?? "")}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
    );
    assert.deepEqual(found, []);
    assert.equal(emitSkipped, false);
  });

  for (const { title, program, output } of steps) {
    it(`${title} prints what it says`, () => {
      const ran = spawnSync(process.execPath, [program.replace(/\.ts$/, ".js")], {
        cwd: project,
        encoding: "utf8",
        timeout: 60_000,
      });
      assert.equal(ran.stderr, "");
      assert.equal(ran.stdout, output);
      assert.equal(ran.status, 0);
    });
  }

  it("links only to what is there", () => {
    for (const [, link] of readSource(TUTORIAL).matchAll(/\]\(([^)#]+)\)/g)) {
      assert.ok(
        ts.sys.fileExists(join(ROOT, "docs", link!)) || ts.sys.directoryExists(join(ROOT, "docs", link!)),
        link,
      );
    }
  });
});
