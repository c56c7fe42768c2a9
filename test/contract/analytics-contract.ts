import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { describe, it } from "node:test";

import fc from "fast-check";

import type { Analytics } from "../../storage/index.ts";
import {
  baselineRow,
  comparisonRow,
  forkRow,
  inFolder,
  sessionRow,
  summaryRow,
  using,
} from "../kit/analytics.ts";
import { hasCode } from "./journal-contract.ts";

/** What every keeper of measurements does, over the same folder from one opening to the next. */
export interface AnalyticsFactory {
  readonly open: (folder: string) => Promise<Analytics>;
  /** What it leaves in the folder when it is closed. */
  readonly leaves: string;
}

export function analyticsContract(name: string, { open, leaves }: AnalyticsFactory): void {
  describe(`measurements in ${name}`, () => {
    it("gives back forks and samples as they were recorded, also after reopening", () =>
      inFolder(async (folder) => {
        const before = await open(folder);
        for (const number of [2, 0, 1]) {
          await before.recordFork(forkRow(number), [
            { metric: "wall", values: Float64Array.of(number, number + 0.1, 1e300) },
          ]);
        }
        await before.close();
        await using(open(folder), async (analytics) => {
          assert.deepEqual(await analytics.forksOf("S1"), [forkRow(0), forkRow(1), forkRow(2)]);
          const expected = [0, 1, 2].map((number) => Float64Array.of(number, number + 0.1, 1e300));
          assert.deepEqual(await analytics.samplesOf("S1", "case", "base", "wall"), expected);
          assert.deepEqual(await analytics.samplesOf("S1", "case", "other", "wall"), []);
          assert.deepEqual(await analytics.forksOf("S1", "case", "other"), []);
        });
      }));

    it("keeps every double exactly, in order, across chunks of any size", () =>
      inFolder((folder) =>
        using(open(folder), async (analytics) => {
          const arrays = fc.float64Array({ noNaN: true, noDefaultInfinity: true, maxLength: 50 });
          const property = fc.asyncProperty(arrays, fc.constantFrom(1, 100), async (values, copies) => {
            const long = Float64Array.from(
              { length: values.length * copies },
              (_, index) => values[index % values.length]!,
            );
            await analytics.recordFork(forkRow(0), [{ metric: "wall", values: long }]);
            const [read = new Float64Array(0)] = await analytics.samplesOf("S1", "case", "base", "wall");
            assert.deepEqual(new Uint8Array(read.buffer), new Uint8Array(long.buffer));
          });
          await fc.assert(property, { numRuns: 30 });
        }),
      ));

    it("replaces a fork that is recorded again, samples and all, and only that one", () =>
      inFolder((folder) =>
        using(open(folder), async (analytics) => {
          await analytics.recordFork(forkRow(0), [{ metric: "wall", values: Float64Array.of(1, 2, 3) }]);
          await analytics.recordFork(forkRow(1), [{ metric: "wall", values: Float64Array.of(4) }]);
          await analytics.recordFork(forkRow(0, { version: "candidate" }), [
            { metric: "wall", values: Float64Array.of(5) },
          ]);
          await analytics.recordFork(forkRow(0, { iterations: 1 }), [
            { metric: "ticks", values: Float64Array.of(9) },
          ]);
          assert.deepEqual(await analytics.samplesOf("S1", "case", "base", "wall"), [Float64Array.of(4)]);
          assert.deepEqual(await analytics.samplesOf("S1", "case", "base", "ticks"), [Float64Array.of(9)]);
          assert.deepEqual(await analytics.samplesOf("S1", "case", "candidate", "wall"), [
            Float64Array.of(5),
          ]);
          assert.deepEqual(await analytics.forksOf("S1", "case", "base"), [
            forkRow(0, { iterations: 1 }),
            forkRow(1),
          ]);
        }),
      ));

    it("keeps the values around one that is missing", () =>
      inFolder((folder) =>
        using(open(folder), async (analytics) => {
          await analytics.recordFork(forkRow(0), [
            { metric: "wall", values: Float64Array.of(NaN, 2, NaN, 4) },
          ]);
          assert.deepEqual(await analytics.samplesOf("S1", "case", "base", "wall"), [Float64Array.of(2, 4)]);
        }),
      ));

    it("refuses values that are no measurement and fields that do not fit, and keeps nothing of the call", () =>
      inFolder((folder) =>
        using(open(folder), async (analytics) => {
          const invalid = hasCode("ANALYTICS_ROW_INVALID");
          for (const odd of [-Infinity, Infinity]) {
            await assert.rejects(
              analytics.recordFork(forkRow(0), [{ metric: "wall", values: Float64Array.of(1, odd) }]),
              invalid,
            );
          }
          await assert.rejects(analytics.recordFork(forkRow(0.5), []), invalid);
          await assert.rejects(analytics.recordFork(forkRow(0, { cpuMs: NaN }), []), invalid);
          await assert.rejects(
            analytics.recordFork(forkRow(0, { outcomes: { big: 1n as unknown as number } }), []),
            invalid,
          );
          assert.deepEqual(await analytics.forksOf("S1"), []);
        }),
      ));

    it("takes names for data, whatever they hold", () =>
      inFolder((folder) =>
        using(open(folder), async (analytics) => {
          const odd = `'; DROP TABLE forks; -- $1 "é😀`;
          await analytics.recordFork(forkRow(0, { session: odd, caseId: odd }), [
            { metric: odd, values: Float64Array.of(1) },
          ]);
          assert.deepEqual(await analytics.samplesOf(odd, odd, "base", odd), [Float64Array.of(1)]);
        }),
      ));

    it("never changes a baseline: the same again is nothing new, another is refused", () =>
      inFolder((folder) =>
        using(open(folder), async (analytics) => {
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
      inFolder((folder) =>
        using(open(folder), async (analytics) => {
          const asked = ["S1", "S2"].map((samplesSession) =>
            analytics.establishBaseline("v1", [baselineRow({ samplesSession })]),
          );
          const [first, second] = await Promise.allSettled(asked);
          assert.equal(first?.status, "fulfilled");
          assert.ok(second?.status === "rejected" && hasCode("BASELINE_EXISTS")(second.reason));
        }),
      ));

    it("points each case at the tag promoted last", () =>
      inFolder((folder) =>
        using(open(folder), async (analytics) => {
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

    it("keeps the released baseline of a case beside its current one", () =>
      inFolder(async (folder) => {
        const before = await open(folder);
        await before.establishBaseline("v1", [baselineRow()]);
        await before.establishBaseline("v2", [baselineRow()]);
        await before.promote("v1", "release");
        await before.promote("v2");
        await before.close();
        await using(open(folder), async (analytics) => {
          assert.deepEqual(
            [await analytics.releaseBaseline("case"), await analytics.currentBaseline("case")].map(
              ([row]) => row?.tag,
            ),
            ["v1", "v2"],
          );
          assert.deepEqual(await analytics.releaseBaseline("other"), []);
          assert.deepEqual(await analytics.promote("v2", "release"), [
            { caseId: "case", from: "v1", to: "v2" },
          ]);
          await assert.rejects(analytics.promote("v3", "release"), hasCode("BASELINE_UNKNOWN"));
        });
      }));

    it("keeps what was last written on a baseline, and settings, until they are replaced", () =>
      inFolder(async (folder) => {
        const marks = { tag: "v1", label: "v1.2", note: "before the rewrite", changedAt: 5 };
        const before = await open(folder);
        await before.establishBaseline("v1", [baselineRow()]);
        await before.markBaseline({ ...marks, label: null });
        await before.markBaseline(marks);
        await assert.rejects(before.markBaseline({ ...marks, tag: "v2" }), hasCode("BASELINE_UNKNOWN"));
        await before.recordSetting("days", 30);
        await before.recordSetting("days", { days: null });
        await before.close();
        await using(open(folder), async (analytics) => {
          assert.deepEqual(await analytics.baselineMarks(), [marks]);
          assert.deepEqual(await analytics.setting("days"), { days: null });
          assert.equal(await analytics.setting("other"), null);
        });
      }));

    it("keeps sessions, summaries and comparisons, the last word of each", () =>
      inFolder((folder) =>
        using(open(folder), async (analytics) => {
          const session = sessionRow();
          const finished = { ...session, finishedAt: 2, verdict: "improved" };
          await analytics.recordSession(session);
          await analytics.recordSession(finished);
          assert.deepEqual(await analytics.sessions(), [finished]);
          assert.deepEqual(await analytics.session("S1"), finished);
          assert.equal(await analytics.session("S2"), null);
          const summary = summaryRow();
          await analytics.recordSummaries([summary]);
          await analytics.recordSummaries([{ ...summary, mean: 2 }]);
          assert.deepEqual(await analytics.summariesOf("S1"), [{ ...summary, mean: 2 }]);
          const comparison = comparisonRow();
          await analytics.recordComparisons([comparison, { ...comparison, metric: "ticks" }]);
          assert.deepEqual(await analytics.comparisonsOf("S1"), [
            { ...comparison, metric: "ticks" },
            comparison,
          ]);
        }),
      ));

    it("removes samples that are older, and none of a current or released baseline", () =>
      inFolder((folder) =>
        using(open(folder), async (analytics) => {
          // DuckDB gives room back by row groups, of 122,880 rows.
          const many = Float64Array.from({ length: 250_000 }, (_, index) => (index * 7919) % 100_003);
          const recorded = (session: string, recordedAt: number, version = "base"): Promise<void> => {
            const values = session === "old" ? many : Float64Array.of(1, 2, 3);
            return analytics.recordFork(forkRow(0, { session, version, recordedAt }), [
              { metric: "wall", values },
            ]);
          };
          for (const session of ["old", "kept", "released"]) await recorded(session, 1_000);
          await recorded("kept", 1_000, "other version");
          await recorded("young", 2_000);
          for (const session of ["old", "kept", "released"]) {
            await analytics.establishBaseline(session, [baselineRow({ samplesSession: session })]);
          }
          await analytics.promote("kept");
          await analytics.promote("released", "release");

          const asked = await analytics.pruneSamples(2_000, true);
          assert.deepEqual([asked.forks, asked.samples], [2, 250_003]);
          assert.equal(asked.bytesAfter, asked.bytesBefore);
          const kept = async (session: string, version = "base"): Promise<number> =>
            (await analytics.samplesOf(session, "case", version, "wall")).length;
          assert.equal(await kept("old"), 1);

          // What a fork was recorded with before it was recorded again is no sample of it.
          await recorded("young", 1_000, "told again");
          await recorded("young", 2_000, "told again");

          const pruned = await analytics.pruneSamples(2_000, false);
          assert.deepEqual([pruned.forks, pruned.samples], [2, 250_003]);
          assert.ok(pruned.bytesAfter < pruned.bytesBefore, JSON.stringify(pruned));
          assert.deepEqual(
            await Promise.all(["old", "kept", "released", "young"].map((session) => kept(session))),
            [0, 1, 1, 1],
          );
          assert.equal(await kept("young", "told again"), 1);
          assert.equal(await kept("kept", "other version"), 0);
          assert.equal((await analytics.forksOf("old")).length, 1, "summaries stay");
          assert.equal((await analytics.baseline("old")).length, 1);
          assert.equal((await analytics.pruneSamples(2_000, false)).samples, 0);
        }),
      ));

    it("is refused a second time in this process, and free again after closing", () =>
      inFolder(async (folder) => {
        const first = await open(folder);
        await assert.rejects(open(folder), hasCode("STATE_IN_USE"));
        await first.recordFork(forkRow(0), []);
        await first.close();
        await assert.rejects(first.forksOf("S1"), hasCode("ANALYTICS_CLOSED"));
        await using(open(folder), async (second) => assert.equal((await second.forksOf("S1")).length, 1));
        assert.deepEqual(await readdir(folder), [leaves]);
      }));

    it("refuses a baseline that has a case's metric twice", () =>
      inFolder((folder) =>
        using(open(folder), async (analytics) => {
          const twice = [baselineRow(), baselineRow({ mean: 2 })];
          await assert.rejects(analytics.establishBaseline("v1", twice), hasCode("ANALYTICS_ROW_INVALID"));
          assert.deepEqual(await analytics.baselines(), []);
        }),
      ));

    it("orders texts by their bytes, and takes calls in the order in which they are made", () =>
      inFolder((folder) =>
        using(open(folder), async (analytics) => {
          const names = ["\u{1f600}", "\uffee", "b", "B", "a"];
          const begun = names.map((session) => analytics.recordSession(sessionRow({ session })));
          begun.push(analytics.recordSession(sessionRow({ session: "a", verdict: "improved" })));
          const rows = await analytics.sessions();
          await Promise.all(begun);
          assert.deepEqual(
            rows.map(({ session }) => session),
            ["B", "a", "b", "\uffee", "\u{1f600}"],
          );
          assert.equal(rows[1]?.verdict, "improved");
        }),
      ));

    it("waits at closing for what was begun", () =>
      inFolder(async (folder) => {
        const analytics = await open(folder);
        const begun = analytics.recordFork(forkRow(0), [{ metric: "wall", values: Float64Array.of(1) }]);
        await Promise.all([analytics.close(), begun]);
        await using(open(folder), async (again) =>
          assert.deepEqual(await again.samplesOf("S1", "case", "base", "wall"), [Float64Array.of(1)]),
        );
      }));

    it("keeps every figure exactly, whole ones beyond 64 bits and the negative zero too", () =>
      inFolder((folder) =>
        using(open(folder), async (analytics) => {
          for (const mean of [-0, 0.1, 5e-324, 2 ** 53, -(2 ** 63), 1e22, Number.MAX_VALUE]) {
            await analytics.recordSummaries([summaryRow({ mean })]);
            assert.deepEqual(await analytics.summariesOf("S1"), [summaryRow({ mean })]);
          }
        }),
      ));
  });
}
