import { DOUBLE } from "@duckdb/node-api";
import type { DuckDBConnection, DuckDBDataChunk, DuckDBResult } from "@duckdb/node-api";

import type { Analytics, BaselineFilter, BaselineRole, PrunedSamples, Promotion } from "./analytics.ts";
import { Database } from "./database.ts";
import {
  decodeRow,
  deleteStatement,
  encodeRow,
  insertStatement,
  keyOf,
  matchAll,
  selection,
} from "./row-table.ts";
import type { Bindings, RowTable } from "./row-table.ts";
import { requireDistinct, requireMeasured, requireSame, requireThere } from "./refusals.ts";
import { BASELINE_MARKS, BASELINES, COMPARISONS, FORKS, SESSIONS, SETTINGS, SUMMARIES } from "./rows.ts";
import type {
  BaselineMarks,
  BaselineRow,
  ComparisonRow,
  ForkRow,
  MetricSamples,
  SessionRow,
  SummaryRow,
} from "./rows.ts";
import { deleteOldSamples, sizeInUse } from "./sample-retention.ts";
import { appendSamples } from "./sample-writer.ts";

/**
 * In one DuckDB file, which anyone may query by hand. Every `record…` is one transaction.
 * One owner: the caller keeps it to one thread.
 */
export class DuckdbAnalytics implements Analytics {
  readonly notice = null;
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  recordSession(row: SessionRow): Promise<void> {
    return this.#record(SESSIONS, [row]);
  }

