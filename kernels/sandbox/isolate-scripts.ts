/** The child's scripts, bundled by esbuild once a process, on first use. */
import { fileURLToPath } from "node:url";
import { bundler } from "../bundler/index.ts";
import { harnessScript, strictScript } from "./harness-script.ts";
import type { WebPart } from "./web-parts.ts";

export type ChildKind = "main-context" | "isolated-vm";

export interface ChildScripts {
  /** A CommonJS script that exports `runChild`; the loader runs it in strict mode. */
  readonly child: string;
  /** An expression: the harness. */
  readonly harness: string;
  /** An expression: `start` of isolate-inside. */
  readonly inside: string;
}

const CHILD_MODULES: Readonly<Record<ChildKind, string>> = {
  "main-context": "isolate-child",
  "isolated-vm": "isolate-vm-child",
};

const made = new Map<ChildKind, Omit<ChildScripts, "harness">>();

/** @param parts of the web, in the harness */
export function childScripts(kind: ChildKind, parts: readonly WebPart[]): ChildScripts {
  let scripts = made.get(kind);
  if (scripts === undefined) {
    scripts = { child: bundle(CHILD_MODULES[kind], "cjs"), inside: insideScript() };
    made.set(kind, scripts);
  }
  return { ...scripts, harness: harnessScript(parts) };
}

function insideScript(): string {
  return strictScript(`${bundle("isolate-inside", "iife")}\nreturn myriadInside.start;`);
}

function bundle(module: string, format: "cjs" | "iife"): string {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const { outputFiles } = bundler().buildSync({
    entryPoints: [fileURLToPath(new URL(`./${module}.${extension}`, import.meta.url))],
    bundle: true,
    write: false,
    format,
    ...(format === "iife" ? { globalName: "myriadInside", platform: "neutral" } : { platform: "node" }),
    target: "es2022",
    legalComments: "none",
  });
  return outputFiles[0]!.text;
}
