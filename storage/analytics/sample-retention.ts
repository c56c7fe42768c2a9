import type { DuckDBConnection } from "@duckdb/node-api";

import type { PrunedSamples } from "./analytics.ts";

/**
 * Raw samples that have grown old. They are kept column by column, compressed by DuckDB at its checkpoints: about
 * 5 bytes a sample of 24, since keys and iterations come to nearly nothing. What is removed makes room inside the
 * file for what comes, by row groups of 122,880; DuckDB does not make the file itself smaller.
 */
const OLD_FORKS = `
  SELECT fork_key FROM forks
  WHERE recorded_at < make_timestamp_ms($before::DOUBLE::BIGINT) AND (session, version, case_id) NOT IN (
    SELECT (samples_session, samples_version, case_id) FROM baselines
    SEMI JOIN (FROM current_baselines UNION ALL FROM release_baselines) AS promoted USING (case_id, tag)
  )`;

export async function deleteOldSamples(
  connection: DuckDBConnection,
  before: number,
  dryRun: boolean,
): Promise<Pick<PrunedSamples, "forks" | "samples">> {
  const counted = await connection.run(
    `SELECT count(DISTINCT fork_key)::DOUBLE, count(*)::DOUBLE FROM sample_values WHERE fork_key IN (${OLD_FORKS})`,
    { before },
  );
  const [forks, samples] = (await counted.getRows())[0]!;
  if (!dryRun && samples !== 0) {
    await connection.run(`DELETE FROM sample_values WHERE fork_key IN (${OLD_FORKS})`, { before });
  }
  return { forks: Number(forks), samples: Number(samples) };
}

/** In bytes, after the log has been worked into the file. */
export async function sizeInUse(connection: DuckDBConnection): Promise<number> {
  await connection.run("CHECKPOINT");
  const size = await connection.run("SELECT (used_blocks * block_size)::DOUBLE FROM pragma_database_size()");
  return Number((await size.getRows())[0]?.[0]);
}
