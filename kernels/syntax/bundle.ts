/**
 * Makes one closed program of an exported function and everything it imports, in memory. What Node would load is
 * what is bundled (package.json `exports` with the `node` condition, then `main`); Node's own modules become
 * stubs, see unavailable-modules.ts. Nothing is minified and no name is added, so that the program runs at the
 * speed of its source. The same text at the same relative places gives the same program and digest.
 */
import { createHash } from "node:crypto";
import { readFileSync, realpathSync } from "node:fs";
import path from "node:path";
import type { BuildFailure, BuildOptions, BuildResult, Loader, Message, Plugin } from "esbuild";
import { MyriadError } from "../../runtime/contracts/index.ts";
import { bundler } from "../bundler/index.ts";
import type { SandboxProgram } from "../sandbox/protocol.ts";
import { syntaxError } from "./errors.ts";
import { renamingStatements } from "./kept-names.ts";
import { insidePackages } from "./project-options.ts";
import type { FunctionRef, ModuleText } from "./protocol.ts";
import { isSloppy, sloppyScripts } from "./sloppy-scripts.ts";
import type { SloppyScripts } from "./sloppy-scripts.ts";
import { UNAVAILABLE_REQUIRE, unavailableModules } from "./unavailable-modules.ts";

type Built = BuildResult<{ write: false; metafile: true }>;

const ENTRY_FILE = "myriad-entry.js";
const EXPORTS = "__myriadExports";

const LANGUAGE = {
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  define: { "process.env.NODE_ENV": '"production"', global: "globalThis" },
} as const satisfies BuildOptions;

/** @throws SUBJECT_FILE_MISSING, BUNDLE_FAILED, BUNDLE_DYNAMIC_IMPORT. */
export async function bundleFunction(module: ModuleText): Promise<SandboxProgram> {
  const ref = { ...module.ref, file: realFile(module.ref.file) };
  const first = await run(ref, module.source, null);
  const modes = modesOf(ref, module.source, first);
  const scripts = modes.strict && modes.sloppy.size > 0 ? sloppyScripts(modes.sloppy, LANGUAGE) : null;
  const built = scripts === null ? first : await run(ref, module.source, scripts);
  const code = programText(built, modes.strict, scripts);
  const digest = createHash("sha256").update(`${code}\0${ref.exportName}`).digest("hex");
  return { code, entry: ref.exportName, digest };
}

function realFile(file: string): string {
  try {
    return realpathSync(file);
  } catch (cause) {
    throw syntaxError("SUBJECT_FILE_MISSING", `There is no file ${file}.`, { location: file, cause });
  }
}

async function run(ref: FunctionRef, source: string | null, scripts: SloppyScripts | null): Promise<Built> {
  try {
    const built = await bundler().build({
      ...LANGUAGE,
      stdin: {
        contents: entryText(ref),
        resolveDir: path.dirname(ref.file),
        sourcefile: ENTRY_FILE,
        loader: "js",
      },
      absWorkingDir: path.dirname(ref.file),
      outfile: path.join(path.dirname(ref.file), "myriad-program.js"),
      bundle: true,
      write: false,
      metafile: true,
      treeShaking: true,
      format: "iife",
      globalName: EXPORTS,
      platform: "neutral",
      mainFields: ["main", "module"],
      conditions: ["node"],
      sourcemap: "external",
      logLevel: "silent",
      logOverride: { "unsupported-dynamic-import": "warning", "unsupported-require-call": "warning" },
      // First come, first served: the changed text goes before the sloppy scripts.
      plugins: [
        unavailableModules(),
        ...overlay(ref.file, source),
        ...(scripts === null ? [] : [scripts.plugin]),
      ],
    });
    refuseDynamicImports(ref, built.warnings);
    return built;
  } catch (cause) {
    if (cause instanceof MyriadError) throw cause;
    throw bundleFailed(ref, cause);
  }
}

