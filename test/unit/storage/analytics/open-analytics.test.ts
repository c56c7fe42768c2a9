import assert from "node:assert/strict";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, join } from "node:path";
import { describe, it } from "node:test";

import fc from "fast-check";

import { MyriadError } from "../../../../runtime/contracts/index.ts";
import { openAnalytics, openFileJournal } from "../../../../storage/index.ts";
import type { Analytics } from "../../../../storage/index.ts";
import { ownLife } from "../../../../storage/process-life.ts";
import { hasCode } from "../../../contract/journal-contract.ts";
import {
  baselineRow,
  comparisonRow,
  everythingIn,
  forkRow,
  inFolder,
  sessionRow,
  summaryRow,
  using,
} from "../../../kit/analytics.ts";

const openFiles = (folder: string): Promise<Analytics> =>
  openAnalytics(folder, () => Promise.reject(new Error("no binding\nRequire stack:")));

const ASKED = {
  sessions: ["S1", "S2"],
  cases: ["a", "b"],
  versions: ["base"],
  metrics: ["wall", "ticks"],
  tags: ["v1", "v2", "v3"],
};

type Step = (analytics: Analytics) => Promise<unknown>;

const session = fc.constantFrom(...ASKED.sessions);
const caseId = fc.constantFrom(...ASKED.cases);
const version = fc.constantFrom(...ASKED.versions);
const metric = fc.constantFrom(...ASKED.metrics);
const tag = fc.constantFrom(...ASKED.tags);
const figure = fc.double({ noNaN: true, noDefaultInfinity: true });
const values = fc.float64Array({ noNaN: true, noDefaultInfinity: true, maxLength: 5 });

const forkStep = fc
  .record({ session, caseId, version, fork: fc.nat(3), cpuMs: figure, metric, values })
  .map(({ metric, values, fork, ...rest }): Step => {
    return (analytics) => analytics.recordFork(forkRow(fork, rest), [{ metric, values }]);
  });
const sessionStep = fc
  .record({ session, startedAt: fc.nat(), verdict: fc.option(fc.string()), environment: fc.json() })
  .map(
    (changes): Step =>
      (analytics) =>
        analytics.recordSession(sessionRow(changes)),
  );
const summaryStep = fc
  .array(fc.record({ session, caseId, version, metric, mean: figure }), { maxLength: 3 })
  .map(
    (rows): Step =>
      (analytics) =>
        analytics.recordSummaries(rows.map(summaryRow)),
  );
const comparisonStep = fc
  .array(fc.record({ session, caseId, metric, relDelta: fc.option(figure) }), { maxLength: 3 })
  .map(
    (rows): Step =>
      (analytics) =>
        analytics.recordComparisons(rows.map(comparisonRow)),
  );
const establishStep = fc
  .record({ tag, cases: fc.uniqueArray(caseId, { minLength: 1 }), createdAt: fc.nat(), mean: figure })
  .map(({ tag, cases, ...rest }): Step => {
    return (analytics) =>
      analytics.establishBaseline(
        tag,
        cases.map((one) => baselineRow({ caseId: one, ...rest })),
      );
  });
const promoteStep = fc
  .record({ tag, role: fc.constantFrom("current", "release") })
  .map(({ tag, role }): Step => {
    return (analytics) => analytics.promote(tag, role);
  });
const markStep = fc
  .record({ tag, label: fc.option(fc.string()), note: fc.option(fc.string()), changedAt: fc.nat() })
  .map((marks): Step => (analytics) => analytics.markBaseline(marks)); // prettier-ignore
const settingStep = fc
  .jsonValue()
  .map((value): Step => (analytics) => analytics.recordSetting("days", value)); // prettier-ignore
const steps = fc.array(
  fc.oneof(
    forkStep,
    sessionStep,
    summaryStep,
    comparisonStep,
    establishStep,
    promoteStep,
    markStep,
    settingStep,
  ),
  { maxLength: 25 },
);

