/** The places where settings of a node stand: a file, the environment, flags. All are held to the one schema. */
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { ErrorObject, ValidateFunction } from "ajv/dist/2020.js";
import { isNode, LineCounter, parseDocument } from "yaml";
import type { Document } from "yaml";
import { clusterError } from "../errors.ts";
import { NODE_FIELDS, NODE_SCHEMA, SECRET_FIELDS } from "./node-schema.ts";
import type { NodeField } from "./node-schema.ts";

/** Settings by the paths of their fields, with where each stands. */
export type Settings = ReadonlyMap<string, { readonly value: unknown; readonly from: string }>;

/** A setting as a command line has it. */
export interface FlagText {
  /** Such as `--threads`. */
  readonly flag: string;
  /** The field that it sets, such as `threads`. */
  readonly field: string;
  readonly text: string;
}

const MOST_BYTES = 1_048_576;

/** A file of YAML, and so of JSON. */
export class ConfigFile {
  readonly #path: string;
  readonly #document: Document;
  readonly #lines = new LineCounter();

  /** @throws NODE_CONFIG_UNREADABLE, NODE_CONFIG_INVALID */
  constructor(path: string) {
    this.#path = path;
    const options = { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: true };
    this.#document = parseDocument(contentOf(path), options);
    const broken = this.#document.errors[0];
    if (broken === undefined) return;
    const { line, col } = this.#lines.linePos(broken.pos[0]);
    // Its own words show what stands in the file.
    const what = `the file is no YAML: ${broken.code.toLowerCase().replaceAll("_", " ")}`;
    throw clusterError("NODE_CONFIG_INVALID", what, { location: `${path}:${line}:${col}` });
  }

  /** @throws NODE_CONFIG_INVALID */
  settings(): Settings {
    const tree = this.#tree() ?? {};
    validate(tree, (path) => `${this.#path}:${this.#lineOf(path)}`);
    return new Map(
      NODE_FIELDS.flatMap(({ path }) => {
        const steps = path.split(".");
        const value = valueAt(tree, steps);
        return value === undefined ? [] : [[path, { value, from: `${this.#path}:${this.#lineOf(steps)}` }]];
      }),
    );
  }

  #tree(): unknown {
    try {
      // A few lines must not unfold into gigabytes.
      return this.#document.toJS({ maxAliasCount: 100 });
    } catch {
      throw clusterError("NODE_CONFIG_INVALID", "the file's aliases unfold into too much", {
        location: this.#path,
      });
    }
  }

  /** Of a field, or of the nearest one around it. */
  #lineOf(path: readonly string[]): number {
    for (let length = path.length; length > 0; length--) {
      const node = this.#document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range != null) return this.#lines.linePos(node.range[0]).line;
    }
    return 1;
  }
}

function contentOf(path: string): string {
  try {
    const bytes = readFileSync(path);
    if (bytes.length <= MOST_BYTES) return bytes.toString("utf8");
  } catch (cause) {
    throw clusterError("NODE_CONFIG_UNREADABLE", `the configuration ${path} cannot be read`, {
      location: path,
      cause,
    });
  }
  throw clusterError("NODE_CONFIG_INVALID", "the configuration is larger than 1 MiB", { location: path });
}

const FIELDS: readonly NodeField[] = [...NODE_FIELDS, ...SECRET_FIELDS];
const OF_NODES = "MYRIAD_NODE_";

/** What is empty counts as not set. @throws NODE_CONFIG_INVALID, also for a name that means nothing */
export function environmentSettings(environment: NodeJS.ProcessEnv): Settings {
  const given = Object.entries(environment).filter(
    ([name, text]) => name.startsWith(OF_NODES) && text !== undefined && text !== "",
  );
  return settingsOf(
    given.map(([name, text]) => {
      const field = FIELDS.find(({ variable }) => variable === name);
      if (field !== undefined) return { field, text: text!, from: name };
      throw clusterError("NODE_CONFIG_INVALID", `${name} is no setting of a node`, { location: name });
    }),
  );
}

/** @throws NODE_CONFIG_INVALID */
export function flagSettings(flags: readonly FlagText[]): Settings {
  return settingsOf(
    flags.map(({ flag, field: path, text }) => {
      const field = NODE_FIELDS.find((one) => one.path === path);
      if (field !== undefined) return { field, text, from: flag };
      throw clusterError("NODE_CONFIG_INVALID", `${path} is no setting of a node`, { location: flag });
    }),
  );
}

interface Given {
  readonly field: NodeField;
  readonly text: string;
  readonly from: string;
}

function settingsOf(all: readonly Given[]): Settings {
  const settings = all.map(
    ({ field, text, from }) => [field.path, { value: valueOf(field, text), from }] as const,
  );
  for (const [path, { value, from }] of settings) {
    if (SECRET_FIELDS.every((field) => field.path !== path)) validate(treeOf(path, value), () => from);
  }
  return new Map(settings);
}

/** What cannot be read as its kind stays a text, which the schema refuses. */
function valueOf({ kind }: NodeField, text: string): unknown {
  if (kind === "list") return text.split(",").map((item) => item.trim());
  if (kind === "whole") return /^\d+$/.test(text) ? Number(text) : text;
  return kind === "flag" && /^(?:true|false)$/.test(text) ? text === "true" : text;
}

function treeOf(path: string, value: unknown): unknown {
  return path.split(".").reduceRight<unknown>((inner, step) => ({ [step]: inner }), value);
}

function valueAt(tree: unknown, steps: readonly string[]): unknown {
  return steps.reduce<unknown>(
    (at, step) => (typeof at === "object" && at !== null ? (at as Record<string, unknown>)[step] : undefined),
    tree,
  );
}

let validator: ValidateFunction | null = null;

function validate(tree: unknown, locate: (path: readonly string[]) => string): void {
  validator ??= new Ajv2020({ allErrors: false, strict: true }).compile(NODE_SCHEMA);
  if (validator(tree)) return;
  const { path, what, hint } = wordsOf(validator.errors![0]!);
  const field = path.join(".");
  throw clusterError("NODE_CONFIG_INVALID", `${field === "" ? "the configuration" : field} ${what}`, {
    location: locate(path),
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Without the value itself. */
function wordsOf(error: ErrorObject): {
  readonly path: readonly string[];
  readonly what: string;
  readonly hint?: string;
} {
  const { instancePath, keyword, message, params } = error as ErrorObject<string, Record<string, unknown>>;
  const path = instancePath.split("/").slice(1);
  const extra = params["additionalProperty"];
  if (typeof extra === "string") {
    const own = [...path, extra];
    const secret = SECRET_FIELDS.find((field) => field.path === own.join("."));
    const what =
      secret === undefined ? "is not a field of a node" : "is a secret, and does not stand in a file";
    const hint = `Put it into a file of its own (${own.join(".")}File), or into ${secret?.variable ?? ""}.`;
    return { path: own, what, ...(secret === undefined ? {} : { hint }) };
  }
  if (keyword === "pattern")
    return { path, what: PATTERNS[path.find((step) => step in PATTERNS) ?? ""] ?? "is wrong" };
  const allowed = params["allowedValues"];
  return { path, what: `${message ?? "is wrong"}${Array.isArray(allowed) ? `: ${allowed.join(", ")}` : ""}` };
}

const PATTERNS: Readonly<Record<string, string>> = {
  name: "is letters, digits, dots, dashes and underscores, 63 at most",
  cluster: "is letters, digits, dashes and underscores, 32 at most",
  roles: "are letters, digits, dots, dashes and underscores, 63 at most each",
  servers: "are addresses like 127.0.0.1:4222 or tls://host:4222, without credentials",
};
