import assert from "node:assert/strict";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";

import { NO_STREAM } from "../../../../runtime/contracts/index.ts";
import type { Revision } from "../../../../runtime/contracts/index.ts";
import { VirtualClock } from "../../../../runtime/testkit/index.ts";
import { SyncBeat } from "../../../../storage/journal/fsync-policy.ts";
import { openFileJournal } from "../../../../storage/index.ts";
import type { FsyncPolicy } from "../../../../storage/index.ts";
import { hasCode, payloads } from "../../../contract/journal-contract.ts";

const FIRST = "00000001.journal";

describe("the fsync policy", () => {
  it("`always` makes every frame due, `never` none", () => {
    const beatOf = (policy: FsyncPolicy): SyncBeat =>
      new SyncBeat(policy, new VirtualClock(), () => undefined);
    assert.equal(beatOf("always").due(), true);
    assert.equal(beatOf("never").due(), false);
  });

  it("an interval makes the first frame after it due, and syncs by itself when none comes", async () => {
    const clock = new VirtualClock();
    let idle = 0;
    const beat = new SyncBeat({ intervalMs: 100 }, clock, () => (idle += 1));
    assert.equal(beat.due(), false);
    beat.wrote(false);
    clock.jump(99);
    assert.deepEqual([beat.due(), idle], [false, 0]);
    clock.jump(1);
    assert.deepEqual([beat.due(), idle], [true, 1]);
    beat.wrote(true);
    assert.equal(beat.due(), false);
    clock.jump(500);
    assert.equal(idle, 1, "nothing was written, so nothing is to be synced");
    beat.wrote(false);
    clock.jump(0);
    assert.equal(idle, 2, "overdue already");
    beat.wrote(false);
    beat.stop();
    assert.equal(clock.pending, 0);
    await clock.advance(0);
  });

  it("that makes no sense is refused", async () => {
    for (const intervalMs of [0, -1, NaN, Infinity]) {
      await assert.rejects(
        openFileJournal(tmpdir(), { fsync: { intervalMs } }),
        hasCode("JOURNAL_OPTION_INVALID"),
      );
    }
  });

  for (const fsync of ["never", { intervalMs: 1_000 }] as const) {
    it(`${JSON.stringify(fsync)}: a gap among frames that no sync has followed is cut and reported`, () =>
      inFolder(async (folder) => {
        const ends = await fill(folder, fsync);
        const bytes = await readFile(join(folder, "crashed"));
        // The third frame never reached the disk, the fourth did.
        bytes.fill(0, ends[1], ends[2]);
        await writeFile(join(folder, FIRST), bytes);
        const journal = await openFileJournal(folder);
        assert.equal(journal.recovery?.truncatedBytes, bytes.length - ends[1]!);
        assert.deepEqual(await payloads(journal, "s"), [0, 1]);
        await journal.close();
      }));
  }

  it("does not let a gap pass that a sync has followed", () =>
    inFolder(async (folder) => {
      const ends = await fill(folder, "never");
      await copyFile(join(folder, "crashed"), join(folder, FIRST));
      const again = await openFileJournal(folder);
      await again.append("s", await again.revision("s"), ["after a sync"]);
      await again.close();
      const bytes = await readFile(join(folder, FIRST));
      bytes.fill(0, ends[1], ends[2]);
      await writeFile(join(folder, FIRST), bytes);
      await assert.rejects(openFileJournal(folder), hasCode("JOURNAL_CORRUPT"));
    }));
});

/** Four appends, and `crashed`: the segment as it was before the closing. @returns where each frame ends */
async function fill(folder: string, fsync: FsyncPolicy): Promise<number[]> {
  const journal = await openFileJournal(folder, { fsync, clock: new VirtualClock() });
  const ends: number[] = [];
  let revision: Revision = NO_STREAM;
  for (let number = 0; number < 4; number++) {
    revision = await journal.append("s", revision, [number]);
    ends.push((await readFile(join(folder, FIRST))).length);
  }
  await copyFile(join(folder, FIRST), join(folder, "crashed"));
  await journal.close();
  return ends;
}

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "journal-"));
  try {
    await test(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
