/**
 * Makes TypeScript programs of one root file, with another text in place of the file's own where asked.
 * Parsed files are kept for the life of the process: the standard library takes a second to parse and never
 * changes; others are parsed again when their text changed.
 */
import path from "node:path";
import ts from "typescript";
import { compilerOptionsFor } from "./project-options.ts";

interface Parsed {
  readonly text: string;
  readonly file: ts.SourceFile;
}

const MAX_KEPT_PROGRAMS = 6;
const MAX_KEPT_FILES = 3000;

const parsedFiles = new Map<string, Parsed>();
/** Newest last. A program is good as long as all of its files still have the text it was made from. */
const programs = new Map<string, ts.Program>();
const libDirectory = path.dirname(ts.getDefaultLibFilePath({}));

/** `source`: text in place of the file's own; null means as it is on disk. */
export function programFor(file: string, source: string | null): ts.Program {
  const options = compilerOptionsFor(file);
  const version = JSON.stringify([file, options, source]);
  const old = programs.get(version);
  const oldProgram = old ?? [...programs.values()].findLast((kept) => kept.getRootFileNames()[0] === file);
  const program = ts.createProgram({
    rootNames: [file],
    options,
    host: hostFor(source === null ? new Map() : new Map([[file, source]]), options),
    ...(oldProgram === undefined ? {} : { oldProgram }),
  });
  // An unchanged program is kept whole, and with it its checker and every type it has worked out.
  const kept = old !== undefined && sameFiles(old, program) ? old : program;
  programs.delete(version);
  programs.set(version, kept);
  if (programs.size > MAX_KEPT_PROGRAMS) programs.delete(programs.keys().next().value!);
  return kept;
}

/**
 * One program of two files as they were parsed, so that one checker knows the types of both; it holds functions to
 * their parameters' types whether or not the project does.
 */
export function jointProgram(one: ts.SourceFile, other: ts.SourceFile): ts.Program {
  const options = { ...compilerOptionsFor(one.fileName), strictFunctionTypes: true };
  const texts = new Map([one, other].map(({ fileName, text }) => [path.resolve(fileName), text]));
  return ts.createProgram({ rootNames: [...texts.keys()], options, host: hostFor(texts, options) });
}

function sameFiles(old: ts.Program, program: ts.Program): boolean {
  const files = program.getSourceFiles();
  return (
    files.length === old.getSourceFiles().length &&
    files.every((file) => old.getSourceFile(file.fileName) === file)
  );
}

/** `texts`: by absolute path, in place of the files' own. */
function hostFor(texts: ReadonlyMap<string, string>, options: ts.CompilerOptions): ts.CompilerHost {
  const base = ts.createCompilerHost(options, true);
  const readFile = (name: string): string | undefined => texts.get(path.resolve(name)) ?? base.readFile(name);
  const host: ts.CompilerHost = {
    ...base,
    fileExists: (name) => texts.has(path.resolve(name)) || base.fileExists(name),
    readFile,
    getSourceFile: (name, version) => parse(name, version, readFile),
  };
  const cache = ts.createModuleResolutionCache(
    host.getCurrentDirectory(),
    (name) => host.getCanonicalFileName(name),
    options,
  );
  host.resolveModuleNameLiterals = (literals, containing, redirect, compilerOptions, containingSource) =>
    literals.map((literal) => {
      const own = scriptBeside(literal.text, containing, host);
      if (own !== undefined) return { resolvedModule: own };
      const mode = ts.getModeForUsageLocation(containingSource, literal, compilerOptions);
      return ts.resolveModuleName(literal.text, containing, compilerOptions, host, cache, redirect, mode);
    });
  return host;
}

/**
 * A script's relative import means the script beside it, not that script's .d.ts: the function's body is what
 * we are after.
 */
function scriptBeside(
  name: string,
  containing: string,
  host: ts.CompilerHost,
): ts.ResolvedModuleFull | undefined {
  if (!/^\.\.?(\/|$)/.test(name) || !/\.[cm]?jsx?$/.test(containing)) return undefined;
  const base = path.resolve(path.dirname(containing), name);
  const candidates = [base, `${base}.js`, `${base}.cjs`, `${base}.mjs`, path.join(base, "index.js")];
  const found = candidates.find((candidate) => /\.[cm]?jsx?$/.test(candidate) && host.fileExists(candidate));
  return found === undefined
    ? undefined
    : { resolvedFileName: found, extension: path.extname(found), isExternalLibraryImport: false };
}

function parse(
  name: string,
  version: ts.ScriptTarget | ts.CreateSourceFileOptions,
  readFile: (name: string) => string | undefined,
): ts.SourceFile | undefined {
  const key = `${name}\0${JSON.stringify(version, jsonSafe)}`;
  const known = parsedFiles.get(key);
  if (known !== undefined && path.dirname(name) === libDirectory) return known.file;
  const text = readFile(name);
  if (text === undefined) return undefined;
  if (known?.text === text) return known.file;
  const file = ts.createSourceFile(name, text, version, true);
  parsedFiles.delete(key);
  parsedFiles.set(key, { text, file });
  if (parsedFiles.size > MAX_KEPT_FILES) parsedFiles.delete(parsedFiles.keys().next().value!);
  return file;
}

/** Of the parse options only the plain settings tell one parse from another. */
function jsonSafe(key: string, value: unknown): unknown {
  return typeof value === "function" || key === "packageJsonScope" ? undefined : value;
}
