/**
 * tinybench has no file format of its own; read is what people write of a finished bench: one result, `bench.tasks`,
 * a list of results, with names beside them or not, or an object of results by name; alone or as `tasks` or
 * `results`. In milliseconds, all samples of one process; without samples (the default of later versions) its figures are taken.
 */
import { isRecord } from "./baseline-import-format.ts";
import type { ImportedBenchmark, ImportedMetric, ImportFormat } from "./baseline-import-format.ts";

interface Statistics {
  readonly samples?: readonly number[] | null;
  readonly mean: number;
  readonly sd: number;
  readonly df?: number;
  readonly samplesCount?: number;
}

/** Since version 3 in `latency`; before it in the result itself. */
type Result = Statistics | { readonly latency: Statistics };
type Named = (Result | { readonly result: Result }) & { readonly name?: string };

const figure = { type: "number", minimum: 0 };
const statistics = {
  type: "object",
  required: ["mean", "sd"],
  properties: {
    samples: { anyOf: [{ type: "null" }, { type: "array", items: figure }] },
    mean: figure,
    sd: figure,
    df: figure,
    samplesCount: figure,
  },
};
const result = {
  type: "object",
  if: { type: "object", required: ["latency"] },
  then: { type: "object", properties: { latency: statistics } },
  else: statistics,
};
const task = {
  type: "object",
  properties: { name: { type: "string" } },
  if: { type: "object", required: ["result"] },
  then: { type: "object", properties: { result } },
  else: result,
};
const tasks = {
  if: { type: "array" },
  then: { type: "array", items: task },
  else: { type: "object", additionalProperties: task },
};

const has = (field: string, type: string): object => ({
  type: "object",
  required: [field],
  properties: { [field]: { type } },
});
const single = { anyOf: [has("mean", "number"), has("latency", "object"), has("result", "object")] };

type Tasks = readonly Named[] | Readonly<Record<string, Named>>;

export const tinybench: ImportFormat<unknown> = {
  tool: "tinybench",
  recognises: (value) => looksLikeResult(Object.values(tasksOf(value))[0]),
  schema: {
    if: single,
    then: task,
    else: {
      if: { type: "object", required: ["tasks"] },
      then: { type: "object", properties: { tasks } },
      else: {
        if: { type: "object", required: ["results"] },
        then: { type: "object", properties: { results: tasks } },
        else: tasks,
      },
    },
  },
  benchmarksOf(content, name) {
    const own = tasksOf(content) as Tasks;
    const named: readonly (readonly [string, Named])[] = Array.isArray(own)
      ? (own as readonly Named[]).map((one, at) => [one.name ?? `${name} ${at + 1}`, one])
      : Object.entries(own as Readonly<Record<string, Named>>);
    return named.map(([title, one]) => benchmarkOf(title, "result" in one ? one.result : one));
  },
};

/** The list or the object of results, wherever it is. */
function tasksOf(value: unknown): object {
  if (looksLikeResult(value)) return [value];
  const own = isRecord(value) ? (value["tasks"] ?? value["results"] ?? value) : value;
  return typeof own === "object" && own !== null ? own : {};
}

function looksLikeResult(value: unknown): boolean {
  if (!isRecord(value)) return false;
  if ("result" in value) return looksLikeResult(value["result"]);
  const figures = value["latency"] ?? value;
  return isRecord(figures) && "mean" in figures && "sd" in figures;
}

function benchmarkOf(name: string, own: Result): ImportedBenchmark {
  const { samples, mean, sd, df, samplesCount } = "latency" in own ? own.latency : own;
  const metric: Omit<ImportedMetric, "forks"> = { metric: "wall_time", unit: "ms", direction: "lower" };
  if (samples != null && samples.length > 0) {
    return { name, failures: 0, metrics: [{ ...metric, forks: [Float64Array.from(samples)] }] };
  }
  const n = samplesCount ?? (df ?? 0) + 1;
  return { name, failures: 0, metrics: [{ ...metric, forks: [], figures: { n, mean, stdDev: sd } }] };
}
