import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { summariesOf } from "../../../actors/evidence/baseline-list.ts";
import { baselineKeeper, baselineTag, storedBaseline } from "../../../actors/evidence/baseline-store.ts";
import type { BaselineChange, PhaseName } from "../../../actors/workflow/session-document.ts";
import { PHASES } from "../../../actors/workflow/session-state.ts";
import type {
  Generated,
  PhaseOutputs,
  SessionCommand,
  SessionState,
} from "../../../actors/workflow/session-state.ts";
import type { VersionSource } from "../../../actors/workflow/session-state.ts";
import type { MetricSpec, Task } from "../../../actors/workflow/task.ts";
import type { MetricVerdict, Verdict } from "../../../kernels/statistics/index.ts";
import { bundleFunction } from "../../../kernels/syntax/index.ts";
import { VirtualClock } from "../../../runtime/testkit/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";
import { forkRow } from "../../kit/analytics.ts";
import { callOf, openKept, servicesOf } from "../../kit/services.ts";
import type { Kept } from "../../kit/services.ts";
import {
  baselineRowOf,
  bundledOf,
  burstOutcomeOf,
  comparedOf,
  ENVIRONMENT,
  failedGates,
  forksOf,
  generatedOf,
  outputsOf,
  preparedOf,
  rowOf,
  sessionOf,
  versionOf,
} from "../../kit/session.ts";

const realVersion = (name: string): VersionSource => ({ ...versionOf(name), program: bundledOf(name) });

const SUBJECT = realVersion("subject");
const CANDIDATE = realVersion("candidate 1");

/** One link, the last one of a chain. */
function found(): Generated {
  const { chain, summary } = generatedOf(1);
  return { summary, chain: [{ ...chain[0]!, program: CANDIDATE.program }] };
}

const MEMORY: MetricSpec = { name: "peak_memory", unit: "MB", direction: "lower", tolerance: 0.1 };

/** A session just before the baseline phase; each test has a case of its own. */
function measured(
  id: string,
  session: string,
  command: SessionCommand,
  part: Partial<PhaseOutputs>,
  task: Partial<Task> = {},
  leftOut: readonly PhaseName[] = [],
): SessionState {
  const before = PHASES[command].slice(0, PHASES[command].indexOf("baseline"));
  const { prepare = preparedOf(), ...rest } = part;
  const compare = comparedOf({ rows: [rowOf()] });
  const all = outputsOf({
    compare,
    generate: found(),
    ...rest,
    prepare: { ...prepare, subject: SUBJECT },
  });
  const outputs = Object.fromEntries(
    before.filter((phase) => !leftOut.includes(phase)).map((phase) => [phase, all[phase]]),
  );
  const state = sessionOf(command, { outputs, forks: forksOf("baseline", "candidate") }, { id, ...task });
  return { ...state, start: { ...state.start!, session } };
}

const verdictOf = (verdict: Verdict): Partial<PhaseOutputs> => ({
  compare: comparedOf({ verdict, rows: [rowOf(verdict as MetricVerdict)] }),
});

