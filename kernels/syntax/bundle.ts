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
import type { ModuleText } from "./protocol.ts";
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
export async function bundleFunction({ ref, source }: ModuleText): Promise<SandboxProgram> {
  const { exportName } = ref;
  const code = await bundled({ file: realFile(ref.file), exportName, source, alias: {} });
  return { code, entry: exportName, digest: programDigest(code, exportName) };
}

/**
 * The same of a module that is run for what it does while it is evaluated.
 * @param module `alias`: files that stand in for packages, for every module of the program
 * @returns code as a program has it; what it returns means nothing
 * @throws SUBJECT_FILE_MISSING, BUNDLE_FAILED, BUNDLE_DYNAMIC_IMPORT.
 */
export async function bundleModule(module: {
  readonly file: string;
  readonly source: string;
  readonly alias: Readonly<Record<string, string>>;
}): Promise<string> {
  return await bundled({ ...module, file: realFile(module.file), exportName: null });
}

/** Hex: equal digests run the same program. */
export function programDigest(code: string, entry: string): string {
  return programDigests(code)(entry);
}

/** The same of many entries of one text, which is read through once. */
export function programDigests(code: string): (entry: string) => string {
  const read = createHash("sha256").update(`${code}\0`);
  return (entry) => read.copy().update(entry).digest("hex");
}

/** What is bundled. */
interface Origin {
  readonly file: string;
  /** null: nothing of the module is asked for. */
  readonly exportName: string | null;
  /** null: as it is on disk. */
  readonly source: string | null;
  readonly alias: Readonly<Record<string, string>>;
}

async function bundled(origin: Origin): Promise<string> {
  const first = await run(origin, null);
  const modes = modesOf(origin, first);
  const scripts = modes.strict && modes.sloppy.size > 0 ? sloppyScripts(modes.sloppy, LANGUAGE) : null;
  const built = scripts === null ? first : await run(origin, scripts);
  return programText(built, modes.strict, scripts);
}

function realFile(file: string): string {
  try {
    return realpathSync(file);
  } catch (cause) {
    throw syntaxError("SUBJECT_FILE_MISSING", `There is no file ${file}.`, { location: file, cause });
  }
}

async function run(origin: Origin, scripts: SloppyScripts | null): Promise<Built> {
  const { file, source, alias } = origin;
  try {
    const built = await bundler().build({
      ...LANGUAGE,
      stdin: {
        contents: entryText(origin),
        resolveDir: path.dirname(file),
        sourcefile: ENTRY_FILE,
        loader: "js",
      },
      absWorkingDir: path.dirname(file),
      outfile: path.join(path.dirname(file), "myriad-program.js"),
      alias,
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
        ...overlay(file, source),
        ...(scripts === null ? [] : [scripts.plugin]),
      ],
    });
    refuseDynamicImports(file, built.warnings);
    return built;
  } catch (cause) {
    if (cause instanceof MyriadError) throw cause;
    throw bundleFailed(file, cause);
  }
}

function entryText({ file, exportName }: Origin): string {
  if (exportName === null) return `import ${JSON.stringify(file)};\nexport {};`;
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

function modesOf({ file: own, source }: Origin, built: Built): Modes {
  const inputs = Object.entries(built.metafile.inputs).filter(
    ([name]) => name !== ENTRY_FILE && !name.includes(":"),
  );
  const isScript = (name: string, format: string | undefined): boolean =>
    format === "cjs" && /\.c?jsx?$/.test(name);
  const scripts = inputs.filter(([name, { format }]) => isScript(name, format));
  const files = scripts.map(([name]) => path.resolve(path.dirname(own), name));
  const textOf = (file: string): string =>
    file === own && source !== null ? source : readFileSync(file, "utf8");
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
function refuseDynamicImports(subject: string, warnings: readonly Message[]): void {
  const isOwn = (file: string): boolean => file === subject || !insidePackages(file);
  const own = warnings.find(({ id, location }) => {
    const file = path.resolve(path.dirname(subject), location?.file ?? "");
    return /^unsupported-(?:dynamic|require)/.test(id) && isOwn(file);
  });
  if (own === undefined) return;
  throw syntaxError("BUNDLE_DYNAMIC_IMPORT", own.text, detailOf(subject, own));
}

function bundleFailed(file: string, cause: unknown): MyriadError {
  const first = isBuildFailure(cause) ? cause.errors[0] : undefined;
  if (first === undefined) return syntaxError("BUNDLE_FAILED", `${file} cannot be bundled.`, { cause });
  // Of a missing export: the name that is nearest to it.
  const notes = first.notes.map(({ text }) => ` (${text})`);
  return syntaxError("BUNDLE_FAILED", `${first.text}${notes.join("")}`, { cause, ...detailOf(file, first) });
}

function isBuildFailure(cause: unknown): cause is BuildFailure {
  return cause instanceof Error && "errors" in cause && Array.isArray(cause.errors);
}

function detailOf(subject: string, { location }: Message): { readonly location: string } {
  if (location === null || location.file === ENTRY_FILE) return { location: subject };
  const file = path.resolve(path.dirname(subject), location.file);
  return { location: `${file}:${location.line}:${location.column + 1}` };
}
