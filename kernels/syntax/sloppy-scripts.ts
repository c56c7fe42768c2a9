/**
 * Keeps each module in its own mode. ES modules are strict, CommonJS scripts without a directive are sloppy,
 * and one function cannot hold both: sloppy scripts that share a program with ES modules stand outside of the
 * strict part, as functions that the strict part calls to load them.
 */
import { readFile } from "node:fs/promises";
import type { OnLoadResult, Plugin, TransformOptions } from "esbuild";
import ts from "typescript";

/** What the strict part knows the sloppy scripts by. */
const SLOPPY_SCRIPTS = "__myriadSloppyScripts";

export interface SloppyScripts {
  readonly plugin: Plugin;
  /** Source of the object that holds the scripts' functions; call it when the build is done. */
  source(): string;
}

export function sloppyScripts(files: ReadonlySet<string>, options: TransformOptions): SloppyScripts {
  const bodies = new Map<number, string>();
  const indexes = new Map([...files].map((file, index) => [file, index]));
  const plugin: Plugin = {
    name: "myriad-sloppy-scripts",
    setup(build): void {
      build.onLoad(
        { filter: /\.c?js$/, namespace: "file" },
        async ({ path }): Promise<OnLoadResult | undefined> => {
          const index = indexes.get(path);
          if (index === undefined) return undefined;
          const text = await readFile(path, "utf8");
          bodies.set(
            index,
            (await build.esbuild.transform(text, { ...options, loader: "js", sourcefile: path })).code,
          );
          return { contents: loaderOf(index, requiredNames(text)), loader: "js" };
        },
      );
    },
  };
  return {
    plugin,
    source: () => `var ${SLOPPY_SCRIPTS} = {\n${[...bodies].map(functionOf).join(",\n")}\n};`,
  };
}

/** Whether the script says nothing about strictness. */
export function isSloppy(text: string): boolean {
  for (const statement of parse(text).statements) {
    if (!ts.isExpressionStatement(statement) || !ts.isStringLiteral(statement.expression)) return true;
    if (statement.expression.text === "use strict") return false;
  }
  return true;
}

function functionOf([index, body]: readonly [number, string]): string {
  return `${index}: function (exports, module, require) {\n${body}\n}`;
}

/** In a `try`, so that the bundler lets an optional package be missing. */
function loaderOf(index: number, names: ReadonlySet<string>): string {
  const cases = [...names].map((name) => {
    const literal = JSON.stringify(name);
    return `case ${literal}: try { return require(${literal}); } catch (error) { throw error; }`;
  });
  return `${SLOPPY_SCRIPTS}[${index}].call(exports, exports, module, function (name) {
    switch (name) { ${cases.join("\n")} }
    throw new Error("Cannot find module '" + name + "'");
  });`;
}

function requiredNames(text: string): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === "require") {
      const [name] = node.arguments;
      if (name !== undefined && ts.isStringLiteralLike(name)) names.add(name.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(parse(text));
  return names;
}

function parse(text: string): ts.SourceFile {
  return ts.createSourceFile("script.js", text, ts.ScriptTarget.ESNext, false, ts.ScriptKind.JS);
}
