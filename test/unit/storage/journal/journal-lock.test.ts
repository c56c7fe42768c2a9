import assert from "node:assert/strict";
import fs, { existsSync } from "node:fs";
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { syncBuiltinESMExports } from "node:module";
import { describe, it, mock } from "node:test";

import { MyriadError, NO_STREAM } from "../../../../runtime/contracts/index.ts";
import { openFileJournal } from "../../../../storage/index.ts";
import type { FileJournal } from "../../../../storage/index.ts";
import { openGuardedJournal } from "../../../../storage/journal/file-journal.ts";
import { ownLife } from "../../../../storage/process-life.ts";
import { hasCode, payloads } from "../../../contract/journal-contract.ts";
import { inFolder } from "../../../kit/analytics.ts";

const FIRST = "00000001.journal";
const DEAD = { pid: 999_999_999 };
const ELSEWHERE = { pid: 12, host: "elsewhere" };
/** The pid of nobody here, and nobody can tell whose it is there. */
const SANDBOXED = { ...DEAD, namespaces: "pid:[1] time:[1]" };

describe("the lock of a file journal", () => {
  it("refuses a second opening, names who has the folder, and touches nothing in it", () =>
    inFolder(async (folder) => {
      const journal = await openFileJournal(folder);
      const before = await seen(folder);
      await assert.rejects(openFileJournal(folder), (error) => {
        assert.ok(hasCode("JOURNAL_IN_USE")(error) && error instanceof MyriadError);
        assert.equal(error.location, ownerFile(folder));
        assert.ok(error.message.includes(`process ${process.pid} (this one)`), error.message);
        assert.ok(error.message.includes(ownerFile(folder)), error.message);
        return true;
      });
      assert.deepEqual(await seen(folder), before);
      await journal.append("s", NO_STREAM, [1]);
      await journal.close();
    }));

  it("is gone after closing, and after closing again", () =>
    inFolder(async (folder) => {
      for (let round = 0; round < 3; round++) {
        const journal = await openFileJournal(folder);
        await Promise.all([journal.close(), journal.close()]);
        assert.deepEqual(await readdir(folder), [FIRST]);
      }
    }));

  it("is gone after a closing that fails", () =>
    inFolder(async (folder) => {
      const journal = await openFileJournal(folder, { fsync: "never" });
      await journal.append("s", NO_STREAM, [1]);
      await withoutSync(() => assert.rejects(journal.close(), hasCode("JOURNAL_WRITE_FAILED")));
      assert.deepEqual(await readdir(folder), [FIRST]);
      await reopened(folder, [1]);
    }));

  it("is gone after an opening that fails, for whatever reason", () =>
    inFolder(async (folder) => {
      await reopened(folder, []);
      await withoutSync(() => assert.rejects(openFileJournal(folder), hasCode("JOURNAL_WRITE_FAILED")));
      assert.deepEqual(await readdir(folder), [FIRST]);
      await writeFile(join(folder, FIRST), Buffer.alloc(5_000, 1));
      await assert.rejects(openFileJournal(folder), hasCode("JOURNAL_CORRUPT"));
      assert.deepEqual(await readdir(folder), [FIRST]);
      await rm(join(folder, FIRST));
      await reopened(folder, []);
    }));

  it("is held until a snapshot that was begun before the closing is on the disk", () =>
    inFolder(async (folder) => {
      const journal = await openFileJournal(folder);
      const revision = await journal.append("s", NO_STREAM, [1]);
      const saving = journal.saveSnapshot("s", { revision, state: "x".repeat(1_000_000) });
      await journal.close();
      assert.match(String(await readdir(join(folder, "snapshots"))), /^\w+\.snapshot$/);
      const again = await openFileJournal(folder);
      assert.equal(((await again.loadSnapshot("s"))?.state as string).length, 1_000_000);
      await Promise.all([saving, again.close()]);
    }));

  it(
    "is refused with a code where nothing can be written",
    { skip: process.platform !== "linux" },
    async () => {
      await assert.rejects(openFileJournal("/proc/self"), hasCode("JOURNAL_WRITE_FAILED"));
    },
  );

  it("is refused, and named, where something else stands in its place", () =>
    inFolder(async (folder) => {
      await fs.promises.mkdir(ownerFile(folder));
      await assert.rejects(openFileJournal(folder), (error) => {
        assert.equal((error as MyriadError).location, ownerFile(folder));
        return hasCode("JOURNAL_WRITE_FAILED")(error);
      });
      await fs.promises.rmdir(ownerFile(folder));
    }));

  it("is another's when its file was removed by hand and somebody else has come", () =>
    inFolder(async (folder) => {
      const first = await openFileJournal(folder);
      await rm(ownerFile(folder));
      const second = await openFileJournal(folder);
      await first.close();
      await assert.rejects(openFileJournal(folder), hasCode("JOURNAL_IN_USE"));
      await second.close();
      assert.deepEqual(await readdir(folder), [FIRST]);
    }));
});

