import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { EvidenceWrite } from "../../../actors/evidence/evidence-store.ts";
import { noiseOf, samplesOf, statistician } from "../../../actors/evidence/statistician.ts";
import type {
  BurstOutcome,
  Compared,
  KeptFork,
  PhaseOutputs,
  SessionCommand,
} from "../../../actors/workflow/session-state.ts";
import type { EarlyStopSummary } from "../../../actors/workflow/session-document.ts";
import type { MetricSpec, Task } from "../../../actors/workflow/task.ts";
import { EarlyStop } from "../../../kernels/statistics/index.ts";
import type { PairOfMeans } from "../../../kernels/statistics/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";
import { callOf, recordingEvidence, servicesOf } from "../../kit/services.ts";
import { scriptedExecutor } from "../../kit/scripted-executor.ts";
import {
  burstOutcomeOf,
  conditionsOf,
  forkOf,
  forksOf,
  ISOLATION,
  MACHINE,
  outputsOf,
  preparedOf,
  SESSION,
  sessionOf,
  versionOf,
} from "../../kit/session.ts";

const TIME: MetricSpec = { name: "wall_time", unit: "ns", direction: "lower", tolerance: 0.02 };
const MEMORY: MetricSpec = { name: "peak_memory", unit: "MB", direction: "lower", tolerance: 0.1 };

const TICKS: MetricSpec = { name: "ticks", unit: "ticks", direction: "lower", tolerance: 0 };

const side = (mean: number, stdDev: number) => ({
  baseline: { n: 20, mean, median: mean, stdDev, ci99: [mean, mean] as const },
});

async function compare(
  forks: readonly KeptFork[],
  task: Partial<Task> = {},
  command: SessionCommand = "run",
  writes: EvidenceWrite[] = [],
  machine?: BurstOutcome["machine"],
  earlyStop?: EarlyStopSummary,
  figures: BurstOutcome["figures"] = {},
): Promise<Compared> {
  const { gates, validate } = outputsOf();
  const prepare = preparedOf({ other: versionOf("other") });
  const earlier: Partial<PhaseOutputs> = command === "run" ? { gates, validate } : {};
  const burst = burstOutcomeOf({
    ...(machine === undefined ? {} : { machine }),
    ...(earlyStop === undefined ? {} : { earlyStop }),
    figures,
  });
  const session = sessionOf(command, { outputs: { prepare, ...earlier, burst }, forks }, task);
  const services = servicesOf({
    executor: scriptedExecutor(),
    evidence: recordingEvidence((write) => writes.push(write)),
  });
  return await statistician.execute({ phase: "compare", session }, services, callOf());
}

const swapped = (forks: readonly KeptFork[]): readonly KeptFork[] =>
  forks.map(
    (fork) => ({ ...fork, version: fork.version === "baseline" ? "candidate" : "baseline" }) as const,
  );

