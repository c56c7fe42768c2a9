/** JSON Schema (2020-12) of the document that `--json` prints; shipped as schemas/result.schema.json. */
import {
  count,
  flag,
  interval,
  list,
  number,
  orNull,
  record,
  share,
  text,
  texts,
  type Schema,
} from "./schema-parts.ts";
import { RESULT_SCHEMA as NAME } from "./session-document.ts";

const verdict: Schema = {
  enum: ["improved", "regressed", "non_inferior", "inconclusive", "no_baseline", "rejected"],
};

export const environmentSchema: Schema = record({
  myriad: text,
  runtime: text,
  platform: text,
  cpu: text,
  cores: count,
  memoryMb: number,
  fingerprint: text,
});

const side = record({ n: count, mean: number, median: number, stdDev: number, ci99: interval });
const families = record({ regressed: share, nonInferior: share, improved: share });

export const comparisonSchema: Schema = record({
  caseId: text,
  metric: text,
  unit: text,
  direction: { enum: ["lower", "higher"] },
  engine: text,
  forks: count,
  iterationsPerFork: count,
  intraForkCorrelation: orNull(number),
  test: text,
  tolerance: number,
  baseline: side,
  candidate: side,
  relDelta: orNull(number),
  ci99: orNull(interval),
  p: families,
  q: families,
  mannWhitneyP: share,
  hedgesG: orNull(number),
  cliffsDelta: number,
  verdict,
});

export const errorSchema: Schema = record({
  code: text,
  message: text,
  hint: orNull(text),
  location: orNull(text),
});

const noiseLabel: Schema = { enum: ["quiet", "noisy", "unusable"] };
export const machineNoiseSchema: Schema = record({
  label: noiseLabel,
  probes: count,
  loopNs: number,
  variation: number,
  waiting: orNull(share),
  steal: orNull(share),
  loadPerCore: number,
  clockMhz: orNull(number),
});

export const noiseSchema: Schema = record(
  { label: noiseLabel, coefficientOfVariation: number },
  { before: machineNoiseSchema, during: orNull(machineNoiseSchema) },
);

export const isolationSchema: Schema = record({
  engine: text,
  carrier: text,
  enforced: texts,
  missing: texts,
});

const phase = record({
  name: text,
  state: { enum: ["pending", "running", "finished", "failed", "skipped"] },
  durationMs: number,
});

const searchStep = record({
  round: count,
  rule: text,
  description: text,
  line: count,
  speedup: orNull(number),
  outcome: { enum: ["accepted", "slower", "no_gain", "disagrees", "refused"] },
  reason: orNull(text),
});

const refusal = record({ candidate: text, phase: text, reason: text });

const gate = record({
  name: text,
  passed: flag,
  score: orNull(share),
  critical: flag,
  reason: orNull(text),
  dependencies: texts,
  details: texts,
});

const counterexample = record({
  input: text,
  engine: text,
  subject: text,
  candidate: text,
  shrunkFrom: count,
  shrunkTo: count,
});

const baseline = record(
  {
    tag: text,
    caseId: text,
    subject: text,
    metric: text,
    unit: text,
    mean: number,
    stdDev: number,
    n: count,
    ci99: interval,
    current: flag,
    createdAt: text,
    fingerprint: text,
  },
  {
    direction: { enum: ["lower", "higher"] },
    release: flag,
    runtime: text,
    level: orNull(text),
    carrier: orNull(text),
    label: orNull(text),
    note: orNull(text),
    tool: orNull(text),
  },
);

const keptComparison = record(
  {
    before: text,
    after: text,
    sameEnvironment: flag,
    refusal: orNull(text),
    verdict: orNull(verdict),
    comparisons: list(comparisonSchema),
  },
  { notes: texts },
);

const series = record(
  {
    metric: text,
    unit: text,
    direction: { enum: ["lower", "higher"] },
    fingerprint: text,
    tool: orNull(text),
    entries: list(baseline),
    shifts: orNull(
      list(record({ tag: text, before: number, after: number, relDelta: orNull(number), p: share })),
    ),
  },
  { level: orNull(text), carrier: orNull(text) },
);

const pruned = record(
  {
    olderThanDays: orNull(number),
    dryRun: flag,
    forks: count,
    samples: count,
    bytesBefore: count,
    bytesAfter: count,
  },
  {
    journal: record({ sessions: count, forks: count, samples: count, bytesBefore: count, bytesAfter: count }),
  },
);

export const measurementSchema: Schema = record({
  warmUpIterations: count,
  stretch: count,
  timer: record({ resolutionNs: number, overheadNs: number }),
  versions: list(
    record({
      version: { enum: ["baseline", "candidate"] },
      forks: count,
      unsteadyForks: count,
      steadyAfter: orNull(count),
      drift: number,
      collections: orNull(number),
      collectionMs: orNull(number),
      allocatedBytes: orNull(number),
      cpuNs: number,
    }),
  ),
});

const earlyStop = record({ forks: count, planned: count, notCounted: count, decided: orNull(verdict) });

const start = record({
  version: { enum: ["baseline", "candidate"] },
  language: { enum: ["python", "node"] },
  start: { enum: ["forked", "spawned"] },
  why: orNull(text),
  notFresh: texts,
});

export const RESULT_JSON_SCHEMA: Schema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "result.schema.json",
  title: "Myriad result",
  ...record(
    {
      schema: { const: NAME },
      command: { enum: ["run", "burst", "compare", "baseline", "report"] },
      session: orNull(text),
      success: flag,
      verdict: orNull(verdict),
      error: orNull(errorSchema),
      subject: orNull(record({ id: text, file: text, export: text, goal: text, candidate: orNull(text) })),
      seed: orNull(count),
      environment: environmentSchema,
      isolation: orNull(isolationSchema),
      noise: orNull(noiseSchema),
      phases: list(phase),
      search: orNull(record({ candidates: count, accepted: count, history: list(searchStep) })),
      refusals: list(refusal),
      burst: orNull(
        record(
          {
            runs: count,
            failures: count,
            infraErrors: count,
            wallMs: number,
            sandboxesPerSecond: number,
            batch: count,
          },
          { measurement: orNull(measurementSchema), starts: list(start), earlyStop: orNull(earlyStop) },
        ),
      ),
      comparisons: list(comparisonSchema),
      gates: list(gate),
      reward: orNull(
        record({
          total: number,
          normalised: number,
          components: { type: "object", additionalProperties: number },
        }),
      ),
      baseline: orNull(
        record(
          { from: orNull(text), to: orNull(text) },
          { candidate: orNull(text), release: orNull(keptComparison) },
        ),
      ),
      equivalence: orNull(
        record(
          {
            inputs: count,
            sealed: count,
            disagreements: count,
            engines: texts,
            counterexamples: list(counterexample),
          },
          { clean: flag, exitCodesAlone: { const: true } },
        ),
      ),
      diff: orNull(text),
      report: orNull(text),
    },
    {
      warnings: texts,
      baselines: list(baseline),
      history: list(series),
      keptComparisons: list(keptComparison),
      pruned,
      exported: record({ format: text, baselines: count, file: orNull(text) }),
      withheld: orNull({ enum: ["noise", "unsteady"] }),
    },
  ),
};
