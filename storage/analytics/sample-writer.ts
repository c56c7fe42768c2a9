import { BIGINT, DOUBLE, DuckDBDataChunk, INTEGER } from "@duckdb/node-api";
import type { DuckDBConnection } from "@duckdb/node-api";

/** Appends one fork's values of one metric to `sample_values`, in chunks of typed columns; NaN leaves a gap. */
export async function appendSamples(
  connection: DuckDBConnection,
  forkKey: bigint,
  metricKey: number,
  values: Float64Array,
): Promise<void> {
  const appender = await connection.createAppender("sample_values");
  const iterations = Array.from(values.keys()).filter((iteration) => !Number.isNaN(values[iteration]));
  for (let start = 0; start < iterations.length; start += MAX_CHUNK_ROWS) {
    const part = iterations.slice(start, start + MAX_CHUNK_ROWS);
    const chunk = DuckDBDataChunk.create([BIGINT, INTEGER, INTEGER, DOUBLE], part.length);
    chunk.setColumnValues(
      0,
      part.map(() => forkKey),
    );
    chunk.setColumnValues(
      1,
      part.map(() => metricKey),
    );
    chunk.setColumnValues(2, part);
    chunk.setColumnValues(
      3,
      part.map((iteration) => values[iteration]!),
    );
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}

/** DuckDB's vector size: no chunk can hold more. */
const MAX_CHUNK_ROWS = 2048;
