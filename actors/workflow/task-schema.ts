/** JSON Schema (2020-12) of a task file; shipped as schemas/task.schema.json. */
import { CONSTRAINT_PATTERN } from "../../kernels/syntax/index.ts";
import { SANDBOX_CAPS } from "../../kernels/sandbox/index.ts";
import { LEVELS } from "./level.ts";

const functionReference = {
  type: "string",
  // One way to match it only: a long text of a stranger is refused in one pass.
  pattern: "^[^#].*#[^#]+$",
  description: "path#export, the path relative to this file; or package#export",
};

const paths = { type: "array", items: { type: "string", minLength: 1 }, uniqueItems: true };

const command = {
  type: "object",
  // One of the two, and the message that names what is missing for the more usual one.
  if: { required: ["snippet"], properties: { snippet: true } },
  then: { properties: { command: false } },
  else: { required: ["command"], properties: { command: true } },
  additionalProperties: false,
  description: "a command or a snippet, run as it is in a sandbox of its own each time",
  properties: {
    command: {
      description: "a line, cut into words as a shell would (no shell runs), or the words themselves",
      if: { type: "string" },
      then: { type: "string", minLength: 1 },
      else: { type: "array", minItems: 1, items: { type: "string" } },
    },
    snippet: {
      type: "string",
      pattern: "\\.(py|js|cjs|mjs)$",
      description:
        "instead of a command: a file of Python or JavaScript (relative to this file) whose runs are forked of an interpreter that runs already",
    },
    files: {
      ...paths,
      description:
        "files and folders to take along, beside those that the command names; relative to this file",
    },
    readable: { ...paths, description: "files and folders of the host to read where they lie" },
    stdin: { type: "string", description: "default: nothing to read" },
    env: {
      type: "object",
      additionalProperties: { type: "string" },
      description: "added to PATH, HOME, TMPDIR, LANG and TZ; all else is cleared",
    },
  },
};

const functionOrCommand = (description: string): object => ({
  description,
  if: { type: "string" },
  then: functionReference,
  else: command,
});

const cap = (maximum: number, unit: string): object => ({
  type: "number",
  exclusiveMinimum: 0,
  maximum,
  description: `${unit}; may only lower the cap of ${String(maximum)}`,
});

const UNITS = {
  wall_time: "ns",
  cpu_time: "ns",
  heap_allocated: "B",
  peak_memory: "MB",
  ticks: "ticks",
} as const;

/** Rows of the database are kept under the metric's name, so each has one. */
const atMostOnce = (name: string): object => ({
  contains: { type: "object", required: ["name"], properties: { name: { const: name } } },
  minContains: 0,
  maxContains: 1,
});

export interface TaskSchema {
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, object>>;
  readonly [keyword: string]: unknown;
}

export const TASK_SCHEMA: TaskSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "task.schema.json",
  title: "Myriad task",
  type: "object",
  required: ["id", "subject"],
  additionalProperties: false,
  properties: {
    id: {
      type: "string",
      pattern: "^[A-Za-z0-9][A-Za-z0-9._/#-]{0,199}$",
      description: "names the case: its baselines are kept under it",
    },
    subject: functionOrCommand("what is measured: a function, or a command"),
    goal: { type: "string", minLength: 1, maxLength: 2000, description: "one sentence for the report" },
    inputs: {
      ...functionReference,
      description: "generator: exports a function (random, count) that returns count argument lists",
    },
    candidate: functionOrCommand("a hand-written candidate, instead of the search; another command"),
    examples: { type: "array", minItems: 3, items: { type: "array" }, description: "argument lists" },
    constraints: {
      type: "array",
      items: { type: "string", pattern: CONSTRAINT_PATTERN },
      uniqueItems: true,
      description: "beside the rules that always hold",
    },
    metrics: {
      type: "array",
      minItems: 1,
      description: "the first is the goal's; no other may regress; each name once",
      allOf: Object.keys(UNITS).map(atMostOnce),
      items: {
        type: "object",
        required: ["name"],
        additionalProperties: false,
        properties: {
          name: { type: "string", pattern: "^[a-z][a-z0-9_]{0,39}$" },
          of: {
            ...functionReference,
            description: "a metric of your own: a function (result, ...args) that gives one number a call",
          },
          unit: { type: "string", minLength: 1, maxLength: 20 },
          direction: { enum: ["lower", "higher"] },
          tolerance: {
            type: "number",
            minimum: 0,
            exclusiveMaximum: 1,
            description: "relative change that does not count: 0.02 is two percent",
          },
        },
        if: { required: ["of"], properties: { of: true } },
        then: {
          required: ["unit", "direction"],
          properties: { name: { not: { enum: Object.keys(UNITS) } }, unit: true, direction: true },
        },
        else: {
          properties: { name: { enum: Object.keys(UNITS) }, direction: { enum: ["lower"] } },
          allOf: Object.entries(UNITS).map(([name, unit]) => ({
            if: { properties: { name: { const: name } } },
            then: { properties: { unit: { const: unit } } },
          })),
        },
      },
    },
    runs: {
      type: "integer",
      minimum: 40,
      maximum: 10_000_000,
      description: "sandboxes a version; default 10000, of a command 200",
    },
    level: {
      enum: LEVELS,
      description:
        "where the metrics are measured: realm counts ticks; isolate (default) takes time in a sandboxed process; trusted takes it in a plain thread, which is no boundary",
    },
    workers: { type: "integer", minimum: 1, maximum: 1024 },
    seed: { type: "integer", minimum: 0, maximum: 4_294_967_295 },
    baseline: { type: "string", minLength: 1 },
    allowNoise: {
      type: "boolean",
      description: "a verdict is given even where the machine is too noisy for one; default false",
    },
    stopEarly: {
      type: "boolean",
      description:
        "the burst ends as soon as it is decided, by always-valid tests; runs is then the most; default false",
    },
    behaviour: {
      enum: ["same", "may_change"],
      description: "whether two versions that are compared must give the same results; default same",
    },
    limits: {
      type: "object",
      additionalProperties: false,
      properties: {
        memoryMb: cap(SANDBOX_CAPS.memoryMb, "MB"),
        cpuSeconds: cap(SANDBOX_CAPS.cpuSeconds, "seconds"),
        diskMb: cap(SANDBOX_CAPS.diskMb, "MB"),
        wallSeconds: cap(SANDBOX_CAPS.wallSeconds, "seconds"),
      },
    },
  },
};
