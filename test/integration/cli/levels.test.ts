/** Where metrics are measured: counts in a realm, time in a thread that is no boundary. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { assertRefused, inProject, myriad, myriadJson } from "../../kit/cli.ts";

const SUM = `export const up = (n: number): number => { let s = 0; for (let i = 0; i < n; i++) s += i; return s; };
export const once = (n: number): number => (n * n - n) / 2;
`;
const INPUTS = `export const inputs = (_random: unknown, count: number): number[][] =>
  Array.from({ length: Math.min(count, 30) }, (_, n) => [n]);
`;
const PROJECT = { "sum.ts": SUM, "inputs.ts": INPUTS };
const GIVEN = ["--inputs", "inputs.ts#inputs", "--seed", "3"];

describe("levels", { concurrency: 2 }, () => {
  it("compare ticks to the last one, the same in every session, and know no noise", () =>
    inProject(PROJECT, async (cwd) => {
      const compare = ["compare", "sum.ts#up", "sum.ts#once", "--metric", "ticks", ...GIVEN];
      const first = await myriadJson(compare, { cwd });
      assert.equal(first.code, 0, first.stdout);
      const { verdict, noise, isolation, comparisons, burst, equivalence, warnings } = first.document;
      assert.deepEqual([verdict, noise, isolation?.engine], ["improved", null, "realm"]);
      assert.deepEqual(equivalence?.engines, ["realm"]);
      assert.equal(burst?.runs, 4);
      assert.match(warnings![0]!, /built-in functions/);
      const [row] = comparisons;
      assert.deepEqual([row?.metric, row?.test, row?.engine], ["ticks", "count", "realm"]);
      const same = await myriadJson(["compare", "sum.ts#up", "sum.ts#up", "--metric", "ticks", ...GIVEN], {
        cwd,
      });
      assert.deepEqual([same.code, same.document.verdict], [0, "non_inferior"]);
      assert.deepEqual(same.document.comparisons[0]?.baseline, row?.baseline, "counted the same again");
      const told = await myriad(["report"], { cwd });
      assert.match(told.stdout, /^ticks: [\d,]+ → [\d,]+, counted, non_inferior$/m);
    }));

  it("mark what was measured in a thread as no boundary, everywhere, and refuse it where one is required", () =>
    inProject(PROJECT, async (cwd) => {
      const trusted = ["compare", "sum.ts#up", "sum.ts#up", ...GIVEN, "--level", "trusted", "--runs", "40"];
      const { document } = await myriadJson([...trusted, "--allow-noise"], { cwd });
      assert.equal(document.error, null);
      assert.deepEqual([document.isolation?.engine, document.isolation?.enforced], ["trusted", []]);
      assert.match(document.warnings![0]!, /no boundary/);
      assert.match(await readFile(document.report!, "utf8"), /No boundary: the code ran in a thread/);
      const markdown = await readFile(join(dirname(document.report!), "report.md"), "utf8");
      assert.match(markdown, /^> No boundary: the code ran in a thread/m);
      const told = await myriad(["report"], { cwd });
      assert.match(told.stdout, /^isolation: trusted in worker-thread \(no boundary\)/m);

      assertRefused(await myriadJson([...trusted, "--require-isolation"], { cwd }), "SANDBOX_ISOLATION");
      assertRefused(await myriadJson([...trusted, "--metric", "cpu_time"], { cwd }), "TASK_INVALID");
    }));
});