  async session(session: string): Promise<SessionRow | null> {
    return (await this.#rows(SESSIONS, { session }, "started_at"))[0] ?? null;
  }

  sessions(): Promise<readonly SessionRow[]> {
    return this.#rows(SESSIONS, {}, "started_at, session");
  }

  async recordFork(fork: ForkRow, samples: readonly MetricSamples[]): Promise<void> {
    const bindings = encodeRow(FORKS, fork);
    for (const given of samples) requireMeasured(given);
    await this.#database.write(async (connection) => {
      const forkKey = await replaceFork(connection, bindings);
      for (const { metric, values } of samples) {
        await appendSamples(connection, forkKey, await metricKey(connection, metric), values);
      }
    });
  }

  forksOf(session: string, caseId?: string, version?: string): Promise<readonly ForkRow[]> {
    const filter = {
      session,
      ...(caseId === undefined ? {} : { caseId }),
      ...(version === undefined ? {} : { version }),
    };
    return this.#rows(FORKS, filter, "case_id, version, fork");
  }

  samplesOf(session: string, caseId: string, version: string, metric: string): Promise<Float64Array[]> {
    const sql = `SELECT fork, value FROM samples WHERE ${matchAll(["session", "caseId", "version", "metric"])} ORDER BY fork, iteration`;
    return this.#database.read(async (connection) =>
      valuesByFork(await connection.run(sql, { session, caseId, version, metric })),
    );
  }

  recordSummaries(rows: readonly SummaryRow[]): Promise<void> {
    return this.#record(SUMMARIES, rows);
  }

  summariesOf(session: string): Promise<readonly SummaryRow[]> {
    return this.#rows(SUMMARIES, { session }, "case_id, metric, version");
  }

  recordComparisons(rows: readonly ComparisonRow[]): Promise<void> {
    return this.#record(COMPARISONS, rows);
  }

  comparisonsOf(session: string): Promise<readonly ComparisonRow[]> {
    return this.#rows(COMPARISONS, { session }, "case_id, metric, baseline_version, candidate_version");
  }

  async establishBaseline(tag: string, rows: readonly Omit<BaselineRow, "tag">[]): Promise<void> {
    const tagged = rows.map((row) => ({ ...row, tag }));
    requireDistinct(tagged);
    const encoded = tagged.map((row) => encodeRow(BASELINES, row));
    await this.#database.write(async (connection) => {
      const present = await selectRows(connection, BASELINES, { tag }, "case_id, metric");
      if (present.length === 0) {
        for (const bindings of encoded) await insert(connection, insertStatement(BASELINES), bindings);
      } else {
        requireSame(tag, present, tagged);
      }
    });
  }

  baseline(tag: string): Promise<readonly BaselineRow[]> {
    return this.#rows(BASELINES, { tag }, "case_id, metric");
  }

  async requireBaseline(tag: string): Promise<readonly BaselineRow[]> {
    return requireThere(tag, await this.baseline(tag));
  }

  baselines(filter: BaselineFilter = {}): Promise<readonly BaselineRow[]> {
    return this.#rows(BASELINES, { ...filter }, "created_at, tag, case_id, metric");
  }

  currentBaseline(caseId: string): Promise<readonly BaselineRow[]> {
    return this.#baselineIn("current", caseId);
  }

  releaseBaseline(caseId: string): Promise<readonly BaselineRow[]> {
    return this.#baselineIn("release", caseId);
  }

  async promote(tag: string, role: BaselineRole = "current"): Promise<readonly Promotion[]> {
    const pointers = POINTERS[role];
    const sql = `SELECT DISTINCT case_id AS "caseId", ${pointers}.tag AS "from"
      FROM baselines LEFT JOIN ${pointers} USING (case_id) WHERE baselines.tag = $tag ORDER BY case_id`;
    return await this.#database.write(async (connection) => {
      const cases = await (await connection.run(sql, { tag })).getRowObjects();
      requireThere(tag, cases);
      await connection.run(
        `DELETE FROM ${pointers} WHERE case_id IN (SELECT case_id FROM baselines WHERE tag = $tag)`,
        { tag },
      );
      await connection.run(
        `INSERT INTO ${pointers} SELECT DISTINCT case_id, tag FROM baselines WHERE tag = $tag`,
        { tag },
      );
      return cases.map(({ caseId, from }) => ({
        caseId: String(caseId),
        from: from == null ? null : String(from),
        to: tag,
      }));
    });
  }

  async markBaseline(marks: BaselineMarks): Promise<void> {
    const bindings = encodeRow(BASELINE_MARKS, marks);
    await this.#database.write(async (connection) => {
      requireThere(marks.tag, await selectRows(connection, BASELINES, { tag: marks.tag }, "case_id"));
      await replaceRow(connection, BASELINE_MARKS, bindings);
    });
  }

  baselineMarks(): Promise<readonly BaselineMarks[]> {
    return this.#rows(BASELINE_MARKS, {}, "tag");
  }

  async setting(name: string): Promise<unknown> {
    return (await this.#rows(SETTINGS, { name }, "name"))[0]?.value ?? null;
  }

  recordSetting(name: string, value: unknown): Promise<void> {
    return this.#record(SETTINGS, [{ name, value }]);
  }

  async pruneSamples(before: number, dryRun: boolean): Promise<PrunedSamples> {
    const bytesBefore = await this.#database.read(sizeInUse);
    const removed = await this.#database.write((connection) => deleteOldSamples(connection, before, dryRun));
    const bytesAfter = dryRun ? bytesBefore : await this.#database.read(sizeInUse);
    return { ...removed, bytesBefore, bytesAfter };
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  async #baselineIn(role: BaselineRole, caseId: string): Promise<readonly BaselineRow[]> {
    const sql = `SELECT ${selection(BASELINES)} FROM baselines SEMI JOIN ${POINTERS[role]} USING (case_id, tag)
      WHERE case_id = $caseId ORDER BY metric`;
    const rows = await this.#database.read(async (connection) =>
      (await connection.run(sql, { caseId })).getRowObjects(),
    );
    return rows.map((row) => decodeRow(BASELINES, row));
  }

  async #record<Row extends object>(table: RowTable<Row>, rows: readonly Row[]): Promise<void> {
    const encoded = rows.map((row) => encodeRow(table, row));
    await this.#database.write(async (connection) => {
      for (const bindings of encoded) await replaceRow(connection, table, bindings);
    });
  }

  #rows<Row>(table: RowTable<Row>, filter: Bindings, order: string): Promise<readonly Row[]> {
    return this.#database.read((connection) => selectRows(connection, table, filter, order));
  }
}

