import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DAY_MS, pruneSamples, pruneWhenDue } from "../../../actors/evidence/baseline-retention.ts";
import { evidenceActor, EvidenceStore } from "../../../actors/evidence/evidence-store.ts";
import { createTestSystem } from "../../../runtime/testkit/index.ts";
import { openAnalytics } from "../../../storage/index.ts";
import type { Analytics, OwnedJournal } from "../../../storage/index.ts";
import { forkRow, inFolder, using } from "../../kit/analytics.ts";

const NOW = 1_800_000_000_000;
const ASKED = { olderThanDays: null, dryRun: false, remember: false };

interface Keeping {
  readonly analytics: Analytics;
  readonly evidence: EvidenceStore;
  readonly journal: OwnedJournal;
}

/** Of no sessions: what becomes of theirs is told by `journal-retention.test.ts`. */
const NO_SESSIONS = {
  streams: () => Promise.resolve([]),
  thin: () => Promise.resolve({ events: 0, bytesBefore: 7, bytesAfter: 7 }),
} as unknown as OwnedJournal;

/** Samples that are so many days old. */
function withSamples(
  agesDays: readonly number[],
  test: (keeping: Keeping, left: () => Promise<readonly number[]>) => Promise<void>,
  open: (folder: string) => Promise<Analytics> = openAnalytics,
): Promise<void> {
  return inFolder((folder) =>
    using(open(folder), async (analytics) => {
      const { system } = createTestSystem();
      const evidence = new EvidenceStore(system.spawn(evidenceActor, analytics));
      for (const age of agesDays) {
        const row = forkRow(0, { session: `${age}`, recordedAt: NOW - age * DAY_MS });
        await analytics.recordFork(row, [{ metric: "wall", values: Float64Array.of(1, 2) }]);
      }
      const isThere = async (age: number): Promise<boolean> =>
        (await analytics.samplesOf(`${age}`, "case", "base", "wall")).length > 0;
      await test({ analytics, evidence, journal: NO_SESSIONS }, async () => {
        const there = await Promise.all(agesDays.map(isThere));
        return agesDays.filter((_, at) => there[at]);
      });
      await system.shutdown();
    }),
  );
}

describe("the retention of samples", () => {
  it("is 90 days, or the age that is asked for", () =>
    withSamples([10, 89, 91, 400], async (keeping, left) => {
      const { samples, forks, olderThanDays } = await pruneSamples({ ...ASKED, dryRun: true }, keeping, NOW);
      assert.deepEqual([samples, forks, olderThanDays], [4, 2, 90]);
      assert.deepEqual(await left(), [10, 89, 91, 400]);
      assert.equal((await pruneSamples(ASKED, keeping, NOW)).samples, 4);
      assert.deepEqual(await left(), [10, 89]);
      await pruneSamples({ ...ASKED, olderThanDays: 30 }, keeping, NOW);
      assert.deepEqual(await left(), [10]);
    }));

  it("is what was remembered, never included, but not what was only tried", () =>
    withSamples([10, 40, 400], async (keeping, left) => {
      await pruneSamples({ olderThanDays: 5, dryRun: true, remember: true }, keeping, NOW);
      await pruneSamples({ olderThanDays: Infinity, dryRun: false, remember: true }, keeping, NOW);
      assert.equal((await pruneSamples(ASKED, keeping, NOW)).olderThanDays, null);
      assert.deepEqual(await left(), [10, 40, 400]);
      await pruneSamples({ olderThanDays: 100, dryRun: false, remember: true }, keeping, NOW);
      await pruneSamples({ ...ASKED, olderThanDays: 300 }, keeping, NOW);
      assert.equal((await pruneSamples(ASKED, keeping, NOW)).olderThanDays, 100);
      assert.deepEqual(await left(), [10, 40]);
    }));

  it("is seen to at the first opening of a day, and at no other", () =>
    withSamples([10, 91], async (keeping, left) => {
      const record = (): Promise<void> =>
        keeping.analytics.recordFork(forkRow(0, { session: "91", recordedAt: NOW - 91 * DAY_MS }), [
          { metric: "wall", values: Float64Array.of(1) },
        ]);
      assert.equal(await pruneWhenDue(keeping, NOW), null);
      assert.deepEqual(await left(), [10]);
      await record();
      await pruneWhenDue(keeping, NOW + DAY_MS - 1);
      assert.deepEqual(await left(), [10, 91]);
      await pruneWhenDue(keeping, NOW + DAY_MS);
      assert.deepEqual(await left(), [10]);
      await record();
      await pruneWhenDue(keeping, NOW - 1);
      assert.deepEqual(await left(), [10], "a clock that was set back holds nothing up for years");
    }));

  it("says what goes wrong, and lets the opening go on", () =>
    withSamples([91], async ({ evidence }) => {
      const analytics = { notice: null, setting: () => Promise.reject(new Error("a disk")) };
      const told = await pruneWhenDue(
        { analytics: analytics as unknown as Analytics, evidence, journal: NO_SESSIONS },
        NOW,
      );
      assert.match(told!, /old samples could not be removed \(Error: a disk\)/);
    }));

  it("is the same without DuckDB", () =>
    withSamples(
      [10, 400],
      async (keeping, left) => {
        assert.equal(await pruneWhenDue(keeping, NOW), null);
        assert.deepEqual(await left(), [10]);
        assert.equal((await pruneSamples({ ...ASKED, olderThanDays: 5 }, keeping, NOW)).samples, 2);
        assert.deepEqual(await left(), []);
      },
      (folder) => openAnalytics(folder, () => Promise.reject(new Error("no binding"))),
    ));
});
