import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { BaselineRegister } from "../../../actors/evidence/baseline-register.ts";
import { baselineTag } from "../../../actors/evidence/baseline-store.ts";
import type { NewBaselineRow } from "../../../actors/evidence/evidence-store.ts";
import type { Verdict } from "../../../kernels/statistics/index.ts";
import type { ForkRow } from "../../../storage/index.ts";
import { MyriadError } from "../../../runtime/contracts/index.ts";
import { VirtualClock } from "../../../runtime/testkit/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";
import { forkRow } from "../../kit/analytics.ts";
import { openKept } from "../../kit/services.ts";
import type { Kept } from "../../kit/services.ts";
import { baselineRowOf, ENVIRONMENT, startOf } from "../../kit/session.ts";

describe("the register of baselines", () => {
  let home: Kept;
  let register: BaselineRegister;
  before(async () => {
    home = await openKept();
    const { state, evidence } = home;
    register = new BaselineRegister({
      analytics: state.analytics,
      journal: state.journal,
      evidence,
      clock: new VirtualClock(9_000),
    });
  });
  after(() => home.close());

  /** A baseline whose 20 fork means lie around this one, of a session that ended so. */
  async function keep(
    tag: string,
    meanNs: number,
    part: Partial<NewBaselineRow> = {},
    verdict: Verdict | null = "no_baseline",
    means: Partial<ForkRow> = {},
  ): Promise<void> {
    const row = baselineRowOf({
      caseId: tag.split("@")[0]!,
      mean: meanNs,
      samplesSession: `of ${tag}`,
      ...part,
    });
    const { samplesSession: session, samplesVersion: version, caseId, metric } = row;
    for (let fork = 0; fork < 20; fork++) {
      const values = Float64Array.of(meanNs + (fork % 5), meanNs - (fork % 3));
      await home.state.analytics.recordFork(forkRow(fork, { session, version, caseId, ...means }), [
        { metric, values },
      ]);
    }
    await home.evidence.recordSession({ ...startOf("run"), session }, verdict);
    await home.evidence.establish(tag, [row]);
  }
  const roles = async (caseId: string): Promise<readonly (string | undefined)[]> => {
    const { analytics } = home.state;
    const [current, release] = [
      await analytics.currentBaseline(caseId),
      await analytics.releaseBaseline(caseId),
    ];
    return [current[0]?.tag, release[0]?.tag];
  };
  const refused = hasCode("BASELINE_NOT_PROMOTABLE");

  it("promotes to current and to release, each by itself", async () => {
    await keep("both@1", 1_000);
    await keep("both@2", 990);
    assert.equal(await register.promote("both@1"), null);
    assert.equal(await register.promote("both@1", "release"), null);
    assert.deepEqual(await roles("both"), ["both@1", "both@1"]);
    const against = await register.promote("both@2");
    assert.deepEqual(
      [against?.before, against?.after, against?.verdict],
      ["both@1", "both@2", "non_inferior"],
    );
    assert.deepEqual(await roles("both"), ["both@2", "both@1"]);
    assert.equal(await baselineTag("both", "release", home), "both@1");
    assert.equal(await baselineTag("both", "current", home), "both@2");
    await assert.rejects(baselineTag("none", "release", home), hasCode("BASELINE_CASE_UNKNOWN"));
    await assert.rejects(register.promote("both@9"), hasCode("BASELINE_UNKNOWN"));
  });

  it("lets small losses not add up: what lost against the last release is promoted only by name", async () => {
    const steps = [1_000, 1_015, 1_030, 1_045];
    for (const [at, meanNs] of steps.entries()) await keep(`creep@${at + 1}`, meanNs);
    await register.promote("creep@1", "release");
    await register.promote("creep@2");
    const { analytics } = home.state;
    for (const tag of ["creep@3", "creep@4"]) {
      const [step] = await register.compare(tag, `creep@${Number(tag.at(-1)) - 1}`, false);
      assert.equal(step!.verdict, "non_inferior", "each step is within the tolerance");
      await assert.rejects(register.promote(tag), refused);
      await assert.rejects(register.promote(tag, "release"), /wall_time \d\.\d %/);
    }
    assert.deepEqual(await roles("creep"), ["creep@2", "creep@1"]);
    const lost = await register.promote("creep@4", "current", true);
    assert.equal(lost?.verdict, "regressed");
    assert.equal((await analytics.currentBaseline("creep"))[0]?.tag, "creep@4");
  });

  it("promotes nothing of a session that has not ended, or has not passed, or of another tool", async () => {
    await keep("open@1", 1_000, {}, null);
    await keep("lost@1", 1_000, {}, "regressed");
    await keep("bad@1", 1_000, {}, "rejected");
    await keep("tool@1", 1_000, { tool: "hyperfine" });
    for (const tag of ["open@1", "lost@1", "bad@1", "tool@1"]) {
      await assert.rejects(register.promote(tag), refused, tag);
      await assert.rejects(register.promote(tag, "release"), refused, tag);
    }
    await keep("stood@1", 1_000, { samplesVersion: "baseline" }, "regressed");
    assert.equal(await register.promote("stood@1"), null, "the code as it stood has not lost");
  });

  it("compares with the current and the released one, and refuses another machine unless asked", async () => {
    await keep("where@1", 1_000);
    await keep("where@2", 1_000);
    await keep("where@3", 800);
    await register.promote("where@1", "release");
    await register.promote("where@2");
    const both = await register.compare("where@3", null, false);
    assert.deepEqual(
      both.map(({ before, verdict, sameEnvironment }) => [before, verdict, sameEnvironment]),
      [
        ["where@2", "improved", true],
        ["where@1", "improved", true],
      ],
    );
    assert.equal(both[0]!.comparisons[0]!.tolerance, 0.02);
    assert.deepEqual(await register.compare("where@2", "where@2", false).then(([own]) => own!.verdict), "non_inferior"); // prettier-ignore

    const environment = { ...ENVIRONMENT, fingerprint: "another", cpu: "another processor" };
    await keep("where@4", 800, { environment });
    const [refusal] = await register.compare("where@4", null, false);
    assert.deepEqual([refusal!.verdict, refusal!.sameEnvironment], [null, false]);
    assert.match(refusal!.refusal!, /cpu a processor there, another processor here/);
    await assert.rejects(register.compare("where@4", "where@1", false), hasCode("BASELINE_INCOMPARABLE"));
    const [asked] = await register.compare("where@4", "where@1", true);
    assert.deepEqual([asked!.verdict, asked!.sameEnvironment, asked!.refusal], ["improved", false, null]);
    const promoted = await register.promote("where@4");
    assert.notEqual(promoted!.refusal, null, "it is not judged, and not held back");
  });

  it("never takes two tools' results for one machine, and compares no different units", async () => {
    for (const tag of ["far@1", "far@2"]) {
      await keep(tag, 1_000, { tool: "JMH", environment: { ...ENVIRONMENT, fingerprint: "foreign" } });
    }
    await assert.rejects(register.compare("far@2", "far@1", false), /JMH measured one of them/);
    assert.equal((await register.compare("far@2", "far@1", true))[0]!.verdict, "non_inferior");
    await keep("far@0", 1_000);
    const [mixed] = await register.compare("far@2", "far@0", true);
    const note = "JMH measured one of them, on a machine that its results do not name";
    assert.deepEqual(mixed!.notes, [note], "a tool has no carrier that could be kept");
    await keep("far@3", 1, { tool: "JMH", unit: "us" });
    await assert.rejects(register.compare("far@3", "far@1", true), /in us here and in ns there/);
    await keep("far@4", 1, { metric: "peak_memory" });
    await assert.rejects(register.compare("far@4", "far@1", true), /no metric in common/);
    await home.evidence.establish("far@5", [baselineRowOf({ caseId: "far", samplesSession: "pruned" })]);
    await assert.rejects(
      register.compare("far@5", "far@1", true),
      /no samples of wall_time are kept of far@5/,
    );
  });

  it("says by what a baseline was measured, and keeps a series of it apart", async () => {
    await keep("means@1", 1_000, {}, "no_baseline", { engine: "isolate", carrier: "bubblewrap" });
    await keep("means@2", 900, {}, "no_baseline", { engine: "trusted", carrier: "worker-thread" });
    await keep("means@3", 950, {}, "no_baseline", { engine: "isolate", carrier: "bubblewrap" });
    const history = await register.history("means", null);
    assert.deepEqual(
      history.map(({ level, carrier, entries }) => [level, carrier, entries.map(({ tag }) => tag)]),
      [
        ["isolate", "bubblewrap", ["means@1", "means@3"]],
        ["trusted", "worker-thread", ["means@2"]],
      ],
    );
    assert.equal(history[0]!.entries[0]!.runtime, ENVIRONMENT.runtime);
  });

  it("refuses another level or carrier, says what differs and what to run, and compares when asked", async () => {
    await keep("level@1", 1_000, {}, "no_baseline", { engine: "isolate", carrier: "bubblewrap" });
    await keep("level@2", 1_000, {}, "no_baseline", { engine: "trusted", carrier: "worker-thread" });
    await keep("level@3", 1_000, {}, "no_baseline", { engine: "isolate", carrier: "permission" });
    const asked = (tag: string): Promise<unknown> => register.compare(tag, "level@1", false);
    await assert.rejects(asked("level@2"), (error: unknown) => {
      assert.ok(error instanceof MyriadError && error.code === "BASELINE_INCOMPARABLE");
      assert.match(
        error.message,
        /the same machine, runtime, level and carrier: level isolate there, trusted here; burst --against level@1 runs it again/,
      );
      assert.match(error.hint!, /^myriad burst <task> --against level@1 .*--foreign/);
      return true;
    });
    await assert.rejects(asked("level@3"), /carrier bubblewrap there, permission here/);
    const [foreign] = await register.compare("level@2", "level@1", true);
    assert.deepEqual([foreign!.verdict, foreign!.sameEnvironment], ["non_inferior", true]);
    assert.match(foreign!.notes!.join(), /level isolate there, trusted here/);
  });

  it("reads baselines of before carriers were kept, and says so where it compares them", async () => {
    await keep("old@1", 1_000, {}, "no_baseline", { carrier: null });
    await keep("old@2", 800, {}, "no_baseline", { carrier: "bubblewrap" });
    const [compared] = await register.compare("old@2", "old@1", false);
    assert.equal(compared!.verdict, "improved");
    assert.deepEqual(compared!.notes, ["in which carrier old@1 was measured is not kept"]);
    await home.evidence.establish("old@3", [baselineRowOf({ caseId: "old", samplesSession: "forks gone" })]);
    await assert.rejects(register.compare("old@3", "old@2", false), /level isolate there, not known here/);
  });

  it("leaves out what each session counts on inputs of its own, and refuses where there is nothing else", async () => {
    for (const tag of ["count@1", "count@2"]) {
      await keep(tag, 1_000);
      const own = { caseId: "count", samplesSession: `of ${tag}`, metric: "comparisons", unit: "calls" };
      const time = { caseId: "count", samplesSession: `of ${tag}` };
      await home.evidence.establish(`${tag} both`, [baselineRowOf(time), baselineRowOf(own)]);
      await home.evidence.establish(`${tag} own`, [baselineRowOf(own)]);
    }
    const [compared] = await register.compare("count@2 both", "count@1 both", false);
    assert.deepEqual(compared!.comparisons.map(({ metric }) => metric), ["wall_time"]); // prettier-ignore
    assert.match(compared!.notes!.join(), /left out: comparisons, counted on the inputs/);
    await assert.rejects(
      register.compare("count@2 own", "count@1 own", false),
      /nothing in common but comparisons, counted on the inputs of a session: burst --against counts both again/,
    );
  });

  it("compares samples of one process in groups, whatever their order", async () => {
    for (const [tag, step] of [
      ["one@1", 1],
      ["one@2", 1.2],
    ] as const) {
      const row = baselineRowOf({ caseId: "one", samplesSession: tag });
      const values = Float64Array.from({ length: 1_000 }, (_, at) => step * (900 + at / 5));
      await home.state.analytics.recordFork(
        forkRow(0, { session: tag, caseId: "one", version: "candidate" }),
        [{ metric: "wall_time", values }],
      );
      await home.evidence.establish(tag, [row]);
    }
    const [slower] = await register.compare("one@2", "one@1", false);
    assert.equal(slower!.verdict, "regressed");
    assert.ok(Math.abs(slower!.comparisons[0]!.relDelta! - 0.2) < 1e-9);
    assert.equal((await register.compare("one@1", "one@1", false))[0]!.verdict, "non_inferior");
  });

  it("keeps labels and notes apart from each other, replaces them, and takes them off", async () => {
    await keep("marked@1", 1_000);
    const marks = async (): Promise<unknown> => {
      const [summary] = (await register.history("marked", null))[0]!.entries;
      return [summary!.label, summary!.note];
    };
    await register.label("marked@1", "v1.2");
    await register.note("marked@1", "before the rewrite");
    assert.deepEqual(await marks(), ["v1.2", "before the rewrite"]);
    await register.label("marked@1", "v1.3");
    await register.note("marked@1", null);
    assert.deepEqual(await marks(), ["v1.3", null]);
    await assert.rejects(register.label("marked@2", "x"), hasCode("BASELINE_UNKNOWN"));
  });

  it("marks where the level of a series shifts, and says nothing of too few versions", async () => {
    for (let version = 0; version < 16; version++) {
      const meanNs = (version < 9 ? 1_000 : 1_100) + ((version * 7) % 5);
      const part = { caseId: "drift", mean: meanNs, createdAt: version, samplesSession: `drift ${version}` };
      await home.evidence.establish(`drift@${version + 1}`, [baselineRowOf(part)]);
    }
    const [series] = await register.history("drift", null);
    assert.deepEqual(series!.shifts!.map(({ tag }) => tag), ["drift@10"]); // prettier-ignore
    const shift = series!.shifts![0]!;
    assert.ok(shift.before < 1_005 && shift.after >= 1_100 && shift.relDelta! > 0.09 && shift.p <= 0.05);
    for (const version of [1, 2, 3]) await keep(`young@${version}`, 1_000);
    assert.equal((await register.history("young", null))[0]!.shifts, null);
  });

  it("tells the history of a case, a series a metric and environment, oldest first", async () => {
    const environment = { ...ENVIRONMENT, fingerprint: "another" };
    await keep("told@1", 1_000, { createdAt: 1_000 });
    await keep("told@2", 900, { createdAt: 3_000 });
    await keep("told@3", 950, { createdAt: 2_000 });
    await keep("told@4", 2_000, { createdAt: 4_000, environment });
    await keep("told@5", 40, { createdAt: 5_000, metric: "peak_memory", unit: "MB" });
    const history = await register.history("told", null);
    assert.deepEqual(
      history.map(({ metric, unit, fingerprint, entries }) => [metric, unit, fingerprint, entries.map(({ tag }) => tag)]), // prettier-ignore
      [
        ["wall_time", "ns", ENVIRONMENT.fingerprint, ["told@1", "told@3", "told@2"]],
        ["wall_time", "ns", "another", ["told@4"]],
        ["peak_memory", "MB", ENVIRONMENT.fingerprint, ["told@5"]],
      ],
    );
    assert.equal((await register.history("told", "peak_memory")).length, 1);
    await assert.rejects(register.history("nobody", null), hasCode("BASELINE_CASE_UNKNOWN"));
    await assert.rejects(register.history("told", "ticks"), /has the metric "ticks", but .*wall_time/);
  });
});
