import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { runBench } from "../../../actors/bench/bench-run.ts";
import type { BenchEnding, BenchHost, BenchRequest } from "../../../actors/bench/bench-run.ts";
import { BenchJournal } from "../../../actors/bench/bench-journal.ts";
import { benchText } from "../../../actors/bench/bench-text.ts";
import { exitCodeOfBench } from "../../../cli/exit-code.ts";
import type { SandboxEngine } from "../../../kernels/sandbox/index.ts";
import { seededRandom } from "../../../runtime/contracts/index.ts";
import { VirtualClock } from "../../../runtime/testkit/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";
import { benchEngine, withBenchFiles } from "../../kit/bench.ts";
import { scriptedExecutor } from "../../kit/scripted-executor.ts";
import { openKept } from "../../kit/services.ts";
import { ENVIRONMENT } from "../../kit/session.ts";

const fileOf = (times: Readonly<Record<string, number>>, name = "sums"): string =>
  [
    `import { Bench } from "tinybench";`,
    `const bench = new Bench({ name: ${JSON.stringify(name)}, time: 100 });`,
    ...Object.entries(times).map(([task, ns]) => `bench.add(${JSON.stringify(task)}, () => ${ns});`),
    `await bench.run();`,
  ].join("\n");

interface Desk {
  readonly host: BenchHost;
  readonly run: (
    text: string,
    request?: Partial<BenchRequest>,
    engine?: SandboxEngine,
  ) => Promise<BenchEnding>;
}

async function atDesk(test: (desk: Desk) => Promise<void>): Promise<void> {
  const kept = await openKept();
  let runs = 0;
  const host: BenchHost = {
    ...kept,
    clock: new VirtualClock(),
    environment: ENVIRONMENT,
    isolate: benchEngine(),
    executor: scriptedExecutor(),
    workers: 1,
    drawSeed: () => 5,
    carrier: "scripted",
    journal: kept.state.journal,
    makeSession: () => `01JD8Q4ZK3M5T7V9X1B3D5F7${String(runs++).padStart(2, "0")}`,
  };
  try {
    await withBenchFiles({}, (folder) =>
      test({
        host,
        async run(text, request = {}, isolate = benchEngine()) {
          await writeFile(join(folder, "a.bench.ts"), text);
          // The machine that runs the tests may be as busy as it likes.
          const asked = { files: ["a.bench.ts"], directory: folder, runs: 40, allowNoise: true, ...request };
          return await runBench(asked, { ...host, isolate });
        },
      }),
    );
  } finally {
    await kept.close();
  }
}

const tasksOf = ({ document }: BenchEnding) => document.benches.flatMap(({ tasks }) => tasks);
const verdictsOf = (ending: BenchEnding): readonly string[] => tasksOf(ending).map(({ verdict }) => verdict);

