/** Subjects that cannot be judged: each is refused with a code, a hint and the place, and exit 2. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assertRefused, inProject, myriadJson } from "../../kit/cli.ts";

interface Refusal {
  readonly what: string;
  /** `path#export`. */
  readonly subject: string;
  readonly code: string;
  /** In message and location. */
  readonly told: RegExp;
  readonly location?: RegExp;
}

const FILES: Readonly<Record<string, string>> = {
  "syntax.ts": "export function broken( {\n",
  "types.ts": "export function name(n: number): string {\n  return n;\n}\n",
  "imports.ts": 'import gone from "is-not-installed";\nexport const f = (n: number): number => gone(n);\n',
  "empty.ts": "",
  "at-load.ts": 'throw new Error("not today");\nexport function f(n: number): number {\n  return n;\n}\n',
};

const UNREADABLE: readonly Refusal[] = [
  { what: "a missing file", subject: "gone.ts#f", code: "SUBJECT_FILE_MISSING", told: /gone\.ts/ },
  {
    what: "a missing export",
    subject: "stairs.ts#climb",
    code: "SUBJECT_EXPORT_MISSING",
    told: /ways, waysByLoop/,
  },
  {
    what: "a syntax error",
    subject: "syntax.ts#broken",
    code: "SUBJECT_SYNTAX_ERROR",
    told: /expected/,
    location: /syntax\.ts:2:1$/,
  },
  {
    what: "a type error",
    subject: "types.ts#name",
    code: "SUBJECT_TYPE_ERROR",
    told: /not assignable/,
    location: /types\.ts:2:3$/,
  },
  {
    what: "a package that is not installed",
    subject: "imports.ts#f",
    code: "BUNDLE_FAILED",
    told: /is-not-installed/,
    location: /imports\.ts:1:/,
  },
  { what: "a constant", subject: "hostile.ts#size", code: "SUBJECT_NOT_A_FUNCTION", told: /number/ },
  {
    what: "a parameter of type any",
    subject: "hostile.ts#takesAnything",
    code: "INPUTS_NOT_DERIVABLE",
    told: /`value` of type `any`/,
  },
];

const UNSUITABLE: readonly Refusal[] = [
  {
    what: "reads a file by promise",
    subject: "readsFileLater",
    code: "SUBJECT_NEEDS_PLATFORM",
    told: /node:fs\/promises/,
  },
  { what: "opens a connection", subject: "connects", code: "SUBJECT_NEEDS_PLATFORM", told: /node:net/ },
  { what: "ends the process", subject: "exits", code: "SUBJECT_NEEDS_PLATFORM", told: /process/ },
  { what: "fetches", subject: "fetches", code: "SUBJECT_NEEDS_PLATFORM", told: /fetch/ },
  { what: "draws lots", subject: "drawsLots", code: "SUBJECT_NONDETERMINISTIC", told: /differ/ },
  { what: "looks at the clock", subject: "looksAtClock", code: "SUBJECT_NONDETERMINISTIC", told: /differ/ },
  {
    what: "never ends on one input",
    subject: "endsUnlessTwo",
    code: "SUBJECT_LIMIT_EXCEEDED",
    told: /cpu|wall/,
    location: /input 2$/,
  },
  { what: "awaits without end", subject: "awaitsForEver", code: "SUBJECT_LIMIT_EXCEEDED", told: /cpu|wall/ },
  // On a busy machine the time may be up first.
  {
    what: "fills the memory",
    subject: "fillsMemory",
    code: "SUBJECT_LIMIT_EXCEEDED",
    told: /memory|cpu|wall/,
  },
  {
    what: "returns a function",
    subject: "returnsFunction",
    code: "SUBJECT_INCOMPARABLE",
    told: /a function/,
  },
  {
    what: "throws on every input",
    subject: "throwsAlways",
    code: "SUBJECT_NOT_COMPARED",
    told: /RangeError.*not/,
  },
];

/** In time: what never ends is given two seconds. */
const LIMITS = { wallSeconds: 2, cpuSeconds: 2, memoryMb: 64 };
const MOST_MS = 60_000;

describe("a subject that cannot be read", { concurrency: 2 }, () => {
  for (const { what, subject, code, told, location } of UNREADABLE) {
    it(`is refused when it is ${what}`, () =>
      inProject(FILES, async (cwd) => {
        const error = assertRefused(await myriadJson(["run", subject, "--runs", "40"], { cwd }), code);
        assert.match(error.message, told);
        assert.match(error.location ?? "", location ?? new RegExp(subject.split("#")[0]!));
      }));
  }

  it("is looked at again by a resume, once it is mended", () =>
    inProject(FILES, async (cwd) => {
      const task = { id: "types", subject: "types.ts#name", examples: [[1], [2], [3]] };
      await writeFile(join(cwd, "task.json"), JSON.stringify(task));
      const refused = await myriadJson(["burst", "task.json", "--runs", "40"], { cwd });
      assertRefused(refused, "SUBJECT_TYPE_ERROR");
      await writeFile(
        join(cwd, "types.ts"),
        "export function name(n: number): string {\n  return `${n}`;\n}\n",
      );
      const resumed = await myriadJson(["burst", "--resume", refused.document.session!], { cwd });
      assert.equal(resumed.code, 0, resumed.stdout);
      assert.equal(resumed.document.session, refused.document.session);
      assert.equal(resumed.document.seed, refused.document.seed);
      assert.equal(resumed.document.verdict, "no_baseline");
    }));
});

describe("a subject that cannot be judged", { concurrency: 2 }, () => {
  for (const { what, subject, code, told, location } of UNSUITABLE) {
    const task = {
      id: "hostile",
      subject: `hostile.ts#${subject}`,
      examples: [[1], [2], [3]],
      limits: LIMITS,
    };
    it(`is refused when it ${what}`, () =>
      inProject({ "task.json": task }, async (cwd) => {
        const begun = performance.now();
        const ended = await myriadJson(["run", "task.json", "--runs", "40"], { cwd });
        const error = assertRefused(ended, code);
        assert.ok(performance.now() - begun < MOST_MS, "in time");
        assert.match(error.message, told);
        assert.doesNotMatch(error.message, /\n/);
        if (location !== undefined) assert.match(error.location ?? "", location);
        assert.equal(ended.document.phases.find(({ name }) => name === "prepare")?.state, "failed");
      }));
  }

  it("is refused when its module throws while it is loaded", () =>
    inProject(
      { ...FILES, "task.json": { id: "load", subject: "at-load.ts#f", examples: [[1], [2], [3]] } },
      async (cwd) => {
        const ended = await myriadJson(["run", "task.json", "--runs", "40"], { cwd });
        const error = assertRefused(ended, "SUBJECT_NOT_COMPARED");
        assert.match(error.message, /not today/);
      },
    ));
});