describe("the statistician", () => {
  it("finds half the time improved and double the time regressed, on fork means", async () => {
    const forks = forksOf("baseline", "candidate");
    const faster = await compare(forks);
    const [row] = faster.rows;
    assert.equal(faster.verdict, "improved");
    assert.deepEqual(
      [row!.caseId, row!.metric, row!.unit, row!.engine],
      ["dedupe", "wall_time", "ns", "isolate"],
    );
    assert.deepEqual([row!.baseline.n, row!.candidate.n], [20, 20]);
    assert.ok(Math.abs(row!.relDelta! - (51.475 / 101.475 - 1)) < 1e-9);
    const slower = await compare(swapped(forks));
    assert.equal(slower.verdict, "regressed");
  });

  it("takes the direction and the tolerance of the metric", async () => {
    const forks = forksOf("baseline", "candidate");
    const higher = await compare(forks, { metrics: [{ ...TIME, direction: "higher" }] });
    assert.equal(higher.verdict, "regressed");
    const generous = await compare(forks, { metrics: [{ ...TIME, tolerance: 0.6 }] });
    assert.equal(generous.verdict, "non_inferior");
  });

  it("decides once over all metrics: one that is regressed outweighs one that is improved", async () => {
    const forks = forksOf("baseline", "candidate").map((fork) =>
      fork.version === "candidate" ? { ...fork, peakMb: fork.peakMb * 2 } : fork,
    );
    const { rows, verdict } = await compare(forks, { metrics: [TIME, MEMORY] });
    assert.deepEqual(
      rows.map(({ metric, verdict: one }) => [metric, one]),
      [
        ["wall_time", "improved"],
        ["peak_memory", "regressed"],
      ],
    );
    assert.equal(verdict, "regressed");
  });

  it("gives the same figures for the same session", async () => {
    const forks = forksOf("baseline", "candidate");
    assert.deepEqual(await compare(forks), await compare(forks.toReversed()));
  });

  it("withholds the verdict on a version that drifts, unless it would be the same had it drifted on", async () => {
    // The baseline slows down by a tenth from half to half: it will take 1.15 times its mean.
    const drifting = (ratio: number): readonly KeptFork[] =>
      forksOf("baseline", "candidate").map((fork) => {
        const typicalNs = 100 + (fork.fork % 5);
        const timed = (index: number): number =>
          fork.version === "candidate" ? ratio * typicalNs : index < 100 ? typicalNs : 1.1 * typicalNs;
        return { ...fork, wallNs: Float64Array.from({ length: 200 }, (_, index) => timed(index)) };
      });
    const said = async (ratio: number): Promise<readonly unknown[]> => {
      const { verdict, withheld, rows } = await compare(drifting(ratio));
      return [verdict, withheld, rows[0]!.verdict];
    };
    assert.deepEqual(await said(0.5), ["improved", null, "improved"]);
    assert.deepEqual(await said(1.05), ["inconclusive", "unsteady", "inconclusive"]);
    assert.deepEqual(await said(1.1), ["inconclusive", "unsteady", "inconclusive"]);
    assert.deepEqual(await said(1.5), ["regressed", null, "regressed"]);
  });

  it("adds the gate after the burst to those before it, and judges it by the verdict", async () => {
    const names = ({ gates }: Compared): readonly string[] =>
      gates.map(({ name, passed }) => `${name} ${passed}`);
    const improved = await compare(forksOf("baseline", "candidate"));
    assert.equal(improved.gates.length, 5);
    assert.equal(names(improved).at(-1), "performance_baseline true");
    const regressed = await compare(swapped(forksOf("baseline", "candidate")));
    assert.equal(names(regressed).at(-1), "performance_baseline false");
  });

  it("compares CPU time and allocated heap by one figure a fork, and refuses where nothing tells them", async () => {
    const told = forksOf("baseline", "candidate").map((fork) => {
      const half = fork.version === "candidate" ? 2 : 1;
      return { ...fork, conditions: { ...conditionsOf(), cpuMs: 12 / half, allocatedBytes: 64 / half } };
    });
    const metrics = (["cpu_time", "heap_allocated"] as const).map((name) => ({ ...TIME, name }));
    const { rows } = await compare(told, { metrics: [metrics[0]!, metrics[1]!] });
    assert.deepEqual(
      rows.map(({ metric, relDelta, verdict }) => [metric, relDelta, verdict]),
      [
        ["cpu_time", -0.5, "improved"],
        ["heap_allocated", -0.5, "improved"],
      ],
    );
    const untold = compare(forksOf("baseline", "candidate"), { metrics: [metrics[1]!] });
    await assert.rejects(untold, hasCode("METRIC_UNKNOWN_HERE"));
  });

  it("counts ticks: one more is worse, as many are not, and no noise of the machine is in it", async () => {
    const isolation = { ...ISOLATION, engine: "realm" } as const;
    const counts = (baseline: number, candidate: number): readonly KeptFork[] =>
      [0, 1].flatMap((fork) => [
        forkOf("baseline", fork, { isolation, ticks: Float64Array.of(baseline, baseline) }),
        forkOf("candidate", fork, { isolation, ticks: Float64Array.of(candidate, candidate) }),
      ]);
    const machine = { before: MACHINE, during: { ...MACHINE, label: "unusable" } } as const;
    const counted = (forks: readonly KeptFork[]): Promise<Compared> =>
      compare(forks, { metrics: [TICKS], level: "realm" }, "compare", [], machine);
    const { rows, noise, withheld, verdict } = await counted(counts(500, 501));
    assert.deepEqual([noise, withheld, verdict], [null, null, "regressed"]);
    assert.deepEqual([rows[0]!.test, rows[0]!.engine, rows[0]!.unit], ["count", "realm", "ticks"]);
    assert.equal((await counted(counts(500, 500))).verdict, "non_inferior");
    assert.equal((await counted(counts(500, 499))).verdict, "improved");
    await assert.rejects(counted(forksOf("baseline", "candidate")), hasCode("METRIC_UNKNOWN_HERE"));
  });

  it("withholds the verdict of an unusable machine, and keeps what the tests said", async () => {
    const machine = { before: MACHINE, during: { ...MACHINE, label: "unusable" } } as const;
    const forks = forksOf("baseline", "candidate");
    const plain = await compare(forks);
    const withheld = await compare(forks, {}, "run", [], machine);
    assert.deepEqual([plain.withheld, plain.verdict], [null, "improved"]);
    assert.deepEqual([withheld.withheld, withheld.verdict], ["noise", "inconclusive"]);
    assert.equal(withheld.noise!.label, "unusable");
    const { verdict, ...row } = withheld.rows[0]!;
    assert.equal(verdict, "inconclusive");
    assert.deepEqual({ ...row, verdict: "improved" }, plain.rows[0]);
    const allowed = await compare(forks, { allowNoise: true }, "run", [], machine);
    assert.deepEqual([allowed.withheld, allowed.verdict], [null, "improved"]);
  });

  it("decides a burst that might have ended early by the always-valid test alone, ended early or not", async () => {
    const forks = forksOf("baseline", "candidate");
    const plain = await compare(forks);
    for (const [count, decided] of [
      [8, "improved"],
      [20, null],
    ] as const) {
      const looked = new EarlyStop({ metrics: [TIME], plannedPairs: 20, wanted: "improved" });
      const counted = forks.filter(({ fork }) => fork < count);
      const means = (fork: number): PairOfMeans => {
        const [baseline, candidate] = counted
          .slice(2 * fork)
          .map(({ wallNs }) => (wallNs[0]! + wallNs[1]!) / 2);
        return { baseline: baseline!, candidate: candidate! };
      };
      while (looked.decided === null) looked.push([means(looked.pairs)]);
      const earlyStop = { forks: count, planned: 20, notCounted: 0, decided };
      const { rows, verdict } = await compare(counted, {}, "run", [], undefined, earlyStop);
      assert.equal(verdict, "improved");
      assert.equal(rows[0]!.test, "always-valid-on-fork-pairs");
      assert.deepEqual(rows[0]!.p, looked.sequences[0]!.p);
      assert.deepEqual(rows[0]!.ci99, looked.sequences[0]!.relativeInterval());
      assert.notDeepEqual(rows[0]!.p, plain.rows[0]!.p);
    }
    assert.equal(plain.rows[0]!.test, "welch-on-fork-means");
  });

  it("compares a metric of the task's own by its exact figures, whatever the machine was like", async () => {
    const size: MetricSpec = { ...TIME, name: "size", unit: "B", of: { file: "/m.ts", exportName: "size" } };
    const figures = {
      size: { baseline: Float64Array.of(10, 20, 30, 40), candidate: Float64Array.of(5, 10, 15, 21) },
    };
    const forks = forksOf("baseline", "candidate");
    const machine = { before: MACHINE, during: { ...MACHINE, label: "unusable" } } as const;
    const writes: EvidenceWrite[] = [];
    const { rows, verdict, noise } = await compare(
      forks,
      { metrics: [size, TIME] },
      "run",
      writes,
      machine,
      undefined,
      figures,
    );
    assert.deepEqual(
      rows.map(({ metric, test, engine, verdict: one }) => [metric, test, engine, one]),
      [
        ["size", "paired-t-on-inputs", "realm", "improved"],
        ["wall_time", "welch-on-fork-means", "isolate", "inconclusive"],
      ],
    );
    assert.deepEqual([rows[0]!.baseline.mean, rows[0]!.candidate.n, rows[0]!.iterationsPerFork], [25, 4, 4]);
    assert.equal(verdict, "inconclusive");
    assert.ok(noise!.coefficientOfVariation < 0.1, "of what is timed, not of the sizes of inputs");
    const [summaries] = writes;
    assert.ok(summaries?.kind === "summaries" && summaries.rows.some(({ metric }) => metric === "size"));
  });

  it("has no gates where the command has none", async () => {
    assert.deepEqual((await compare(forksOf("baseline", "candidate"), {}, "compare")).gates, []);
  });

  it("tells the database of each version's figures and of its comparisons", async () => {
    const writes: EvidenceWrite[] = [];
    const { rows } = await compare(forksOf("baseline", "candidate"), {}, "run", writes);
    const [summaries, comparisons] = writes;
    assert.deepEqual(comparisons, { kind: "comparisons", session: SESSION, rows });
    assert.equal(summaries?.kind, "summaries");
    assert.deepEqual(
      summaries.rows.map(({ metric, version, summary: { n, mean } }) => [metric, version, n, mean]),
      rows.flatMap(({ metric, forks, baseline, candidate }) => [
        [metric, "baseline", forks, baseline.mean],
        [metric, "candidate", forks, candidate.mean],
      ]),
    );
  });
});

