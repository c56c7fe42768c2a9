/** The `baseline` commands as their users meet them. */
import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { BaselineSummary } from "../../../actors/index.ts";
import { assertRefused, inProject, myriad, myriadJson } from "../../kit/cli.ts";
import { csvRecords } from "../../kit/csv.ts";
import { parseOpenMetrics } from "../../kit/open-metrics.ts";
import { ROOT } from "../../kit/repository.ts";

const IMPORTS = join(ROOT, "test", "fixtures", "imports");
const TASK = {
  id: "stairs",
  subject: "stairs.ts#ways",
  examples: [[14], [15], [16], [17], [18], [13], [12], [11]],
};

describe("the baseline commands", { concurrency: 2 }, () => {
  it("import, label, list, look back at, export and prune what another tool measured", () =>
    inProject({}, async (cwd) => {
      const run = async (...args: readonly string[]) => {
        const ended = await myriadJson(["baseline", ...args], { cwd });
        assert.equal(ended.code, 0, ended.stdout);
        return ended.document;
      };
      const imported = await run("import", join(IMPORTS, "criterion"), "--case", "quick");
      const [row] = imported.baselines!;
      assert.deepEqual([row!.tag, row!.fingerprint, row!.tool], ["quick@1", "foreign", "Criterion.rs"]);
      await run("import", join(IMPORTS, "criterion", "sorting", "quick_1000", "base"), "--case", "quick");
      await run("label", "quick@1", "v1.0");
      await run("note", "quick@1", "of the build server");
      const { history } = await run("history", "quick", "--metric", "wall_time");
      assert.deepEqual(
        history!.map(({ entries }) => entries.map(({ tag, label, note }) => [tag, label, note])),
        [
          [
            ["quick@1", "v1.0", "of the build server"],
            ["quick@2", null, history![0]!.entries[1]!.note],
          ],
        ],
      );
      const shown = await myriad(["baseline", "history", "quick"], { cwd });
      assert.match(
        shown.stdout,
        /^wall_time, measured by Criterion\.rs\n.*quick@1.*v1\.0\n.*quick@2 .*\+\d+\.\d %/s,
      );

      assertRefused(
        await myriadJson(["baseline", "compare", "quick@2", "quick@1"], { cwd }),
        "BASELINE_INCOMPARABLE",
      );
      const slower = await myriadJson(["baseline", "compare", "quick@2", "quick@1", "--foreign"], { cwd });
      assert.deepEqual([slower.code, slower.document.keptComparisons![0]!.verdict], [1, "regressed"]);
      const promoted = await myriadJson(["baseline", "promote", "quick@1"], { cwd });
      assertRefused(promoted, "BASELINE_NOT_PROMOTABLE", 1);

      const csv = await myriad(["baseline", "export"], { cwd });
      assert.equal(csvRecords(csv.stdout).length, 3, csv.stdout);
      const metrics = await myriad(["baseline", "export", "--format", "openmetrics", "quick@1"], { cwd });
      assert.ok(parseOpenMetrics(metrics.stdout).has("myriad_wall_time_mean_seconds"));
      const { exported } = await run(
        "export",
        "--format",
        "parquet",
        "--samples",
        "--out",
        "samples.parquet",
      );
      assert.deepEqual([exported!.baselines, exported!.file?.endsWith("samples.parquet")], [2, true]);
      assert.ok((await stat(join(cwd, "samples.parquet"))).size > 0);
      await run("export", "--format", "json", "--out", "all.json");
      const all = JSON.parse(await readFile(join(cwd, "all.json"), "utf8")) as readonly BaselineSummary[];
      assert.deepEqual(all.map(({ tag }) => tag), ["quick@1", "quick@2"]); // prettier-ignore

      const { pruned } = await run("prune", "--older-than", "0", "--dry-run");
      assert.deepEqual([pruned!.samples, pruned!.forks, pruned!.dryRun], [40, 2, true]);
      assert.equal((await run("prune")).pruned!.samples, 0, "nothing is 90 days old");
      assert.equal((await run("prune", "--older-than", "0d")).pruned!.samples, 40);
      assert.equal((await run("list", "quick")).baselines!.length, 2, "the figures stay");
    }));

  it("mark a release, which a burst can then be run beside", () =>
    inProject({ "task.json": TASK }, async (cwd) => {
      const burst = (...args: readonly string[]) =>
        myriadJson(["burst", "task.json", "--runs", "40", "--seed", "1", ...args], { cwd });
      assertRefused(await burst("--against", "release"), "BASELINE_CASE_UNKNOWN");
      assert.equal((await burst()).document.baseline?.to, "stairs@1");
      const marked = await myriadJson(["baseline", "promote", "stairs@1", "--release"], { cwd });
      assert.equal(marked.code, 0, marked.stdout);
      assert.deepEqual(marked.document.baselines!.map(({ current, release }) => [current, release]), [[true, true]]); // prettier-ignore
      const beside = await burst("--against", "release");
      assert.equal(beside.document.baseline?.from, "stairs@1", beside.stdout);
      assert.equal(beside.document.comparisons.length, 1);
      const told = await myriadJson(["report", beside.document.session!], { cwd });
      const { document: pruned } = await myriadJson(["baseline", "prune", "--older-than", "0"], { cwd });
      const { sessions, samples } = pruned.pruned!.journal!;
      assert.deepEqual([sessions, samples], [1, 80], "that of the released baseline keeps its own");
      const again = await myriadJson(["report", beside.document.session!], { cwd });
      assert.deepEqual(again.document, told.document, "what a session says needs no samples");
      const list = await myriad(["baseline", "list"], { cwd });
      assert.match(list.stdout, /^\*R stairs@1 {2}wall_time .*, isolate in [\w-]+, (node|bun) [\d.]+, /);
    }));

  it("say in their help what they are for, with examples", () =>
    inProject({}, async (cwd) => {
      for (const action of [
        "list",
        "show",
        "history",
        "compare",
        "promote",
        "label",
        "note",
        "prune",
        "import",
        "export",
      ]) {
        // prettier-ignore
        const { code, stdout } = await myriad(["baseline", action, "--help"], { cwd });
        assert.equal(code, 0);
        assert.match(stdout, new RegExp(`Examples:\\n {2}myriad baseline ${action}`));
      }
    }));
});
