/** JSON Schema (2020-12) of a suite file; shipped as schemas/suite.schema.json. */
import { TASK_SCHEMA } from "../workflow/task-schema.ts";

/** What a case may not say: the other version of a case is the same function or command at a commit. */
const NOT_OF_A_CASE: readonly string[] = ["candidate", "baseline"];

const caseProperties = Object.fromEntries(
  Object.entries(TASK_SCHEMA.properties).filter(([name]) => !NOT_OF_A_CASE.includes(name)),
);

const runs = { type: "integer", minimum: 40, maximum: 10_000_000 };

export const SUITE_SCHEMA: object = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "suite.schema.json",
  title: "Myriad suite",
  type: "object",
  required: ["cases"],
  additionalProperties: false,
  properties: {
    against: {
      type: "string",
      pattern: "^[^-\\s\\u0000-\\u001f][^\\s\\u0000-\\u001f]{0,254}$",
      description: "the commit, branch or tag whose code each case is measured against, interleaved",
    },
    budgetMinutes: {
      type: "number",
      exclusiveMinimum: 0,
      maximum: 1440,
      description: "what does not fit is reported as not_run; default: no bound",
    },
    runs: { ...runs, description: "sandboxes a version in the full look; default 10000" },
    screenRuns: { ...runs, description: "sandboxes a version in the screen; default a tenth of runs" },
    seed: TASK_SCHEMA.properties["seed"],
    cases: {
      type: "array",
      minItems: 1,
      maxItems: 1000,
      description: "task files, or tasks as they stand in task files",
      items: {
        if: { type: "string" },
        then: { type: "string", pattern: "\\.(ya?ml|json)$", maxLength: 4096 },
        else: {
          type: "object",
          required: TASK_SCHEMA.required,
          additionalProperties: false,
          properties: caseProperties,
        },
      },
    },
  },
};
