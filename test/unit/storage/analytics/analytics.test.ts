import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";

import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";

import { openAnalytics } from "../../../../storage/index.ts";
import type {
  Analytics,
  BaselineRow,
  ComparisonRow,
  ForkRow,
  SessionRow,
  SummaryRow,
} from "../../../../storage/index.ts";
import { hasCode } from "../../../contract/journal-contract.ts";

const fork = (number: number, changes: Partial<ForkRow> = {}): ForkRow => ({
  session: "S1",
  caseId: "case",
  version: "base",
  fork: number,
  order: 2 * number,
  node: "local",
  engine: "isolate",
  iterations: 3,
  failures: 0,
  outcomes: { returned: 2, threw: 1 },
  cpuMs: 1.25,
  peakMb: 40.5,
  recordedAt: 1_700_000_000_123,
  ...changes,
});

const baselineRow = (changes: Partial<BaselineRow> = {}): Omit<BaselineRow, "tag"> => ({
  caseId: "case",
  subject: "a.ts#f",
  metric: "wall",
  unit: "ns",
  direction: "lower",
  mean: 10.5,
  stdDev: 0.5,
  n: 20,
  ciLow: 10.1,
  ciHigh: 10.9,
  samplesSession: "S1",
  samplesVersion: "base",
  environment: { node: "20", cpus: ["x"] },
  programDigest: "00ff",
  createdAt: 1_700_000_000_000,
  note: null,
  ...changes,
});

