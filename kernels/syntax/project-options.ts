/**
 * Which compiler options a file is read with: the type-relevant part of the nearest tsconfig.json, else
 * strict defaults. Files inside node_modules never look at a tsconfig: a package's own one is not for us.
 */
import path from "node:path";
import ts from "typescript";
import { syntaxError } from "./errors.ts";

/** Options of a tsconfig.json that change what an expression's type is, or which file an import means. */
const TAKEN = [
  "strict",
  "strictNullChecks",
  "strictFunctionTypes",
  "strictBindCallApply",
  "strictPropertyInitialization",
  "strictBuiltinIteratorReturn",
  "noImplicitAny",
  "noImplicitThis",
  "useUnknownInCatchVariables",
  "exactOptionalPropertyTypes",
  "noUncheckedIndexedAccess",
  "target",
  "lib",
  "types",
  "typeRoots",
  "paths",
  "pathsBasePath",
  "baseUrl",
  "rootDirs",
  "module",
  "moduleResolution",
  "customConditions",
  "resolveJsonModule",
  "esModuleInterop",
  "allowSyntheticDefaultImports",

  "jsx",
  "jsxImportSource",
  "jsxFactory",
  "experimentalDecorators",
  "useDefineForClassFields",
  "configFilePath",
] as const;

const FORCED: ts.CompilerOptions = {
  noEmit: true,
  allowJs: true,
  checkJs: false,
  skipLibCheck: true,
  // Else a script that only says `module.exports =` counts as no module.
  moduleDetection: ts.ModuleDetectionKind.Force,
  allowImportingTsExtensions: true,
  // Deprecated settings of an older tsconfig must not become errors of the subject.
  ignoreDeprecations: "6.0",
};

const DEFAULTS: ts.CompilerOptions = {
  strict: true,
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  resolveJsonModule: true,
  esModuleInterop: true,
  jsx: ts.JsxEmit.Preserve,
  types: ["*"],
};

const optionsByConfig = new Map<string, { readonly text: string; readonly options: ts.CompilerOptions }>();

/** @throws PROJECT_CONFIG_INVALID when the tsconfig.json is no JSON. */
export function compilerOptionsFor(file: string): ts.CompilerOptions {
  const config = insidePackages(file) ? undefined : findConfig(path.dirname(file));
  return config === undefined ? { ...DEFAULTS, ...FORCED } : optionsOf(config);
}

export function insidePackages(file: string): boolean {
  return file.split(/[\\/]/).includes("node_modules");
}

function findConfig(directory: string): string | undefined {
  return ts.findConfigFile(directory, (candidate) => ts.sys.fileExists(candidate));
}

function optionsOf(config: string): ts.CompilerOptions {
  const text = ts.sys.readFile(config) ?? "";
  const known = optionsByConfig.get(config);
  if (known?.text === text) return known.options;
  const json = ts.parseConfigFileTextToJson(config, text);
  if (json.error !== undefined) throw invalid(config, text, json.error);
  // The list of files is not wanted; walking a large repository for it would take seconds.
  const host: ts.ParseConfigHost = { ...ts.sys, readDirectory: () => [] };
  const parsed = ts.parseJsonConfigFileContent(json.config, host, path.dirname(config), undefined, config);
  const taken = Object.fromEntries(
    TAKEN.flatMap((key) => (key in parsed.options ? [[key, parsed.options[key]]] : [])),
  );
  const options: ts.CompilerOptions = { ...unstated(taken), ...taken, ...FORCED };
  optionsByConfig.set(config, { text, options });
  return options;
}

/** A tsconfig.json without a module setting is read as the bundler reads it. */
function unstated(taken: ts.CompilerOptions): ts.CompilerOptions {
  const { module, moduleResolution, target, jsx, resolveJsonModule } = DEFAULTS;
  const resolution = taken.module === undefined && taken.moduleResolution === undefined;
  return {
    target,
    jsx,
    resolveJsonModule,
    ...(resolution ? { module, moduleResolution } : {}),
  } as ts.CompilerOptions;
}

function invalid(config: string, text: string, error: ts.Diagnostic): Error {
  const before = text.slice(0, error.start ?? 0).split("\n");
  const message = ts.flattenDiagnosticMessageText(error.messageText, " ");
  return syntaxError("PROJECT_CONFIG_INVALID", `${config}: ${message}`, {
    location: `${config}:${before.length}:${before.at(-1)!.length + 1}`,
  });
}
