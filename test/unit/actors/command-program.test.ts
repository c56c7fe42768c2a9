import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { completeCommand } from "../../../actors/command/command.ts";
import type { CommandText } from "../../../actors/command/command.ts";
import { commandProgram, storedCommand } from "../../../actors/command/command-program.ts";
import type { StoredCommand } from "../../../actors/command/command-program.ts";
import { hasCode } from "../../contract/journal-contract.ts";
import { bundledOf } from "../../kit/session.ts";

describe("the program of a command", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "myriad-command-"));
    await mkdir(join(folder, "data", "deep"), { recursive: true });
    for (const [path, text] of [
      ["main.py", "print(1)"],
      ["data/a.csv", "a"],
      ["data/deep/b.csv", "b"],
    ] as const) {
      await writeFile(join(folder, path), text);
    }
  });
  after(() => rm(folder, { recursive: true }));

  const stored = async (text: CommandText): Promise<StoredCommand> =>
    storedCommand(await commandProgram(completeCommand(text, folder), "output"));

  it("holds the files that its words name, and those that are named beside them, folders whole", async () => {
    const { words, files } = await stored({ command: "python3 ./main.py data --x", files: ["data"] });
    assert.deepEqual(words, ["python3", "./main.py", "data", "--x"]);
    const contents = Object.entries(files).map(([path, content]) => [
      path,
      Buffer.from(content, "base64").toString(),
    ]);
    assert.deepEqual(contents, [
      ["data/a.csv", "a"],
      ["data/deep/b.csv", "b"],
      ["main.py", "print(1)"],
    ]);
    assert.deepEqual((await stored({ command: "cat data /etc/hostname ../main.py" })).files, {});
  });

  it("holds nothing of git's and of this project's own folders below those that are named", async () => {
    const below = join(folder, "data", "nested");
    for (const name of [".git", ".myriad"]) {
      await mkdir(join(below, name), { recursive: true });
      await writeFile(join(below, name, "HEAD"), "x");
    }
    await writeFile(join(below, ".gitignore"), "out");
    const { files } = await stored({ command: "ls", files: ["."] });
    await rm(below, { recursive: true });
    assert.deepEqual(
      Object.keys(files),
      ["data/a.csv", "data/deep/b.csv", "data/nested/.gitignore", "main.py"], // prettier-ignore
    );
  });

  it("is another one when a file's content changes, and the same when nothing does", async () => {
    const digest = async (): Promise<string> =>
      (await commandProgram(completeCommand({ command: ["cat", "data/a.csv"] }, folder), "output")).digest;
    const first = await digest();
    assert.equal(await digest(), first);
    await writeFile(join(folder, "data/a.csv"), "other");
    assert.notEqual(await digest(), first);
    await writeFile(join(folder, "data/a.csv"), "a");
    assert.equal(await digest(), first);
  });

  it("is refused for a file that is not there, lies outside, or is too large to be taken along", async () => {
    await writeFile(join(folder, "large.bin"), Buffer.alloc(8 * 1024 * 1024 + 1));
    for (const files of [["none.txt"], ["../x"], ["/etc/hostname"], ["large.bin"]]) {
      await assert.rejects(stored({ command: "true", files }), hasCode("TASK_INVALID"), files[0]);
    }
    assert.throws(() => storedCommand(bundledOf("a function")), hasCode("SANDBOX_PROGRAM"));
  });
});
