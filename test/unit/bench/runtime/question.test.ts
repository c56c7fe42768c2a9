import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BenchRow } from "../../../../bench/bench-row.ts";
import { measureAll, sizeFor } from "../../../../bench/runtime/question.ts";
import { contender, PLAN, scripted, working, type Script, type Scripted } from "./scripted.ts";

const options = (quick = true): Parameters<typeof measureAll>[1] => ({
  quick,
  signal: new AbortController().signal,
  progress: () => undefined,
});

const CONTENDERS = [
  contender("myriad"),
  contender("rival", { shares: { tell: 0.5 } }),
  contender("slow", { library: true }),
  contender("fast", { library: true }),
  contender("erlang", { needs: "erlang" }),
];
const SCRIPT: Script = {
  myriad: (size) => working(size, size / 80),
  rival: (size) => working(size, size / 50),
  slow: (size) => working(size, size / 10),
  fast: (size) => working(size, size / 20),
};
const field = (script: Script = {}): Scripted => scripted(CONTENDERS, { ...SCRIPT, ...script });
const answer = async (script: Script = {}): Promise<readonly BenchRow[]> =>
  await measureAll(field(script), options());

describe("the question of the runtime", () => {
  it("first says how often it measured, and whom", async () => {
    const [first] = await answer();
    assert.equal(first!.value, 2);
    assert.match(first!.note!, /files on ext4; rival 1\.0/);
  });

  it("gives a row a target, each with all peers, and says whether it is met", async () => {
    const [, rival, best] = await answer();
    assert.deepEqual(rival!.target, { than: "rival", atLeast: 2 });
    assert.equal(Math.round(rival!.value), 80);
    assert.equal(rival!.ratios["rival"]!.toFixed(2), "1.60");
    assert.equal(rival!.met, false);
    assert.deepEqual(Object.keys(best!.peers), ["rival", "slow", "fast", "best JS peer"]);
    assert.equal(best!.ratios["best JS peer"]!.toFixed(2), "4.00");
    assert.equal(best!.met, true);
  });

  it("says in the first row of a workload who was missing, and why", async () => {
    const [, first, second] = await answer();
    assert.match(first!.note!, /erlang is missing: no erlc/);
    assert.doesNotMatch(second!.note ?? "", /erlang/);
  });

  it("leaves out a process of another one that fails, and says so; its own may not fail", async () => {
    const failing = (): never => {
      throw new Error("Query Timeout");
    };
    let runs = 0;
    const once = (size: number) => (++runs === 1 ? failing() : working(size, 1));
    const [, first] = await answer({ rival: once });
    assert.match(first!.note!, /rival failed in round 1$/);
    assert.ok(first!.peers["rival"]! > 0);
    await assert.rejects(answer({ myriad: failing }), /Query Timeout/);
  });

  it("lets all contenders take turns, and begins each round with another one", async () => {
    const three = [contender("myriad"), contender("rival"), contender("fast", { library: true })];
    const turns = scripted(three, SCRIPT);
    await measureAll(turns, options());
    const order = turns.ran.map((line) => line.split(" ")[0]);
    assert.deepEqual(order, ["myriad", "rival", "fast", "rival", "fast", "myriad"]);
  });

  it("measures five rounds, and two when it is to be quick", async () => {
    const [quick, full] = [field(), field()];
    await measureAll(quick, options(true));
    await measureAll(full, options(false));
    assert.equal(quick.ran.filter((line) => line === "myriad 100").length, 2);
    assert.equal(full.ran.filter((line) => line === "myriad 1000").length, 5);
  });

  it("gives a contender its share of the size, in whole steps and never nothing", () => {
    const share = (tell: number): number => sizeFor(PLAN, contender("one", { shares: { tell } }), false);
    assert.deepEqual([share(1), share(0.333), share(0.000_1)], [1_000, 330, 10]);
  });

  for (const [what, result] of [
    ["does less than it should", { done: 90, seconds: 1, check: 200 }],
    ["gets another sum", { done: 100, seconds: 1, check: 199 }],
    ["prints no result", { seconds: 1 }],
    ["prints a time that is none", { done: 100, seconds: null, check: 200 }],
  ] as const) {
    it(`gives no figures at all when a child ${what}`, async () => {
      for (const name of ["myriad", "fast"]) {
        await assert.rejects(answer({ [name]: () => result }), (error: Error & { code?: string }) => {
          assert.equal(error.code, "BENCH_WORK_INVALID");
          assert.match(error.message, new RegExp(`^${name}, tell: `));
          return true;
        });
      }
    });
  }
});