describe("the baseline keeper", () => {
  let home: Kept;
  before(async () => (home = await openKept()));
  after(() => home.close());

  const keep = (session: SessionState): Promise<BaselineChange> => {
    const services = servicesOf({ ...home, clock: new VirtualClock(9_000) });
    return baselineKeeper.execute({ phase: "baseline", session }, services, callOf());
  };
  const stored = (caseId: string, tag: string | null = null) => storedBaseline(caseId, tag, home);

  it("is refused under another case than its own", async () => {
    await home.evidence.establish("theirs@1", [baselineRowOf({ caseId: "theirs", samplesSession: "s9" })]);
    await assert.rejects(stored("mine", "theirs@1"), hasCode("BASELINE_INCOMPARABLE"));
    await assert.rejects(baselineTag("mine", "theirs@1", home), hasCode("BASELINE_INCOMPARABLE"));
  });

  it("of an improved run keeps the subject as the current baseline, and beside it what was proved", async () => {
    const change = await keep(measured("won", "s1", "run", {}));
    assert.deepEqual(change, { from: null, to: "won@1", candidate: "won@2" });
    assert.deepEqual(await stored("won"), { tag: "won@1", program: SUBJECT.program });
    assert.deepEqual(await stored("won", "won@2"), { tag: "won@2", program: CANDIDATE.program });
    const [current] = await home.state.analytics.currentBaseline("won");
    assert.deepEqual([current!.tag, current!.samplesVersion], ["won@1", "baseline"]);
    const [row, ...more] = await home.state.analytics.baseline("won@2");
    assert.deepEqual(more, []);
    const { mean, stdDev, ciLow, ciHigh, ...rest } = row!;
    assert.deepEqual(rest, {
      tag: "won@2",
      caseId: "won",
      subject: "/project/orders.ts#dedupe",
      metric: "wall_time",
      unit: "ns",
      direction: "lower",
      tolerance: 0.02,
      n: 20,
      samplesSession: "s1",
      samplesVersion: "candidate",
      environment: ENVIRONMENT,
      programDigest: CANDIDATE.program.digest,
      createdAt: 9_000,
      note: null,
      tool: null,
    });
    // Fork means of the candidate: 50 + (f % 5 + f % 3) / 2 over f = 0 … 19.
    const means = Array.from({ length: 20 }, (_, fork) => 50 + ((fork % 5) + (fork % 3)) / 2);
    assert.ok(Math.abs(mean - means.reduce((sum, value) => sum + value) / 20) < 1e-9);
    assert.ok(stdDev > 0 && ciLow < mean && mean < ciHigh);
  });

  it("keeps no candidate of a run that is not improved, but the subject that was measured with it", async () => {
    for (const verdict of ["regressed", "inconclusive", "non_inferior"] as const) {
      const change = await keep(measured(verdict, verdict, "run", verdictOf(verdict)));
      assert.deepEqual(change, { from: null, to: `${verdict}@1`, candidate: null });
      assert.deepEqual((await stored(verdict))!.program, SUBJECT.program);
    }
    assert.equal((await keep(measured("lost", "s1", "run", { gates: failedGates() }))).candidate, null);
    const falseProof = { burst: burstOutcomeOf({ falseProof: "candidate" }) };
    assert.equal((await keep(measured("lost", "s1", "run", falseProof))).candidate, null);
  });

  it("of a run leaves a current baseline as it is until the change is applied", async () => {
    const prepare = preparedOf({ currentBaseline: "standing@7" });
    const change = await keep(measured("standing", "s1", "run", { prepare }));
    assert.deepEqual(change, { from: "standing@7", to: null, candidate: "standing@1" });
    assert.equal(await stored("standing"), null);
  });

  it("keeps every metric under the one tag", async () => {
    const { metrics } = sessionOf("run").start!.task;
    await keep(measured("metrics", "s1", "burst", {}, { metrics: [metrics[0], MEMORY] }, ["compare"]));
    assert.deepEqual(
      (await home.state.analytics.baseline("metrics@1")).map(({ metric, unit, mean }) => [
        metric,
        unit,
        mean,
      ]),
      [
        ["peak_memory", "MB", 40.5],
        ["wall_time", "ns", 51.475],
      ],
    );
  });

  it("counts tags up, a case by itself, and says which one was current", async () => {
    const first = (id: string, session: string, task: Partial<Task> = {}): SessionState =>
      measured(id, session, "burst", {}, task, ["compare"]);
    assert.equal((await keep(first("counted", "s1"))).to, "counted@1");
    const prepare = preparedOf({ currentBaseline: "counted@1", other: versionOf("older code") });
    assert.deepEqual(await keep(measured("counted", "s2", "burst", { prepare })), {
      from: "counted@1",
      to: "counted@2",
      candidate: null,
    });
    const { metrics } = sessionOf("run").start!.task;
    assert.equal((await keep(first("counted", "s3", { metrics: [metrics[0], MEMORY] }))).to, "counted@3");
    assert.equal((await keep(first("counted", "s4"))).to, "counted@4");
    assert.equal((await keep(first("another", "s5"))).to, "another@1");
    assert.equal((await stored("counted"))?.tag, "counted@4");
  });

  it("of a session that was stopped after it had established some finds its tags again", async () => {
    const session = measured("resumed", "s1", "run", {});
    const change = { from: null, to: "resumed@1", candidate: "resumed@2" };
    assert.deepEqual(await keep(session), change);
    await keep(measured("resumed", "s2", "run", {}));
    assert.deepEqual(await keep(session), change);
    assert.equal((await home.state.analytics.baselines({ caseId: "resumed" })).length, 4);
    assert.equal((await stored("resumed"))?.tag, "resumed@1");
  });

  it("of a first burst keeps the present code", async () => {
    const first = measured("burst", "s1", "burst", {}, {}, ["compare"]);
    assert.equal((await keep(first)).to, "burst@1");
    assert.equal((await stored("burst"))?.program.digest, SUBJECT.program.digest);
  });

  it("of a later burst keeps only code that is improved, and another than is stored", async () => {
    const against = (name: string, verdict: Verdict): SessionState =>
      measured("later", "s1", "burst", {
        prepare: preparedOf({ other: realVersion(name) }),
        ...verdictOf(verdict),
      });
    for (const verdict of ["regressed", "inconclusive", "non_inferior"] as const) {
      assert.equal((await keep(against("older code", verdict))).to, null, verdict);
    }
    assert.equal((await keep(against("subject", "improved"))).to, null);
    assert.equal((await keep(against("older code", "improved"))).to, "later@1");
  });

  it("holds what it measured to the last release, and lets nothing that lost become current by itself", async () => {
    const release = async (id: string, meanNs: number): Promise<void> => {
      const tag = `${id}@1`;
      const row = baselineRowOf({ caseId: id, samplesSession: tag, programDigest: "released" });
      for (let fork = 0; fork < 20; fork++) {
        const values = Float64Array.of(meanNs + (fork % 3));
        await home.state.analytics.recordFork(forkRow(fork, { session: tag, caseId: id, version: "candidate" }), [{ metric: "wall_time", values }]); // prettier-ignore
      }
      await home.evidence.establish(tag, [row]);
      await home.evidence.promote(tag, "release");
    };
    const later = async (id: string): Promise<BaselineChange> => {
      const prepare = preparedOf({ currentBaseline: null, other: realVersion("older code") });
      const session = measured(id, `s-${id}`, "burst", { prepare, ...verdictOf("improved") });
      for (const fork of session.forks) await home.evidence.recordFork(`s-${id}`, id, fork);
      return await keep(session);
    };
    // The candidate's fork means lie around 51.5.
    await release("slower", 40);
    const lost = await later("slower");
    assert.deepEqual([lost.to, lost.candidate, lost.release?.verdict], [null, "slower@2", "regressed"]);
    assert.deepEqual(await home.state.analytics.currentBaseline("slower"), []);
    await release("faster", 60);
    const won = await later("faster");
    assert.deepEqual([won.to, won.candidate, won.release?.verdict], ["faster@2", null, "improved"]);
  });

  it("of a burst beside another than the current baseline leaves the current one", async () => {
    await keep(measured("beside", "s1", "burst", {}, {}, ["compare"]));
    const prepare = preparedOf({ currentBaseline: "beside@0", other: realVersion("older code") });
    const task = { baseline: "beside@0" };
    const change = await keep(measured("beside", "s2", "burst", { prepare, ...verdictOf("improved") }, task));
    assert.deepEqual(change, { from: "beside@0", to: null, candidate: "beside@2" });
    assert.equal((await stored("beside"))?.tag, "beside@1");
  });

  it("of a burst at another level than the current one leaves the current one", async () => {
    const first = measured("level", "l1", "burst", {}, {}, ["compare"]);
    for (const fork of first.forks) await home.evidence.recordFork("l1", "level", fork);
    await keep(first);
    const prepare = preparedOf({ currentBaseline: "level@1", other: realVersion("older code") });
    const better = measured("level", "l2", "burst", { prepare, ...verdictOf("improved") });
    const realm = { ...better.forks[0]!.isolation, engine: "realm" } as const;
    const counted = { ...better, forks: better.forks.map((fork) => ({ ...fork, isolation: realm })) };
    for (const fork of counted.forks) await home.evidence.recordFork("l2", "level", fork);
    assert.deepEqual(await keep(counted), { from: "level@1", to: null, candidate: "level@2" });
    assert.equal((await stored("level"))?.tag, "level@1");
  });

  it("keeps what the version's own metrics said on each input beside what was measured", async () => {
    const of = { file: "/project/m.ts", exportName: "boxes" };
    const boxes: MetricSpec = { name: "boxes", unit: "boxes", direction: "lower", tolerance: 0.01, of };
    const figures = { boxes: { candidate: Float64Array.of(3, 4, 8) } };
    const burst = burstOutcomeOf({ figures });
    const session = measured("own", "o1", "burst", { burst }, { metrics: [boxes, MEMORY] }, ["compare"]);
    await keep(session);
    const rows = await home.state.analytics.requireBaseline("own@1");
    assert.deepEqual(
      rows.map(({ metric, unit, tolerance, mean, n }) => [metric, unit, tolerance, mean, n]),
      [
        ["boxes", "boxes", 0.01, 5, 3],
        ["peak_memory", "MB", 0.1, 40.5, 20],
      ],
    );
    const [own, memory] = await summariesOf(home.state.analytics, rows);
    assert.equal(own!.level, "realm", "it is asked there, wherever the rest is measured");
    assert.equal(memory!.level, null, "nothing was recorded of these forks");
  });

  it("gives the tag that is asked for, not the current one", async () => {
    await keep(measured("asked", "s1", "burst", {}, {}, ["compare"]));
    await keep(measured("asked", "s2", "burst", {}, {}, ["compare"]));
    assert.equal((await stored("asked", "asked@1"))?.tag, "asked@1");
    assert.equal((await stored("asked"))?.tag, "asked@2");
    assert.equal(await stored("never measured"), null);
  });

  it("refuses a tag that there is not", async () => {
    await assert.rejects(stored("asked", "asked@9"), hasCode("BASELINE_UNKNOWN"));
  });

  it("refuses a baseline whose program is gone or broken", async () => {
    await keep(measured("gone", "s-gone", "burst", {}, {}, ["compare"]));
    const folder = await home.state.artifacts("s-gone");
    await home.state.writeArtifact("s-gone", "candidate-program.json", Buffer.from('{"code":'));
    await assert.rejects(stored("gone"), hasCode("BASELINE_INCOMPARABLE"));
    await rm(join(folder, "candidate-program.json"));
    await assert.rejects(stored("gone"), hasCode("BASELINE_INCOMPARABLE"));
    assert.equal(await baselineTag("gone", null, home), "gone@1");
  });

  it("refuses a program that is another one than was measured, also one that is whole in itself", async () => {
    await keep(measured("swapped", "s-swapped", "burst", {}, {}, ["compare"]));
    const swap = (program: object): Promise<string> =>
      home.state.writeArtifact("s-swapped", "candidate-program.json", Buffer.from(JSON.stringify(program)));
    const { code } = CANDIDATE.program;
    for (const program of [
      CANDIDATE.program,
      { ...SUBJECT.program, code },
      { ...SUBJECT.program, entry: "x" },
    ]) {
      await swap(program);
      await assert.rejects(stored("swapped"), hasCode("BASELINE_INCOMPARABLE"));
    }
    await swap({ ...SUBJECT.program, digest: "of no matter" });
    assert.deepEqual((await stored("swapped"))!.program, SUBJECT.program);
  });

  it("knows the digest that the bundler gives", async () => {
    const file = join(home.state.path, "bundled.ts");
    await writeFile(file, "export const twice = (value: number): number => 2 * value;\n");
    const program = await bundleFunction({ ref: { file, exportName: "twice" }, source: null });
    const prepare = preparedOf();
    const session = measured("bundled", "s-bundled", "burst", {}, {}, ["compare"]);
    const outputs = { ...session.outputs, prepare: { ...prepare, subject: { ...SUBJECT, program } } };
    await keep({ ...session, outputs });
    assert.deepEqual((await stored("bundled"))!.program, program);
  });
});
