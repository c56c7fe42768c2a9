/**
 * What a reader of another tool's results is: it recognises them by their content, says by a JSON Schema what it
 * needs of them, and gives the benchmarks in them, samples as the tool wrote them and in the tool's own unit. The
 * schema names only what is read: tools add fields from version to version.
 */
import { Ajv2020 } from "ajv/dist/2020.js";
import type { ErrorObject, ValidateFunction } from "ajv/dist/2020.js";
import type { Direction } from "../../kernels/statistics/index.ts";
import { actorError } from "../errors.ts";

/** One thing that the tool measured of a benchmark. */
export interface ImportedMetric {
  readonly metric: string;
  readonly unit: string;
  readonly direction: Direction;
  /** One array a process, one value a sample; empty where the tool kept none. */
  readonly forks: readonly Float64Array[];
  /** The tool's own figures; read only where it kept no samples. */
  readonly figures?: { readonly n: number; readonly mean: number; readonly stdDev: number };
}

export interface ImportedBenchmark {
  readonly name: string;
  /** Runs that the tool says have failed. */
  readonly failures: number;
  readonly metrics: readonly ImportedMetric[];
}

export interface ImportFormat<Content> {
  readonly tool: string;
  /** By what no other tool's results have; what is wrong in them is the schema's to say. */
  recognises(value: unknown): boolean;
  readonly schema: object;
  /** @param name what to call benchmarks that have no name in the file */
  benchmarksOf(content: Content, name: string): readonly ImportedBenchmark[];
}

export function importInvalid(file: string, path: string, message: string, cause?: unknown): Error {
  return actorError("BASELINE_IMPORT_INVALID", message, {
    location: path === "" ? file : `${file} (${path})`,
    ...(cause === undefined ? {} : { cause }),
  });
}

const validators = new WeakMap<object, ValidateFunction>();

/** What passes is as the schema says. @throws BASELINE_IMPORT_INVALID naming the file and the field */
export function requireSchema(value: unknown, schema: object, file: string): void {
  // A file may hold millions of figures: the first thing that is wrong is enough.
  const validate =
    validators.get(schema) ??
    new Ajv2020({ allErrors: false, strict: true, strictRequired: false }).compile(schema);
  validators.set(schema, validate);
  if (validate(value)) return;
  const error = validate.errors![0]!;
  const path = fieldOf(error);
  throw importInvalid(file, path, `${path === "" ? "the file" : path} ${error.message ?? "is wrong"}`);
}

function fieldOf({ instancePath }: ErrorObject): string {
  const steps = instancePath.split("/").slice(1);
  return steps.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~")).join(".");
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
