import assert from "node:assert/strict";
import { readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";

import { FileAnalytics } from "../../../../storage/analytics/file-analytics.ts";
import { openGuardedJournal } from "../../../../storage/journal/file-journal.ts";
import { openAnalytics } from "../../../../storage/index.ts";
import type { Analytics } from "../../../../storage/index.ts";
import { analyticsContract } from "../../../contract/analytics-contract.ts";
import { hasCode } from "../../../contract/journal-contract.ts";
import { forkRow, inFolder, sessionRow, using } from "../../../kit/analytics.ts";

const openFiles = (folder: string): Promise<Analytics> =>
  openAnalytics(folder, () => Promise.reject(new Error("no binding")));

analyticsContract("plain files", { open: openFiles, leaves: "analytics" });

describe("measurements in plain files", () => {
  it("lose an unconfirmed end and nothing before it", () =>
    inFolder(async (folder) => {
      await using(openFiles(folder), (analytics) =>
        analytics.recordFork(forkRow(0), [{ metric: "wall", values: Float64Array.of(1, 2) }]),
      );
      const file = join(folder, "analytics", "00000001.journal");
      const confirmed = await readFile(file);
      await using(openFiles(folder), (analytics) =>
        analytics.recordFork(forkRow(1), [{ metric: "wall", values: Float64Array.of(3) }]),
      );
      const { length } = await readFile(file);
      for (const cut of [length - 1, confirmed.length + 1]) {
        await truncate(file, cut);
        await using(openFiles(folder), async (analytics) => {
          assert.deepEqual(await analytics.forksOf("S1"), [forkRow(0)]);
          assert.deepEqual(await analytics.samplesOf("S1", "case", "base", "wall"), [Float64Array.of(1, 2)]);
        });
      }
    }));

  it("say that they are damaged, where, and are left as they are", () =>
    inFolder(async (folder) => {
      await using(openFiles(folder), async (analytics) => {
        await analytics.recordSession(sessionRow());
        await analytics.recordSession(sessionRow({ session: "S2" }));
      });
      const file = join(folder, "analytics", "00000001.journal");
      const damaged = (await readFile(file)).fill(0, 60, 61);
      await writeFile(file, damaged);
      await assert.rejects(openFiles(folder), hasCode("ANALYTICS_CORRUPT"));
      await assert.rejects(openAnalytics(folder), hasCode("ANALYTICS_CORRUPT"), "nor taken over");
      assert.ok(damaged.equals(await readFile(file)));
    }));

  it("are read again for old samples only where some were found", (context) =>
    inFolder(async (folder) => {
      const journal = await openGuardedJournal(folder, {});
      const { mock } = context.mock.method(journal, "thin");
      const analytics = new FileAnalytics(folder, journal, "", () => Promise.resolve());
      await using(Promise.resolve(analytics), async () => {
        for (const [session, recordedAt] of [
          ["old", 1_000],
          ["young", 3_000],
        ] as const) {
          const samples = [{ metric: "wall", values: Float64Array.of(1, 2) }];
          await analytics.recordFork(forkRow(0, { session, recordedAt }), samples);
        }
        for (const before of [500, 2_000, 2_000]) await analytics.pruneSamples(before, false);
        assert.deepEqual(
          mock.calls.map(({ arguments: [{ streams }] }) => [...streams]),
          [[], ["forks/old"], []],
        );
        assert.equal((await analytics.samplesOf("young", "case", "base", "wall")).length, 1);
      });
    }));
});
