/** What the command line says of itself, and how it takes what it does not understand. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { packageVersion } from "../../../actors/index.ts";
import { assertRefused, inProject, myriad, myriadJson } from "../../kit/cli.ts";

const WRONG: readonly (readonly [what: string, args: readonly string[], named: RegExp])[] = [
  ["an unknown command", ["frobnicate"], /frobnicate/],
  ["an unknown option", ["run", "stairs.ts#ways", "--fast"], /--fast/],
  [
    "an option of another command",
    ["compare", "stairs.ts#ways", "stairs.ts#waysByLoop", "--apply"],
    /--apply/,
  ],
  ["an option without its value", ["run", "stairs.ts#ways", "--seed"], /--seed/],
  ["too few runs", ["run", "stairs.ts#ways", "--runs", "39"], /--runs.*39/],
  ["runs that are no number", ["burst", "stairs.ts#ways", "--runs", "many"], /--runs.*many/],
  ["a negative seed", ["run", "stairs.ts#ways", "--seed", "-1"], /--seed/],
  ["no workers", ["run", "stairs.ts#ways", "--workers", "0"], /--workers.*0/],
  ["no subject", ["run"], /what to work on/],
  [
    "a hand-written candidate to be applied",
    ["run", "stairs.ts#ways", "--candidate", "stairs.ts#waysByLoop", "--apply"],
    /--apply/,
  ],
  [
    "other conditions for a session that goes on",
    ["run", "--resume", "01J9Z3K6W8V4S2Q0T5R7Y1X3AB", "--runs", "400"],
    /was begun with/,
  ],
  ["half a comparison", ["compare", "stairs.ts#ways"], /what to work on/],
  ["one word too many", ["run", "stairs.ts#ways", "stairs.ts#waysByLoop"], /argument/],
  ["no command", [], /command/],
  ["no action", ["baseline"], /baseline|action|command/],
  ["an unknown action", ["baseline", "burn", "stairs@1"], /burn/],
  ["no tag", ["baseline", "show"], /tag/],
  ["an age that is none", ["baseline", "prune", "--older-than", "soon"], /--older-than.*soon/],
  ["an unknown form", ["baseline", "export", "--format", "xml"], /--format.*xml/],
  ["an export to where the document goes", ["baseline", "export"], /--out/],
  ["Parquet without a file", ["baseline", "export", "--format", "parquet"], /--out/],
  ["a label of two lines", ["baseline", "label", "stairs@1", "one\ntwo"], /one line/],
  [
    "another end for a session that goes on",
    ["compare", "--resume", "01J9Z3K6W8V4S2Q0T5R7Y1X3AB", "--stop-early"],
    /was begun with/,
  ],
  [
    "another baseline for a session that goes on",
    ["burst", "--resume", "01J9Z3K6W8V4S2Q0T5R7Y1X3AB", "--against", "release"],
    /was begun with/,
  ],
];

describe("the command line", { concurrency: 2 }, () => {
  for (const [what, args, named] of WRONG) {
    it(`takes ${what} as bad usage`, () =>
      inProject({}, async (cwd) => {
        const error = assertRefused(await myriadJson(args, { cwd }), "USAGE");
        assert.match(error.message, named);
      }));
  }

  it("takes a task with a hand-written candidate that is to be applied as bad usage", () => {
    const task = { id: "stairs", subject: "stairs.ts#ways", candidate: "stairs.ts#waysByLoop" };
    return inProject({ "task.json": task }, async (cwd) => {
      const error = assertRefused(await myriadJson(["run", "task.json", "--apply"], { cwd }), "USAGE");
      assert.match(error.message, /hand-written/);
    });
  });

  it("says on stderr, for people, what is wrong and where help is", () =>
    inProject({}, async (cwd) => {
      const { code, stdout, stderr } = await myriad(["run", "stairs.ts#ways", "--fast"], { cwd });
      assert.equal(code, 2);
      assert.equal(stdout, "");
      assert.match(stderr, /--fast[^]*myriad --help/);
    }));

  it("shows its help on stderr when it is called without a command", () =>
    inProject({}, async (cwd) => {
      const { code, stdout, stderr } = await myriad([], { cwd });
      assert.equal(code, 2);
      assert.equal(stdout, "");
      assert.match(stderr, /^Usage: myriad/);
    }));

  for (const command of ["run", "burst", "compare", "report", "node", "up"]) {
    it(`shows examples and exit codes in the help of ${command}`, () =>
      inProject({}, async (cwd) => {
        const { code, stdout, stderr } = await myriad([command, "--help"], { cwd });
        assert.equal(code, 0);
        assert.equal(stderr, "");
        assert.match(stdout, new RegExp(`Examples:\\n  myriad ${command}`));
        assert.match(stdout, /Exit codes:/);
        assert.match(stdout, /--json/);
      }));
  }

  it("shows every command, examples and the exit codes in its help", () =>
    inProject({}, async (cwd) => {
      const { code, stdout } = await myriad(["--help"], { cwd });
      assert.equal(code, 0);
      for (const command of ["run", "burst", "compare", "baseline", "report", "node", "up", "nats-server"]) {
        assert.match(stdout, new RegExp(`^  ${command}\\b`, "m"));
      }
      assert.match(stdout, /Examples:\n {2}myriad run/);
      assert.match(stdout, /130 interrupted/);
    }));

  it("says its version", () =>
    inProject({}, async (cwd) => {
      const { code, stdout } = await myriad(["--version"], { cwd });
      assert.equal(code, 0);
      assert.equal(stdout, `${packageVersion()}\n`);
    }));

  it("answers for what is not there with a code, a hint and the place", () =>
    inProject({}, async (cwd) => {
      const expected: readonly (readonly [args: readonly string[], code: string])[] = [
        [["baseline", "show", "stairs@1"], "BASELINE_UNKNOWN"],
        [["baseline", "promote", "stairs@1"], "BASELINE_UNKNOWN"],
        [["baseline", "label", "stairs@1", "v1"], "BASELINE_UNKNOWN"],
        [["baseline", "compare", "stairs@1"], "BASELINE_UNKNOWN"],
        [["baseline", "history", "stairs"], "BASELINE_CASE_UNKNOWN"],
        [["baseline", "import", "stairs.ts"], "BASELINE_IMPORT_INVALID"],
        [["baseline", "export", "stairs@1", "--out", "out.csv"], "BASELINE_UNKNOWN"],
        [["report"], "REPORT_UNKNOWN"],
        [["report", "01J9Z3K6W8V4S2Q0T5R7Y1X3AB"], "SESSION_UNKNOWN"],
        [["report", "../../etc/passwd"], "SESSION_UNKNOWN"],
        [["run", "--resume", "01J9Z3K6W8V4S2Q0T5R7Y1X3AB"], "SESSION_UNKNOWN"],
      ];
      for (const [args, code] of expected) assertRefused(await myriadJson(args, { cwd }), code);
      const plain = await myriad(["baseline", "show", "stairs@1"], { cwd });
      assert.equal(plain.code, 2);
      assert.equal(plain.stdout, "");
      assert.match(plain.stderr, /^error BASELINE_UNKNOWN: .*stairs@1/);
      assert.doesNotMatch(plain.stderr, /^\s+at .*\.js:/m);
    }));
});
