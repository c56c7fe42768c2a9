import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { describe, it } from "node:test";

import { MyriadError, NO_STREAM } from "../../../runtime/contracts/index.ts";
import { openFileJournal, openStateDirectory } from "../../../storage/index.ts";
import type { StateDirectory } from "../../../storage/index.ts";
import { hasCode, payloads } from "../../contract/journal-contract.ts";

describe("a state directory", () => {
  it("keeps journal, artifacts and the last session from one opening to the next", () =>
    inFolder(async (folder) => {
      await using(join(folder, "new", "state"), async (state) => {
        assert.equal(await state.lastSession(), null);
        await state.journal.append("s", NO_STREAM, [1]);
        await state.setLastSession("01HZX");
        const path = await state.writeArtifact("01HZX", "report.html", Buffer.from("old"));
        assert.ok(isAbsolute(path) && path.startsWith(await state.artifacts("01HZX")));
        await state.writeArtifact("01HZX", "report.html", Buffer.from("new"));
      });
      await using(join(folder, "new", "state"), async (state) => {
        assert.equal(state.recovery, null);
        assert.deepEqual(await payloads(state.journal, "s"), [1]);
        assert.equal(await state.lastSession(), "01HZX");
        assert.equal(Buffer.from(await state.readArtifact("01HZX", "report.html")).toString(), "new");
        assert.deepEqual(await readdir(await state.artifacts("01HZX")), ["report.html"]);
        await assert.rejects(state.readArtifact("01HZX", "other"), hasCode("ARTIFACT_MISSING"));
      });
    }));

  it("is nothing to git where it was made, and hides nobody's files", () =>
    inFolder(async (folder) => {
      const [made, empty, used] = ["made", "empty", "used"].map((name) => join(folder, name));
      for (const path of [empty!, used!]) await mkdir(path);
      await writeFile(join(used!, "mine.txt"), "mine");
      const opened = (path: string): Promise<unknown> => using(path, (state) => state.lastSession());
      for (const path of [made!, empty!, used!]) await opened(path);
      for (const path of [made!, empty!])
        assert.equal(await readFile(join(path, ".gitignore"), "utf8"), "*\n");
      assert.ok(!(await readdir(used!)).includes(".gitignore"));
      await rm(join(made!, ".gitignore"));
      await opened(made!);
      assert.ok(!(await readdir(made!)).includes(".gitignore"), "who removed it wants it gone");
    }));

  it("reports what the journal cut off its end", () =>
    inFolder(async (folder) => {
      await using(folder, (state) => state.journal.append("s", NO_STREAM, [1]));
      const file = join(folder, "journal", "00000001.journal");
      await writeFile(file, Buffer.concat([await readFile(file), Buffer.from("torn")]));
      await using(folder, (state) => {
        assert.equal(state.recovery?.truncatedBytes, 4);
        assert.equal(state.recovery.file, file);
        return Promise.resolve();
      });
    }));

  it("is refused while it is open in this process, by whatever path, and others are not", () =>
    inFolder(async (folder) => {
      await mkdir(join(folder, "a"));
      await symlink(join(folder, "a"), join(folder, "link"));
      await using(join(folder, "a"), () =>
        using(join(folder, "b"), async (other) => {
          await assert.rejects(openStateDirectory(join(folder, "link")), hasCode("STATE_IN_USE"));
          await other.journal.append("s", NO_STREAM, [1]);
        }),
      );
      await using(join(folder, "link"), (state) => state.lastSession());
    }));

  it("keeps out who opens its journal by itself", () =>
    inFolder((folder) =>
      using(folder, async (state) => {
        await assert.rejects(openFileJournal(join(folder, "journal")), hasCode("JOURNAL_IN_USE"));
        await state.journal.append("s", NO_STREAM, [1]);
      }),
    ));

  it("is refused while somebody has opened its journal by itself, who is named, and free again after", () =>
    inFolder(async (folder) => {
      await using(folder, (state) => state.journal.append("s", NO_STREAM, [1]));
      const journal = await openFileJournal(join(folder, "journal"));
      for (let round = 0; round < 2; round++) {
        await assert.rejects(openStateDirectory(folder), (error) => {
          assert.ok(hasCode("STATE_IN_USE")(error) && error instanceof MyriadError);
          assert.ok(error.message.includes(`process ${process.pid} (this one)`), error.message);
          assert.equal(error.location, join(folder, "journal", "owner.json"));
          return hasCode("JOURNAL_IN_USE")(error.cause);
        });
      }
      await journal.close();
      await using(folder, async (state) => assert.deepEqual(await payloads(state.journal, "s"), [1]));
    }));

  it("is free after an owner that died in a container, but for a journal opened by itself", () =>
    inFolder(async (folder) => {
      await using(folder, (state) => state.journal.append("s", NO_STREAM, [1]));
      const owner = join(folder, "journal", "owner.json");
      for (const [where, place] of [
        ["on elsewhere", { host: "elsewhere" }],
        ["in another pid or time namespace", { host: hostname(), namespaces: "pid:[1] time:[1]" }],
      ] as const) {
        const record = { pid: 1, birth: null, thread: 1, isGuarded: true, token: "left", ...place };
        await writeFile(owner, JSON.stringify(record));
        await using(folder, async (state) => assert.deepEqual(await payloads(state.journal, "s"), [1]));
        await writeFile(owner, JSON.stringify({ ...record, isGuarded: false }));
        await assert.rejects(openStateDirectory(folder), (error) => {
          assert.match(String(error), new RegExp(`process 1 ${where}: .* remove the file`));
          return hasCode("STATE_IN_USE")(error);
        });
      }
    }));

  it("admits one of many who open it at the same moment", () =>
    inFolder(async (folder) => {
      const asked = Array.from({ length: 5 }, () => openStateDirectory(folder));
      const outcomes = await Promise.allSettled(asked);
      const opened = outcomes.filter((outcome) => outcome.status === "fulfilled");
      assert.equal(opened.length, 1);
      for (const outcome of outcomes) {
        if (outcome.status === "rejected") assert.ok(hasCode("STATE_IN_USE")(outcome.reason));
        else await outcome.value.close();
      }
    }));

  it("refuses names that could lead elsewhere", () =>
    inFolder((folder) =>
      using(folder, async (state) => {
        const invalid = hasCode("STATE_NAME_INVALID");
        for (const name of [
          "",
          ".",
          "..",
          "../x",
          "a/b",
          "a\\b",
          ".hidden",
          "a\0",
          "é",
          "x".repeat(129),
          "a\n",
        ]) {
          await assert.rejects(state.artifacts(name), invalid);
          await assert.rejects(state.writeArtifact("s", name, Buffer.from("x")), invalid);
          await assert.rejects(state.readArtifact("s", name), invalid);
          await assert.rejects(state.setLastSession(name), invalid);
        }
      }),
    ));

  it("refuses a path that is, or runs through, a file, and one where nothing can be made", () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, "file"), "kept");
      await assert.rejects(openStateDirectory(join(folder, "file")), hasCode("STATE_INVALID"));
      await assert.rejects(openStateDirectory(join(folder, "file", "state")), hasCode("STATE_INVALID"));
      assert.equal(await readFile(join(folder, "file"), "utf8"), "kept");
      const nowhere = process.platform === "linux" ? "/proc/state" : join(folder, "x".repeat(300));
      await assert.rejects(openStateDirectory(nowhere), hasCode("STATE_UNWRITABLE"));
    }));

  it("leaves a folder alone that a newer version wrote, or whose version cannot be read", () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, "version.json"), '{ "layout": 1000 }');
      await assert.rejects(openStateDirectory(folder), hasCode("STATE_NEWER"));
      for (const text of ["", "{", "{}", '{ "layout": "1" }', '{ "layout": -1 }', "null"]) {
        await writeFile(join(folder, "version.json"), text);
        await assert.rejects(openStateDirectory(folder), hasCode("STATE_INVALID"));
      }
      assert.deepEqual(await readdir(folder), ["version.json"]);
    }));

  it("gives the folder free when the journal cannot be opened", () =>
    inFolder(async (folder) => {
      await using(folder, async (state) => {
        const revision = await state.journal.append("s", NO_STREAM, [1]);
        await state.journal.append("s", revision, [2]);
      });
      const file = join(folder, "journal", "00000001.journal");
      const whole = await readFile(file);
      await writeFile(file, Buffer.from(whole).fill(0, 60, 61));
      await assert.rejects(openStateDirectory(folder), hasCode("JOURNAL_CORRUPT"));
      await writeFile(file, whole);
      await using(folder, async (state) => assert.deepEqual(await payloads(state.journal, "s"), [1, 2]));
    }));

  it("refuses to be used after it was closed", () =>
    inFolder(async (folder) => {
      const state = await openStateDirectory(folder);
      await state.close();
      await state.close();
      await assert.rejects(state.lastSession(), hasCode("STATE_CLOSED"));
      await assert.rejects(state.writeArtifact("s", "a", Buffer.from("x")), hasCode("STATE_CLOSED"));
      await assert.rejects(state.journal.revision("s"), hasCode("JOURNAL_CLOSED"));
      await assert.rejects(state.analytics.sessions(), hasCode("ANALYTICS_CLOSED"));
    }));
});

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "state-"));
  try {
    await test(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function using(folder: string, test: (state: StateDirectory) => Promise<unknown>): Promise<void> {
  const state = await openStateDirectory(folder);
  try {
    await test(state);
  } finally {
    await state.close();
  }
}
