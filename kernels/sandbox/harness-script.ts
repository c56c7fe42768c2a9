/** Bundles `inside/` to the one script that both engines evaluate. Once a process, on first use. */
import { buildSync } from "esbuild";
import { fileURLToPath } from "node:url";

export type { Harness } from "./inside/harness.ts";

let script: string | null = null;

/** Source of an expression that evaluates to a `Harness`. ES2022, no imports, nothing of any platform. */
export function harnessScript(): string {
  script ??= bundle();
  return script;
}

function bundle(): string {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL(`./inside/harness.${extension}`, import.meta.url))],
    bundle: true,
    write: false,
    format: "iife",
    globalName: "myriadHarness",
    platform: "neutral",
    mainFields: ["module", "main"],
    target: "es2022",
    legalComments: "none",
  });
  const code = outputFiles[0]!.text;
  return `(function () {\n${code}\nreturn myriadHarness.harness;\n})()`;
}
