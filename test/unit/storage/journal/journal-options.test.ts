import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";

import { openFileJournal, openMemoryJournal } from "../../../../storage/index.ts";

const code = "JOURNAL_OPTION_INVALID";

describe("the options of a journal", () => {
  it("that make no sense are refused before anything is written", async () => {
    const folder = await mkdtemp(join(tmpdir(), "journal-options-"));
    for (const options of [
      null,
      "always",
      ...[1, 47, -1, NaN, Infinity, 64.5, "64"].map((segmentBytes) => ({ segmentBytes })),
      ...["sometimes", 5, null, {}, { intervalMs: "5" }].map((fsync) => ({ fsync })),
      { clock: {} },
    ]) {
      const opening = openFileJournal(join(folder, "journal"), options as never);
      await assert.rejects(opening, { code }, JSON.stringify(options));
    }
    assert.deepEqual(await readdir(folder), []);
    await rm(folder, { recursive: true });
  });

  it("name a folder", async () => {
    for (const folder of ["", 5, null, undefined]) {
      await assert.rejects(openFileJournal(folder as never), { code });
    }
  });

  it("in memory are refused too", () => {
    for (const options of [null, 5, { clock: {} }]) {
      assert.throws(() => openMemoryJournal(options as never), { code });
    }
  });
});
