import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { calibrate } from "../../../actors/ci/calibration.ts";
import { runSuite } from "../../../actors/ci/ci-run.ts";
import { readSuite } from "../../../actors/ci/suite.ts";
import type { CiEnding } from "../../../actors/ci/ci-run.ts";
import { commandProgram, storedCommand } from "../../../actors/command/command-program.ts";
import type { TaskCommand } from "../../../actors/command/command.ts";
import { openMemoryJournal } from "../../../storage/index.ts";
import { SAME, scriptedHost } from "../../kit/scripted-sessions.ts";
import type { Script, ScriptedHost } from "../../kit/scripted-sessions.ts";
import { inRepository } from "../../kit/suite.ts";
import type { Repository } from "../../kit/suite.ts";

const suiteOf = (...subjects: readonly string[]): string =>
  `against: HEAD~1\ncases:\n${subjects.map((subject, at) => `  - { id: c${at}, subject: ${subject} }`).join("\n")}\n`;
const SUITE = suiteOf(
  '{ command: "python3 main.py", files: [lib] }',
  "{ snippet: work.py }",
  '{ command: "awk BEGIN" }',
);
const FILES = { "s.yaml": SUITE, "main.py": "1", "lib/a.py": "1", "work.py": "1", ".gitignore": "*.pyc\n" };

interface Setting {
  readonly host: ScriptedHost;
  readonly run: () => Promise<CiEnding>;
}

function setting({ folder }: Repository, script: Script = () => SAME): Setting {
  const host = scriptedHost({ journal: openMemoryJournal(), folder, script });
  return { host, run: () => runSuite(readSuite("s.yaml", folder), host) };
}

const verdicts = ({ document }: CiEnding): readonly string[] =>
  document.cases.map(({ verdict, reason }) => `${verdict} ${reason ?? "-"}`);

/** The content of its files, and of its snippet, as text. */
async function contentOf(command: TaskCommand): Promise<Readonly<Record<string, string>>> {
  const { files, snippet } = storedCommand(await commandProgram(command, "output"));
  const texts = Object.entries(files).map(
    ([path, content]) => [path, Buffer.from(content, "base64").toString()] as const,
  );
  return Object.fromEntries(snippet === undefined ? texts : [...texts, ["snippet", snippet.source] as const]);
}

