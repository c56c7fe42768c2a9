import type { DuckDBValue } from "@duckdb/node-api";

import { storageError } from "../errors.ts";

/** How a field is kept; `?` admits null, and is null where the field is absent. A field's column has its name in snake case. */
export type FieldKind = "text" | "text?" | "number" | "number?" | "integer" | "time" | "time?" | "json";

/** A record type and its table: the one place from which its statements are made. */
export interface RowTable<Row> {
  readonly name: string;
  /** Recording a row replaces the one with the same key. */
  readonly key: readonly (keyof Row & string)[];
  readonly fields: Readonly<Record<keyof Row & string, FieldKind>>;
}

export type Bindings = Record<string, DuckDBValue>;

export function insertStatement<Row>(
  table: RowTable<Row>,
  extra: Readonly<Record<string, string>> = {},
): string {
  const fields = Object.entries<FieldKind>(table.fields);
  const columns = [...Object.keys(extra), ...fields.map(([field]) => column(field))];
  const values = [...Object.values(extra), ...fields.map(([field, kind]) => parameter(field, kind))];
  return `INSERT INTO ${table.name} (${columns.join(", ")}) VALUES (${values.join(", ")})`;
}

export function deleteStatement<Row>(table: RowTable<Row>): string {
  return `DELETE FROM ${table.name} WHERE ${matchAll(table.key)}`;
}

/** The columns that `decodeRow` reads. */
export function selection<Row>(table: RowTable<Row>): string {
  return Object.entries<FieldKind>(table.fields)
    .map(
      ([field, kind]) =>
        (kind.startsWith("time") ? `epoch_ms(${column(field)})::DOUBLE` : column(field)) + ` AS "${field}"`,
    )
    .join(", ");
}

/** `a = $a AND b = $b …` for these fields. */
export function matchAll(fields: readonly string[]): string {
  return fields.map((field) => `${column(field)} = $${field}`).join(" AND ");
}

/** @throws ANALYTICS_ROW_INVALID naming the field. */
export function encodeRow<Row extends object>(table: RowTable<Row>, row: Row): Bindings {
  const given = row as Readonly<Record<string, unknown>>;
  const bindings: Bindings = {};
  for (const [field, kind] of Object.entries<FieldKind>(table.fields)) {
    bindings[field] = encodeField(table.name, field, kind, given[field]);
  }
  return bindings;
}

/** Only the fields of the table's key, for `deleteStatement`. */
export function keyOf<Row>(table: RowTable<Row>, bindings: Bindings): Bindings {
  return Object.fromEntries(table.key.map((field) => [field, bindings[field] ?? null]));
}

export function decodeRow<Row>(table: RowTable<Row>, row: Readonly<Record<string, DuckDBValue>>): Row {
  const decoded: Record<string, unknown> = {};
  for (const [field, kind] of Object.entries<FieldKind>(table.fields)) {
    const value = row[field] ?? null;
    decoded[field] = kind === "json" && typeof value === "string" ? (JSON.parse(value) as unknown) : value;
  }
  // The table's columns and the row's fields are one list, so this is a Row by construction.
  return decoded as Row;
}

function encodeField(table: string, field: string, kind: FieldKind, value: unknown): DuckDBValue {
  if ((value ?? null) === null && kind.endsWith("?")) return null;
  const encoded = kind === "json" ? encodeJson(value) : value;
  switch (kind) {
    case "text":
    case "text?":
    case "json":
      if (typeof encoded === "string") return encoded;
      break;
    case "integer":
      if (typeof encoded === "number" && Number.isInteger(encoded) && Math.abs(encoded) < 2 ** 31)
        return encoded;
      break;
    default:
      if (typeof encoded === "number" && Number.isFinite(encoded)) return encoded;
  }
  throw storageError("ANALYTICS_ROW_INVALID", `The field ${field} of ${table} cannot hold this value.`, {
    location: `${table}.${field}`,
  });
}

function encodeJson(value: unknown): unknown {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined; // A cycle or a BigInt: reported like any other value that does not fit.
  }
}

function parameter(field: string, kind: FieldKind): string {
  if (kind.startsWith("time")) return `make_timestamp_ms($${field}::DOUBLE::BIGINT)`;
  return kind === "integer" ? `$${field}::INTEGER` : `$${field}`;
}

function column(field: string): string {
  return `"${field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}"`;
}
