/** JSON Schemas (2020-12) of what crosses a service: small words to write them, and the check of what comes. */
import { Ajv2020 } from "ajv/dist/2020.js";
import type { ErrorObject } from "ajv/dist/2020.js";

export type Schema = Readonly<Record<string, unknown>>;

/** All fields must be there, save those named; no other may be. */
export function record(properties: Readonly<Record<string, Schema>>, ...optional: string[]): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: "object", additionalProperties: false, required, properties };
}

export function text(maxLength: number, more: Schema = {}): Schema {
  return { type: "string", maxLength, ...more };
}

export function orNull(schema: Schema): Schema {
  return { anyOf: [schema, { type: "null" }] };
}

/** Without its name: two schemas of the same one cannot stand in one document. */
export function anonymous(schema: object): Schema {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== "$id" && key !== "$schema"));
}

/** What is wrong with a value, and where. */
export interface Mismatch {
  /** e.g. `task.runs`; empty: the whole. */
  readonly path: string;
  readonly what: string;
}

/** @returns a check, which gives null for what is of the schema. */
export function checkerOf(schema: object): (value: unknown) => Mismatch | null {
  const validate = new Ajv2020({ allErrors: false, strict: true, strictRequired: false }).compile(
    anonymous(schema),
  );
  return (value) => (validate(value) ? null : mismatchOf(validate.errors![0]!));
}

function mismatchOf({ instancePath, message, params }: ErrorObject): Mismatch {
  const given = params as Readonly<Record<string, unknown>>;
  const steps = instancePath.split("/").slice(1).map(unescapePointer);
  const extra = given["additionalProperty"];
  if (typeof extra === "string") {
    return { path: [...steps, extra.slice(0, 100)].join("."), what: "is not a known field" };
  }
  const choices = given["allowedValues"];
  const which = Array.isArray(choices) ? `: ${choices.join(", ")}` : "";
  return { path: steps.join("."), what: (message ?? "is wrong") + which };
}

const unescapePointer = (step: string): string => step.replaceAll("~1", "/").replaceAll("~0", "~");
