/** `myriad bench` in somebody's project: the file that docs/bench.md shows. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { BenchDocument } from "../../../actors/index.ts";
import { inProject, myriad, readSchema, startMyriad } from "../../kit/cli.ts";
import type { Ended } from "../../kit/cli.ts";
import { allGone, descendantsOf } from "../../kit/processes.ts";
import { readSource, ROOT } from "../../kit/repository.ts";

const validate = new Ajv2020({ strict: true, allErrors: true }).compile<BenchDocument>(readSchema("bench"));

function documentIn({ stdout, stderr }: Ended): BenchDocument {
  const document: unknown = JSON.parse(stdout);
  assert.ok(validate(document), `${JSON.stringify(validate.errors)}\n${stdout}\n${stderr}`);
  return document;
}

const EXAMPLE = /^```ts\n([^]*?)^```$/m.exec(readSource("docs/bench.md"))![1]!;
const NEVER = `import { Bench } from "tinybench";
const bench = new Bench({ name: "never" });
bench.add("slow", () => { let sum = 0; for (let at = 0; at < 1e6; at++) sum += at % 7; return sum; });
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
        const usage = await myriad(["bench", "--json"], { cwd });
        assert.deepEqual([usage.code, documentIn(usage).error?.code], [2, "USAGE"]);
        mkdirSync(join(cwd, "node_modules"));
        symlinkSync(ROOT, join(cwd, "node_modules", "myriad-runtime"));
        const plain = spawnSync(process.execPath, ["plain.bench.mjs"], { cwd, encoding: "utf8" });
        assert.equal(plain.status, 1);
        assert.match(plain.stderr, /BENCH_NEEDS_MYRIAD/);
      },
    ));

  it(
    "ends on Ctrl-C with exit 130, leaves no process behind and stores nothing",
    { skip: process.platform !== "linux" && "reads /proc" },
    () =>
      inProject({ "never.bench.ts": NEVER }, async (cwd) => {
        const running = startMyriad(["bench", "never.bench.ts"], { cwd, group: true });
        await running.said(/calibrate/);
        const below = descendantsOf(running.child.pid!);
        process.kill(-running.child.pid!, "SIGINT");
        const ended = await running.ended;
        await allGone(below);
        assert.equal(ended.code, 130, ended.stderr);
        assert.match(ended.stderr, /error INTERRUPTED: the run was interrupted; nothing of it is kept/);
        assert.equal(ended.stdout, "");
        const listed = await myriad(["baseline", "list", "--json"], { cwd });
        assert.deepEqual((JSON.parse(listed.stdout) as { baselines: unknown }).baselines, []);
      }),
  );
});
