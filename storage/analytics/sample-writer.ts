import { BIGINT, DOUBLE, DuckDBDataChunk, INTEGER } from "@duckdb/node-api";
import type { DuckDBConnection } from "@duckdb/node-api";

/** Appends one fork's values of one metric to `sample_values`, in chunks of typed columns. */
export async function appendSamples(
  connection: DuckDBConnection,
  forkKey: bigint,
  metricKey: number,
  values: Float64Array,
): Promise<void> {
  const appender = await connection.createAppender("sample_values");
  for (let start = 0; start < values.length; start += MAX_CHUNK_ROWS) {
    const part = values.subarray(start, start + MAX_CHUNK_ROWS);
    const chunk = DuckDBDataChunk.create([BIGINT, INTEGER, INTEGER, DOUBLE], part.length);
    chunk.setColumnValues(
      0,
      Array.from(part, () => forkKey),
    );
    chunk.setColumnValues(
      1,
      Array.from(part, () => metricKey),
    );
    chunk.setColumnValues(
      2,
      Array.from(part, (_, index) => start + index),
    );
    chunk.setColumnValues(3, Array.from(part));
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}

/** DuckDB's vector size: no chunk can hold more. */
const MAX_CHUNK_ROWS = 2048;
