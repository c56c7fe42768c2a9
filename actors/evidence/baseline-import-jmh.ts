/**
 * JMH, `-rf json`: a list of benchmark, parameters and mode; `rawData` has one list of iterations a fork, sampling
 * mode a histogram in its place. Modes and profilers of one benchmark become metrics of one baseline.
 */
import { isRecord, requireSchema } from "./baseline-import-format.ts";
import type { ImportedBenchmark, ImportedMetric, ImportFormat } from "./baseline-import-format.ts";

interface JmhResult {
  readonly benchmark: string;
  readonly mode: string;
  readonly params?: Readonly<Record<string, string>> | null;
  readonly primaryMetric: JmhMetric;
  readonly secondaryMetrics?: Readonly<Record<string, JmhMetric>> | null;
}

/** Exactly one of the two. */
interface JmhMetric {
  readonly scoreUnit: string;
  readonly rawData?: readonly (readonly number[])[];
  /** Forks, iterations, pairs of value and count. */
  readonly rawDataHistogram?: readonly (readonly (readonly (readonly [number, number])[])[])[];
}

const MODES: Readonly<Record<string, string>> = {
  thrpt: "throughput",
  avgt: "wall_time",
  sample: "sampled_time",
  ss: "single_shot_time",
};

const list = (items: object): object => ({ type: "array", items, minItems: 1, maxItems: 100_000 });

const METRIC = {
  type: "object",
  required: ["scoreUnit"],
  properties: {
    scoreUnit: { type: "string" },
    rawData: list(list({ type: "number" })),
    rawDataHistogram: list(
      list(
        list({
          type: "array",
          prefixItems: [{ type: "number" }, { type: "integer", minimum: 1, maximum: 1_000_000 }],
          minItems: 2,
          maxItems: 2,
        }),
      ),
    ),
  },
  anyOf: [{ required: ["rawData"] }, { required: ["rawDataHistogram"] }],
};

export const jmh: ImportFormat<readonly JmhResult[]> = {
  tool: "JMH",
  recognises: (value) => Array.isArray(value) && isRecord(value[0]) && "primaryMetric" in value[0],
  schema: {
    type: "array",
    items: {
      type: "object",
      required: ["benchmark", "mode", "primaryMetric"],
      properties: {
        benchmark: { type: "string" },
        mode: { enum: Object.keys(MODES) },
        params: {
          anyOf: [{ type: "null" }, { type: "object", additionalProperties: { type: "string" } }],
        },
        primaryMetric: METRIC,
        secondaryMetrics: { anyOf: [{ type: "null" }, { type: "object" }] },
      },
    },
  },
  benchmarksOf(results) {
    const byName = new Map<string, ImportedMetric[]>();
    for (const result of results) {
      const metrics = byName.get(nameOf(result)) ?? [];
      for (const one of metricsOf(result)) {
        if (!metrics.some(({ metric }) => metric === one.metric)) metrics.push(one);
      }
      byName.set(nameOf(result), metrics);
    }
    return [...byName].map(([name, metrics]): ImportedBenchmark => ({ name, failures: 0, metrics }));
  },
};

function nameOf({ benchmark, params }: JmhResult): string {
  const chosen = Object.entries(params ?? {}).map(([name, value]) => `${name}=${value}`);
  return chosen.length === 0 ? benchmark : `${benchmark} (${chosen.join(", ")})`;
}

function metricsOf({ mode, primaryMetric, secondaryMetrics }: JmhResult): readonly ImportedMetric[] {
  const primary = {
    metric: MODES[mode]!,
    unit: primaryMetric.scoreUnit,
    direction: mode === "thrpt" ? "higher" : "lower",
    forks: forksOf(primaryMetric),
  } as const;
  const secondary = Object.entries(secondaryMetrics ?? {}).flatMap(
    ([name, value]): readonly ImportedMetric[] => {
      // A profiler's line may have no figures (`"NaN"`): it is left out, the benchmark is not.
      if (!isMeasured(value)) return [];
      const metric = name.replace(/^[^A-Za-z]+/, "");
      return [{ metric, unit: value.scoreUnit, direction: "lower", forks: forksOf(value) }];
    },
  );
  return [primary, ...secondary];
}

function isMeasured(value: JmhMetric): boolean {
  try {
    requireSchema(value, METRIC, "");
    return true;
  } catch {
    return false;
  }
}

function forksOf({ rawData, rawDataHistogram = [] }: JmhMetric): readonly Float64Array[] {
  if (rawData !== undefined) return rawData.map((fork) => Float64Array.from(fork));
  return rawDataHistogram.map((iterations) => {
    const counted = iterations.flat();
    const samples = new Float64Array(counted.reduce((sum, [, count]) => sum + count, 0));
    let at = 0;
    for (const [value, count] of counted) samples.fill(value, at, (at += count));
    return samples;
  });
}
