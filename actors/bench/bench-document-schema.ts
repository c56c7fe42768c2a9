/** JSON Schema (2020-12) of the document that `myriad bench --json` prints; shipped as schemas/bench.schema.json. */
import {
  comparisonSchema,
  environmentSchema,
  errorSchema,
  isolationSchema,
  machineNoiseSchema,
  measurementSchema,
  noiseSchema,
} from "../workflow/result-schema.ts";
import {
  count,
  flag,
  interval,
  list,
  number,
  orNull,
  record,
  text,
  texts,
  type Schema,
} from "../workflow/schema-parts.ts";
import { BENCH_SCHEMA } from "./bench-document.ts";

const verdict: Schema = {
  enum: ["regressed", "failed", "inconclusive", "improved", "non_inferior", "no_baseline", "unchanged"],
};

const time = record({
  unit: { const: "ns" },
  mean: number,
  median: number,
  stdDev: number,
  ci99: interval,
  callsPerSecond: number,
  forks: count,
  iterationsPerFork: count,
  callsPerIteration: count,
});

const withheld: Schema = orNull({ enum: ["noise", "unsteady"] });

const againstReference = record({
  ratio: orNull(number),
  interval: orNull(interval),
  ci99: orNull(interval),
  verdict: { enum: ["slower", "faster", "not_slower", "undecided"] },
  withheld,
});

const task = record({
  id: text,
  name: text,
  verdict,
  error: orNull(errorSchema),
  time: orNull(time),
  tolerance: orNull(number),
  againstReference: orNull(againstReference),
  comparison: orNull(comparisonSchema),
  interval: orNull(interval),
  withheld,
  baseline: record({ from: orNull(text), to: orNull(text) }),
  noise: orNull(noiseSchema),
  measurement: orNull(measurementSchema),
});

const bench = record({
  file: text,
  name: orNull(text),
  reference: orNull(record({ task: text, chosen: { enum: ["named", "fastest"] } })),
  tasks: list(task),
});

export const BENCH_JSON_SCHEMA: Schema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "bench.schema.json",
  title: "Myriad run of bench files",
  ...record({
    schema: { const: BENCH_SCHEMA },
    command: { const: "bench" },
    session: orNull(text),
    success: flag,
    verdict: orNull(verdict),
    error: orNull(errorSchema),
    seed: orNull(count),
    runs: orNull(count),
    environment: environmentSchema,
    isolation: orNull(isolationSchema),
    machine: orNull(record({ before: machineNoiseSchema, during: orNull(machineNoiseSchema) })),
    wallMs: number,
    benches: list(bench),
    warnings: texts,
    report: orNull(text),
  }),
};