describe("a run of a bench file", () => {
  it("stores baselines at first, finds them unchanged, and tells what is slower and faster by the same name", () =>
    atDesk(async ({ run, host }) => {
      const first = await run(fileOf({ one: 1000, two: 2000 }));
      assert.deepEqual(verdictsOf(first), ["no_baseline", "no_baseline"]);
      assert.equal(exitCodeOfBench(first), 0);
      assert.deepEqual(
        tasksOf(first).map(({ baseline }) => baseline),
        [
          { from: null, to: "a.bench.ts#sums/one@1" },
          { from: null, to: "a.bench.ts#sums/two@1" },
        ],
      );
      const again = await run(fileOf({ one: 1000, two: 2000 }));
      assert.deepEqual(verdictsOf(again), ["unchanged", "unchanged"]);
      assert.equal(exitCodeOfBench(again), 0);

      const changed = await run(fileOf({ one: 1200, two: 1500, three: 10 }));
      assert.deepEqual(verdictsOf(changed), ["regressed", "improved", "no_baseline"]);
      assert.equal(exitCodeOfBench(changed), 1);
      const [slower, faster] = tasksOf(changed);
      assert.ok(Math.abs(slower!.comparison!.relDelta! - 0.2) < 0.02);
      assert.deepEqual(slower!.baseline, { from: "a.bench.ts#sums/one@1", to: null });
      assert.deepEqual(faster!.baseline, { from: "a.bench.ts#sums/two@1", to: "a.bench.ts#sums/two@2" });
      const current = await host.state.analytics.currentBaseline("a.bench.ts#sums/two");
      assert.deepEqual(
        current.map(({ tag, metric, n, unit }) => [tag, metric, n, unit]),
        [["a.bench.ts#sums/two@2", "wall_time", 20, "ns"]],
      );
    }));

  it("compares every task with the fastest, or with the one that is named", () =>
    atDesk(async ({ run }) => {
      const text = fileOf({ one: 1000, two: 2000 });
      const { document } = await run(text);
      assert.deepEqual(document.benches[0]!.reference, { task: "one", chosen: "fastest" });
      const [one, two] = document.benches[0]!.tasks;
      assert.equal(one!.againstReference, null);
      assert.equal(two!.againstReference!.verdict, "slower");
      assert.ok(Math.abs(two!.againstReference!.ratio! - 2) < 0.03);
      const named = await run(text.replace("() => 2000", "() => 2000, { baseline: true }"));
      assert.deepEqual(named.document.benches[0]!.reference, { task: "two", chosen: "named" });
      assert.equal(tasksOf(named)[0]!.againstReference!.verdict, "faster");
      assert.match(benchText(document), /two .* 2\.0\d × \(.*\) slower +stored as a\.bench\.ts#sums\/two@1/);
      assert.match(benchText(document, true), /^2 tasks: 2 no baseline, [^\n]*\n$/);
    }));

  it("gives nanoseconds a call, of as many calls as make a millisecond", () =>
    atDesk(async ({ run }) => {
      const isolate = benchEngine();
      const ending = await run(fileOf({ fast: 10, slow: 400_000, slower: 30_000_000 }), {}, isolate);
      const times = tasksOf(ending).map(({ time }) => time!);
      assert.deepEqual(
        times.map(({ callsPerIteration }) => callsPerIteration),
        [1000, 2, 1],
      );
      assert.ok(Math.abs(times[0]!.mean / 10 - 1) < 0.02);
      assert.ok(times.every(({ forks, iterationsPerFork }) => forks === 20 && iterationsPerFork === 2));
      const longest = isolate.measured.filter(({ batch }) => batch.length === 1);
      assert.ok(Math.max(...longest.map(({ iterations }) => iterations)) <= 66, "two seconds of 30 ms");
    }));

  it("interleaves all tasks and baselines in an order that the seed draws", () =>
    atDesk(async ({ run }) => {
      const order = async (seed: number): Promise<readonly string[]> => {
        const isolate = benchEngine();
        await run(fileOf({ a: 100, b: 200, c: 300 }), { seed, accept: true }, isolate);
        return isolate.measured
          .filter(({ iterations }) => iterations === 2)
          .map(({ program }) => program.entry.slice(-1));
      };
      const first = await order(1);
      assert.equal(first.length, 60);
      for (let round = 0; round < 60; round += 3) {
        assert.deepEqual(first.slice(round, round + 3).toSorted(), ["0", "1", "2"]);
      }
      assert.deepEqual(await order(1), first);
      assert.notDeepEqual(await order(2), first);
    }));

  it("tells a task that fails, by code, and measures the others", () =>
    atDesk(async ({ run }) => {
      const text = fileOf({ fine: 100, odd: 7 }).replace(
        "await",
        `bench.add("throws", () => { throw new TypeError("no"); }); bench.add("hook", () => 1, { beforeAll: async () => 0 });\nawait`,
      );
      const breaking = benchEngine((measurement, { program }) =>
        program.entry === "task 1" ? { ...measurement, failures: 1 } : measurement,
      );
      const ending = await run(text, {}, breaking);
      assert.deepEqual(verdictsOf(ending), ["no_baseline", "failed", "failed", "failed"]);
      assert.deepEqual(
        tasksOf(ending).map(({ error }) => error?.code ?? null),
        [null, "BENCH_TASK_FAILED", "BENCH_TASK_FAILED", "BENCH_INVALID"],
      );
      assert.match(tasksOf(ending)[2]!.error!.message, /threw TypeError: no$/);
      assert.equal(ending.document.success, false);
      assert.equal(exitCodeOfBench(ending), 2);
      assert.ok(ending.document.warnings.some((warning) => /ignored options: time/.test(warning)));
    }));

  it("withholds verdicts where the machine is too noisy, and ends undecided", () =>
    atDesk(async ({ run }) => {
      await run(fileOf({ one: 1000, two: 1000 }));
      let forks = 0;
      const shaking = benchEngine((measurement) => {
        const factor = forks++ % 3 === 0 ? 1 : 4;
        return { ...measurement, wallNs: measurement.wallNs.map((ns) => ns * factor) };
      });
      const ending = await run(fileOf({ one: 9000, two: 9000 }), { allowNoise: false }, shaking);
      assert.deepEqual(verdictsOf(ending), ["inconclusive", "inconclusive"]);
      assert.deepEqual(
        tasksOf(ending).map(({ withheld }) => withheld),
        ["noise", "noise"],
      );
      assert.equal(exitCodeOfBench(ending), 3);
      assert.ok(ending.document.warnings.some((warning) => /too noisy/.test(warning)));
    }));

  it("takes the present task as the baseline when told to, and compares with a released or named one", () =>
    atDesk(async ({ run, host }) => {
      await run(fileOf({ one: 1000 }));
      await host.evidence.promote("a.bench.ts#sums/one@1", "release");
      // Worse than the release by more than its tolerance: stored, and not current.
      const worse = await run(fileOf({ one: 2000 }), { accept: true });
      assert.deepEqual(verdictsOf(worse), ["no_baseline"]);
      assert.equal(tasksOf(worse)[0]!.baseline.to, null);
      assert.ok(worse.document.warnings.some((warning) => /one@2 .*--accept-loss/.test(warning)));
      const better = await run(fileOf({ one: 500 }), { accept: true });
      assert.equal(tasksOf(better)[0]!.baseline.to, "a.bench.ts#sums/one@3");
      for (const against of ["release", "a.bench.ts#sums/one@1"]) {
        const ending = await run(fileOf({ one: 600 }), { against });
        assert.deepEqual(verdictsOf(ending), ["improved"]);
        assert.deepEqual(tasksOf(ending)[0]!.baseline, { from: "a.bench.ts#sums/one@1", to: null });
      }
      await assert.rejects(run(fileOf({ one: 600 }), { against: "b#x@1" }), hasCode("BASELINE_INCOMPARABLE"));
    }));

  it("takes the tolerance of the task, of its bench, or of the request, which goes before both", () =>
    atDesk(async ({ run }) => {
      const text = (one: number, two: number): string =>
        fileOf({ one, two })
          .replace("time: 100", "tolerance: 0.4")
          .replace(`() => ${two}`, `() => ${two}, { tolerance: 0.05 }`);
      await run(text(1000, 2000));
      const told = async (request: Partial<BenchRequest>): Promise<readonly unknown[]> =>
        tasksOf(await run(text(1200, 2400), request)).map(({ verdict, tolerance }) => [verdict, tolerance]);
      assert.deepEqual(await told({}), [
        ["non_inferior", 0.4],
        ["regressed", 0.05],
      ]);
      assert.deepEqual(await told({ tolerance: 0.3 }), [
        ["non_inferior", 0.3],
        ["non_inferior", 0.3],
      ]);
      const wrong = text(1, 2).replace("0.4", "2");
      await assert.rejects(run(wrong), hasCode("BENCH_FILE_FAILED"));
    }));

  it("shows beside each verdict an interval that says the same, however few and wild its forks are", () =>
    atDesk(async ({ run }) => {
      const times = { a: 1000, b: 1010, c: 1100, d: 3000, e: 900, f: 1000 };
      await run(fileOf(times));
      const random = seededRandom("wild forks");
      const seen = new Set<string>();
      for (const spread of [0.002, 0.05, 0.4]) {
        const wild = benchEngine((measurement) => {
          const factor = 1 + spread * (random.next() - 0.5);
          return { ...measurement, wallNs: measurement.wallNs.map((ns) => ns * factor) };
        });
        const changed = fileOf({ ...times, b: 1000, c: 2000, e: 700, f: 1011 });
        for (const { comparison, interval, tolerance, againstReference } of tasksOf(
          await run(changed, { against: "current", accept: false }, wild),
        )) {
          const read = (low: number, high: number): string => {
            if (low > tolerance!) return "regressed";
            if (high < -tolerance!) return "improved";
            return high < tolerance! ? "non_inferior" : "inconclusive";
          };
          if (interval !== null) {
            assert.equal(read(...interval), comparison!.verdict);
            seen.add(comparison!.verdict);
          }
          if (againstReference?.interval == null) continue;
          const [low, high] = againstReference.interval;
          const words = {
            slower: "regressed",
            faster: "improved",
            not_slower: "non_inferior",
            undecided: "inconclusive",
          };
          assert.equal(read(low - 1, high - 1), words[againstReference.verdict]);
        }
      }
      assert.ok(seen.size >= 3, [...seen].join(", "));
    }));

  it("says why a comparison with the reference is undecided where its interval would decide it", () =>
    atDesk(async ({ run }) => {
      let forks = 0;
      const shaking = benchEngine((measurement) => {
        const factor = forks++ % 3 === 0 ? 1 : 4;
        return { ...measurement, wallNs: measurement.wallNs.map((ns) => ns * factor) };
      });
      const { document } = await run(fileOf({ one: 10, two: 9000 }), { allowNoise: false }, shaking);
      const [, two] = document.benches[0]!.tasks;
      assert.deepEqual(
        [two!.againstReference!.verdict, two!.againstReference!.withheld],
        ["undecided", "noise"],
      );
      assert.match(benchText(document), /undecided \(the machine is too noisy\)/);
    }));

  it("writes a report with every task, its comparisons, distributions and forks, which can be read again", () =>
    atDesk(async ({ run, host }) => {
      await run(fileOf({ one: 1000, "<b>two|": 2000 }));
      const text = fileOf({ one: 1300, "<b>two|": 1500 }).replace(
        "await",
        `bench.add("throws", () => { throw new TypeError("no"); });\nawait`,
      );
      const { document } = await run(text, { runs: 800 });
      const read = async (name: string): Promise<string> =>
        Buffer.from(await host.state.readArtifact(document.session!, name)).toString("utf8");
      assert.ok(document.report!.endsWith(join(document.session!, "report.html")));
      const html = await read("report.html");
      for (const heading of [
        "Against each one’s baseline",
        "Against one",
        "Distribution of all iterations",
        "Iterations in run order",
        "Fork means in run order",
        "Conditions",
      ]) {
        assert.ok(html.includes(heading), heading);
      }
      assert.match(html, /<title>Regressed: a\.bench\.ts/);
      assert.match(html, /&lt;b&gt;two\|/);
      assert.doesNotMatch(html, /<b>two|<script/);
      assert.match(html, /failed: a\.bench\.ts#sums\/throws threw TypeError: no/);
      const markdown = await read("report.md");
      assert.match(markdown, /^### ✗ Regressed: `a\.bench\.ts`$/m);
      assert.match(
        markdown,
        /^\| one \|.*\| \+\d\d\.\d % \(\+.* to \+.* %\) \| ✗ regressed against @\u200b1 \|$/m,
      );
      assert.match(markdown, /myriad bench a\.bench\.ts --runs 800 --seed 5 --allow-noise/);
      const { document: kept } = await BenchJournal.open(host.journal, document.session!);
      assert.deepEqual(kept, document);
    }));

  it("checks and calibrates as many tasks at a time as there are workers, and tells how far it is", () =>
    atDesk(async ({ host }) => {
      let running = 0;
      let most = 0;
      const engine = benchEngine();
      const slow: SandboxEngine = {
        ...engine,
        measure: async (request, options) => {
          most = Math.max(most, ++running);
          await new Promise(setImmediate);
          const answer = await engine.measure(request, options);
          running--;
          return answer;
        },
      };
      const tasks = Object.fromEntries(
        Array.from({ length: 30 }, (_, index) => [`task ${index}`, 2_000_000 + index]),
      );
      const notes: string[] = [];
      await withBenchFiles({ "a.bench.ts": fileOf(tasks) }, (directory) =>
        runBench(
          { files: ["a.bench.ts"], directory, runs: 40, allowNoise: true, filter: /task \d$/ },
          { ...host, isolate: slow, workers: 3 },
          { onProgress: ({ phase, done, total }) => void notes.push(`${phase} ${done}/${total}`) },
        ),
      );
      assert.equal(most, 3);
      for (const phase of ["check", "calibrate"]) {
        const own = notes.filter((note) => note.startsWith(phase));
        assert.deepEqual(
          own,
          Array.from({ length: 11 }, (_, done) => `${phase} ${done}/10`),
        );
      }
    }));

  it("measures what the filter leaves, and refuses what leaves nothing", () =>
    atDesk(async ({ run }) => {
      const text = fileOf({ one: 1000, two: 2000 });
      assert.deepEqual(
        tasksOf(await run(text, { filter: /two$/u })).map(({ name }) => name),
        ["two"],
      );
      await assert.rejects(run(text, { filter: /three/u }), hasCode("BENCH_EMPTY"));
      await assert.rejects(run("export {};"), hasCode("BENCH_EMPTY"));
      await assert.rejects(run("throw new Error('no');"), hasCode("BENCH_FILE_FAILED"));
      await assert.rejects(run(text.replace("time: 100", 'concurrency: "task"')), hasCode("BENCH_INVALID"));
      const twin = `${text}\nnew Bench({ name: "sums" }).add("one", () => 1);`;
      await assert.rejects(run(twin), hasCode("BENCH_INVALID"));
    }));

  it("takes the filter by its flags, and looks at each name from its beginning", () =>
    atDesk(async ({ run }) => {
      const text = fileOf({ one: 1000, two: 2000 });
      for (const filter of [/SUMS/i, /sums/g, /a.*s/y]) {
        const names = tasksOf(await run(text, { filter })).map(({ name }) => name);
        assert.deepEqual(names, ["one", "two"], String(filter));
      }
      await assert.rejects(run(text, { filter: /SUMS/ }), hasCode("BENCH_EMPTY"));
    }));

  it("stops when it is told to, and stores nothing", () =>
    atDesk(async ({ host }) => {
      const controller = new AbortController();
      const isolate = benchEngine((measurement) => {
        controller.abort();
        return measurement;
      });
      await withBenchFiles({ "a.bench.ts": fileOf({ one: 100 }) }, async (directory) => {
        const request = { files: ["a.bench.ts"], directory, runs: 40 };
        const run = runBench(request, { ...host, isolate }, { signal: controller.signal });
        await assert.rejects(run, hasCode("INTERRUPTED"));
      });
      assert.deepEqual(await host.state.analytics.baselines(), []);
    }));
});
