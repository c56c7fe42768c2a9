/** `myriad ci` in a repository of somebody else, as the GitHub Actions example runs it. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "yaml";
import type { CiDocument } from "../../../actors/index.ts";
import { myriad, readSchema } from "../../kit/cli.ts";
import { whyNoCommands } from "../../kit/commands.ts";
import type { Ended } from "../../kit/cli.ts";
import { ROOT } from "../../kit/repository.ts";
import { inRepository } from "../../kit/suite.ts";

const noCommands = await whyNoCommands("sh");
const validate = new Ajv2020({ strict: true, allErrors: true }).compile<CiDocument>(readSchema("ci"));

function documentIn({ stdout, stderr }: Ended): CiDocument {
  const document: unknown = JSON.parse(stdout);
  assert.ok(validate(document), `${JSON.stringify(validate.errors)}\n${stdout}\n${stderr}`);
  return document;
}

const LOOP = `/** Ways up a stair of so many steps. */
export function ways(steps: number): number {
  let before = 1;
  let now = 1;
  for (let step = 2; step <= steps; step++) [before, now] = [now, before + now];
  return now;
}
`;
const RECURSION = `/** Ways up a stair of so many steps. */
export function ways(steps: number): number {
  return steps < 2 ? 1 : ways(steps - 1) + ways(steps - 2);
}
`;
// Enough work a fork that a moment without the processor does not outweigh it.
const SUITE = `runs: 400
screenRuns: 40
seed: 1
cases:
  - id: stairs
    subject: src/stairs.ts#ways
    allowNoise: true
    examples: [[21], [20], [19], [18], [17], [16], [15], [14]]
  - id: halves
    subject: src/halves.ts#halves
    examples: [[1], [2], [3], [4]]
