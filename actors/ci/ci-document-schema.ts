/** JSON Schema (2020-12) of the document that `myriad ci --json` prints; shipped as schemas/ci.schema.json. */
import { comparisonSchema, environmentSchema, errorSchema, noiseSchema } from "../workflow/result-schema.ts";
import {
  count,
  flag,
  list,
  number,
  orNull,
  record,
  share,
  text,
  texts,
  type Schema,
} from "../workflow/schema-parts.ts";
import { CI_SCHEMA } from "./ci-document.ts";

const verdict: Schema = {
  enum: [
    "regressed",
    "rejected",
    "failed",
    "not_run",
    "inconclusive",
    "improved",
    "non_inferior",
    "no_baseline",
    "unchanged",
  ],
};

const suiteCase = record({
  id: text,
  subject: text,
  verdict,
  decidedBy: orNull({ enum: ["identity", "screen", "full"] }),
  reason: orNull(text),
  comparisons: list(comparisonSchema),
  noise: orNull(noiseSchema),
  sessions: record({ screen: orNull(text), full: orNull(text) }),
  report: orNull(text),
  wallMs: number,
  error: orNull(errorSchema),
});

const falseAlarms = record({
  rounds: count,
  flagged: count,
  atMost: share,
  firstAt: text,
  lastAt: text,
  fingerprint: text,
});

export const CI_JSON_SCHEMA: Schema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "ci.schema.json",
  title: "Myriad run of a suite",
  ...record({
    schema: { const: CI_SCHEMA },
    command: { const: "ci" },
    run: orNull(text),
    success: flag,
    verdict: orNull(verdict),
    error: orNull(errorSchema),
    suite: orNull(text),
    against: orNull(record({ ref: text, commit: text })),
    seed: orNull(count),
    environment: environmentSchema,
    budgetMs: orNull(number),
    wallMs: number,
    cases: list(suiteCase),
    falseAlarms: orNull(falseAlarms),
    warnings: texts,
  }),
};
