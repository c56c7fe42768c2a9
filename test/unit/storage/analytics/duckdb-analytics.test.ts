import assert from "node:assert/strict";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";

import { DuckDBInstance } from "@duckdb/node-api";

import { MIGRATIONS } from "../../../../storage/analytics/migrations.ts";
import { openAnalytics } from "../../../../storage/index.ts";
import { analyticsContract } from "../../../contract/analytics-contract.ts";
import { hasCode } from "../../../contract/journal-contract.ts";
import { forkRow, inFolder, using } from "../../../kit/analytics.ts";

analyticsContract("DuckDB", { open: (folder) => openAnalytics(folder), leaves: "analytics.duckdb" });

describe("the analytics database", () => {
  it("shows its samples and fork means to anyone who queries the file", () =>
    inFolder(async (folder) => {
      const file = join(folder, "analytics.duckdb");
      await using(openAnalytics(folder), (analytics) =>
        analytics.recordFork(forkRow(3), [{ metric: "wall", values: Float64Array.of(1, 2, 6) }]),
      );
      const instance = await DuckDBInstance.create(file);
      const connection = await instance.connect();
      const samples = await connection.run(`SELECT * FROM samples ORDER BY iteration LIMIT 1`);
      assert.deepEqual(await samples.getRowObjects(), [
        {
          session: "S1",
          case_id: "case",
          metric: "wall",
          version: "base",
          fork: 3,
          iteration: 0,
          order: 6,
          node: "local",
          value: 1,
        },
      ]);
      const means = await connection.run(`SELECT iterations, mean FROM fork_means`);
      assert.deepEqual(await means.getRows(), [[3n, 3]]);
      connection.closeSync();
      instance.closeSync();
    }));

  it("takes no notice of a claim left by a dead process, also one that had this pid", () =>
    inFolder(async (folder) => {
      const file = join(folder, "analytics.duckdb");
      const host = hostname();
      await writeFile(
        `${file}.owner-${process.pid}`,
        JSON.stringify({ pid: process.pid, host, startedAt: 1 }),
      );
      await writeFile(`${file}.owner-999999999`, JSON.stringify({ pid: 999_999_999, host, startedAt: 1 }));
      await writeFile(`${file}.owner-1x`, "{");
      await using(openAnalytics(folder), async (analytics) =>
        assert.deepEqual(await analytics.sessions(), []),
      );
      assert.deepEqual(await readdir(folder), ["analytics.duckdb"]);
    }));

  it("brings a database of the first version forward, with all that is in it", () =>
    inFolder(async (folder) => {
      const file = join(folder, "analytics.duckdb");
      const instance = await DuckDBInstance.create(file);
      const connection = await instance.connect();
      await connection.run(`CREATE TABLE schema_steps (step INTEGER NOT NULL); ${MIGRATIONS[0]!};
        INSERT INTO schema_steps VALUES (1);
        INSERT INTO baselines VALUES ('v1', 'case', 'a.ts#f', 'wall', 'ns', 'lower', 1, 2, 3, 0, 2, 'S1', 'base',
          '{}', '00', '2026-01-01', NULL);
        INSERT INTO current_baselines VALUES ('case', 'v1')`);
      connection.closeSync();
      instance.closeSync();
      await using(openAnalytics(folder), async (analytics) => {
        const [row] = await analytics.currentBaseline("case");
        assert.deepEqual([row?.tag, row?.mean, row?.tolerance, row?.tool], ["v1", 1, null, null]);
        await analytics.promote("v1", "release");
        assert.equal((await analytics.releaseBaseline("case")).length, 1);
      });
    }));

  it("says that a file is damaged, or newer than this version, and leaves it as it is", () =>
    inFolder(async (folder) => {
      const file = join(folder, "analytics.duckdb");
      await writeFile(file, "no database");
      await assert.rejects(openAnalytics(folder), hasCode("ANALYTICS_CORRUPT"));
      assert.equal(await readFile(file, "utf8"), "no database");
      await rm(file);
      await using(openAnalytics(folder), (analytics) => analytics.sessions());
      const instance = await DuckDBInstance.create(file);
      const connection = await instance.connect();
      await connection.run("INSERT INTO schema_steps VALUES (1000), (1001)");
      connection.closeSync();
      instance.closeSync();
      await assert.rejects(openAnalytics(folder), hasCode("STATE_NEWER"));
    }));
});