function entryText({ file, exportName }: FunctionRef): string {
  const name = /^[\w$]+$/.test(exportName) ? exportName : JSON.stringify(exportName);
  return `export { ${name} } from ${JSON.stringify(file)};`;
}

function overlay(file: string, source: string | null): readonly Plugin[] {
  if (source === null) return [];
  const loader = path.extname(file).replace(/^\.[cm]?/, "") as Loader;
  return [
    {
      name: "myriad-overlay",
      setup: (build): void => {
        build.onLoad({ filter: /\.[cm]?[jt]sx?$/, namespace: "file" }, (loaded) =>
          loaded.path === file ? { contents: source, loader, resolveDir: path.dirname(file) } : undefined,
        );
      },
    },
  ];
}

interface Modes {
  /** Whether any ES module (TypeScript counts as one) is in the program. */
  readonly strict: boolean;
  /** Absolute paths of the scripts that are sloppy. */
  readonly sloppy: ReadonlySet<string>;
}

function modesOf(ref: FunctionRef, source: string | null, built: Built): Modes {
  const inputs = Object.entries(built.metafile.inputs).filter(
    ([name]) => name !== ENTRY_FILE && !name.includes(":"),
  );
  const isScript = (name: string, format: string | undefined): boolean =>
    format === "cjs" && /\.c?jsx?$/.test(name);
  const scripts = inputs.filter(([name, { format }]) => isScript(name, format));
  const files = scripts.map(([name]) => path.resolve(path.dirname(ref.file), name));
  const textOf = (file: string): string =>
    file === ref.file && source !== null ? source : readFileSync(file, "utf8");
  return {
    strict: inputs.some(([name, { format }]) => format !== undefined && !isScript(name, format)),
    sloppy: new Set(files.filter((file) => isSloppy(textOf(file)))),
  };
}

function programText(built: Built, strict: boolean, scripts: SloppyScripts | null): string {
  const output = (ending: string): string =>
    built.outputFiles.find((file) => file.path.endsWith(ending))?.text ?? "";
  const text = output(".js");
  const end = text.lastIndexOf("  return __toCommonJS(");
  const body = `${text.slice(0, end)}${renamingStatements(text, output(".js.map"))}${text.slice(end)}`;
  const directive = strict ? '"use strict";\n' : "";
  const program = `${directive}${UNAVAILABLE_REQUIRE}\n${body}return ${EXPORTS};`;
  return scripts === null
    ? `(function () {\n${program}\n})`
    : `(function () {\n${scripts.source()}\nreturn (function () {\n${program}\n})();\n})`;
}

/** In packages such calls stand mostly in paths never taken; there they throw when they are reached. */
function refuseDynamicImports(ref: FunctionRef, warnings: readonly Message[]): void {
  const isOwn = (file: string): boolean => file === ref.file || !insidePackages(file);
  const own = warnings.find(({ id, location }) => {
    const file = path.resolve(path.dirname(ref.file), location?.file ?? "");
    return /^unsupported-(?:dynamic|require)/.test(id) && isOwn(file);
  });
  if (own === undefined) return;
  throw syntaxError("BUNDLE_DYNAMIC_IMPORT", own.text, detailOf(ref, own));
}

function bundleFailed(ref: FunctionRef, cause: unknown): MyriadError {
  const first = isBuildFailure(cause) ? cause.errors[0] : undefined;
  if (first === undefined) return syntaxError("BUNDLE_FAILED", `${ref.file} cannot be bundled.`, { cause });
  return syntaxError("BUNDLE_FAILED", first.text, { cause, ...detailOf(ref, first) });
}

function isBuildFailure(cause: unknown): cause is BuildFailure {
  return cause instanceof Error && "errors" in cause && Array.isArray(cause.errors);
}

function detailOf(ref: FunctionRef, { location }: Message): { readonly location: string } {
  if (location === null || location.file === ENTRY_FILE) return { location: ref.file };
  const file = path.resolve(path.dirname(ref.file), location.file);
  return { location: `${file}:${location.line}:${location.column + 1}` };
}
