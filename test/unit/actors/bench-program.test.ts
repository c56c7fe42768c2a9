import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { benchPrograms, withoutWaiting } from "../../../actors/bench/bench-program.ts";
import type { BenchListing } from "../../../actors/bench/inside-bench.ts";
import { programDigest } from "../../../kernels/syntax/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";
import { evaluated, factoryOf, withBenchFiles } from "../../kit/bench.ts";

async function listingOf(text: string, name = "a.bench.ts"): Promise<BenchListing> {
  return await withBenchFiles({ [name]: text }, async (folder) => {
    const { list } = await benchPrograms(join(folder, name));
    return JSON.parse((await evaluated(list)()) as string) as BenchListing;
  });
}

const HEAD = `import { Bench } from "tinybench";\nconst bench = new Bench({ name: "one" });\n`;

describe("programs of a bench file", () => {
  it("say what to do where two tasks of a bench are called alike", async () => {
    await assert.rejects(listingOf(`${HEAD}bench.add("a", () => 1).add("a", () => 2);`), {
      message: 'two tasks are called "a"; each needs a name of its own',
    });
  });

  it("list its benches and tasks, whatever package Bench is imported from, and however it is run", async () => {
    const tasks = `bench.add("a", () => 1, { baseline: true }).add("b", () => 2, { beforeEach() {}, tolerance: 0.1 }).add("c", () => 3);
      bench.remove("c");`;
    const endings = ["await bench.run();", "bench.run().then(() => 0);", "void bench.run();", ""];
    for (const ending of endings) {
      for (const from of ["tinybench", "myriad-runtime/bench"]) {
        const { benches, late, behind } = await listingOf(HEAD.replace("tinybench", from) + tasks + ending);
        assert.deepEqual([late, behind], [[], null]);
        assert.deepEqual(benches, [
          {
            name: "one",
            options: ["name"],
            concurrent: false,
            tasks: [
              { name: "a", isBaseline: true, callByCall: false, tolerance: null },
              { name: "b", isBaseline: false, callByCall: true, tolerance: 0.1 },
            ],
          },
        ]);
      }
    }
  });

  it("list those of CommonJS files, and all benches of a loop that waits for each", async () => {
    const common = `const { Bench } = require("tinybench"); new Bench().add("a", () => 1).run();`;
    assert.equal((await listingOf(common, "a.bench.cjs")).benches[0]?.name, null);
    const loop = `import { Bench } from "tinybench";
      for (const size of [1, 2]) { const bench = new Bench({ name: "n" + size }); bench.add("a", () => size); await bench.run(); }`;
    assert.deepEqual(
      (await listingOf(loop)).benches.map(({ name }) => name),
      ["n1", "n2"],
    );
  });

  it("tell tasks that are added too late, and what is thrown behind the run", async () => {
    const late = `async function main() { bench.add("a", () => 1); await bench.run(); bench.add("b", () => 2); }\nmain();`;
    assert.deepEqual((await listingOf(HEAD + late)).late, ["b"]);
    const behind = `bench.add("a", () => 1); await bench.run(); console.log(bench.tasks[0].result.latency.mean);`;
    assert.match((await listingOf(HEAD + behind)).behind!, /latency/);
  });

  it("run nothing behind the run where a task is measured", () =>
    withBenchFiles(
      {
        "a.bench.ts": `${HEAD}let after = 0; bench.add("a", () => after); bench.run().then(() => { after = 1; });`,
      },
      async (folder) => {
        const task = evaluated((await benchPrograms(join(folder, "a.bench.ts"))).task(0));
        await new Promise(setImmediate);
        assert.equal(task(), 0);
      },
    ));

  it("evaluate the file once a fork, run the hooks between iterations, and check a task with all of them", () => {
    const text = `import { Bench } from "tinybench";
      const said = [];
      const say = (word) => () => { said.push(word); };
      const bench = new Bench({ setup: say("setup"), teardown: say("teardown") });
      bench.add("other", () => 0);
      bench.add("a", () => { said.push("call"); return said.join(" "); }, {
        beforeAll: say("beforeAll"), beforeEach: say("beforeEach"),
        afterEach: say("afterEach"), afterAll() { if (this.name !== "a") throw new Error("this"); said.push("afterAll"); throw new Error(said.join(" ")); },
      });
      bench.add("waits", () => 1, { beforeAll: async () => {} });
      bench.add("rejects", async () => { throw new RangeError("later"); });`;
    return withBenchFiles({ "a.bench.mjs": text }, async (folder) => {
      const programs = await benchPrograms(join(folder, "a.bench.mjs"));
      const factory = factoryOf(programs.task(1));
      assert.equal(factory()["task 1"]!(), "setup beforeAll beforeEach call");
      assert.equal(
        factory()["task 1"]!(),
        "setup beforeAll beforeEach call afterEach beforeEach call",
        "in the same world",
      );
      assert.throws(evaluated(programs.check(1)), {
        message: "setup beforeAll beforeEach call afterEach afterAll",
      });
      assert.match(String(evaluated(programs.check(2))()), /^has a hook beforeAll that returns a promise/);
      await assert.rejects(evaluated(programs.check(3))() as Promise<unknown>, RangeError);
      assert.equal(evaluated(programs.check(0))(), null);
      assert.notEqual(programs.task(0).digest, programs.task(1).digest);
      const { code, entry, digest } = programs.task(1);
      assert.equal(programDigest(code, entry), digest, "as that of every stored program");
    });
  });

  it("are refused of a file that is not there, or waits for anything else", async () => {
    await assert.rejects(benchPrograms("/nowhere/a.bench.ts"), hasCode("BENCH_FILE_UNREADABLE"));
    for (const wait of ["await import('./a.ts')", "for await (const one of []) {}", "await run()"]) {
      assert.throws(() => withoutWaiting(`const a = 1;\n  ${wait};`, "/a.ts"), {
        code: "BENCH_INVALID",
        location: "/a.ts:2:3",
      });
    }
  });
});

describe("taking out the waiting for a run", () => {
  it("leaves every other character at its place, and functions as they are", () => {
    const text = `await bench.run();\nconst f = async () => { await other.run(); };\nawait bench.warmup()\n`;
    const expected = `      bench.run();\nconst f = async () => { await other.run(); };\n      bench.warmup()\n`;
    assert.equal(withoutWaiting(text, "a.ts"), expected);
  });
});
