import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { completeCommand } from "../../../actors/command/command.ts";
import { commandProgram, storedCommand } from "../../../actors/command/command-program.ts";
import type { StoredCommand } from "../../../actors/command/command-program.ts";
import { snippetTask } from "../../../actors/workflow/task.ts";
import { hasCode } from "../../contract/journal-contract.ts";

describe("a snippet", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "myriad-snippet-"));
    await mkdir(join(folder, "src"));
    for (const [path, text] of [
      ["work.py", "print(1)"],
      ["work.js", "console.log(1)"],
      ["src/work.mjs", "import './one.mjs'"],
      ["src/one.mjs", "console.log(1)"],
    ] as const) {
      await writeFile(join(folder, path), text);
    }
  });
  after(() => rm(folder, { recursive: true }));

  const stored = async (snippet: string, files: readonly string[] = []): Promise<StoredCommand> =>
    storedCommand(await commandProgram(completeCommand({ snippet, files }, folder), "output"));

  it("is of the language of its ending, is kept as its text, and is called by its path", async () => {
    const python = await stored("work.py");
    assert.deepEqual(python.snippet, { language: "python", source: "print(1)" });
    assert.deepEqual([python.words, python.files], [["work.py"], {}]);
    assert.deepEqual((await stored("./work.js")).snippet, { language: "node", source: "console.log(1)" });
    const task = snippetTask(["work.py", "work.js"], {}, folder);
    assert.deepEqual([task.id, task.subject.exportName, task.level], ["work.py", "work.py", "process"]);
    assert.equal(task.commands?.candidate?.snippet?.language, "node");
  });

  it("that is a module is imported from its place beside the files that are taken along", async () => {
    const { snippet, files } = await stored("src/work.mjs", ["src/one.mjs"]);
    assert.deepEqual(Object.keys(files).toSorted(), ["src/one.mjs", "src/work.mjs"]);
    assert.match(snippet?.source ?? "", /^import\(.*"src\/work\.mjs"/);
    const outside = await stored(join(folder, "src/one.mjs"));
    assert.deepEqual(Object.keys(outside.files), ["one.mjs"]);
  });

  it("is another program when its text changes", async () => {
    const digest = async (): Promise<string> =>
      (await commandProgram(completeCommand({ snippet: "work.py" }, folder), "output")).digest;
    const first = await digest();
    await writeFile(join(folder, "work.py"), "print(2)");
    assert.notEqual(await digest(), first);
    await writeFile(join(folder, "work.py"), "print(1)");
    assert.equal(await digest(), first);
  });

  it("is refused for an ending of another language, and for a file that is not there, too large or no text", async () => {
    await writeFile(join(folder, "large.py"), Buffer.alloc(100 * 1024 + 1, "#"));
    await writeFile(join(folder, "bytes.py"), Uint8Array.of(0xff, 0xfe));
    for (const path of ["work.rb", "work", "none.py", "large.py", "bytes.py", "folder.py"]) {
      if (path === "folder.py") await mkdir(join(folder, path));
      await assert.rejects(async () => await stored(path), hasCode("TASK_INVALID"), path);
    }
  });
});
