/** Bundles `inside/` to the scripts that engines evaluate. Each once a process and set of parts, on first use. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundler } from "../bundler/index.ts";
import type { WebPart } from "./web-parts.ts";

export type { Harness } from "./inside/harness.ts";
export type { MeterKit } from "./inside/meter.ts";

type Room = "harness" | "meter";

const exported: Readonly<Record<Room, string>> = { harness: "harness", meter: "meterKit" };
const scripts = new Map<string, string>();

/** Source of an expression that evaluates to a `Harness`. ES2022, no imports, nothing of any platform. */
export function harnessScript(parts: readonly WebPart[] = []): string {
  return scriptOf("harness", parts);
}

/** Source of an expression that evaluates to a `MeterKit`: the least that a realm needs to be measured. */
export function meterScript(parts: readonly WebPart[] = []): string {
  return scriptOf("meter", parts);
}

function scriptOf(room: Room, parts: readonly WebPart[]): string {
  const key = [room, ...parts.map(({ module }) => module)].join(" ");
  const script = scripts.get(key) ?? bundle(room, parts);
  scripts.set(key, script);
  return script;
}

/** A module that installs its parts of the web, then exports the room. */
function entryOf(room: Room, parts: readonly WebPart[], extension: string): string {
  const installs = parts.map(
    ({ module, install }) => `import { ${install} } from "./${module}.${extension}"; addPart(${install});`,
  );
  const world = parts.length === 0 ? "" : `import { addPart } from "./world.${extension}";`;
  return `${world}\n${installs.join("\n")}\nexport { ${exported[room]} } from "./${room}.${extension}";`;
}

function bundle(room: Room, parts: readonly WebPart[]): string {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const folder = fileURLToPath(new URL("./inside", import.meta.url));
  const { outputFiles } = bundler().buildSync({
    stdin: { contents: entryOf(room, parts, extension), resolveDir: folder, loader: extension },
    inject: [join(folder, `base64.${extension}`)],
    // Devalue would take Node's Buffer where it sees Node: every engine is to take the same road.
    define: { process: "undefined" },
    bundle: true,
    // An engine keeps the text of every function, and a realm's memory is copied whole before every run.
    minify: true,
    write: false,
    format: "iife",
    globalName: "myriadInside",
    platform: "neutral",
    mainFields: ["module", "main"],
    target: "es2022",
    legalComments: "none",
  });
  return strictScript(`${outputFiles[0]!.text}\nreturn myriadInside.${exported[room]};`);
}

/**
 * An expression that runs a body in strict mode. The bundler says nothing of strictness in its output, and what
 * calls the code under test must be strict: of a sloppy function, that code could read `caller` and
 * `arguments`, and take the engine's own functions from there.
 */
export function strictScript(body: string): string {
  return `(function () {\n"use strict";\n${body}\n})()`;
}
