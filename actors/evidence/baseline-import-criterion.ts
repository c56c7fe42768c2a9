/**
 * Criterion.rs: a folder a benchmark, `…/new` with `sample.json` (nanoseconds, so many iterations at a time, all in
 * one process), `estimates.json` and, for its name, `benchmark.json`. Named may be any of the three files, the
 * folder, or a folder above it, such as target/criterion. What is kept as `base` is of an earlier run and passed over.
 */
import { readdir } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { isRecord } from "./baseline-import-format.ts";
import type { ImportedBenchmark } from "./baseline-import-format.ts";

export const CRITERION = "Criterion.rs";

export interface CriterionSample {
  readonly iters: readonly number[];
  readonly times: readonly number[];
}

export const SAMPLE_SCHEMA: object = {
  type: "object",
  required: ["iters", "times"],
  properties: {
    iters: { type: "array", items: { type: "number", exclusiveMinimum: 0 }, minItems: 2 },
    times: { type: "array", items: { type: "number", minimum: 0 }, minItems: 2 },
  },
};

export const NAME_SCHEMA: object = {
  type: "object",
  required: ["full_id"],
  properties: { full_id: { type: "string" } },
};

export function isCriterionFile(value: unknown): boolean {
  if (!isRecord(value)) return false;
  if ("full_id" in value) return true;
  return isRecord(value["mean"]) && "point_estimate" in value["mean"];
}

export function isCriterionSample(value: unknown): boolean {
  return isRecord(value) && Array.isArray(value["iters"]);
}

/** The folders below this one (or itself) that hold a benchmark's last run, in the order of their names. */
export async function criterionFolders(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true });
  const samples = entries.filter((entry) => basename(entry) === "sample.json").map((entry) => dirname(entry));
  return samples
    .filter((found) => basename(join(folder, found)) === "new" || found === ".")
    .toSorted()
    .map((found) => join(folder, found));
}

/** As Criterion lays its folders out; for runs whose `benchmark.json` is gone. */
export function nameOfFolder(folder: string): string {
  const above = dirname(folder);
  const root = above.lastIndexOf(`${sep}criterion${sep}`);
  const own = root < 0 ? basename(above) : relative(above.slice(0, root + `${sep}criterion`.length), above);
  return own.split(sep).join("/");
}

export function criterionBenchmark(name: string, { iters, times }: CriterionSample): ImportedBenchmark {
  const samples = Float64Array.from(times, (time, at) => time / (iters[at] ?? NaN));
  return {
    name,
    failures: 0,
    metrics: [{ metric: "wall_time", unit: "ns", direction: "lower", forks: [samples] }],
  };
}