describe("samples of a version", () => {
  it("are its forks in their order, whatever order they were finished in", () => {
    const forks = [forkOf("candidate", 1), forkOf("baseline", 0), forkOf("candidate", 0)];
    assert.deepEqual(samplesOf(sessionOf("run", { forks }), "candidate", "wall_time"), [
      forkOf("candidate", 0).wallNs,
      forkOf("candidate", 1).wallNs,
    ]);
    assert.deepEqual(samplesOf(sessionOf("run", { forks }), "candidate", "peak_memory"), [
      Float64Array.of(40),
      Float64Array.of(41),
    ]);
  });
});

describe("noise", () => {
  it("is quiet below 5 % of the mean, noisy below 30 %, else unusable", () => {
    const labels = [0, 4.999, 5, 29.999, 30, 80].map((stdDev) => noiseOf(side(100, stdDev)).label);
    assert.deepEqual(labels, ["quiet", "quiet", "noisy", "noisy", "unusable", "unusable"]);
    assert.equal(noiseOf(side(200, 10)).coefficientOfVariation, 0.05);
  });

  it("is the machine's where that was worse, and tells of both", () => {
    const machine = { before: { ...MACHINE, label: "unusable" }, during: MACHINE } as const;
    assert.deepEqual(noiseOf(side(100, 1), machine), {
      label: "noisy",
      coefficientOfVariation: 0.01,
      ...machine,
    });
    assert.equal(noiseOf(side(100, 40), machine).label, "unusable");
  });

  it("of a metric that is nothing but zero is none", () => {
    assert.deepEqual(noiseOf(side(0, 0)), { label: "quiet", coefficientOfVariation: 0 });
  });
});
