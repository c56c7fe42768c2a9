/** Each way in which a session can end, with its exit code, its document, and what a person reads. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { inProject, myriad, myriadJson } from "../../kit/cli.ts";

// Enough work an iteration that a moment without the processor does not outweigh it.
const RUNS = ["--runs", "400", "--seed", "7", "--allow-noise"];
const EXAMPLES = [[11], [12], [13], [14], [15], [16], [17], [18], [19], [20], [21], [9]];
const task = (subject: string, candidate?: string): object => ({
  id: "stairs",
  subject: `stairs.ts#${subject}`,
  examples: EXAMPLES,
  ...(candidate === undefined ? {} : { candidate: `stairs.ts#${candidate}` }),
});

describe("a session's end", { concurrency: 2 }, () => {
  it("is exit 0 for a proved improvement, which report and baseline list tell of afterwards", () =>
    inProject({ "task.json": task("ways") }, async (cwd) => {
      const run = await myriadJson(["run", "task.json", ...RUNS], { cwd });
      const { document } = run;
      assert.equal(run.code, 0, run.stdout);
      assert.equal(run.stderr, "");
      assert.equal(document.verdict, "improved");
      assert.equal(document.success, true);
      assert.equal(document.error, null);
      assert.equal(document.seed, 7);
      assert.deepEqual(
        document.phases.map(({ state }) => state),
        Array.from({ length: 10 }, () => "finished"),
      );
      assert.ok(document.gates.length === 5 && document.gates.every(({ passed }) => passed));
      assert.equal(document.equivalence?.disagreements, 0);
      assert.equal(document.equivalence.inputs, EXAMPLES.length);
      assert.equal(document.burst?.runs, 400);
      const [row] = document.comparisons;
      assert.equal(row?.forks, 20);
      assert.ok(row.candidate.mean * 3 < row.baseline.mean, "a third of the time at most");
      assert.match(document.diff ?? "", /^\+/m);
      assert.deepEqual(document.baseline, { from: null, to: "stairs@1", candidate: "stairs@2" });
      assert.ok(existsSync(document.report!) && existsSync(join(dirname(document.report!), "report.md")));
      assert.match(
        await readFile(join(cwd, "stairs.ts"), "utf8"),
        /return ways\(steps - 1\)/,
        "not applied unasked",
      );

      const last = await myriadJson(["report"], { cwd });
      assert.equal(last.code, 0);
      assert.equal(last.document.session, document.session);
      assert.equal(last.document.report, document.report);
      const named = await myriad(["report", document.session!], { cwd });
      assert.equal(named.code, 0);
      assert.ok(named.stdout.includes(document.report!), named.stdout);

      const list = await myriadJson(["baseline", "list"], { cwd });
      assert.equal(list.code, 0);
      assert.deepEqual(
        list.document.baselines?.map(({ tag, caseId, current }) => ({ tag, caseId, current })),
        [
          { tag: "stairs@1", caseId: "stairs", current: true },
          { tag: "stairs@2", caseId: "stairs", current: false },
        ],
      );
      const read = await myriad(["baseline", "list"], { cwd });
      assert.match(read.stdout, /stairs@1/);

      const resumed = await myriadJson(["run", "--resume", document.session!], { cwd });
      assert.equal(resumed.code, 2);
      assert.equal(resumed.document.error?.code, "SESSION_ENDED");

      const applied = await myriadJson(["run", "--resume", document.session!, "--apply"], { cwd });
      assert.equal(applied.code, 0, applied.stdout);
      assert.deepEqual(applied.document.baseline, { from: null, to: "stairs@2", candidate: "stairs@2" });
      assert.doesNotMatch(await readFile(join(cwd, "stairs.ts"), "utf8"), /return ways\(steps - 1\)/);
      const current = await myriadJson(["baseline", "show", "stairs@2"], { cwd });
      assert.equal(current.document.baselines?.[0]?.current, true);

      await writeFile(join(cwd, "stairs.ts"), "export const ways = () => 1;\n");
      const late = await myriad(["run", "--resume", document.session!, "--apply"], { cwd });
      assert.equal(late.code, 2);
      assert.match(late.stdout, /faster/, "what was found stays told");
      assert.match(late.stderr, /^error SESSION_SOURCE_CHANGED/);
    }));

  it("is exit 1 for a wrong candidate, with the smallest input that shows it", () =>
    inProject({ "task.json": task("ways", "waysGuessed") }, async (cwd) => {
      const { code, document } = await myriadJson(["run", "task.json", ...RUNS], { cwd });
      assert.equal(document.verdict, "rejected", JSON.stringify(document));
      assert.equal(code, 1);
      assert.equal(document.success, false);
      assert.ok(document.equivalence!.disagreements > 0);
      const [shown] = document.equivalence!.counterexamples;
      assert.equal(shown?.input, "10", "nine steps are right, ten are the least that are wrong");
      assert.deepEqual(
        [shown.subject, shown.candidate].map((text) => /\d+/.exec(text)?.[0]),
        ["89", "55"],
      );
      assert.equal(document.burst, null, "what is wrong is not measured");
      const list = await myriadJson(["baseline", "list"], { cwd });
      assert.deepEqual(list.document.baselines, []);
    }));

  it("is exit 1 for a slower candidate, in words too", () =>
    inProject({ "task.json": task("ways", "waysDoubtful") }, async (cwd) => {
      const ended = await myriad(["run", "task.json", ...RUNS], { cwd });
      assert.equal(ended.code, 1, ended.stdout + ended.stderr);
      assert.match(ended.stdout, /slower|regress|worse/i);
      assert.match(ended.stderr, /^burst …$/m);
      const { document, code } = await myriadJson(["report"], { cwd });
      assert.equal(code, 0, "report only prints");
      assert.equal(document.verdict, "regressed");
      assert.equal(document.gates.find(({ name }) => name === "performance_baseline")?.passed, false);
    }));

  it("is exit 3 when the search finds nothing", () =>
    inProject({ "task.json": task("waysByLoop") }, async (cwd) => {
      const { code, document } = await myriadJson(["run", "task.json", ...RUNS], { cwd });
      assert.equal(code, 3);
      assert.equal(document.verdict, "inconclusive");
      assert.equal(document.success, false);
      assert.equal(document.error, null);
      assert.equal(document.search?.accepted, 0);
      assert.ok(document.phases.some(({ name, state }) => name === "burst" && state === "skipped"));
      const quiet = await myriad(["report", "--quiet"], { cwd });
      assert.equal(quiet.stdout.trim().split("\n").length, 1, quiet.stdout);
      assert.equal(quiet.stderr, "");
    }));

  it("is exit 0 or 1 for compare, by which side is the faster one, also where it may end early", () =>
    inProject({}, async (cwd) => {
      const inputs = ["--inputs", "stairs-inputs.ts#generate"];
      const better = await myriadJson(
        ["compare", "stairs.ts#ways", "stairs.ts#waysByLoop", ...inputs, ...RUNS],
        { cwd },
      );
      assert.equal(better.code, 0, better.stdout);
      assert.equal(better.document.verdict, "improved");
      assert.equal(better.document.command, "compare");
      assert.equal(better.document.search, null);
      const worse = await myriadJson(
        ["compare", "stairs.ts#waysByLoop", "stairs.ts#ways", ...inputs, ...RUNS, "--stop-early"],
        { cwd },
      );
      assert.equal(worse.code, 1, worse.stdout);
      assert.equal(worse.document.verdict, "regressed");
      const { earlyStop, runs } = worse.document.burst!;
      assert.equal(earlyStop?.decided, "regressed");
      assert.equal(earlyStop.planned, 20);
      assert.equal(worse.document.comparisons[0]!.forks, earlyStop.forks);
      assert.equal(worse.document.comparisons[0]!.test, "always-valid-on-fork-pairs");
      assert.equal(runs, earlyStop.forks * 20);
      const wrong = await myriadJson(
        ["compare", "stairs.ts#ways", "stairs.ts#waysGuessed", ...inputs, ...RUNS],
        { cwd },
      );
      assert.equal(wrong.code, 1);
      assert.equal(wrong.document.verdict, "rejected");
    }));

  it("is exit 1 for a burst of code that does not do what its baseline does, however fast it is", () =>
    inProject({ "task.json": task("ways") }, async (cwd) => {
      const burst = () => myriadJson(["burst", "task.json", ...RUNS], { cwd });
      assert.equal((await burst()).code, 0);
      const source = await readFile(join(cwd, "stairs.ts"), "utf8");
      const other = source.replaceAll(/waysGuessed|\bways\b/g, (name) =>
        name === "ways" ? "waysOnce" : "ways",
      );
      await writeFile(join(cwd, "stairs.ts"), other);
      const { code, document } = await burst();
      assert.equal(code, 1, JSON.stringify(document));
      assert.equal(document.verdict, "rejected");
      assert.ok(document.equivalence!.disagreements > 0);
      assert.equal(document.equivalence!.counterexamples[0]?.input, "10");
      const { document: list } = await myriadJson(["baseline", "list"], { cwd });
      assert.deepEqual(
        list.baselines?.map(({ tag, current }) => [tag, current]),
        [["stairs@1", true]],
      );

      // A later session that does not come to a report takes nothing from the last one that did.
      assert.equal((await myriadJson(["run", "stairs.ts#nope"], { cwd })).code, 2);
      const report = await myriadJson(["report"], { cwd });
      assert.equal(report.code, 0, report.stdout);
      assert.equal(report.document.session, document.session);
    }));

  it("is a baseline for the first burst, and a comparison with it for every later one", () =>
    inProject({ "task.json": task("ways") }, async (cwd) => {
      const source = await readFile(join(cwd, "stairs.ts"), "utf8");
      const burst = () => myriadJson(["burst", "task.json", ...RUNS], { cwd });
      const first = await burst();
      assert.equal(first.code, 0, first.stdout);
      assert.equal(first.document.verdict, "no_baseline");
      assert.equal(first.document.success, true);
      assert.deepEqual(first.document.baseline, { from: null, to: "stairs@1", candidate: null });
      assert.deepEqual(first.document.comparisons, []);

      const faster = source.replaceAll(/waysByLoop|\bways\b/g, (name) =>
        name === "ways" ? "waysOnce" : "ways",
      );
      await writeFile(join(cwd, "stairs.ts"), faster);
      const second = await burst();
      assert.equal(second.code, 0, second.stdout);
      assert.equal(second.document.verdict, "improved");
      assert.deepEqual(second.document.baseline, { from: "stairs@1", to: "stairs@2", candidate: null });
      assert.deepEqual(
        [second.document.comparisons[0]?.baseline.n, second.document.comparisons[0]?.candidate.n],
        [20, 20],
      );

      await writeFile(join(cwd, "stairs.ts"), source);
      const third = await burst();
      assert.equal(third.code, 1, third.stdout);
      assert.equal(third.document.verdict, "regressed");
      assert.deepEqual(third.document.baseline, { from: "stairs@2", to: null, candidate: null });

      const promoted = await myriadJson(["baseline", "promote", "stairs@1"], { cwd });
      assert.equal(promoted.code, 0, promoted.stdout);
      const list = await myriadJson(["baseline", "list", "stairs"], { cwd });
      assert.deepEqual(
        list.document.baselines?.map(({ tag, current }) => [tag, current]),
        [
          ["stairs@1", true],
          ["stairs@2", false],
        ],
      );
      const shown = await myriadJson(["baseline", "show", "stairs@2"], { cwd });
      assert.deepEqual(
        shown.document.baselines?.map(({ tag }) => tag),
        ["stairs@2"],
      );
      const none = await myriadJson(["baseline", "list", "other"], { cwd });
      assert.deepEqual(none.document.baselines, []);
    }));
});
