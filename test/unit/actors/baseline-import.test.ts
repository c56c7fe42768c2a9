import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import { storedBaseline } from "../../../actors/evidence/baseline-store.ts";
import { importBaselines } from "../../../actors/evidence/baseline-import.ts";
import { MyriadError } from "../../../runtime/contracts/index.ts";
import type { BaselineRow } from "../../../storage/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";
import { ROOT } from "../../kit/repository.ts";
import { openKept } from "../../kit/services.ts";
import type { Kept } from "../../kit/services.ts";
import { baselineRowOf } from "../../kit/session.ts";

const FIXTURES = join(ROOT, "test", "fixtures", "imports");

interface HyperfineFile {
  readonly results: readonly { readonly times: readonly number[]; readonly mean: number }[];
}

describe("baselines of other tools", () => {
  let home: Kept;
  let folder: string;
  before(async () => {
    home = await openKept();
    folder = await mkdtemp(join(tmpdir(), "myriad-import-"));
  });
  after(async () => {
    await home.close();
    await rm(folder, { recursive: true });
  });

  const bring = (path: string, caseId: string | null = null): Promise<readonly string[]> => {
    const { evidence, state } = home;
    return importBaselines(
      join(FIXTURES, path),
      { caseId },
      { analytics: state.analytics, evidence, now: 9_000 },
    );
  };
  const metrics = async (tag: string): Promise<readonly string[]> =>
    (await home.state.analytics.baseline(tag)).map(
      ({ metric, unit, n, direction }) => `${metric} ${unit} n=${n} ${direction}`,
    );
  const samples = ({
    samplesSession,
    caseId,
    samplesVersion,
    metric,
  }: BaselineRow): Promise<Float64Array[]> =>
    home.state.analytics.samplesOf(samplesSession, caseId, samplesVersion, metric);

  it("of hyperfine: every run a fork, in seconds, with its memory and its failures", async () => {
    const tags = await bring("hyperfine.json");
    assert.deepEqual(tags, ["node sort.js --size 1000@1", "grep -c pattern big.txt@1"]);
    assert.deepEqual(await metrics(tags[0]!), ["peak_memory B n=10 lower", "wall_time s n=10 lower"]);
    assert.deepEqual(await metrics(tags[1]!), ["wall_time s n=12 lower"]);
    const { results } = JSON.parse(await readFile(join(FIXTURES, "hyperfine.json"), "utf8")) as HyperfineFile;
    const [, row] = await home.state.analytics.baseline(tags[0]!);
    assert.deepEqual((await samples(row!)).map(([value]) => value), results[0]!.times); // prettier-ignore
    assert.ok(Math.abs(row!.mean - results[0]!.mean) < 1e-12);
    assert.ok(row!.ciLow < row!.mean && row!.mean < row!.ciHigh);
    const forks = await home.state.analytics.forksOf((await home.state.analytics.baseline(tags[1]!))[0]!.samplesSession, "grep -c pattern big.txt"); // prettier-ignore
    assert.equal(forks.reduce((sum, { failures }) => sum + failures, 0), 1); // prettier-ignore
  });

  it("of JMH: forks as they were, modes and profilers as metrics, histograms as samples", async () => {
    const tags = await bring("jmh.json");
    assert.deepEqual(tags, [
      "com.example.Sorting.quick (size=1000, order=random)@1",
      "com.example.Sorting.merge@1",
    ]);
    assert.deepEqual(await metrics(tags[0]!), [
      "gc.alloc.rate.norm B/op n=3 lower",
      "throughput ops/ns n=3 higher",
      "wall_time ns/op n=3 lower",
    ]);
    const [merge] = await home.state.analytics.baseline(tags[1]!);
    assert.equal(merge!.metric, "sampled_time");
    assert.deepEqual(await samples(merge!), [
      Float64Array.of(1.1, 1.1, 1.1, 1.2, 1.2),
      Float64Array.of(1.1, 1.1, 1.1, 1.1, 1.3),
    ]);
  });

  it("of Criterion.rs: the last run alone, nanoseconds an iteration, from a folder or any of its files", async () => {
    const tags = await bring("criterion");
    assert.deepEqual(tags, ["sorting/quick/1000@1"]);
    const [row] = await home.state.analytics.baseline(tags[0]!);
    assert.deepEqual([row!.n, row!.unit, row!.tool], [20, "ns", "Criterion.rs"]);
    assert.ok(Math.abs(row!.mean / 1520.25 - 1) < 0.01, String(row!.mean));
    assert.deepEqual((await samples(row!)).map(({ length }) => length), [20]); // prettier-ignore
    for (const file of ["sample", "estimates", "benchmark"]) {
      assert.deepEqual(await bring(`criterion/sorting/quick_1000/new/${file}.json`), tags, file);
    }
    assert.deepEqual(await bring("criterion/sorting/quick_1000/base/sample.json"), ["sorting/quick/1000@2"]);
  });

  it("of Criterion.rs take their name of the folders where benchmark.json is gone", async () => {
    const copy = join(folder, "target", "criterion");
    await cp(join(FIXTURES, "criterion"), copy, { recursive: true });
    await rm(join(copy, "sorting", "quick_1000", "new", "benchmark.json"));
    const services = { analytics: home.state.analytics, evidence: home.evidence, now: 9_000 };
    assert.deepEqual(await importBaselines(copy, { caseId: null }, services), ["sorting/quick_1000@1"]);
  });

  it("of tinybench: samples where it kept them, else its figures, in every form in which they are written", async () => {
    assert.deepEqual(await bring("tinybench-2-tasks.json"), ["sort@1"]);
    assert.deepEqual(await metrics("sort@1"), ["wall_time ms n=30 lower"]);
    const [named] = await bring("tinybench-6-results.json");
    const [row] = await home.state.analytics.baseline(named!);
    assert.deepEqual([named, row!.n, row!.mean], ["tinybench-6-results 1@1", 4228, 0.00071]);
    assert.deepEqual(await samples(row!), []);
    // 99 %: 2.577 standard errors of 0.0165 / √4228.
    assert.ok(Math.abs(row!.ciHigh - row!.mean - 0.000654) < 2e-6, String(row!.ciHigh - row!.mean));

    const [task] = JSON.parse(await readFile(join(FIXTURES, "tinybench-2-tasks.json"), "utf8")) as readonly {
      readonly result: object;
    }[];
    const forms: readonly (readonly [object, string])[] = [
      [task!.result, "form 1@1"],
      [{ latency: task!.result }, "form 1@2"],
      [{ byName: task!.result }, "byName@1"],
      [{ tasks: [{ name: "in tasks", ...task!.result }] }, "in tasks@1"],
      [{ results: { named: task!.result } }, "named@1"],
    ];
    for (const [form, tag] of forms) {
      const file = join(folder, "form.json");
      await writeFile(file, JSON.stringify(form));
      const services = { analytics: home.state.analytics, evidence: home.evidence, now: 9_000 };
      assert.deepEqual(await importBaselines(file, { caseId: null }, services), [tag]);
    }
  });

  it("of Google Benchmark: a sample a repetition, or mean and deviation where only they are there", async () => {
    assert.deepEqual(await bring("google-benchmark.json"), ["BM_Sort/1000@1", "BM_Merge/1000@1"]);
    assert.deepEqual(await metrics("BM_Sort/1000@1"), ["cpu_time ns n=4 lower", "wall_time ns n=4 lower"]);
    const [, merge] = await home.state.analytics.baseline("BM_Merge/1000@1");
    assert.deepEqual([merge!.n, merge!.mean, merge!.stdDev], [5, 41000.5, 300.25]);
  });

  it("are marked as foreign, have no program to run, and get no second tag when they come again", async () => {
    const [tag] = await bring("tinybench-2-tasks.json", "mine");
    assert.equal(tag, "mine@1");
    const [row] = await home.state.analytics.baseline("mine@1");
    const { fingerprint, runtime } = row!.environment as { fingerprint: string; runtime: string };
    assert.deepEqual([fingerprint, runtime, row!.tool], ["foreign", "tinybench", "tinybench"]);
    await assert.rejects(storedBaseline("mine", "mine@1", home), hasCode("BASELINE_INCOMPARABLE"));
    assert.deepEqual(await bring("tinybench-2-tasks.json", "mine"), ["mine@1"]);
    await home.evidence.establish("mine@2", [baselineRowOf({ caseId: "mine" })]);
    assert.deepEqual(await bring("tinybench-6-results.json", "mine"), ["mine@3"]);
  });

  describe("refuse, and keep nothing of, what is not whole:", () => {
    const refusal = async (content: string | Uint8Array, caseId: string | null = null): Promise<string> => {
      const file = join(folder, "wrong.json");
      await writeFile(file, content);
      const known = await home.state.analytics.baselines();
      const services = { analytics: home.state.analytics, evidence: home.evidence, now: 9_000 };
      const refused = await importBaselines(file, { caseId }, services).then(
        (tags) => assert.fail(`taken as ${tags.join()}`),
        (error: unknown) => error,
      );
      assert.ok(
        hasCode("BASELINE_IMPORT_INVALID")(refused) && refused instanceof MyriadError,
        String(refused),
      );
      assert.deepEqual(await home.state.analytics.baselines(), known);
      return `${refused.message} at ${refused.location!.replace(file, "FILE")}`;
    };
    const WRONG: readonly (readonly [what: string, content: string, told: RegExp])[] = [
      ["no JSON, with its place", '{\n  "results": [,]\n}', /no JSON.* at FILE(:2:15)?$/],
      ["an empty file", "", /no JSON/],
      ["JSON of no tool", '{ "hello": [1, 2] }', /none of these tools/],
      ["a bare value", "null", /none of these tools/],
      ["no benchmark", "[]", /none of these tools/],
      [
        "a figure that is none",
        '{"results":[{"command":"a","times":[1,2]},{"command":"b","times":[1,"2"]}]}',
        /results\.1\.times\.1 must be number at FILE \(results\.1\.times\.1\)/,
      ],
      [
        "a negative time",
        '{"results":[{"command":"a","times":[1,-2]}]}',
        /results\.0\.times\.1 must be >= 0/,
      ],
      [
        "an infinite time",
        '{"results":[{"command":"a","times":[1,1e999]}]}',
        /results\.0\.times\.1 must be number/,
      ],
      ["times too large to sum", '{"results":[{"command":"a","times":[1e308,1e308]}]}', /out of all bounds/],
      [
        "one run",
        '{"results":[{"command":"a","times":[1]}]}',
        /results\.0\.times must NOT have fewer than 2/,
      ],
      [
        "a name of control characters",
        '{"results":[{"command":"\\u001b\\u0000","times":[1,2]}]}',
        /name has 0/,
      ],
      ["a long name", `{"results":[{"command":"${"x".repeat(301)}","times":[1,2]}]}`, /name has 301/],
      [
        "a name twice",
        '{"results":[{"command":"a","times":[1,2]},{"command":"a ","times":[1,2]}]}',
        /"a" is in it twice/,
      ],
      [
        "another mode of JMH",
        '[{"benchmark":"a","mode":"x","primaryMetric":{"scoreUnit":"s","rawData":[[1]]}}]',
        /0\.mode must be equal/,
      ],
      [
        "JMH without data",
        '[{"benchmark":"a","mode":"avgt","primaryMetric":{"scoreUnit":"s"}}]',
        /primaryMetric must have required property/,
      ],
      [
        "a histogram that would fill the memory",
        '[{"benchmark":"a","mode":"sample","primaryMetric":{"scoreUnit":"s","rawDataHistogram":[[[[1,1e12]]]]}}]',
        /must be <= 1000000/,
      ],
      [
        "a single repetition",
        '{"context":{},"benchmarks":[{"name":"a","real_time":1,"cpu_time":1}]}',
        /less than twice/,
      ],
      ["iterations without times", '{"iters":[1,2,3],"times":[1,2]}', /2 times for 3 iters/],
      ["no iterations at all", '{"iters":[0,2],"times":[1,2]}', /iters\.0 must be > 0/],
      [
        "tinybench without a deviation",
        '[{"name":"a","result":{"mean":1,"sd":null}}]',
        /0\.result\.sd must be number/,
      ],
      ["a prototype in disguise", '{"__proto__":{"mean":1,"sd":1}}', /less than twice/],
    ];
    for (const [what, content, told] of WRONG)
      it(what, async () => assert.match(await refusal(content), told));

    it("JSON that is nested without end", async () => {
      assert.match(
        await refusal(`${"[".repeat(200_000)}${"]".repeat(200_000)}`),
        /none of these tools|no JSON/,
      );
    });

    it("several benchmarks under one case", async () => {
      const content = await readFile(join(FIXTURES, "hyperfine.json"));
      assert.match(await refusal(content, "mine"), /2 benchmarks, which cannot all be "mine"/);
    });

    it("a path that is not there, a folder without results, and what is no file", async () => {
      const services = { analytics: home.state.analytics, evidence: home.evidence, now: 9_000 };
      const bare = join(folder, "bare");
      await mkdir(bare);
      await symlink("/dev/zero", join(folder, "zero.json"));
      for (const path of [join(folder, "gone.json"), bare, join(folder, "zero.json")]) {
        await assert.rejects(
          importBaselines(path, { caseId: null }, services),
          hasCode("BASELINE_IMPORT_INVALID"),
        );
      }
    });

    it("anything else, with this one code, however a file is spoiled", async () => {
      const whole = await Promise.all(
        ["hyperfine.json", "jmh.json", "google-benchmark.json", "tinybench-6-results.json"].map((name) =>
          readFile(join(FIXTURES, name), "utf8"),
        ),
      );
      const spoilt = fc
        .tuple(fc.constantFrom(...whole), fc.nat(), fc.constantFrom("null", '"x"', "{}", "[]", "1e999", "-1"))
        .map(([text, at, other]) => {
          const figures = [...text.matchAll(/-?\d+\.\d+/g)];
          const { index, 0: found } = figures[at % figures.length]!;
          return text.slice(0, index) + other + text.slice(index + found.length);
        });
      const services = { analytics: home.state.analytics, evidence: home.evidence, now: 9_000 };
      const file = join(folder, "spoilt.json");
      await fc.assert(
        fc.asyncProperty(spoilt, async (content) => {
          await writeFile(file, content);
          await importBaselines(file, { caseId: null }, services).catch((error: unknown) => {
            assert.ok(hasCode("BASELINE_IMPORT_INVALID")(error), String(error));
          });
        }),
        { numRuns: 60 },
      );
    });
  });
});
