import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { baselineKeeper, storedBaseline } from "../../../actors/evidence/baseline-store.ts";
import type { PhaseName } from "../../../actors/workflow/session-document.ts";
import { PHASES } from "../../../actors/workflow/session-state.ts";
import type { PhaseOutputs, SessionCommand, SessionState } from "../../../actors/workflow/session-state.ts";
import type { MetricSpec, Task } from "../../../actors/workflow/task.ts";
import type { Verdict } from "../../../kernels/statistics/index.ts";
import { VirtualClock } from "../../../runtime/testkit/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";
import { callOf, openKept, servicesOf } from "../../kit/services.ts";
import type { Kept } from "../../kit/services.ts";
import {
  burstOutcomeOf,
  comparedOf,
  ENVIRONMENT,
  failedGates,
  forksOf,
  outputsOf,
  preparedOf,
  sessionOf,
  versionOf,
} from "../../kit/session.ts";

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
  const all = outputsOf(part);
  const outputs = Object.fromEntries(
    before.filter((phase) => !leftOut.includes(phase)).map((phase) => [phase, all[phase]]),
  );
  const state = sessionOf(command, { outputs, forks: forksOf("baseline", "candidate") }, { id, ...task });
  return { ...state, start: { ...state.start!, session } };
}

const verdictOf = (verdict: Verdict): Partial<PhaseOutputs> => ({ compare: comparedOf({ verdict }) });

describe("the baseline keeper", () => {
  let home: Kept;
  before(async () => (home = await openKept()));
  after(() => home.close());

  const keep = (session: SessionState): Promise<PhaseOutputs["baseline"]> => {
    const services = servicesOf({ ...home, clock: new VirtualClock(9_000) });
    return baselineKeeper.execute({ phase: "baseline", session }, services, callOf());
  };
  const stored = (caseId: string, tag: string | null = null) => storedBaseline(caseId, tag, home);

  it("establishes the winning version of an improved run and makes it current", async () => {
    assert.deepEqual(await keep(measured("won", "s1", "run", {})), { from: null, to: "won@1" });
    const [row, ...more] = await home.state.analytics.currentBaseline("won");
    assert.deepEqual(more, []);
    const { mean, stdDev, ciLow, ciHigh, ...rest } = row!;
    assert.deepEqual(rest, {
      tag: "won@1",
      caseId: "won",
      subject: "/project/orders.ts#dedupe",
      metric: "wall_time",
      unit: "ns",
      direction: "lower",
      n: 20,
      samplesSession: "s1",
      samplesVersion: "candidate",
      environment: ENVIRONMENT,
      programDigest: "candidate 1",
      createdAt: 9_000,
      note: null,
    });
    // Fork means of the candidate: 50 + (f % 5 + f % 3) / 2 over f = 0 … 19.
    const means = Array.from({ length: 20 }, (_, fork) => 50 + ((fork % 5) + (fork % 3)) / 2);
    assert.ok(Math.abs(mean - means.reduce((sum, value) => sum + value) / 20) < 1e-9);
    assert.ok(stdDev > 0 && ciLow < mean && mean < ciHigh);
    assert.deepEqual(await stored("won"), { tag: "won@1", program: versionOf("candidate 1").program });
  });

  it("establishes nothing of a run that is not improved", async () => {
    for (const verdict of ["regressed", "inconclusive", "non_inferior"] as const) {
      assert.deepEqual(await keep(measured("lost", "s1", "run", verdictOf(verdict))), {
        from: null,
        to: null,
      });
    }
    assert.equal((await keep(measured("lost", "s1", "run", { gates: failedGates() }))).to, null);
    const falseProof = { burst: burstOutcomeOf({ falseProof: "candidate" }) };
    assert.equal((await keep(measured("lost", "s1", "run", falseProof))).to, null);
    assert.deepEqual(await home.state.analytics.baselines({ caseId: "lost" }), []);
  });

  it("keeps every metric under the one tag", async () => {
    const { metrics } = sessionOf("run").start!.task;
    await keep(measured("metrics", "s1", "run", {}, { metrics: [metrics[0], MEMORY] }));
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
    const prepare = preparedOf({ currentBaseline: "counted@1" });
    assert.equal((await keep(measured("counted", "s1", "run", {}))).to, "counted@1");
    assert.deepEqual(await keep(measured("counted", "s2", "run", { prepare })), {
      from: "counted@1",
      to: "counted@2",
    });
    const { metrics } = sessionOf("run").start!.task;
    assert.equal(
      (await keep(measured("counted", "s3", "run", {}, { metrics: [metrics[0], MEMORY] }))).to,
      "counted@3",
    );
    assert.equal((await keep(measured("counted", "s4", "run", {}))).to, "counted@4");
    assert.equal((await keep(measured("another", "s5", "run", {}))).to, "another@1");
    assert.equal((await stored("counted"))?.tag, "counted@4");
  });

  it("of a session that was stopped after it had established one finds its tag again", async () => {
    const session = measured("resumed", "s1", "run", {});
    assert.equal((await keep(session)).to, "resumed@1");
    await keep(measured("resumed", "s2", "run", {}));
    assert.equal((await keep(session)).to, "resumed@1");
    assert.equal((await home.state.analytics.baselines({ caseId: "resumed" })).length, 2);
    assert.equal((await stored("resumed"))?.tag, "resumed@1");
  });

  it("of a first burst keeps the present code", async () => {
    const first = measured("burst", "s1", "burst", {}, {}, ["compare"]);
    assert.equal((await keep(first)).to, "burst@1");
    assert.equal((await stored("burst"))?.program.digest, "subject");
  });

  it("of a later burst keeps only code that is improved, and another than is stored", async () => {
    const against = (name: string, verdict: Verdict): SessionState =>
      measured("later", "s1", "burst", {
        prepare: preparedOf({ other: versionOf(name) }),
        ...verdictOf(verdict),
      });
    for (const verdict of ["regressed", "inconclusive", "non_inferior"] as const) {
      assert.equal((await keep(against("older code", verdict))).to, null, verdict);
    }
    assert.equal((await keep(against("subject", "improved"))).to, null);
    assert.equal((await keep(against("older code", "improved"))).to, "later@1");
  });

  it("gives the tag that is asked for, not the current one", async () => {
    await keep(measured("asked", "s1", "run", {}));
    await keep(measured("asked", "s2", "run", {}));
    assert.equal((await stored("asked", "asked@1"))?.tag, "asked@1");
    assert.equal((await stored("asked"))?.tag, "asked@2");
    assert.equal(await stored("never measured"), null);
  });

  it("refuses a tag that there is not", async () => {
    await assert.rejects(stored("asked", "asked@9"), hasCode("BASELINE_UNKNOWN"));
  });

  it("refuses a baseline whose program is gone or broken", async () => {
    await keep(measured("gone", "s-gone", "run", {}));
    const folder = await home.state.artifacts("s-gone");
    await home.state.writeArtifact("s-gone", "candidate-program.json", Buffer.from('{"code":'));
    await assert.rejects(stored("gone"), hasCode("BASELINE_INCOMPARABLE"));
    await rm(join(folder, "candidate-program.json"));
    await assert.rejects(stored("gone"), hasCode("BASELINE_INCOMPARABLE"));
  });
});
