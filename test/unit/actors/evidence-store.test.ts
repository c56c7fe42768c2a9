import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { evidenceActor, EvidenceStore } from "../../../actors/evidence/evidence-store.ts";
import { createTestSystem } from "../../../runtime/testkit/index.ts";
import type { Analytics } from "../../../storage/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";
import { openKept } from "../../kit/services.ts";
import type { Kept } from "../../kit/services.ts";
import { baselineRowOf, ENVIRONMENT, forkOf, rowOf, SESSION, startOf } from "../../kit/session.ts";

describe("the evidence store", () => {
  let home: Kept;
  before(async () => (home = await openKept()));
  after(() => home.close());

  it("keeps a fork with its samples, and the same fork told again once", async () => {
    const { evidence, state } = home;
    const fork = forkOf("candidate", 3, { failures: 1, wallNs: Float64Array.of(5, 6) });
    await evidence.recordFork("forks", "dedupe", fork);
    await evidence.recordFork("forks", "dedupe", fork);
    const [row, ...more] = await state.analytics.forksOf("forks");
    assert.deepEqual(more, []);
    const { recordedAt, ...known } = row!;
    assert.equal(recordedAt, 5_000);
    assert.deepEqual(known, {
      session: "forks",
      caseId: "dedupe",
      version: "candidate",
      fork: 3,
      order: 7,
      node: "local",
      engine: "isolate",
      carrier: "permission",
      iterations: 2,
      failures: 1,
      outcomes: { completed: 1, failed: 1 },
      cpuMs: 12,
      peakMb: 41,
    });
    const samples = (metric: string): Promise<Float64Array[]> =>
      state.analytics.samplesOf("forks", "dedupe", "candidate", metric);
    assert.deepEqual(await samples("wall_time"), [Float64Array.of(5, 6)]);
    assert.deepEqual(await samples("peak_memory"), [Float64Array.of(41)]);
  });

  it("keeps a fork whose sandbox died, with every time that it took", async () => {
    const { evidence, state } = home;
    for (const [fork, wallNs] of [Float64Array.of(5, NaN, 7), Float64Array.of(NaN, NaN)].entries()) {
      await evidence.recordFork("died", "dedupe", forkOf("candidate", fork, { failures: 1, wallNs }));
    }
    assert.equal((await state.analytics.forksOf("died")).length, 2);
    const samples = await state.analytics.samplesOf("died", "dedupe", "candidate", "wall_time");
    assert.deepEqual(samples, [Float64Array.of(5, 7)]);
  });

  it("keeps a session and its comparisons, and says when it ended once there is a verdict", async () => {
    const { evidence, state } = home;
    const start = startOf("run");
    await evidence.recordSession(start, null);
    assert.equal((await state.analytics.session(SESSION))?.finishedAt, null);
    await evidence.recordSession(start, "improved");
    assert.deepEqual(await state.analytics.session(SESSION), {
      session: SESSION,
      command: "run",
      subject: "/project/orders.ts#dedupe",
      goal: "faster, with the same behaviour",
      seed: "7",
      startedAt: 1_000,
      finishedAt: 5_000,
      verdict: "improved",
      environment: ENVIRONMENT,
    });
    const row = rowOf();
    await evidence.recordComparisons(start, [row]);
    await evidence.recordComparisons(start, [row]);
    const [kept, ...more] = await state.analytics.comparisonsOf(SESSION);
    assert.deepEqual(more, []);
    assert.equal(kept!.verdict, "improved");
    assert.deepEqual([kept!.ciLow, kept!.ciHigh], row.ci99);
    assert.deepEqual([kept!.p, kept!.q], [row.p.regressed, row.q.regressed]);
    assert.deepEqual(kept!.detail, JSON.parse(JSON.stringify(row)));
  });

  it("keeps a comparison that has no interval", async () => {
    const { evidence, state } = home;
    const start = { ...startOf("run"), session: "no-interval" };
    await evidence.recordComparisons(start, [{ ...rowOf(), ci99: null, relDelta: null, hedgesG: null }]);
    const [kept] = await state.analytics.comparisonsOf("no-interval");
    assert.deepEqual([kept!.ciLow, kept!.ciHigh, kept!.relDelta, kept!.hedgesG], [null, null, null, null]);
  });

  it("establishes a baseline once, refuses another one of that tag, and promotes", async () => {
    const { evidence, state } = home;
    await evidence.establish("dedupe@1", [baselineRowOf()]);
    await evidence.establish("dedupe@1", [baselineRowOf({ createdAt: 2_000 })]);
    const another = evidence.establish("dedupe@1", [baselineRowOf({ samplesSession: "other" })]);
    await assert.rejects(another, hasCode("BASELINE_EXISTS"));
    assert.deepEqual(await state.analytics.currentBaseline("dedupe"), []);
    await evidence.establish("dedupe@2", [baselineRowOf({ samplesSession: "other" })]);
    await evidence.promote("dedupe@2");
    await evidence.promote("dedupe@1");
    assert.deepEqual(
      (await state.analytics.currentBaseline("dedupe")).map(({ tag }) => tag),
      ["dedupe@1"],
    );
    await assert.rejects(evidence.promote("dedupe@9"), hasCode("BASELINE_UNKNOWN"));
  });
});

describe("the one writer", () => {
  /** A database whose writes end when the test says so. */
  function heldAnalytics() {
    const writes: { readonly tag: string; readonly end: (error?: Error) => void }[] = [];
    const promote = (tag: string): Promise<void> =>
      new Promise((resolve, reject) => {
        writes.push({ tag, end: (error) => (error === undefined ? resolve() : reject(error)) });
      });
    return { writes, analytics: { promote } as unknown as Analytics };
  }

  it("carries out one write after another, and the failure of one does not stop the next", async () => {
    const world = createTestSystem();
    const { writes, analytics } = heldAnalytics();
    const store = new EvidenceStore(world.system.spawn(evidenceActor, analytics));
    const ended: string[] = [];
    const asked = ["a", "b", "c"].map((tag) =>
      store.promote(tag).then(
        () => ended.push(`${tag} written`),
        (error: unknown) => ended.push(`${tag}: ${String(error)}`),
      ),
    );
    const step = async (tags: readonly string[], ends: readonly string[]): Promise<void> => {
      await world.settle();
      assert.deepEqual(
        writes.map(({ tag }) => tag),
        tags,
      );
      assert.deepEqual(ended, ends);
    };
    await step(["a"], []);
    writes[0]!.end();
    await step(["a", "b"], ["a written"]);
    writes[1]!.end(new Error("full"));
    await world.settle();
    assert.equal(ended.length, 2);
    assert.match(ended[1]!, /^b: .*full/);
    assert.equal(writes.length, 3);
    writes[2]!.end();
    await Promise.all(asked);
    assert.equal(ended[2], "c written");
    await world.system.shutdown();
  });
});