describe("the lock that another opening of a file journal has left", () => {
  it("holds while its process may be alive", () =>
    inFolder(async (folder) => {
      await leave(folder, { pid: process.ppid, birth: null });
      const before = await seen(folder);
      await assert.rejects(openFileJournal(folder), (error) => {
        assert.ok(String(error).includes(`process ${process.ppid}:`), String(error));
        return hasCode("JOURNAL_IN_USE")(error);
      });
      assert.deepEqual(await seen(folder), before);
    }));

  it("is taken over when its process is dead, or its pid another's by now", () =>
    inFolder(async (folder) => {
      await leave(folder, DEAD);
      await reopened(folder, []);
      for (const pid of existsSync("/proc/self/stat") ? [process.pid, process.ppid] : []) {
        await leave(folder, { pid, birth: "1@another-boot" });
        await reopened(folder, []);
      }
    }));

  it("is taken over when it is no record: a loss of power has emptied it", () =>
    inFolder(async (folder) => {
      for (const noise of ["", "\0".repeat(150), '{"pid":', "[]", "null", '{"pid":0,"host":"h"}']) {
        await writeFile(ownerFile(folder), noise);
        await reopened(folder, []);
      }
    }));

  it("holds when it is of another host, which is named with what to do about it", () =>
    inFolder(async (folder) => {
      for (const isGuarded of [false, true]) {
        await leave(folder, { ...ELSEWHERE, isGuarded });
        await assert.rejects(openFileJournal(folder), (error) => {
          assert.ok(String(error).includes("process 12 on elsewhere"), String(error));
          assert.match(String(error), /remove the file if it is gone for good/);
          return hasCode("JOURNAL_IN_USE")(error);
        });
      }
      await rm(ownerFile(folder));
      await reopened(folder, []);
    }));

  it("holds when it is of other namespaces, where no pid of ours means anything, until it is removed by hand", () =>
    inFolder(async (folder) => {
      for (const behind of ["", ".next"]) {
        for (const isGuarded of [false, true]) {
          await leave(folder, DEAD);
          await leave(folder, { ...SANDBOXED, isGuarded }, behind);
          const before = await seen(folder);
          await assert.rejects(openFileJournal(folder), (error) => {
            assert.match(String(error), /process 999999999 in another pid or time namespace/);
            assert.ok(
              String(error).includes(`${ownerFile(folder)}${behind}. It cannot be asked`),
              String(error),
            );
            return hasCode("JOURNAL_IN_USE")(error);
          });
          assert.deepEqual(await seen(folder), before);
        }
        await rm(`${ownerFile(folder)}${behind}`);
        await reopened(folder, []);
      }
    }));

  it("is asked by its pid alone when a version before has left it, which knew of no namespaces", () =>
    inFolder(async (folder) => {
      await leave(folder, { ...DEAD, namespaces: undefined });
      await reopened(folder, []);
      await leave(folder, { pid: process.ppid, birth: null, namespaces: undefined });
      await assert.rejects(openFileJournal(folder), hasCode("JOURNAL_IN_USE"));
    }));

  it("is of no weight, where it cannot be asked, to one who has the lock over it that its owner had, too", () =>
    inFolder(async (folder) => {
      for (const far of [ELSEWHERE, SANDBOXED]) {
        await leave(folder, far);
        await assert.rejects(openGuardedJournal(folder, {}), hasCode("JOURNAL_IN_USE"));
        await leave(folder, { ...far, isGuarded: true });
        const journal = await openGuardedJournal(folder, {});
        // Here it can be asked.
        await assert.rejects(openGuardedJournal(folder, {}), hasCode("JOURNAL_IN_USE"));
        await journal.close();
      }
    }));

  it("is taken over at whatever point a taker was killed", () =>
    inFolder(async (folder) => {
      const points = [[".next"], ["", ".next"], ["", ".next", ".next.next"]];
      for (const [at, left] of points.entries()) {
        for (const name of left) await leave(folder, DEAD, name);
        await writeFile(`${ownerFile(folder)}.${at}.draft`, '{"pid":');
        await reopened(folder, []);
        await leave(folder, DEAD);
        await reopened(folder, []);
        assert.deepEqual(await readdir(folder), [FIRST], "nothing is left behind");
      }
    }));

  it("is left to a living taker who was here before", () =>
    inFolder(async (folder) => {
      await leave(folder, DEAD);
      await leave(folder, { pid: process.ppid, birth: null }, ".next");
      await assert.rejects(openFileJournal(folder), (error) => {
        assert.equal((error as MyriadError).location, `${ownerFile(folder)}.next`);
        return hasCode("JOURNAL_IN_USE")(error);
      });
    }));
});