describe("the analytics database", () => {
  it("gives back forks and samples as they were recorded, also after reopening", () =>
    inFolder(async (file) => {
      const before = await openAnalytics(file);
      for (const number of [2, 0, 1]) {
        await before.recordFork(fork(number), [
          { metric: "wall", values: Float64Array.of(number, number + 0.1, 1e300) },
        ]);
      }
      await before.close();
      await using(file, async (analytics) => {
        assert.deepEqual(await analytics.forksOf("S1"), [fork(0), fork(1), fork(2)]);
        const expected = [0, 1, 2].map((number) => Float64Array.of(number, number + 0.1, 1e300));
        assert.deepEqual(await analytics.samplesOf("S1", "case", "base", "wall"), expected);
        assert.deepEqual(await analytics.samplesOf("S1", "case", "other", "wall"), []);
        assert.deepEqual(await analytics.forksOf("S1", "case", "other"), []);
      });
    }));

  it("keeps every double exactly, in order, across chunks of any size", () =>
    inFolder((file) =>
      using(file, async (analytics) => {
        const arrays = fc.float64Array({ noNaN: true, noDefaultInfinity: true, maxLength: 50 });
        const property = fc.asyncProperty(arrays, fc.constantFrom(1, 100), async (values, copies) => {
          const long = Float64Array.from(
            { length: values.length * copies },
            (_, index) => values[index % values.length]!,
          );
          await analytics.recordFork(fork(0), [{ metric: "wall", values: long }]);
          const [read = new Float64Array(0)] = await analytics.samplesOf("S1", "case", "base", "wall");
          assert.deepEqual(new Uint8Array(read.buffer), new Uint8Array(long.buffer));
        });
        await fc.assert(property, { numRuns: 30 });
      }),
    ));

  it("replaces a fork that is recorded again, samples and all, and only that one", () =>
    inFolder((file) =>
      using(file, async (analytics) => {
        await analytics.recordFork(fork(0), [{ metric: "wall", values: Float64Array.of(1, 2, 3) }]);
        await analytics.recordFork(fork(1), [{ metric: "wall", values: Float64Array.of(4) }]);
        await analytics.recordFork(fork(0, { version: "candidate" }), [
          { metric: "wall", values: Float64Array.of(5) },
        ]);
        await analytics.recordFork(fork(0, { iterations: 1 }), [
          { metric: "ticks", values: Float64Array.of(9) },
        ]);
        assert.deepEqual(await analytics.samplesOf("S1", "case", "base", "wall"), [Float64Array.of(4)]);
        assert.deepEqual(await analytics.samplesOf("S1", "case", "base", "ticks"), [Float64Array.of(9)]);
        assert.deepEqual(await analytics.samplesOf("S1", "case", "candidate", "wall"), [Float64Array.of(5)]);
        assert.deepEqual(await analytics.forksOf("S1", "case", "base"), [
          fork(0, { iterations: 1 }),
          fork(1),
        ]);
      }),
    ));

  it("shows its samples and fork means to anyone who queries the file", () =>
    inFolder(async (file) => {
      await using(file, (analytics) =>
        analytics.recordFork(fork(3), [{ metric: "wall", values: Float64Array.of(1, 2, 6) }]),
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

  it("refuses values that are no measurement and fields that do not fit, and keeps nothing of the call", () =>
    inFolder((file) =>
      using(file, async (analytics) => {
        const invalid = hasCode("ANALYTICS_ROW_INVALID");
        for (const odd of [NaN, Infinity]) {
          await assert.rejects(
            analytics.recordFork(fork(0), [{ metric: "wall", values: Float64Array.of(1, odd) }]),
            invalid,
          );
        }
        await assert.rejects(analytics.recordFork(fork(0.5), []), invalid);
        await assert.rejects(analytics.recordFork(fork(0, { cpuMs: NaN }), []), invalid);
        await assert.rejects(
          analytics.recordFork(fork(0, { outcomes: { big: 1n as unknown as number } }), []),
          invalid,
        );
        assert.deepEqual(await analytics.forksOf("S1"), []);
      }),
    ));

  it("takes names for data, whatever they hold", () =>
    inFolder((file) =>
      using(file, async (analytics) => {
        const odd = `'; DROP TABLE forks; -- $1 "é😀`;
        await analytics.recordFork(fork(0, { session: odd, caseId: odd }), [
          { metric: odd, values: Float64Array.of(1) },
        ]);
        assert.deepEqual(await analytics.samplesOf(odd, odd, "base", odd), [Float64Array.of(1)]);
      }),
    ));

  it("never changes a baseline: the same again is nothing new, another is refused", () =>
    inFolder((file) =>
      using(file, async (analytics) => {
        await analytics.establishBaseline("v1", [baselineRow(), baselineRow({ metric: "ticks" })]);
        await analytics.establishBaseline("v1", [
          baselineRow({ metric: "ticks", createdAt: 5 }),
          baselineRow({ mean: 99 }),
        ]);
        for (const other of [
          [baselineRow()],
          [baselineRow({ samplesSession: "S2" }), baselineRow({ metric: "ticks" })],
        ]) {
          await assert.rejects(analytics.establishBaseline("v1", other), hasCode("BASELINE_EXISTS"));
        }
        const expected = [baselineRow({ metric: "ticks" }), baselineRow()].map((row) => ({
          ...row,
          tag: "v1",
        }));
        assert.deepEqual(await analytics.baseline("v1"), expected);
        assert.deepEqual(await analytics.baseline("v2"), []);
      }),
    ));

  it("establishes a tag once when two ask at the same time", () =>
    inFolder((file) =>
      using(file, async (analytics) => {
        const asked = ["S1", "S2"].map((samplesSession) =>
          analytics.establishBaseline("v1", [baselineRow({ samplesSession })]),
        );
        const [first, second] = await Promise.allSettled(asked);
        assert.equal(first?.status, "fulfilled");
        assert.ok(second?.status === "rejected" && hasCode("BASELINE_EXISTS")(second.reason));
      }),
    ));

  it("points each case at the tag promoted last", () =>
    inFolder((file) =>
      using(file, async (analytics) => {
        await analytics.establishBaseline("v1", [baselineRow(), baselineRow({ caseId: "other" })]);
        await analytics.establishBaseline("v2", [baselineRow({ createdAt: 1_800_000_000_000 })]);
        assert.deepEqual(await analytics.currentBaseline("case"), []);
        assert.deepEqual(await analytics.promote("v1"), [
          { caseId: "case", from: null, to: "v1" },
          { caseId: "other", from: null, to: "v1" },
        ]);
        assert.deepEqual(await analytics.promote("v2"), [{ caseId: "case", from: "v1", to: "v2" }]);
        assert.deepEqual(
          (await analytics.currentBaseline("case")).map(({ tag }) => tag),
          ["v2"],
        );
        assert.deepEqual(
          (await analytics.currentBaseline("other")).map(({ tag }) => tag),
          ["v1"],
        );
        await assert.rejects(analytics.promote("v3"), hasCode("BASELINE_UNKNOWN"));
        assert.deepEqual(
          (await analytics.baselines({ caseId: "case" })).map(({ tag }) => tag),
          ["v1", "v2"],
        );
        assert.equal((await analytics.baselines()).length, 3);
        assert.deepEqual(await analytics.baselines({ subject: "b.ts#g" }), []);
      }),
    ));

  it("keeps sessions, summaries and comparisons, the last word of each", () =>
    inFolder((file) =>
      using(file, async (analytics) => {
        const session: SessionRow = { session: "S1", command: "run", subject: "a.ts#f", goal: null, seed: "7", startedAt: 1, finishedAt: null, verdict: null, environment: { node: "20" } }; // prettier-ignore
        const finished = { ...session, finishedAt: 2, verdict: "improved" };
        await analytics.recordSession(session);
        await analytics.recordSession(finished);
        assert.deepEqual(await analytics.sessions(), [finished]);
        assert.deepEqual(await analytics.session("S1"), finished);
        assert.equal(await analytics.session("S2"), null);
        const summary: SummaryRow = { session: "S1", caseId: "case", metric: "wall", version: "base", unit: "ns", n: 3, mean: 1, stdDev: 1, median: 1, p95: 2, p99: 2, ciLow: 0, ciHigh: 2, detail: [1], recordedAt: 3 }; // prettier-ignore
        await analytics.recordSummaries([summary]);
        await analytics.recordSummaries([{ ...summary, mean: 2 }]);
        assert.deepEqual(await analytics.summariesOf("S1"), [{ ...summary, mean: 2 }]);
        const comparison: ComparisonRow = { session: "S1", caseId: "case", metric: "wall", baselineVersion: "base", candidateVersion: "c1", verdict: "improved", test: "welch", tolerance: 0.02, relDelta: -0.2, ciLow: null, ciHigh: null, p: 0.01, q: 0.02, hedgesG: null, cliffsDelta: -1, detail: { a: null }, recordedAt: 4 }; // prettier-ignore
        await analytics.recordComparisons([comparison, { ...comparison, metric: "ticks" }]);
        assert.deepEqual(await analytics.comparisonsOf("S1"), [
          { ...comparison, metric: "ticks" },
          comparison,
        ]);
      }),
    ));

  it("is refused a second time in this process, and free again after closing", () =>
    inFolder(async (file) => {
      const first = await openAnalytics(file);
      await assert.rejects(openAnalytics(file), hasCode("STATE_IN_USE"));
      await first.recordFork(fork(0), []);
      await first.close();
      await assert.rejects(first.forksOf("S1"), hasCode("ANALYTICS_CLOSED"));
      await using(file, async (second) => assert.equal((await second.forksOf("S1")).length, 1));
      assert.deepEqual(await readdir(join(file, "..")), ["analytics.duckdb"]);
    }));

  it("takes no notice of a claim left by a dead process, also one that had this pid", () =>
    inFolder(async (file) => {
      const host = hostname();
      await writeFile(
        `${file}.owner-${process.pid}`,
        JSON.stringify({ pid: process.pid, host, startedAt: 1 }),
      );
      await writeFile(`${file}.owner-999999999`, JSON.stringify({ pid: 999_999_999, host, startedAt: 1 }));
      await writeFile(`${file}.owner-1x`, "{");
      await using(file, async (analytics) => assert.deepEqual(await analytics.sessions(), []));
      assert.deepEqual(await readdir(join(file, "..")), ["analytics.duckdb"]);
    }));

  it("says that a file is damaged, or newer than this version, and leaves it as it is", () =>
    inFolder(async (file) => {
      await writeFile(file, "no database");
      await assert.rejects(openAnalytics(file), hasCode("ANALYTICS_CORRUPT"));
      assert.equal(await readFile(file, "utf8"), "no database");
      await rm(file);
      await using(file, (analytics) => analytics.sessions());
      const instance = await DuckDBInstance.create(file);
      const connection = await instance.connect();
      await connection.run("INSERT INTO schema_steps VALUES (1000), (1001)");
      connection.closeSync();
      instance.closeSync();
      await assert.rejects(openAnalytics(file), hasCode("STATE_NEWER"));
    }));
});

async function inFolder(test: (file: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "analytics-"));
  try {
    await test(join(folder, "analytics.duckdb"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function using(file: string, test: (analytics: Analytics) => Promise<unknown>): Promise<void> {
  const analytics = await openAnalytics(file);
  try {
    await test(analytics);
  } finally {
    await analytics.close();
  }
}
