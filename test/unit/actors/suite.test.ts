import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { readSuite } from "../../../actors/ci/suite.ts";
import type { Suite, SuiteOverrides } from "../../../actors/ci/suite.ts";

const folder = mkdtempSync(join(tmpdir(), "myriad-suite-"));
after(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, "a.ts"), "export const f = (n: number): number => n;\n");
writeFileSync(join(folder, "task.yaml"), "id: from-file\nsubject: a.ts#f\nruns: 400\n");
writeFileSync(join(folder, "judged.yaml"), "id: judged\nsubject: a.ts#f\ncandidate: a.ts#g\n");
writeFileSync(join(folder, "broken.yaml"), "id: broken\nsubject: a.ts#f\nruns: -1\n");

function read(text: string, overrides: SuiteOverrides = {}): Suite {
  writeFileSync(join(folder, "myriad.ci.yaml"), text);
  return readSuite("myriad.ci.yaml", folder, overrides);
}

const CASE = "  - { id: one, subject: a.ts#f }\n";

describe("a suite file", () => {
  it("lists task files and tasks, whose paths are relative to it", () => {
    const { cases, against, budgetMs, seed } = read(`cases:\n  - task.yaml\n${CASE}`);
    assert.deepEqual(
      cases.map(({ task, screenRuns }) => [task.id, task.subject.file, task.runs, screenRuns]),
      [
        ["from-file", join(folder, "a.ts"), 400, 40],
        ["one", join(folder, "a.ts"), 10_000, 1_000],
      ],
    );
    assert.deepEqual([against, budgetMs, seed], [null, null, null]);
  });

  it("runs every look whole, also of a task that may end early elsewhere: its level is shared out over the looks", () => {
    writeFileSync(join(folder, "early.yaml"), "id: early\nsubject: a.ts#f\nstopEarly: true\n");
    const { cases } = read("cases:\n  - early.yaml\n");
    assert.equal(cases[0]!.task.stopEarly, false);
  });

  it("says what it is measured against and what may be spent; the command line says it over that", () => {
    const text = `against: main\nbudgetMinutes: 20\nruns: 2000\nscreenRuns: 100\nseed: 3\ncases:\n${CASE}`;
    const suite = read(text);
    assert.deepEqual(
      [suite.against, suite.budgetMs, suite.seed, suite.cases[0]!.task.runs, suite.cases[0]!.screenRuns],
      ["main", 1_200_000, 3, 2000, 100],
    );
    const over = read(text, { against: "v1", budgetMinutes: 0.5, seed: 4, runs: 80, screenRuns: 40 });
    assert.deepEqual(
      [over.against, over.budgetMs, over.seed, over.cases[0]!.task.runs, over.cases[0]!.screenRuns],
      ["v1", 30_000, 4, 80, 40],
    );
  });

  it("has a key that the cases make, and neither the budget nor what it is measured against", () => {
    const { key } = read(`cases:\n${CASE}`);
    assert.equal(read(`against: main\nbudgetMinutes: 1\ncases:\n${CASE}`).key, key);
    assert.notEqual(read(`screenRuns: 50\ncases:\n${CASE}`).key, key);
    assert.notEqual(read(`cases:\n${CASE}  - task.yaml\n`).key, key);
  });

  it("gives verdicts on a noisy machine where a case or the command line says so, and counts such rounds apart", () => {
    const text = `cases:\n${CASE}`;
    const allowed = (suite: Suite): unknown => suite.cases.map(({ task }) => task.allowNoise);
    assert.deepEqual(allowed(read(text)), [false]);
    const noisy = read(text, { allowNoise: true });
    assert.deepEqual(allowed(noisy), [true]);
    assert.notEqual(noisy.key, read(text).key);
    const inCase = read("cases:\n  - { id: one, subject: a.ts#f, allowNoise: true }\n");
    assert.deepEqual([allowed(inCase), inCase.key], [[true], noisy.key]);
  });

  it("has the same key in every checkout, also of a case with a metric of its own", () => {
    const metrics =
      "metrics: [{ name: wall_time }, { name: calls, unit: calls, of: a.ts#f, direction: lower }]";
    const keys = ["here", "there"].map((name) => {
      const checkout = join(folder, name);
      mkdirSync(checkout);
      writeFileSync(join(checkout, "a.ts"), "export const f = (n: number): number => n;\n");
      writeFileSync(join(checkout, "s.yaml"), `cases:\n  - id: one\n    subject: a.ts#f\n    ${metrics}\n`);
      return readSuite("s.yaml", checkout).key;
    });
    assert.equal(keys[0], keys[1]);
  });

  for (const [what, text, told, line] of [
    ["is no YAML", "cases: [\n", /./, 2],
    ["has no cases", "runs: 40\n", /required property 'cases'/, 1],
    ["has an empty list of cases", "cases: []\n", /fewer than 1/, 1],
    [
      "has a field that is none of a suite",
      `cases:\n${CASE}budget: 3\n`,
      /budget is not a field of a suite/,
      3,
    ],
    [
      "has a field that is none of a case",
      "cases:\n  - id: a\n    subject: a.ts#f\n    candidate: a.ts#g\n",
      /candidate/,
      4,
    ],
    ["names a subject without an export", "cases:\n  - id: a\n    subject: a.ts\n", /pattern/, 3],
    [
      "names a subject that is not there",
      "cases:\n  - id: a\n    subject: gone.ts#f\n",
      /no file .*gone\.ts/,
      3,
    ],
    [
      "names inputs that are not there",
      "cases:\n  - id: a\n    subject: a.ts#f\n    inputs: gone.ts#g\n",
      /no file .*gone\.ts/,
      4,
    ],
    [
      "names a package that is not installed",
      "cases:\n  - id: a\n    subject: is-not-installed#f\n",
      /is-not-installed/,
      2,
    ],
    ["names a task file that is not there", `cases:\n${CASE}  - gone.yaml\n`, /gone\.yaml/, 3],
    ["names a task with a candidate", "cases:\n  - judged.yaml\n", /candidate/, 2],
    ["calls two cases alike", `cases:\n${CASE}${CASE}`, /two cases are called one/, 3],
    [
      "asks for a screen larger than the full look",
      "runs: 40\nscreenRuns: 50\ncases:\n  - { id: a, subject: a.ts#f }\n",
      /screen has 50/,
      4,
    ],
    ["gives an option of git for a commit", `against: --upload-pack=x\ncases:\n${CASE}`, /pattern/, 1],
    ["has no time", `budgetMinutes: 0\ncases:\n${CASE}`, /> 0/, 1],
    ["says a thing twice", `runs: 40\nruns: 50\ncases:\n${CASE}`, /unique/i, 2],
  ] as const) {
    it(`is refused with its line when it ${what}`, () => {
      assert.throws(
        () => read(text),
        (error: Error & { code?: string; location?: string; fault?: string }) => {
          assert.equal(error.code, "SUITE_INVALID", error.message);
          assert.equal(error.fault, "input");
          assert.match(error.message, told);
          assert.match(error.location ?? "", new RegExp(`myriad\\.ci\\.yaml:${line}\\b`));
          return true;
        },
      );
    });
  }

  it("leaves a task file's own errors their place", () => {
    assert.throws(() => read("cases:\n  - broken.yaml\n"), {
      code: "TASK_INVALID",
      location: /broken\.yaml:3/,
    });
  });

  it("is refused when it is missing, too large, or unfolds into too much", () => {
    assert.throws(() => readSuite("gone.yaml", folder), { code: "SUITE_FILE_UNREADABLE" });
    assert.throws(() => read(`cases:\n${CASE}#${"x".repeat(4 * 1024 * 1024)}\n`), { code: "SUITE_INVALID" });
    const bomb = Array.from(
      { length: 12 },
      (_, level) =>
        `x${level}: &x${level} [${level === 0 ? "1" : `*x${level - 1}`}${`, ${level === 0 ? "1" : `*x${level - 1}`}`.repeat(9)}]`,
    );
    assert.throws(() => read(`${bomb.join("\n")}\ncases:\n${CASE}`), { code: "SUITE_INVALID" });
    const many = Array.from({ length: 1001 }, (_, n) => `  - { id: c${n}, subject: a.ts#f }`).join("\n");
    assert.throws(() => read(`cases:\n${many}\n`), { code: "SUITE_INVALID", message: /1000/ });
  });
});
