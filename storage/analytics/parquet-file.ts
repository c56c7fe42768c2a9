import type * as DuckDbApi from "@duckdb/node-api";
import type { DuckDBConnection, DuckDBType, DuckDBValue } from "@duckdb/node-api";

import { storageError } from "../errors.ts";

export type ColumnType = "text" | "number" | "integer" | "flag" | "time";

export interface TableColumn {
  readonly name: string;
  readonly type: ColumnType;
}

/** In the order of the columns; a time is in milliseconds since the epoch. */
export type TableRow = readonly (string | number | boolean | null)[];

const SQL_TYPES: Readonly<Record<ColumnType, string>> = {
  text: "VARCHAR",
  number: "DOUBLE",
  integer: "INTEGER",
  flag: "BOOLEAN",
  time: "TIMESTAMP",
};

/** DuckDB's vector size: no chunk can hold more. */
const CHUNK_ROWS = 2048;

/**
 * Writes the rows as one Parquet file, in place of what lies there, by a DuckDB of its own in memory.
 * @throws INSTALLATION_INCOMPLETE where DuckDB cannot be loaded; ANALYTICS_WRITE_FAILED
 */
export async function writeParquet(
  file: string,
  columns: readonly TableColumn[],
  rows: Iterable<TableRow> | AsyncIterable<TableRow>,
): Promise<void> {
  const duckdb = await import("@duckdb/node-api").catch((cause: unknown) => {
    throw storageError("INSTALLATION_INCOMPLETE", "Parquet is written by DuckDB.", { location: file, cause });
  });
  const instance = await duckdb.DuckDBInstance.create(":memory:", { threads: "1" });
  try {
    const connection = await instance.connect();
    await fillTable(duckdb, connection, columns, rows);
    const target = file.replaceAll("'", "''");
    await connection.run(`COPY exported TO '${target}' (FORMAT parquet, COMPRESSION zstd)`);
    connection.closeSync();
  } catch (cause) {
    throw storageError("ANALYTICS_WRITE_FAILED", "The Parquet file could not be written.", {
      location: file,
      cause,
    });
  } finally {
    instance.closeSync();
  }
}

type DuckDb = typeof DuckDbApi;

async function fillTable(
  duckdb: DuckDb,
  connection: DuckDBConnection,
  columns: readonly TableColumn[],
  rows: Iterable<TableRow> | AsyncIterable<TableRow>,
): Promise<void> {
  const fields = columns.map(({ name, type }) => `"${name}" ${SQL_TYPES[type]}`);
  await connection.run(`CREATE TABLE exported (${fields.join(", ")})`);
  const appender = await connection.createAppender("exported");
  const append = (part: readonly TableRow[]): void => {
    const chunk = duckdb.DuckDBDataChunk.create(
      columns.map(({ type }) => typeOf(duckdb, type)),
      part.length,
    );
    for (const [at, { type }] of columns.entries()) {
      chunk.setColumnValues(
        at,
        part.map((row) => valueOf(duckdb, type, row[at] ?? null)),
      );
    }
    appender.appendDataChunk(chunk);
  };
  let part: TableRow[] = [];
  for await (const row of rows) {
    part.push(row);
    if (part.length < CHUNK_ROWS) continue;
    append(part);
    part = [];
  }
  if (part.length > 0) append(part);
  appender.closeSync();
}

function typeOf({ VARCHAR, DOUBLE, INTEGER, BOOLEAN, TIMESTAMP }: DuckDb, type: ColumnType): DuckDBType {
  return { text: VARCHAR, number: DOUBLE, integer: INTEGER, flag: BOOLEAN, time: TIMESTAMP }[type];
}

function valueOf(duckdb: DuckDb, type: ColumnType, value: TableRow[number]): DuckDBValue {
  if (type !== "time" || typeof value !== "number") return value;
  return new duckdb.DuckDBTimestampValue(BigInt(Math.round(value * 1000)));
}
