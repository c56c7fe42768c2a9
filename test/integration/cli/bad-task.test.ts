/** Task files and generators that are wrong: the error names the file, the line and the field. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertRefused, inProject, myriad, myriadJson } from "../../kit/cli.ts";

interface Wrong {
  readonly what: string;
  readonly text: string;
  readonly line: number;
  /** In the message; the field too, where there is one. */
  readonly told: RegExp;
}

const HEAD = "id: stairs\nsubject: stairs.ts#ways\n";

const WRONG: readonly Wrong[] = [
  { what: "no YAML at all", text: "id: [stairs\nsubject: }", line: 2, told: /./ },
  { what: "one key twice", text: `${HEAD}id: again\n`, line: 3, told: /unique/i },
  { what: "empty", text: "", line: 1, told: /object/ },
  { what: "a list", text: "- a\n- b\n", line: 1, told: /object/ },
  { what: "without a subject", text: "id: stairs\n", line: 1, told: /subject/ },
  { what: "with an unknown field", text: `${HEAD}run: 40\n`, line: 3, told: /run is not a field/ },
  { what: "with a number as text", text: `${HEAD}runs: many\n`, line: 3, told: /runs must be integer/ },
  { what: "with too few runs", text: `${HEAD}runs: 10\n`, line: 3, told: /runs must be >= 40/ },
  {
    what: "with a subject that names no function",
    text: "id: stairs\nsubject: stairs.ts\n",
    line: 2,
    told: /subject/,
  },
  {
    what: "with an unknown metric",
    text: `${HEAD}metrics:\n  - { name: beauty }\n`,
    line: 4,
    told: /metrics\.0\.name.*wall_time, cpu_time, heap_allocated, peak_memory/,
  },
  {
    what: "with a limit above its cap",
    text: `${HEAD}limits:\n  cpuSeconds: 2\n  memoryMb: 4096\n`,
    line: 5,
    told: /limits\.memoryMb must be <= 2048/,
  },
  { what: "with two examples", text: `${HEAD}examples: [[1], [2]]\n`, line: 3, told: /examples/ },
  {
    what: "with examples that are no argument lists",
    text: `${HEAD}examples:\n  - [1]\n  - 2\n  - [3]\n`,
    line: 5,
    told: /examples\.1 must be array/,
  },
  { what: "with an id that is no name", text: "id: ../../x\nsubject: stairs.ts#ways\n", line: 1, told: /id/ },
  { what: "a bomb of aliases", text: `${HEAD}${aliasBomb()}`, line: 1, told: /aliases/ },
];

function aliasBomb(): string {
  const levels = Array.from(
    { length: 9 },
    (_, level) => `l${level + 1}: &l${level + 1} [${Array(9).fill(`*l${level}`).join(", ")}]`,
  );
  return ["l0: &l0 [x]", ...levels].join("\n");
}

describe("a task file", { concurrency: 2 }, () => {
  for (const { what, text, line, told } of WRONG) {
    it(`is refused when it is ${what}`, () =>
      inProject({ "task.yaml": text }, async (cwd) => {
        const ended = await myriadJson(["run", "task.yaml"], { cwd });
        const error = assertRefused(ended, "TASK_INVALID");
        assert.match(error.message, told);
        assert.match(error.location ?? "", new RegExp(`task\\.yaml(:${line}\\b|$)`));
        assert.equal(ended.document.session, null, "nothing is begun for it");
      }));
  }

  it("is refused when it is not there, or no path", () =>
    inProject({}, async (cwd) => {
      const missing = assertRefused(await myriadJson(["run", "gone.yaml"], { cwd }), "TASK_FILE_UNREADABLE");
      assert.match(missing.location ?? "", /gone\.yaml$/);
      assertRefused(await myriadJson(["run", "stairs.ts"], { cwd }), "SUBJECT_REFERENCE_INVALID");
      assertRefused(await myriadJson(["run", "stairs.ts#"], { cwd }), "SUBJECT_REFERENCE_INVALID");
      const plain = await myriad(["run", "gone.yaml"], { cwd });
      assert.equal(plain.code, 2);
      assert.match(plain.stderr, /^error TASK_FILE_UNREADABLE: .*\n {2}at .*gone\.yaml\n {2}\S/);
    }));

  it("is refused when it names a constraint or a baseline that does not exist", () =>
    inProject(
      {
        "constraint.json": {
          id: "s",
          subject: "stairs.ts#ways",
          constraints: ["be-nice"],
          examples: [[1], [2], [3]],
        },
        "baseline.json": { id: "s", subject: "stairs.ts#ways", baseline: "s@9", examples: [[1], [2], [3]] },
      },
      async (cwd) => {
        const constraint = await myriadJson(["run", "constraint.json", "--runs", "40"], { cwd });
        assert.match(
          assertRefused(constraint, "TASK_INVALID").message,
          /constraints\.0 .*no-new-dependencies/,
        );
        const baseline = await myriadJson(["burst", "baseline.json", "--runs", "40"], { cwd });
        assert.match(assertRefused(baseline, "BASELINE_UNKNOWN").message, /s@9/);
      },
    ));
});

const GENERATORS: readonly (readonly [what: string, name: string, code: string, told: RegExp])[] = [
  ["throws", "throws", "SANDBOX_GENERATOR", /out of ideas/],
  ["never ends", "loops", "SANDBOX_GENERATOR", /limit|cpu|wall/],
  ["returns a number", "returnsNumber", "SANDBOX_GENERATOR", /array/],
  ["returns a flat list", "returnsFlatList", "SANDBOX_GENERATOR", /\[0\]|array/],
  ["returns functions", "returnsFunctions", "SANDBOX_GENERATOR", /function/],
  ["returns too few", "returnsTwo", "INPUTS_TOO_FEW", /2 inputs/],
  ["returns none", "returnsNothing", "INPUTS_TOO_FEW", /0 inputs/],
  ["is no function", "isNoFunction", "SANDBOX_GENERATOR", /"isNoFunction" is not a function/],
  ["is not there", "isGone", "BUNDLE_FAILED", /isGone/],
];

describe("a generator module", { concurrency: 2 }, () => {
  for (const [what, name, code, told] of GENERATORS) {
    const task = {
      id: "stairs",
      subject: "stairs.ts#ways",
      inputs: `bad-inputs.ts#${name}`,
      limits: { cpuSeconds: 2, wallSeconds: 2, memoryMb: 64 },
    };
    it(`is refused when it ${what}`, () =>
      inProject({ "task.json": task }, async (cwd) => {
        const error = assertRefused(await myriadJson(["run", "task.json", "--runs", "40"], { cwd }), code);
        assert.match(error.message, told);
      }));
  }

  it("is refused when its file is missing or broken", () =>
    inProject({ "broken.ts": "export function generate( {\n" }, async (cwd) => {
      const run = (inputs: string) =>
        myriadJson(["run", "stairs.ts#ways", "--inputs", inputs, "--runs", "40"], { cwd });
      const missing = await run("gone.ts#generate");
      assert.match(assertRefused(missing, missing.document.error!.code).message, /gone\.ts/);
      const broken = await run("broken.ts#generate");
      assert.match(assertRefused(broken, broken.document.error!.code).location ?? "", /broken\.ts:\d/);
    }));
});
