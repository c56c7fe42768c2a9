/** Bundles `inside/` to the scripts that engines evaluate. Each once a process, on first use. */
import { fileURLToPath } from "node:url";
import { bundler } from "../bundler/index.ts";

export type { Harness } from "./inside/harness.ts";
export type { MeterKit } from "./inside/meter.ts";

type Room = "harness" | "meter";

const exported: Readonly<Record<Room, string>> = { harness: "harness", meter: "meterKit" };
const scripts = new Map<Room, string>();

/** Source of an expression that evaluates to a `Harness`. ES2022, no imports, nothing of any platform. */
export function harnessScript(): string {
  return scriptOf("harness");
}

/** Source of an expression that evaluates to a `MeterKit`: the least that a realm needs to be measured. */
export function meterScript(): string {
  return scriptOf("meter");
}

function scriptOf(room: Room): string {
  const script = scripts.get(room) ?? bundle(room);
  scripts.set(room, script);
  return script;
}

function bundle(room: Room): string {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const file = (name: string): string =>
    fileURLToPath(new URL(`./inside/${name}.${extension}`, import.meta.url));
  const { outputFiles } = bundler().buildSync({
    entryPoints: [file(room)],
    inject: [file("base64")],
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