/** What each step ended in: its answer, or its code. */
async function take(list: readonly Step[], analytics: Analytics): Promise<readonly unknown[]> {
  const outcomes: unknown[] = [];
  for (const step of list) {
    outcomes.push(
      await step(analytics).catch((error: unknown) => (error instanceof MyriadError ? error.code : error)),
    );
  }
  return outcomes;
}

describe("opening the measurements", () => {
  it("takes the database where DuckDB loads, else plain files, with a notice that gives the reason", () =>
    inFolder(async (folder) => {
      await mkdir(join(folder, "light"));
      await using(openAnalytics(folder), (analytics) => {
        assert.equal(analytics.notice, null);
        return Promise.resolve();
      });
      await using(openFiles(join(folder, "light")), (analytics) => {
        assert.match(analytics.notice ?? "", /^DuckDB cannot be loaded \(no binding\): .* plain files/);
        return Promise.resolve();
      });
      assert.deepEqual((await readdir(folder)).toSorted(), ["analytics.duckdb", "light"]);
      assert.deepEqual(await readdir(join(folder, "light")), ["analytics"]);
    }));

  it("answers the same from both, and after the files were taken over into the database", () =>
    fc.assert(
      fc.asyncProperty(steps, steps, (first, second) =>
        inFolder(async (folder) => {
          const [files, database] = [join(folder, "files"), join(folder, "database")];
          await Promise.all([mkdir(files), mkdir(database)]);
          let expected: readonly unknown[] = [];
          await using(openAnalytics(database), (one) =>
            using(openFiles(files), async (other) => {
              assert.deepEqual(await take(first, other), await take(first, one));
              expected = await everythingIn(one, ASKED);
              assert.deepEqual(await everythingIn(other, ASKED), expected);
            }),
          );
          await using(openAnalytics(files), async (taken) => {
            assert.equal(taken.notice, null);
            assert.deepEqual(await everythingIn(taken, ASKED), expected);
            assert.ok(!(await readdir(files)).includes("analytics"), "the files are gone");
            await using(openAnalytics(database), async (one) => {
              assert.deepEqual(await take(second, taken), await take(second, one));
              assert.deepEqual(await everythingIn(taken, ASKED), await everythingIn(one, ASKED));
            });
          });
        }),
      ),
      { numRuns: 5, endOnFailure: true, includeErrorInReport: true },
    ));

  it("takes files over again that were taken over in part, and the promoted baseline stays the last one", () =>
    inFolder(async (folder) => {
      await using(openFiles(folder), async (analytics) => {
        for (const number of [0, 1]) {
          await analytics.recordFork(forkRow(number), [{ metric: "wall", values: Float64Array.of(number) }]);
        }
        for (const one of ["v1", "v2"]) {
          await analytics.establishBaseline(one, [baselineRow({ samplesSession: one })]);
          await analytics.promote(one);
        }
      });
      const copy = join(folder, "copy");
      await cp(join(folder, "analytics"), copy, { recursive: true });
      for (const stopped of ["at first", "before the files were gone", "while they were removed"]) {
        await using(openAnalytics(folder), async (analytics) => {
          assert.deepEqual(await analytics.forksOf("S1"), [forkRow(0), forkRow(1)], stopped);
          const samples = await analytics.samplesOf("S1", "case", "base", "wall");
          assert.deepEqual(samples, [Float64Array.of(0), Float64Array.of(1)]);
          assert.deepEqual(
            (await analytics.baselines()).map((row) => row.tag),
            ["v1", "v2"],
          );
          assert.equal((await analytics.currentBaseline("case"))[0]?.tag, "v2");
        });
        assert.deepEqual((await readdir(folder)).toSorted(), ["analytics.duckdb", "copy"]);
        const left = stopped === "at first" ? "analytics" : "analytics.taken";
        await cp(copy, join(folder, left), { recursive: true });
      }
    }));

  it("refuses, without DuckDB, a folder whose measurements are in the database, and leaves it alone", () =>
    inFolder(async (folder) => {
      await using(openAnalytics(folder), (analytics) => analytics.recordSession(sessionRow()));
      await assert.rejects(openFiles(folder), (error) => {
        assert.ok(hasCode("INSTALLATION_INCOMPLETE")(error));
        assert.match(String(error), /no binding$/);
        return true;
      });
      assert.deepEqual(await readdir(folder), ["analytics.duckdb"]);
      await using(openAnalytics(folder), async (analytics) =>
        assert.deepEqual(await analytics.sessions(), [sessionRow()]),
      );
    }));

  it("refuses both while another living process has the files, and takes no notice of a dead one", () =>
    inFolder(async (folder) => {
      const files = join(folder, "analytics");
      const claim = (pid: number, birth: string | null): Promise<void> => {
        const text = JSON.stringify({ pid, host: hostname(), startedAt: 1, birth });
        return writeFile(`${files}.owner-${pid}`, text);
      };
      await claim(process.ppid, null);
      for (const open of [openFiles, openAnalytics]) {
        await assert.rejects(open(folder), (error) => {
          assert.ok(hasCode("STATE_IN_USE")(error));
          assert.match(String(error), new RegExp(`process ${process.ppid}\\b`));
          return true;
        });
      }
      assert.deepEqual(await readdir(folder), [`analytics.owner-${process.ppid}`], "nothing is made");
      await claim(999_999_999, null);
      // The pid lives, and is another's by now.
      if (process.platform === "linux") await claim(process.ppid, "1");
      else await rm(`${files}.owner-${process.ppid}`);
      for (const open of [openFiles, openAnalytics]) {
        await using(open(folder), (analytics) => analytics.recordSession(sessionRow()));
      }
    }));

  it("refuses both while a process that cannot be asked may have the files, also one of our pid, and says what to remove", () =>
    inFolder(async (folder) => {
      for (const [where, place] of [
        ["in another pid", { namespaces: "pid:[1] time:[1]" }],
        ["on elsewhere", { host: "elsewhere" }],
      ] as const) {
        const path = join(folder, `analytics.owner-${process.pid}`);
        const text = JSON.stringify({ ...ownLife(), startedAt: 1, ...place });
        await writeFile(path, text);
        for (const open of [openFiles, openAnalytics]) {
          await assert.rejects(open(folder), (error) => {
            assert.ok(hasCode("STATE_IN_USE")(error));
            assert.ok(
              String(error).includes(where) && String(error).endsWith(`to remove: ${path}.`),
              String(error),
            );
            return true;
          });
        }
        assert.deepEqual(await readdir(folder), [basename(path)], "nothing is made");
        assert.equal(await readFile(path, "utf8"), text);
        await rm(path);
        await using(openFiles(folder), (analytics) => analytics.recordSession(sessionRow()));
        await rm(join(folder, "analytics"), { recursive: true });
      }
    }));

  it("gives its claim a name that no process of the same pid elsewhere has, and refuses a second opening", () =>
    inFolder(async (folder) => {
      await using(openFiles(folder), async () => {
        const claims = (await readdir(folder)).filter((name) => name.includes(".owner-"));
        assert.match(claims.join(), new RegExp(`^analytics\\.owner-${process.pid}-[0-9a-f]{8}$`));
        await assert.rejects(openFiles(folder), hasCode("STATE_IN_USE"));
      });
    }));

  it("refuses the files, to be written or taken over, while somebody has their journal open", () =>
    inFolder(async (folder) => {
      await using(openFiles(folder), (analytics) => analytics.recordSession(sessionRow()));
      const journal = await openFileJournal(join(folder, "analytics"));
      for (const open of [openFiles, openAnalytics]) {
        await assert.rejects(open(folder), hasCode("STATE_IN_USE"));
      }
      await journal.close();
      await using(openAnalytics(folder), async (analytics) =>
        assert.deepEqual(await analytics.sessions(), [sessionRow()]),
      );
    }));

  it("refuses the files while another process may have the database", () =>
    inFolder(async (folder) => {
      const claim = { pid: process.ppid, host: hostname(), startedAt: 1 };
      await writeFile(join(folder, `analytics.duckdb.owner-${process.ppid}`), JSON.stringify(claim));
      await assert.rejects(openFiles(folder), hasCode("STATE_IN_USE"));
    }));
});
