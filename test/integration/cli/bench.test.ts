/** `myriad bench` in somebody's project: the file that docs/bench.md shows. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { BenchDocument } from "../../../actors/index.ts";
import { inProject, myriad, readSchema, startMyriad } from "../../kit/cli.ts";
import type { Ended } from "../../kit/cli.ts";
import { eventually } from "../../kit/eventually.ts";
import { allGone, descendantsOf } from "../../kit/processes.ts";
import { readSource, ROOT } from "../../kit/repository.ts";
import { confirmedBytes, forksKept, journalBytes, lastSession } from "../../kit/session-files.ts";

const validate = new Ajv2020({ strict: true, allErrors: true }).compile<BenchDocument>(readSchema("bench"));

function documentIn({ stdout, stderr }: Ended): BenchDocument {
  const document: unknown = JSON.parse(stdout);
  assert.ok(validate(document), `${JSON.stringify(validate.errors)}\n${stdout}\n${stderr}`);
  return document;
}

const EXAMPLE = /^```ts\n([^]*?)^```$/m.exec(readSource("docs/bench.md"))![1]!;
const SUMS = `import { Bench } from "tinybench";
const bench = new Bench({ name: "sums" });
const sum = (most) => () => { let all = 0; for (let at = 0; at < most; at++) all += at % 7; return all; };
bench.add("one", sum(1e5), { tolerance: 0.1 }).add("two", sum(2e5));
await bench.run();
`;

describe("myriad bench in another's project", () => {
  it("stores baselines of the documented file, and finds them unchanged with tinybench's import, too", () =>
    inProject({ "unique.bench.ts": EXAMPLE }, async (cwd) => {
      const args = ["bench", "unique.bench.ts", "--runs", "40", "--allow-noise", "--seed", "1"];
      const first = await myriad([...args, "--json"], { cwd });
      assert.equal(first.code, 0, first.stdout + first.stderr);
      assert.equal(first.stderr, "");
      const { benches, verdict, success, isolation, machine } = documentIn(first);
      assert.deepEqual([verdict, success, isolation?.engine], ["no_baseline", true, "isolate"]);
      assert.ok(machine !== null && machine.during !== null);
      const [{ tasks, name, reference }] = benches as [BenchDocument["benches"][0]];
      assert.equal(name, "unique");
      assert.deepEqual(
        tasks.map(({ baseline }) => baseline.to),
        ["unique.bench.ts#unique/filter@1", "unique.bench.ts#unique/set@1"],
      );
      assert.equal(reference?.chosen, "fastest");
      for (const { time } of tasks) {
        assert.equal(time!.forks, 20);
        assert.ok(time!.mean > 0 && time!.ci99[0] <= time!.mean && time!.mean <= time!.ci99[1]);
      }
      await writeFile(join(cwd, "unique.bench.ts"), EXAMPLE.replace('"myriad-runtime/bench"', '"tinybench"'));
      const again = await myriad([...args, "--filter", "/set$"], { cwd });
      assert.equal(again.code, 0, again.stdout + again.stderr);
      assert.match(again.stdout, /^set .* unchanged, unique\.bench\.ts#unique\/set@1$/m);
      assert.match(again.stdout, /^1 task: 1 unchanged, /m);
      const listed = await myriad(["baseline", "list"], { cwd });
      assert.match(listed.stdout, /unique\.bench\.ts#unique\/filter@1/);
    }));

  it("refuses with a code and exit 2 what cannot be run, and says what to do where there is no Myriad", () =>
    inProject(
      { "none.bench.ts": "export {};\n", "wrong.bench.ts": "const = 1;\n", "plain.bench.mjs": EXAMPLE },
      async (cwd) => {
        for (const [file, code] of [
          ["gone.bench.ts", "BENCH_FILE_UNREADABLE"],
          ["none.bench.ts", "BENCH_EMPTY"],
          ["wrong.bench.ts", "BUNDLE_FAILED"],
        ] as const) {
          const ended = await myriad(["bench", file, "--json"], { cwd });
          const { error, benches, success } = documentIn(ended);
          assert.equal(error?.code, code, ended.stdout);
          assert.ok(error.location!.includes(file) && error.hint!.length > 0);
          assert.deepEqual([ended.code, benches, success], [2, [], false]);
        }
        const folder = documentIn(await myriad(["bench", ".", "--json"], { cwd })).error;
        assert.equal(folder?.code, "BENCH_FILE_UNREADABLE");
        assert.match(`${folder.message} ${folder.hint!}`, /is a folder, .*none\.bench\.ts/);
        for (const args of [[], ["a.bench.ts", "--resume"], ["a.bench.ts", "--tolerance", "500%"]]) {
          const usage = await myriad(["bench", ...args, "--json"], { cwd });
          assert.deepEqual([usage.code, documentIn(usage).error?.code], [2, "USAGE"]);
        }
        mkdirSync(join(cwd, "node_modules"));
        symlinkSync(ROOT, join(cwd, "node_modules", "myriad-runtime"));
        const plain = spawnSync(process.execPath, ["plain.bench.mjs"], { cwd, encoding: "utf8" });
        assert.equal(plain.status, 1);
        assert.match(plain.stderr, /BENCH_NEEDS_MYRIAD/);
      },
    ));

  it(
    "goes on after Ctrl-C and after SIGKILL where it was, with no fork measured twice and no process left behind",
    { skip: process.platform !== "linux" && "reads /proc" },
    () =>
      inProject({ "sums.bench.ts": SUMS }, async (cwd) => {
        const state = join(cwd, ".myriad");
        const forks = (least: number): Promise<void> =>
          eventually(`${least} forks are kept`, () => forksKept(state) >= least);
        const args = ["bench", "sums.bench.ts", "--runs", "40", "--allow-noise", "--seed", "1"];
        const begun = startMyriad(args, { cwd, group: true });
        await forks(2);
        const below = descendantsOf(begun.child.pid!);
        process.kill(-begun.child.pid!, "SIGINT");
        const interrupted = await begun.ended;
        await allGone(below);
        assert.equal(interrupted.code, 130, interrupted.stderr);
        assert.match(
          interrupted.stderr,
          /error INTERRUPTED: the run was interrupted; what was measured is kept/,
        );
        const [, session] = /myriad bench --resume (\w+)/.exec(interrupted.stderr)!;
        assert.equal(session, lastSession(state));
        assert.equal(interrupted.stdout, "");

        const resumed = startMyriad(["bench", "--resume", session], { cwd });
        await forks(forksKept(state) + 3);
        const belowIt = descendantsOf(resumed.child.pid!);
        resumed.child.kill("SIGKILL");
        assert.equal((await resumed.ended).signal, "SIGKILL");
        await allGone(belowIt);
        const kept = await confirmedBytes(state);

        const ended = await myriad(["bench", "--resume", "--json"], { cwd });
        const document = documentIn(ended);
        assert.equal(ended.code, 0, ended.stdout);
        assert.deepEqual([document.session, document.seed, document.runs], [session, 1, 40]);
        const [{ tasks }] = document.benches as [BenchDocument["benches"][0]];
        assert.deepEqual(
          tasks.map(({ time, baseline }) => [time!.forks, baseline.to]),
          [
            [20, "sums.bench.ts#sums/one@1"],
            [20, "sums.bench.ts#sums/two@1"],
          ],
        );
        assert.ok(journalBytes(state).subarray(0, kept.length).equals(kept), "the journal was added to");
        assert.equal(forksKept(state), 40, "each fork once");

        const report = await myriad(["report", "--json"], { cwd });
        const told = documentIn(report);
        assert.deepEqual([told.session, told.benches], [session, document.benches]);
        const html = await readFile(told.report!, "utf8");
        assert.match(html, /sums\.bench\.ts/);
        const again = documentIn(await myriad(["bench", "--resume", session, "--json"], { cwd }));
        assert.equal(again.error?.code, "SESSION_ENDED");
      }),
  );
});
