/**
 * Google Benchmark, `--benchmark_format=json`: one entry a repetition (they share a process), and aggregates after
 * them. Where only aggregates are there, mean and standard deviation are taken.
 */
import { isRecord } from "./baseline-import-format.ts";
import type { ImportedBenchmark, ImportedMetric, ImportFormat } from "./baseline-import-format.ts";

interface GoogleBenchmark {
  readonly benchmarks: readonly Entry[];
}

interface Entry {
  readonly name: string;
  readonly run_name?: string;
  readonly run_type?: string;
  readonly aggregate_name?: string;
  readonly repetitions?: number;
  readonly real_time?: number;
  readonly cpu_time?: number;
  readonly time_unit?: string;
  readonly error_occurred?: boolean;
}

const figure = { type: "number", minimum: 0 };

export const googleBenchmark: ImportFormat<GoogleBenchmark> = {
  tool: "Google Benchmark",
  recognises: (value) => isRecord(value) && Array.isArray(value["benchmarks"]) && isRecord(value["context"]),
  schema: {
    type: "object",
    required: ["benchmarks"],
    properties: {
      benchmarks: {
        type: "array",
        items: {
          type: "object",
          required: ["name"],
          properties: {
            name: { type: "string" },
            run_name: { type: "string" },
            run_type: { type: "string" },
            aggregate_name: { type: "string" },
            repetitions: { type: "integer" },
            real_time: figure,
            cpu_time: figure,
            time_unit: { type: "string" },
            error_occurred: { type: "boolean" },
          },
        },
      },
    },
  },
  benchmarksOf({ benchmarks }) {
    const byName = new Map<string, Entry[]>();
    for (const entry of benchmarks) {
      const name = entry.run_name ?? entry.name;
      byName.set(name, [...(byName.get(name) ?? []), entry]);
    }
    return [...byName].map(([name, entries]): ImportedBenchmark => ({
      name,
      failures: entries.filter(({ error_occurred }) => error_occurred === true).length,
      metrics: [metricOf("wall_time", "real_time", entries), metricOf("cpu_time", "cpu_time", entries)],
    }));
  },
};

function metricOf(
  metric: string,
  field: "real_time" | "cpu_time",
  entries: readonly Entry[],
): ImportedMetric {
  const measured = entries.filter((one) => one.error_occurred !== true && one[field] !== undefined);
  const runs = measured.filter(({ run_type = "iteration" }) => run_type === "iteration");
  const unit = measured.find(({ time_unit }) => time_unit !== undefined)?.time_unit ?? "ns";
  const named = { metric, unit, direction: "lower" } as const;
  if (runs.length > 0) return { ...named, forks: [Float64Array.from(runs, (run) => run[field]!)] };
  const aggregate = (name: string): Entry | undefined =>
    measured.find(({ aggregate_name }) => aggregate_name === name);
  const [mean, stdDev] = [aggregate("mean"), aggregate("stddev")];
  if (mean === undefined || stdDev === undefined) return { ...named, forks: [] };
  const figures = { n: mean.repetitions ?? 0, mean: mean[field]!, stdDev: stdDev[field]! };
  return { ...named, forks: [], figures };
}
