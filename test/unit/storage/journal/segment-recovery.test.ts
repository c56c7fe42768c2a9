import assert from "node:assert/strict";
import fs, { readlinkSync } from "node:fs";
import { copyFile, mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, mock } from "node:test";

import fc from "fast-check";

import { NO_STREAM } from "../../../../runtime/contracts/index.ts";
import type { Revision } from "../../../../runtime/contracts/index.ts";
import { openFileJournal } from "../../../../storage/index.ts";
import { decodeHeader, encodeHeader } from "../../../../storage/journal/segment-format.ts";
import { hasCode, payloads } from "../../../contract/journal-contract.ts";

const FIRST = "00000001.journal";

describe("opening a file journal", () => {
  it("finds everything again", () =>
    inFolder(async (folder) => {
      await fill(folder, 10);
      const journal = await openFileJournal(folder);
      assert.equal(journal.recovery, null);
      assert.deepEqual(await payloads(journal, "s"), range(10));
      assert.deepEqual(await journal.loadSnapshot("s"), { revision: await journal.revision("s"), state: 10 });
      await journal.append("s", await journal.revision("s"), [10]);
      await assert.rejects(journal.append("s", NO_STREAM, [1]), hasCode("JOURNAL_CONFLICT"));
      await journal.close();
    }));

  it("remembers the newest fence of a stream", () =>
    inFolder(async (folder) => {
      const before = await openFileJournal(folder);
      const revision = await before.append("s", NO_STREAM, [1], 7 as never);
      await before.close();
      const after = await openFileJournal(folder);
      await assert.rejects(after.append("s", revision, [2], 6 as never), hasCode("JOURNAL_FENCED"));
      await after.close();
    }));

  it("cuts a tail that was torn at any byte, keeps every whole append before it, and says so", () =>
    inFolder(async (folder) => {
      const sizes = await fill(folder, 6);
      const whole = await readFile(join(folder, FIRST));
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: whole.length - 1 }), async (size) => {
          await writeFile(join(folder, FIRST), whole.subarray(0, size));
          await rm(join(folder, "snapshots"), { recursive: true, force: true });
          const kept = sizes.filter((end) => end <= size).length - 1;
          const journal = await openFileJournal(folder);
          assert.deepEqual(await payloads(journal, "s"), range(Math.max(0, kept)));
          const cut = size - Math.max(0, ...sizes.filter((end) => end <= size));
          assert.equal(journal.recovery?.truncatedBytes ?? 0, cut);
          const revision = await journal.append("s", await journal.revision("s"), ["next"]);
          assert.notEqual(revision, NO_STREAM);
          await journal.close();
          const bytes = await readFile(join(folder, FIRST));
          if (size >= sizes[0]!)
            assert.ok(bytes.subarray(0, size - cut).equals(whole.subarray(0, size - cut)));
        }),
        { numRuns: 60 },
      );
    }));

  it("cuts a tail of zeros or noise", () =>
    inFolder(async (folder) => {
      await fill(folder, 3);
      const whole = await readFile(join(folder, FIRST));
      for (const tail of [
        Buffer.alloc(5000),
        Buffer.alloc(3, 0xff),
        Buffer.from([0xf7, 0x4d, 0x59, 0x52, 1, 0, 0, 0]),
      ]) {
        await writeFile(join(folder, FIRST), Buffer.concat([whole, tail]));
        const journal = await openFileJournal(folder);
        assert.equal(journal.recovery?.truncatedBytes, tail.length);
        assert.deepEqual(await payloads(journal, "s"), range(3));
        await journal.close();
        assert.ok((await readFile(join(folder, FIRST))).equals(whole));
      }
    }));

  it("does not take a copy of the journal inside a torn event for frames", () =>
    inFolder(async (folder) => {
      await fill(folder, 3);
      const whole = await readFile(join(folder, FIRST));
      await writeFile(join(folder, FIRST), Buffer.concat([whole, Buffer.alloc(20), whole]));
      const journal = await openFileJournal(folder);
      assert.equal(journal.recovery?.truncatedBytes, 20 + whole.length);
      await journal.close();
    }));

  it("refuses a journal with any changed byte before its last append, and changes nothing", () =>
    inFolder(async (folder) => {
      const sizes = await fill(folder, 4);
      const whole = await readFile(join(folder, FIRST));
      await fc.assert(
        fc.asyncProperty(fc.nat(sizes.at(-2)! - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
          const damaged = Buffer.from(whole);
          damaged[at] = damaged[at]! ^ flip;
          await writeFile(join(folder, FIRST), damaged);
          await assert.rejects(openFileJournal(folder), (thrown: unknown) => {
            assert.ok(
              hasCode("JOURNAL_CORRUPT")(thrown) &&
                String((thrown as { location: unknown }).location).includes(FIRST),
            );
            return true;
          });
          assert.ok((await readFile(join(folder, FIRST))).equals(damaged));
        }),
        { numRuns: 60 },
      );
    }));

  it("refuses a journal of which a segment, or the end of an earlier one, is missing", () =>
    inFolder(async (folder) => {
      const sizes = await fill(folder, 6, 100);
      assert.ok((await segments(folder)).length >= 3);
      await truncate(join(folder, FIRST), sizes[1]);
      await assert.rejects(openFileJournal(folder), hasCode("JOURNAL_CORRUPT"));
    }));

  it("refuses a journal whose middle segment is gone", () =>
    inFolder(async (folder) => {
      await fill(folder, 6, 100);
      await rm(join(folder, "00000002.journal"));
      await assert.rejects(openFileJournal(folder), hasCode("JOURNAL_CORRUPT"));
    }));

  it("reads a segment of an older version, and writes on in a new one", () =>
    inFolder(async (folder) => {
      await fill(folder, 3);
      const bytes = await readFile(join(folder, FIRST));
      bytes.set(encodeHeader({ ...decodeHeader(bytes)!, version: 1 }), 0);
      await writeFile(join(folder, FIRST), bytes);
      for (const expected of [3, 4]) {
        const journal = await openFileJournal(folder);
        assert.deepEqual(await payloads(journal, "s"), range(expected));
        await journal.append("s", await journal.revision("s"), [expected]);
        await journal.close();
      }
      assert.deepEqual(await readFile(join(folder, FIRST)), bytes);
      assert.equal((await readdir(folder)).filter((name) => name.endsWith(".journal")).length, 2);
    }));

  it("drops a new segment whose header was torn and goes on in the one before", () =>
    inFolder(async (folder) => {
      await fill(folder, 2);
      await copyFile(join(folder, FIRST), join(folder, "00000002.journal"));
      await truncate(join(folder, "00000002.journal"), 10);
      const journal = await openFileJournal(folder);
      assert.equal(journal.recovery?.truncatedBytes, 10);
      assert.deepEqual(await payloads(journal, "s"), [0, 1]);
      await journal.close();
      assert.deepEqual(await segments(folder), [FIRST]);
    }));

  it("reads a damaged snapshot, or one ahead of the stream, as none", () =>
    inFolder(async (folder) => {
      await fill(folder, 2);
      const [name] = await readdir(join(folder, "snapshots"));
      const path = join(folder, "snapshots", name!);
      const bytes = await readFile(path);
      await writeFile(path, bytes.subarray(0, bytes.length - 1));
      const journal = await openFileJournal(folder);
      assert.equal(await journal.loadSnapshot("s"), null);
      await journal.close();
      await writeFile(path, bytes);
      await rm(join(folder, FIRST));
      const empty = await openFileJournal(folder);
      assert.equal(await empty.loadSnapshot("s"), null);
      await empty.close();
    }));

  it("names damage that appears while it is open", () =>
    inFolder(async (folder) => {
      await fill(folder, 3);
      const journal = await openFileJournal(folder);
      const bytes = await readFile(join(folder, FIRST));
      bytes[60] = bytes[60]! ^ 1;
      await writeFile(join(folder, FIRST), bytes);
      await assert.rejects(payloads(journal, "s"), hasCode("JOURNAL_CORRUPT"));
      await journal.close();
    }));

  it(
    "puts on the disk what a killed process may have left on its way: the segment, and the folder's names",
    {
      skip: process.platform !== "linux",
    },
    () =>
      inFolder(async (folder) => {
        await fill(folder, 3);
        const synced = await syncedBy(() => openFileJournal(folder).then((journal) => journal.close()));
        assert.deepEqual(synced, [join(folder, FIRST), folder]);
      }),
  );

  it("refuses a folder that cannot be made, with a code", () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, "file"), "");
      await assert.rejects(openFileJournal(join(folder, "file", "journal")), hasCode("JOURNAL_WRITE_FAILED"));
    }));
});