describe("many openings of one file journal", () => {
  it("find one winner over a dead lock, each time", () =>
    inFolder(async (folder) => {
      for (let round = 0; round < 30; round++) {
        await leave(folder, DEAD);
        if (round % 3 === 0) await leave(folder, DEAD, ".next");
        const asked = Array.from({ length: 6 }, () => openFileJournal(folder));
        const outcomes = await Promise.allSettled(asked);
        const opened = outcomes.filter((outcome) => outcome.status === "fulfilled");
        assert.equal(opened.length, 1);
        for (const outcome of outcomes) {
          if (outcome.status === "rejected") assert.ok(hasCode("JOURNAL_IN_USE")(outcome.reason));
        }
        await opened[0]!.value.close();
      }
      assert.deepEqual(await readdir(folder), [FIRST]);
    }));

  it("are never two at a time, however they come, go and die", () =>
    inFolder(async (folder) => {
      let owners = 0;
      let turns = 0;
      const come = async (): Promise<void> => {
        const journal = await openFileJournal(folder).catch(refusal);
        if (journal === null) return;
        owners += 1;
        turns += 1;
        assert.equal(owners, 1, "two have the folder");
        await journal.append(`s${turns}`, NO_STREAM, [1]);
        assert.equal(owners, 1, "another has come meanwhile");
        owners -= 1;
        // What it closes then is not its own any more.
        if (turns % 3 > 0) await leave(folder, DEAD);
        await journal.close();
      };
      const visitor = async (): Promise<void> => {
        while (turns < 60) await come();
      };
      await Promise.all(Array.from({ length: 4 }, visitor));
      const journal = await openFileJournal(folder);
      assert.equal((await journal.streams()).length, turns);
      await journal.close();
    }));
});

function refusal(error: unknown): null {
  assert.ok(hasCode("JOURNAL_IN_USE")(error), String(error));
  return null;
}

function ownerFile(folder: string): string {
  return join(folder, "owner.json");
}

/** The record of an opening, whole at once as the product's. */
async function leave(folder: string, changes: object, behind = ""): Promise<void> {
  const record = { ...ownLife(), thread: null, isGuarded: false, token: "left", ...changes };
  await writeFile(join(folder, "left"), JSON.stringify(record));
  await fs.promises.rename(join(folder, "left"), `${ownerFile(folder)}${behind}`);
}

async function reopened(folder: string, expected: readonly unknown[]): Promise<void> {
  const journal: FileJournal = await openFileJournal(folder);
  assert.deepEqual(await payloads(journal, "s"), expected);
  await journal.close();
}

/** All that changes when something in the folder is written, made or removed. */
async function seen(folder: string): Promise<unknown> {
  const names = await readdir(folder);
  const bytes = await Promise.all(names.map((name) => readFile(join(folder, name), "latin1")));
  const { mtimeNs } = await stat(folder, { bigint: true });
  return { names, bytes, mtimeNs };
}

/** On a disk that refuses to sync. */
async function withoutSync(test: () => Promise<void>): Promise<void> {
  const refuse = (_file: number, done: (error: Error) => void): void =>
    done(Object.assign(new Error("a broken disk"), { code: "EIO" }));
  const refused = mock.method(fs, "fdatasync", refuse as unknown as typeof fs.fdatasync);
  syncBuiltinESMExports();
  try {
    await test();
    assert.ok(refused.mock.callCount() > 0);
  } finally {
    refused.mock.restore();
    syncBuiltinESMExports();
  }
}
