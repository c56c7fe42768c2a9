/** Commands from the command line: compared, kept as baselines, and held to what they do. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assertRefused, inProject, myriad, myriadJson } from "../../kit/cli.ts";
import { whyNoCommands } from "../../kit/commands.ts";

const missing = await whyNoCommands("sh");
const noPython = await whyNoCommands("python3");
const RUNS = ["--runs", "40", "--seed", "7", "--allow-noise"];
/** Counts in a shell, which is slow enough to be told from half of it on any machine. */
const counting = (to: number): string =>
  `set -e; i=0; while [ $i -lt ${to} ]; do i=$((i+1)); done; read -r word < word.txt; echo "$word"\n`;
const PROJECT = { "long.sh": counting(30_000), "short.sh": counting(1_000), "word.txt": "hello\n" };
const LONG = ["--command", "sh long.sh"];
const SHORT = ["--command", "sh short.sh"];

describe("commands", { skip: missing ?? false, concurrency: 2 }, () => {
  it("are compared in fresh sandboxes, in blocks, with the files that are taken along", () =>
    inProject(PROJECT, async (cwd) => {
      const compared = await myriadJson(["compare", ...LONG, ...SHORT, "--file", "word.txt", ...RUNS], {
        cwd,
      });
      assert.equal(compared.code, 0, compared.stdout);
      const { verdict, subject, isolation, equivalence, burst, comparisons } = compared.document;
      assert.deepEqual([verdict, subject?.file, subject?.export], ["improved", "", "sh long.sh"]);
      assert.deepEqual([isolation?.engine, isolation?.carrier], ["process", "bubblewrap"]);
      assert.ok(isolation?.enforced.includes("network"));
      assert.deepEqual([equivalence?.engines, equivalence?.disagreements], [["process"], 0]);
      assert.deepEqual([burst?.runs, burst?.failures], [40, 0]);
      assert.deepEqual([comparisons[0]?.engine, comparisons[0]?.forks], ["process", 20]);
      const told = await myriad(["report"], { cwd });
      assert.match(told.stdout, /^sh short\.sh is .* than sh long\.sh .*; what it did was the same\.$/m);

      assertRefused(await myriadJson(["burst", ...LONG, ...RUNS], { cwd }), "SUBJECT_COMMAND_FAILED");
      assertRefused(await myriadJson(["burst", "--command", "ls | wc", ...RUNS], { cwd }), "TASK_INVALID");
    }));

  it(
    "that are snippets are forked, which is told with what is not fresh in a copy",
    { skip: noPython ?? false },
    () =>
      inProject(
        { "slow.py": "print(sum(range(1_000_000)))", "fast.py": "print(499999500000)" },
        async (cwd) => {
          const versions = ["--snippet", "slow.py", "--snippet", "fast.py"];
          const compared = await myriadJson(["compare", ...versions, ...RUNS], { cwd });
          assert.equal(compared.code, 0, compared.stdout);
          const { verdict, subject, burst, warnings } = compared.document;
          assert.deepEqual([verdict, subject?.export, warnings], ["improved", "slow.py", []]);
          assert.deepEqual(
            burst?.starts?.map(({ version, language, start }) => [version, language, start]),
            [
              ["baseline", "python", "forked"],
              ["candidate", "python", "forked"],
            ],
          );
          const told = await myriad(["report"], { cwd });
          assert.match(told.stdout, /^candidate: forked, .*; not fresh in it: .*the hash seed/m);
        },
      ),
  );

  it("are kept with their files as the baseline that a later burst runs again", () =>
    inProject(PROJECT, async (cwd) => {
      const task = { id: "words", subject: { command: "sh long.sh", files: ["word.txt"] }, allowNoise: true };
      await writeFile(join(cwd, "task.json"), JSON.stringify({ ...task, runs: 40 }));
      const first = await myriadJson(["burst", "task.json"], { cwd });
      assert.deepEqual([first.code, first.document.verdict], [0, "no_baseline"]);
      await writeFile(join(cwd, "long.sh"), counting(1_000));
      const second = await myriadJson(["burst", "task.json", "--metric", "cpu_time"], { cwd });
      assert.deepEqual([second.code, second.document.verdict], [0, "improved"], second.stdout);
      assert.equal(second.document.comparisons[0]?.metric, "cpu_time");
      await writeFile(join(cwd, "word.txt"), "other\n");
      const third = await myriadJson(["burst", "task.json"], { cwd });
      assert.deepEqual([third.code, third.document.verdict], [1, "rejected"]);
      assertRefused(await myriadJson(["run", "task.json"], { cwd }), "TASK_INVALID");
    }));
});
