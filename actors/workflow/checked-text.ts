/**
 * What people write for the program: YAML (and so JSON) against a schema. An error names file, line and field,
 * and nothing that is read can unfold into more than its size.
 */
import { Ajv2020 } from "ajv/dist/2020.js";
import type { ErrorObject, ValidateFunction } from "ajv/dist/2020.js";
import { isNode, LineCounter, parseDocument } from "yaml";
import type { Document } from "yaml";
import type { MyriadError } from "../../runtime/contracts/index.ts";
import { actorError } from "../errors.ts";
import type { ActorErrorCode } from "../errors.ts";

const MAX_MEBIBYTES = 4;

/** A kind of file. */
export interface TextKind {
  /** What it is called in errors, e.g. `task`. */
  readonly noun: string;
  readonly code: ActorErrorCode;
  readonly schema: object;
}

export interface CheckedText<Value> {
  readonly value: Value;
  /** The line of a field, or of the nearest one around it: `["cases", "0", "subject"]`. */
  lineOf(path: readonly string[]): number;
}

type Refuse = (message: string, location: string, cause?: unknown) => MyriadError;

/** A reader of one kind of file; its schema is compiled once, when it is first needed. */
export function textReader<Value>({
  noun,
  code,
  schema,
}: TextKind): (content: string, file: string) => CheckedText<Value> {
  let validator: ValidateFunction<Value> | null = null;
  const refuse: Refuse = (message, location, cause) =>
    actorError(code, message, { location, ...(cause === undefined ? {} : { cause }) });
  return (content, file) => {
    if (content.length > MAX_MEBIBYTES * 1024 * 1024) {
      throw refuse(`the ${noun} file is larger than ${MAX_MEBIBYTES} MiB`, file);
    }
    const lines = new LineCounter();
    const document = parseDocument(content, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
    const broken = document.errors[0];
    if (broken !== undefined) {
      const at = lines.linePos(broken.pos[0]);
      throw refuse(broken.message, `${file}:${String(at.line)}:${String(at.col)}`, broken);
    }
    const value = toPlain(document, () => refuse(`the ${noun} file's aliases unfold into too much`, file));
    const lineOf = (path: readonly string[]): number => lineIn(path, document, lines);
    validator ??= new Ajv2020({ allErrors: false, strict: true }).compile<Value>(schema);
    if (validator(value)) return { value, lineOf };
    const { path, what } = wordsOf(validator.errors![0]!, noun);
    const field = path.join(".");
    throw refuse(
      `${field === "" ? `the ${noun}` : field} ${what}`,
      `${file}:${lineOf(path)} (${field === "" ? noun : field})`,
    );
  };
}

function toPlain(document: Document, refusal: () => Error): unknown {
  try {
    // Aliases are bounded, so that a few lines cannot unfold into gigabytes.
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    throw refusal();
  }
}

function wordsOf(
  error: ErrorObject,
  noun: string,
): { readonly path: readonly string[]; readonly what: string } {
  const { instancePath, keyword, message, params } = error as ErrorObject<string, Record<string, unknown>>;
  const path = instancePath.split("/").slice(1).map(unescapePointer);
  const extra = params["additionalProperty"];
  if (typeof extra === "string") return { path: [...path, extra], what: `is not a field of a ${noun}` };
  const allowed = params["allowedValues"];
  const choices = Array.isArray(allowed) ? `: ${allowed.join(", ")}` : "";
  return { path, what: (TOLD[keyword] ?? message ?? "is wrong") + choices };
}

const TOLD: Readonly<Partial<Record<string, string>>> = {
  // The one list that may not hold the same thing twice by `contains`.
  contains: "names a metric more than once",
  "false schema": "cannot stand beside the other fields",
};

function unescapePointer(step: string): string {
  return step.replaceAll("~1", "/").replaceAll("~0", "~");
}

function lineIn(path: readonly string[], document: Document, lines: LineCounter): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(
      path.slice(0, length).map((step) => (/^\d+$/.test(step) ? Number(step) : step)),
      true,
    );
    if (isNode(node) && node.range != null) return lines.linePos(node.range[0]).line;
  }
  return 1;
}