`;
const FILES = {
  "myriad.ci.yaml": SUITE,
  ".gitignore": ".myriad/\nnode_modules/\n",
  "src/stairs.ts": LOOP,
  "src/halves.ts": "export function halves(n: number): number {\n  return n / 2;\n}\n",
};

/** The command of the example, the executable and the base put in. */
function exampleCommand(): readonly string[] {
  const text = readFileSync(join(ROOT, "examples", "ci", "github-actions.yml"), "utf8");
  const workflow = parse(text) as { jobs: { myriad: { steps: readonly { run?: string }[] } } };
  const command = workflow.jobs.myriad.steps.flatMap(({ run }) =>
    run?.includes("myriad ci") === true ? [run] : [],
  )[0];
  assert.ok(command !== undefined);
  assert.match(command, /^npx --no-install myriad ci /);
  return command
    .split(" ")
    .slice(3)
    .map((word) => word.replace('"$BASE"', "HEAD~1"));
}

describe("myriad ci in another's repository", () => {
  it("fails with exit 1 on a planted slowdown alone, by the example's own command, and says so everywhere", () =>
    inRepository(async ({ folder: cwd, commit, git }) => {
      const before = commit(FILES);
      commit({ "src/stairs.ts": RECURSION });
      const env = { GITHUB_STEP_SUMMARY: join(cwd, ".git", "summary.md") };
      const ended = await myriad([...exampleCommand(), "--json"], { cwd, env });
      const { cases, against, success, verdict, falseAlarms } = documentIn(ended);
      assert.equal(ended.code, 1, ended.stdout + ended.stderr);
      assert.deepEqual(
        cases.map((one) => [one.id, one.verdict, one.decidedBy]),
        [
          ["stairs", "regressed", "full"],
          ["halves", "unchanged", "identity"],
        ],
      );
      assert.deepEqual([success, verdict, falseAlarms], [false, "regressed", null]);
      assert.equal(against?.commit, before);
      const [slow] = cases;
      assert.ok(slow!.comparisons[0]!.relDelta! > 1);
      assert.ok(existsSync(slow!.report ?? ""));
      assert.match(readFileSync(join(cwd, "myriad.xml"), "utf8"), /<failure type="regressed"/);
      assert.match(readFileSync(env.GITHUB_STEP_SUMMARY, "utf8"), /\*\*regressed\*\*/);
      assert.equal(git("status", "--porcelain"), "?? myriad.xml");
    }));

  it("holds a command against the files of the commit", { skip: noCommands ?? false }, () =>
    inRepository(async ({ folder: cwd, commit }) => {
      const counting = (to: number): string =>
        `i=0; while [ $i -lt ${to} ]; do i=$((i+1)); done; echo done\n`;
      const cases = "cases: [{ id: count, subject: { command: sh count.sh }, runs: 40, allowNoise: true }]\n";
      commit({ "myriad.ci.yaml": cases, ".gitignore": ".myriad/\n", "count.sh": counting(30_000) });
      commit({ "count.sh": counting(1_000) });
      const ended = await myriad(["ci", "--against", "HEAD~1", "--json"], { cwd });
      assert.equal(ended.code, 0, ended.stdout + ended.stderr);
      assert.deepEqual(
        documentIn(ended).cases.map(({ subject, verdict, decidedBy }) => [subject, verdict, decidedBy]),
        [["sh count.sh", "improved", "screen"]],
      );
    }),
  );

  it("ends with exit 0 where the functions are as they were, whatever else changed", () =>
    inRepository(async ({ folder: cwd, commit }) => {
      commit(FILES);
      commit({ "src/other.ts": "export const other = 1;\n", "src/stairs.ts": `// The same.\n${LOOP}` });
      const ended = await myriad(["ci", "--against", "HEAD~1", "--markdown", "summary.md"], { cwd });
      assert.equal(ended.code, 0, ended.stdout + ended.stderr);
      assert.match(ended.stdout, /^2 cases against HEAD~1 \([0-9a-f]{10}\): 2 unchanged/m);
      assert.match(readFileSync(join(cwd, "summary.md"), "utf8"), /not measured/);
    }));

  it("ends with exit 3 and not_run where the budget is too small for anything", () =>
    inRepository(async ({ folder: cwd, commit }) => {
      commit(FILES);
      commit({ "src/stairs.ts": RECURSION });
      const args = ["ci", "--against", "HEAD~1", "--budget", "0.0001", "--fail-on", "regressed", "--json"];
      const ended = await myriad(args, { cwd });
      assert.equal(ended.code, 3, ended.stdout + ended.stderr);
      assert.deepEqual(
        documentIn(ended).cases.map(({ verdict }) => verdict),
        ["not_run", "unchanged"],
      );
    }));

  it("refuses with exit 2, a code and the line what cannot be run", () =>
    inRepository(async ({ folder: cwd, commit }) => {
      commit(FILES);
      const refusals: readonly (readonly [string, string, readonly string[], RegExp])[] = [
        [SUITE.replace("halves.ts", "gone.ts"), "SUITE_INVALID", [], /myriad\.ci\.yaml:10 /],
        [SUITE, "SUITE_NEEDS_REF", [], /myriad\.ci\.yaml$/],
        [SUITE, "GIT_REF_UNKNOWN", ["--against", "HEAD~9"], /^HEAD~9$/],
        [SUITE, "OUTPUT_UNWRITABLE", ["--against", "HEAD", "--junit", "none/a.xml"], /none/],
        [SUITE, "SUITE_RUN_UNKNOWN", ["--resume"], /^$/],
      ];
      for (const [suite, code, args, place] of refusals) {
        commit({ "myriad.ci.yaml": `${suite}# ${code}\n` });
        const ended = await myriad(["ci", ...args, "--json"], { cwd });
        const { error, cases } = documentIn(ended);
        assert.equal(error?.code, code, ended.stdout + ended.stderr);
        assert.equal(ended.code, 2);
        assert.match(error.location ?? "", place);
        assert.ok((error.hint ?? "").length > 0);
        assert.deepEqual(cases, []);
      }
    }));

  it("counts how often the suite is flagged against itself, and says so in the next run", () =>
    inRepository(async ({ folder: cwd, commit }) => {
      commit({ ...FILES, "myriad.ci.yaml": SUITE.slice(0, SUITE.indexOf("  - id: halves")) });
      const calibrated = await myriad(["ci", "--calibrate", "1", "--json"], { cwd });
      assert.equal(calibrated.code, 0, calibrated.stdout + calibrated.stderr);
      assert.equal(documentIn(calibrated).falseAlarms?.rounds, 1);
      const ended = await myriad(["ci", "--against", "HEAD"], { cwd });
      assert.equal(ended.code, 0, ended.stderr);
      assert.match(ended.stdout, /[01] of 1 A\/A rounds flagged, at most \d+\.\d % with 95 % confidence/);
    }));
});
