import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { runSuite } from "../../../actors/ci/ci-run.ts";
import type { CiEnding, CiHooks } from "../../../actors/ci/ci-run.ts";
import { readSuite } from "../../../actors/ci/suite.ts";
import type { SuiteOverrides } from "../../../actors/ci/suite.ts";
import type { SessionDocument } from "../../../actors/index.ts";
import { openMemoryJournal } from "../../../storage/index.ts";
import {
  documentWithError,
  FASTER,
  SAME,
  scriptedHost,
  scriptedRow,
  SLOWER,
  UNCLEAR,
} from "../../kit/scripted-sessions.ts";
import type { HostParts, Script, ScriptedHost } from "../../kit/scripted-sessions.ts";
import { inRepository } from "../../kit/suite.ts";
import type { Repository } from "../../kit/suite.ts";

const NAMES = ["a", "b", "c"];
const SUITE = `against: HEAD~1\nruns: 400\ncases:\n${NAMES.map((name) => `  - { id: ${name}, subject: ${name}.ts#f }`).join("\n")}\n`;

function source(change: string): string {
  return `export function f(n: number): number {\n  return n + ${change};\n}\n`;
}

/** Two commits, all three functions changed in the second. */
function changed({ commit }: Repository, which: readonly string[] = NAMES): void {
  commit({ "s.yaml": SUITE, ...Object.fromEntries(NAMES.map((name) => [`${name}.ts`, source("1")])) });
  commit({ note: "x", ...Object.fromEntries(which.map((name) => [`${name}.ts`, source("2")])) });
}

interface Setting {
  readonly repository: Repository;
  readonly host: ScriptedHost;
  readonly run: (overrides?: SuiteOverrides, hooks?: CiHooks, resume?: boolean) => Promise<CiEnding>;
}

function setting(repository: Repository, script: Script, parts: Partial<HostParts> = {}): Setting {
  const { folder } = repository;
  const host = scriptedHost({ journal: openMemoryJournal(), folder, script, ...parts });
  return {
    repository,
    host,
    run: (overrides = {}, hooks = {}, resume = false) =>
      runSuite(readSuite("s.yaml", folder, overrides), host, { resume }, hooks),
  };
}

const verdicts = ({ document }: CiEnding): readonly string[] =>
  document.cases.map(({ verdict, decidedBy }) => `${verdict} ${decidedBy ?? "-"}`);

describe("a run of a suite", () => {
  it("measures nothing where both versions are the same program", () =>
    inRepository(async (repository) => {
      changed(repository, []);
      const { run, host } = setting(repository, () => assert.fail("nothing is to be measured"));
      const ending = await run();
      assert.deepEqual(verdicts(ending), ["unchanged identity", "unchanged identity", "unchanged identity"]);
      assert.deepEqual(host.log, []);
      assert.equal(ending.document.success, true);
      assert.equal(ending.document.verdict, "unchanged");
      assert.equal(ending.document.falseAlarms, null);
    }));

  it("takes the same program for the same where it imports a package of the working tree", () =>
    inRepository(async (repository) => {
      const { commit, write } = repository;
      const importing = `import { one } from "one";\nimport two from "two";\n${source("one * two")}`;
      write({ "node_modules/two/index.js": "module.exports = 2;\n" });
      write({ "node_modules/one/index.js": "export const one = 1;\n" });
      write({ "node_modules/one/package.json": '{"name":"one","type":"module","main":"index.js"}' });
      commit({
        "s.yaml": SUITE,
        ".gitignore": "node_modules/\n",
        "a.ts": importing,
        "b.ts": importing,
        "c.ts": source("1"),
      });
      commit({ "b.ts": importing.replace("n +", "2 + n +") });
      const { run, host } = setting(repository, () => SAME);
      const ending = await run();
      assert.deepEqual(host.log, ["b/40"]);
      assert.deepEqual(verdicts(ending), ["unchanged identity", "non_inferior screen", "unchanged identity"]);
    }));

  it("screens every case first, and looks fully at those alone that the screen does not let pass", () =>
    inRepository(async (repository) => {
      changed(repository);
      const p = { a: SAME, b: SLOWER, c: FASTER } as const;
      const { run, host } = setting(repository, ({ caseId }) => p[caseId as keyof typeof p]);
      const ending = await run();
      assert.deepEqual(host.log, ["a/40", "b/40", "c/40", "b/400"]);
      assert.deepEqual(verdicts(ending), ["non_inferior screen", "regressed full", "improved screen"]);
      assert.equal(ending.document.verdict, "regressed");
      assert.equal(ending.document.success, false);
      assert.equal(ending.fault, null);
      const [, b] = ending.document.cases;
      assert.deepEqual(b!.sessions, { screen: "session-1", full: "session-3" });
      assert.equal(b!.report, "/state/session-3/report.html");
      assert.equal(b!.wallMs, 2000);
    }));

  it("gives no verdict on what a session withheld for the machine's noise, however clear it looks", () =>
    inRepository(async (repository) => {
      changed(repository, ["a", "b"]);
      const { run, host } = setting(repository, ({ caseId, runs }) => ({
        verdict: "inconclusive",
        withheld: caseId === "a" || runs === 40 ? "noise" : null,
        comparisons: [scriptedRow(caseId, caseId === "a" ? SLOWER : SAME)],
      }));
      const ending = await run();
      assert.deepEqual(host.log, ["a/40", "b/40", "a/400", "b/400"]);
      assert.deepEqual(verdicts(ending), ["inconclusive full", "non_inferior full", "unchanged identity"]);
      assert.equal(
        ending.document.cases[0]!.reason,
        "the machine was too noisy for a verdict; --allow-noise, or allowNoise: true in the case, gives one all the same",
      );
      assert.equal(ending.document.cases[1]!.reason, null);
    }));

  it("gives its verdict on a metric that is counted on inputs, however noisy the machine", () =>
    inRepository(async (repository) => {
      changed(repository, ["a"]);
      const own = { metric: "comparisons", unit: "calls", test: "paired-t-on-inputs" } as const;
      const { run } = setting(repository, () => ({
        verdict: "regressed",
        withheld: "noise",
        comparisons: [scriptedRow("a", UNCLEAR), { ...scriptedRow("a", SLOWER), ...own }],
      }));
      const ending = await run();
      assert.equal(verdicts(ending)[0], "regressed full");
      assert.deepEqual(
        ending.document.cases[0]!.comparisons.map(({ metric, verdict }) => [metric, verdict]),
        [
          ["wall_time", "inconclusive"],
          ["comparisons", "regressed"],
        ],
      );
    }));

  it("measures the function at the commit against the present one, with one seed for all", () =>
    inRepository(async (repository) => {
      changed(repository);
      const { folder, git } = repository;
      const { run, host } = setting(repository, ({ task }) => {
        const base = join(host.path, "ci", git("rev-parse", "HEAD~1"));
        assert.equal(task.subject.file, join(base, `${task.id}.ts`));
        assert.deepEqual(task.candidate, { file: join(folder, `${task.id}.ts`), exportName: "f" });
        assert.equal(task.seed, 5);
        return SAME;
      });
      const { document } = await run();
      assert.deepEqual(document.against, { ref: "HEAD~1", commit: git("rev-parse", "HEAD~1") });
      assert.equal(document.seed, 5);
    }));

  it("keeps what a screen has shown of one metric where the full look shows nothing of it", () =>
    inRepository(async (repository) => {
      changed(repository, ["a"]);
      const { run } = setting(repository, ({ runs }) => {
        const [time, memory] = runs === 40 ? [SAME, UNCLEAR] : [UNCLEAR, SAME];
        const rows = [scriptedRow("a", time), { ...scriptedRow("a", memory), metric: "peak_memory" }];
        return { verdict: "inconclusive", comparisons: rows };
      });
      const ending = await run();
      assert.equal(verdicts(ending)[0], "non_inferior full");
    }));

  it("calls a function new that the commit has not, whether its file or only its export is missing there", () =>
    inRepository(async (repository) => {
      repository.commit({ "s.yaml": SUITE, "a.ts": source("1"), "b.ts": "export const g = 1;\n" });
      repository.commit({ "b.ts": source("1"), "c.ts": source("1") });
      const missing = (place: string): Partial<SessionDocument> => ({
        error: { code: "SUBJECT_EXPORT_MISSING", message: "no f", hint: null, location: place },
      });
      const before = setting(repository, ({ task }) => missing(`${task.subject.file}:1:1`));
      assert.deepEqual(verdicts(await before.run()), [
        "unchanged identity",
        "no_baseline -",
        "no_baseline -",
      ]);
      assert.deepEqual(before.host.log, ["b/40"]);
      const now = setting(repository, ({ task }) => missing(task.candidate!.file));
      assert.deepEqual(verdicts(await now.run()), ["unchanged identity", "failed -", "no_baseline -"]);
    }));

  it("goes on after a case that could not be measured or was rejected", () =>
    inRepository(async (repository) => {
      changed(repository);
      const { run } = setting(repository, ({ caseId }) =>
        caseId === "a"
          ? documentWithError("SUBJECT_NONDETERMINISTIC", "input 2")
          : caseId === "b"
            ? { verdict: "rejected" }
            : SAME,
      );
      const { document, fault } = await run();
      assert.deepEqual(verdicts({ document, fault }), ["failed -", "rejected -", "non_inferior screen"]);
      assert.equal(document.cases[0]!.error?.code, "SUBJECT_NONDETERMINISTIC");
      assert.equal(fault, "input");
      assert.equal(document.verdict, "rejected");
    }));
});

describe("the budget of a run", () => {
  it("leaves the rest not run, and a resume does that rest alone", () =>
    inRepository(async (repository) => {
      changed(repository);
      const { run, host } = setting(repository, ({ runs }) => (runs === 40 ? UNCLEAR : SAME), {
        wallMs: ({ runs }) => runs * 100,
      });
      const ending = await run({ budgetMinutes: 1 });
      // Of a full look it is known only that it takes no less than the screen: the second is called off.
      assert.deepEqual(host.log, ["a/40", "b/40", "c/40", "a/400", "b/400"]);
      assert.deepEqual(verdicts(ending), ["non_inferior full", "not_run -", "not_run -"]);
      assert.match(ending.document.cases[1]!.reason ?? "", /did not fit into the budget of 1 minutes/);
      assert.equal(ending.document.success, false);
      assert.equal(ending.fault, null);
      host.log.length = 0;
      const resumed = await run({ budgetMinutes: 10 }, {}, true);
      assert.deepEqual(host.log, ["b/400+", "c/400"]);
      assert.deepEqual(verdicts(resumed), ["non_inferior full", "non_inferior full", "non_inferior full"]);
      assert.equal(resumed.document.run, ending.document.run);
      await assert.rejects(run({}, {}, true), { code: "SUITE_RUN_UNKNOWN" });
    }));

  it("takes first what is not known, then what cost least, and begins nothing that cost more than is left", () =>
    inRepository(async (repository) => {
      changed(repository);
      const cost = { a: 30_000, b: 5_000, c: 10_000 };
      const { run, host } = setting(repository, () => SAME, {
        wallMs: ({ caseId }) => cost[caseId as keyof typeof cost],
      });
      await run();
      host.log.length = 0;
      const ending = await run({ budgetMinutes: 0.5 });
      assert.deepEqual(host.log, ["b/40", "c/40"]);
      assert.deepEqual(verdicts(ending), ["not_run -", "non_inferior screen", "non_inferior screen"]);
    }));
});

describe("a stopped run", () => {
  it("ends in order with what it has, and is resumed without measuring anything twice", () =>
    inRepository(async (repository) => {
      changed(repository);
      const stop = new AbortController();
      const { run, host } = setting(repository, ({ caseId, resumed }) => {
        if (caseId !== "b" || resumed) return SAME;
        stop.abort();
        return "stop";
      });
      const { document, fault } = await run({}, { signal: stop.signal });
      assert.equal(fault, "interrupted");
      assert.equal(document.error?.code, "INTERRUPTED");
      assert.match(document.error.hint ?? "", /myriad ci --resume/);
      assert.deepEqual(verdicts({ document, fault }), ["non_inferior screen", "not_run -", "not_run -"]);
      const resumed = await run({}, {}, true);
      assert.deepEqual(host.log, ["a/40", "b/40", "b/40+", "c/40"]);
      assert.equal(resumed.document.success, true);
    }));

  it("is not resumed over other code, and says which", () =>
    inRepository(async (repository) => {
      changed(repository);
      const stop = new AbortController();
      const { run } = setting(repository, () => {
        stop.abort();
        return "stop";
      });
      await run({}, { signal: stop.signal });
      repository.write({ "c.ts": source("3") });
      await assert.rejects(run({}, {}, true), { code: "SUITE_RUN_CHANGED", message: /^c / });
    }));
});

describe("a run that cannot begin", () => {
  it("is refused when no commit is named, and when there is nothing to resume", () =>
    inRepository(async (repository) => {
      changed(repository);
      repository.write({ "s.yaml": SUITE.replace("against: HEAD~1\n", "") });
      const { run } = setting(repository, () => SAME);
      await assert.rejects(run(), { code: "SUITE_NEEDS_REF" });
      await assert.rejects(run({}, {}, true), { code: "SUITE_RUN_UNKNOWN" });
      await assert.rejects(run({ against: "gone" }), { code: "GIT_REF_UNKNOWN" });
    }));
});
