/**
 * hyperfine, `--export-json`: seconds, one value a run of the command. Every run is a process of its own, so each
 * is a fork; newer versions add its peak memory.
 */
import { isRecord } from "./baseline-import-format.ts";
import type { ImportedMetric, ImportFormat } from "./baseline-import-format.ts";

interface Hyperfine {
  readonly results: readonly HyperfineResult[];
}

interface HyperfineResult {
  readonly command: string;
  readonly times: readonly number[];
  readonly exit_codes?: readonly (number | null)[] | null;
  readonly memory_usage_byte?: readonly number[] | null;
}

const figures = { type: "array", items: { type: "number", minimum: 0 }, minItems: 2, maxItems: 10_000 };

export const hyperfine: ImportFormat<Hyperfine> = {
  tool: "hyperfine",
  recognises: (value) => {
    const first =
      isRecord(value) && Array.isArray(value["results"]) ? (value["results"][0] as unknown) : null;
    return isRecord(first) && "command" in first;
  },
  schema: {
    type: "object",
    required: ["results"],
    properties: {
      results: {
        type: "array",
        items: {
          type: "object",
          required: ["command", "times"],
          properties: {
            command: { type: "string" },
            times: figures,
            exit_codes: {
              anyOf: [
                { type: "null" },
                { type: "array", items: { anyOf: [{ type: "integer" }, { type: "null" }] } },
              ],
            },
            memory_usage_byte: { anyOf: [{ type: "null" }, figures] },
          },
        },
      },
    },
  },
  benchmarksOf: ({ results }) =>
    results.map(({ command, times, exit_codes, memory_usage_byte }) => ({
      name: command,
      failures: (exit_codes ?? []).filter((code) => code !== 0).length,
      metrics: [
        perRun("wall_time", "s", times),
        ...(memory_usage_byte == null ? [] : [perRun("peak_memory", "B", memory_usage_byte)]),
      ],
    })),
};

function perRun(metric: string, unit: string, values: readonly number[]): ImportedMetric {
  return { metric, unit, direction: "lower", forks: values.map((value) => Float64Array.of(value)) };
}
