import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { makeDirectoryDurably, writeFileDurably } from "./durable-file.ts";
import { storageError, systemCode } from "./errors.ts";

/**
 * How a state directory is laid out, one step after another; `version.json` holds how many were taken.
 * A step is never edited once it is released, and may run twice: the power can go before its number is kept.
 */
const LAYOUT_STEPS: readonly ((directory: string) => Promise<void>)[] = [
  (directory) => makeDirectoryDurably(join(directory, "artifacts")),
];

/** Steps taken; 0 for a new folder. @throws STATE_NEWER, STATE_INVALID */
export async function readLayoutVersion(directory: string): Promise<number> {
  const file = join(directory, "version.json");
  const text = await readFile(file, "utf8").catch((error: unknown) => missing(file, error));
  const version = text === null ? 0 : parseVersion(text);
  if (version === null) throw storageError("STATE_INVALID", `${file} holds no version.`, { location: file });
  if (version > LAYOUT_STEPS.length) {
    const message = `${directory} has layout ${version}; this version knows ${LAYOUT_STEPS.length}.`;
    throw storageError("STATE_NEWER", message, { location: file });
  }
  return version;
}

/** Brings the folder forward; the caller owns it. */
export async function takeLayoutSteps(directory: string, taken: number): Promise<void> {
  for (const [index, step] of LAYOUT_STEPS.entries()) {
    if (index < taken) continue;
    await step(directory);
    await writeFileDurably(join(directory, "version.json"), Buffer.from(`{ "layout": ${index + 1} }\n`));
  }
}

function missing(file: string, error: unknown): null {
  const code = systemCode(error);
  if (code === "ENOENT") return null;
  throw storageError("STATE_UNWRITABLE", `${file} cannot be read (${code ?? "unknown"}).`, {
    location: file,
    cause: error,
  });
}

function parseVersion(text: string): number | null {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null || !("layout" in parsed)) return null;
    const { layout } = parsed;
    return typeof layout === "number" && Number.isInteger(layout) && layout > 0 ? layout : null;
  } catch {
    return null;
  }
}