/** The tables that say which tag of a case has the role. */
const POINTERS: Readonly<Record<BaselineRole, string>> = {
  current: "current_baselines",
  release: "release_baselines",
};

async function replaceRow<Row>(
  connection: DuckDBConnection,
  table: RowTable<Row>,
  bindings: Bindings,
): Promise<void> {
  await connection.run(deleteStatement(table), keyOf(table, bindings));
  await insert(connection, insertStatement(table), bindings);
}

/** Opens or makes the file, see `Database.open`. @throws STATE_IN_USE, STATE_NEWER, STATE_UNWRITABLE, ANALYTICS_CORRUPT */
export async function openDuckdbAnalytics(file: string, rival: string): Promise<DuckdbAnalytics> {
  return new DuckdbAnalytics(await Database.open(file, rival));
}

async function selectRows<Row>(
  connection: DuckDBConnection,
  table: RowTable<Row>,
  filter: Bindings,
  order: string,
): Promise<readonly Row[]> {
  const where = Object.keys(filter).length === 0 ? "" : `WHERE ${matchAll(Object.keys(filter))}`;
  const result = await connection.run(
    `SELECT ${selection(table)} FROM ${table.name} ${where} ORDER BY ${order}`,
    filter,
  );
  return (await result.getRowObjects()).map((row) => decodeRow(table, row));
}

/** Figures are bound as doubles: left alone, whole ones become 64-bit integers, which not all are, and −0 is 0. */
function insert(connection: DuckDBConnection, sql: string, bindings: Bindings): Promise<DuckDBResult> {
  const figures = Object.keys(bindings).filter((field) => typeof bindings[field] === "number");
  return connection.run(sql, bindings, Object.fromEntries(figures.map((field) => [field, DOUBLE])));
}

async function replaceFork(connection: DuckDBConnection, bindings: Bindings): Promise<bigint> {
  const key = keyOf(FORKS, bindings);
  const same = `SELECT fork_key FROM forks WHERE ${matchAll(FORKS.key)}`;
  await connection.run(`DELETE FROM sample_values WHERE fork_key IN (${same})`, key);
  await connection.run(deleteStatement(FORKS), key);
  const inserted = await insert(
    connection,
    `${insertStatement(FORKS, { fork_key: "nextval('fork_keys')" })} RETURNING fork_key`,
    bindings,
  );
  return (await inserted.getRows())[0]?.[0] as bigint;
}

async function metricKey(connection: DuckDBConnection, metric: string): Promise<number> {
  const known = await (
    await connection.run("SELECT metric_key FROM metrics WHERE metric = $metric", { metric })
  ).getRows();
  if (known[0] !== undefined) return known[0][0] as number;
  const sql = "INSERT INTO metrics VALUES (nextval('metric_keys'), $metric) RETURNING metric_key";
  return (await (await connection.run(sql, { metric })).getRows())[0]?.[0] as number;
}

async function valuesByFork(result: DuckDBResult): Promise<Float64Array[]> {
  const forks: { readonly fork: unknown; readonly values: number[] }[] = [];
  for (const chunk of await result.fetchAllChunks()) collectValues(chunk, forks);
  return forks.map(({ values }) => Float64Array.from(values));
}

function collectValues(
  chunk: DuckDBDataChunk,
  forks: { readonly fork: unknown; readonly values: number[] }[],
): void {
  const values = chunk.getColumnValues(1);
  for (const [row, fork] of chunk.getColumnValues(0).entries()) {
    if (forks.at(-1)?.fork !== fork) forks.push({ fork, values: [] });
    forks.at(-1)?.values.push(values[row] as number);
  }
}