describe("a case about a command", () => {
  it("is measured with the commit's files against the present ones, and not at all where they are the same", () =>
    inRepository(async (repository) => {
      repository.commit(FILES);
      repository.commit({ "lib/a.py": "2", "lib/b.py": "new", "work.py": "2" });
      repository.write({ "lib/a.pyc": "ignored" });
      const seen: Readonly<Record<string, string>>[] = [];
      const asked: TaskCommand[] = [];
      const { run, host } = setting(repository, ({ task }) => {
        asked.push(task.commands!.subject, task.commands!.candidate!);
        return SAME;
      });
      const ending = await run();
      for (const command of asked) seen.push(await contentOf(command));
      assert.deepEqual(seen, [
        { "lib/a.py": "1", "main.py": "1" },
        { "lib/a.py": "2", "lib/b.py": "new", "main.py": "1" },
        { snippet: "1" },
        { snippet: "2" },
      ]);
      assert.deepEqual(host.log, ["c0/40", "c1/40"]);
      assert.deepEqual(verdicts(ending), ["non_inferior -", "non_inferior -", "unchanged -"]);
      assert.deepEqual(
        ending.document.cases.map(({ subject }) => subject),
        ["python3 main.py", "work.py", "awk BEGIN"],
      );
    }));

  it("has no baseline where what it names is not in the commit", () =>
    inRepository(async (repository) => {
      repository.commit({ ...FILES, "work.py": "1" });
      repository.git("rm", "--quiet", "work.py", "main.py");
      repository.commit({ note: "gone" });
      repository.commit({ "work.py": "1", "main.py": "1" });
      const { run } = setting(repository, () => assert.fail("nothing is to be measured"));
      assert.deepEqual(verdicts(await run()), [
        "no_baseline main.py is not in that commit",
        "no_baseline work.py is not in that commit",
        "unchanged -",
      ]);
    }));

  it("is refused where git keeps no version of what it names, and where that is not there at all", () =>
    inRepository(async (repository) => {
      repository.commit({ ...FILES, "s.yaml": suiteOf('{ command: "python3 main.pyc" }') });
      repository.commit({ note: "x" });
      repository.write({ "main.pyc": "built" });
      await assert.rejects(setting(repository).run(), {
        code: "SUITE_INVALID",
        message: /git ignores .*main\.pyc/,
        hint: /in readable, and it in the command by its absolute path$/,
      });
      for (const subject of ["{ snippet: gone.py }", '{ command: "ls", files: [gone] }']) {
        repository.write({ "s.yaml": suiteOf(subject) });
        assert.throws(() => setting(repository).run(), {
          code: "SUITE_INVALID",
          message: /there is no file .*gone/,
        });
      }
    }));

  it("shows both versions what git ignores where it lies, by its absolute path", () =>
    inRepository(async (repository) => {
      const built = join(repository.folder, "dist", "data.pyc");
      const subject = JSON.stringify({ command: ["python3", "main.py", built], readable: ["dist"] });
      repository.commit({ ...FILES, "s.yaml": suiteOf(subject) });
      repository.commit({ "main.py": "2" });
      repository.write({ "dist/data.pyc": "built" });
      const { run } = setting(repository, ({ task: { commands } }) => {
        for (const { words, readable } of [commands!.subject, commands!.candidate!]) {
          assert.deepEqual([words[2], readable], [built, [join(repository.folder, "dist")]]);
        }
        return SAME;
      });
      assert.deepEqual(verdicts(await run()), ["non_inferior -"]);
    }));

  it("is measured alike where the suite's folder is reached through a link", () =>
    inRepository(async (repository) => {
      const suite = {
        "s.yaml": suiteOf('{ command: "python3 main.py" }', "{ snippet: work.py }"),
        "part/s.yaml": suiteOf('{ command: "python3 main.py", files: [.] }', "{ snippet: work.py }"),
      };
      repository.commit({ ...FILES, ...suite, "part/main.py": "1", "part/work.py": "1" });
      repository.commit({ "main.py": "2", "part/main.py": "2" });
      const links = await mkdtemp(join(tmpdir(), "myriad-link-"));
      try {
        for (const [name, target] of [
          ["top", "."],
          ["part", "part"],
        ] as const) {
          const folder = join(links, name);
          symlinkSync(join(repository.folder, target), folder);
          const { run, host } = setting({ ...repository, folder });
          const ending = await run();
          assert.deepEqual(
            [name, verdicts(ending), host.log],
            [name, ["non_inferior -", "unchanged -"], ["c0/40"]],
          );
        }
      } finally {
        await rm(links, { recursive: true, force: true });
      }
    }));

  it("is calibrated against itself", () =>
    inRepository(async (repository) => {
      repository.commit(FILES);
      const { host } = setting(repository, ({ task: { commands } }) => {
        assert.deepEqual(commands!.candidate, commands!.subject);
        return SAME;
      });
      const { document } = await calibrate(readSuite("s.yaml", repository.folder), host, 1);
      assert.deepEqual(host.log, ["c0/40", "c1/40", "c2/40"]);
      assert.equal(document.falseAlarms?.rounds, 1);
    }));

  it("makes a suite of another key when its words change", () =>
    inRepository((repository) => {
      const keyOf = (subject: string): string => {
        repository.write({ ...FILES, "s.yaml": suiteOf(subject) });
        return readSuite("s.yaml", repository.folder).key;
      };
      assert.equal(keyOf('{ command: "ls a" }'), keyOf('{ command: ["ls", "a"] }'));
      assert.notEqual(keyOf('{ command: "ls a" }'), keyOf('{ command: "ls b" }'));
      assert.notEqual(keyOf("{ snippet: work.py }"), keyOf('{ command: "work.py" }'));
      return Promise.resolve();
    }));
});
