/** Task files: YAML (and so JSON) against the schema; an error names file, line and field. */
import { Ajv2020 } from "ajv/dist/2020.js";
import type { ErrorObject, ValidateFunction } from "ajv/dist/2020.js";
import { isNode, LineCounter, parseDocument } from "yaml";
import type { Document } from "yaml";
import { actorError } from "../errors.ts";
import { TASK_SCHEMA } from "./task-schema.ts";
import type { TaskText } from "./task.ts";

const MAX_TASK_BYTES = 4 * 1024 * 1024;

let validator: ValidateFunction<TaskText> | null = null;

/** @throws TASK_INVALID */
export function parseTaskText(content: string, file: string): TaskText {
  if (content.length > MAX_TASK_BYTES) {
    throw actorError("TASK_INVALID", "the task file is larger than 4 MiB", { location: file });
  }
  const lines = new LineCounter();
  const document = parseDocument(content, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const broken = document.errors[0];
  if (broken !== undefined) {
    const at = lines.linePos(broken.pos[0]);
    throw actorError("TASK_INVALID", broken.message, {
      location: `${file}:${String(at.line)}:${String(at.col)}`,
      cause: broken,
    });
  }
  const value: unknown = toPlain(document, file);
  validator ??= new Ajv2020({ allErrors: false, strict: true }).compile<TaskText>(TASK_SCHEMA);
  if (validator(value)) return value;
  throw schemaError(validator.errors![0]!, document, lines, file);
}

function toPlain(document: Document, file: string): unknown {
  try {
    // Aliases are bounded, so that a few lines cannot unfold into gigabytes.
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw actorError("TASK_INVALID", "the task file's aliases unfold into too much", {
      location: file,
      cause,
    });
  }
}

function schemaError(error: ErrorObject, document: Document, lines: LineCounter, file: string): Error {
  const params = error.params as Readonly<Record<string, unknown>>;
  const extra = params["additionalProperty"];
  const path = error.instancePath.split("/").slice(1).map(unescapePointer);
  if (typeof extra === "string") path.push(extra);
  const field = path.join(".");
  const what = typeof extra === "string" ? "is not a field of a task" : wordsOf(error);
  const allowed = params["allowedValues"];
  const choices = Array.isArray(allowed) ? `: ${allowed.join(", ")}` : "";
  return actorError("TASK_INVALID", `${field === "" ? "the task" : field} ${what}${choices}`, {
    location: `${file}:${lineOf(path, document, lines)} (${field === "" ? "task" : field})`,
  });
}

function wordsOf({ keyword, message }: ErrorObject): string {
  // The one list that may not hold the same thing twice by `contains`.
  return keyword === "contains" ? "names a metric more than once" : (message ?? "is wrong");
}

function unescapePointer(step: string): string {
  return step.replaceAll("~1", "/").replaceAll("~0", "~");
}

function lineOf(path: readonly string[], document: Document, lines: LineCounter): string {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(
      path.slice(0, length).map((step) => (/^\d+$/.test(step) ? Number(step) : step)),
      true,
    );
    if (isNode(node) && node.range != null) return String(lines.linePos(node.range[0]).line);
  }
  return "1";
}