/** Appends 0, 1, … one by one; the size of the first segment before, and after each that went there. */
async function fill(folder: string, count: number, segmentBytes?: number): Promise<number[]> {
  const journal = await openFileJournal(folder, segmentBytes === undefined ? {} : { segmentBytes });
  const sizes = [(await readFile(join(folder, FIRST))).length];
  let revision: Revision = NO_STREAM;
  for (let number = 0; number < count; number++) {
    revision = await journal.append("s", revision, [number]);
    sizes.push((await readFile(join(folder, FIRST))).length);
  }
  await journal.saveSnapshot("s", { revision, state: count });
  await journal.close();
  return sizes;
}

/** What `action` has the system put on the disk, in order. */
async function syncedBy(action: () => Promise<void>): Promise<readonly string[]> {
  const paths: string[] = [];
  const note = (descriptor: number): number => paths.push(readlinkSync(`/proc/self/fd/${descriptor}`));
  const { fdatasync } = fs;
  const file = mock.method(fs, "fdatasync", (descriptor: number, done: fs.NoParamCallback) => {
    note(descriptor);
    fdatasync(descriptor, done);
  });
  const handle = await open(tmpdir(), "r");
  const handles = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  const sync: (this: FileHandle) => Promise<void> = Reflect.get(handles, "sync");
  const folder = mock.method(handles, "sync", function (this: FileHandle): Promise<void> {
    note(this.fd);
    return sync.call(this);
  });
  syncBuiltinESMExports();
  try {
    await action();
    return paths;
  } finally {
    file.mock.restore();
    folder.mock.restore();
    syncBuiltinESMExports();
  }
}

async function segments(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith(".journal")).sort();
}

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "journal-"));
  try {
    await test(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
