/**
 * The statistician: compares the two versions metric by metric on fork means and decides once over all of
 * them. The tests were fixed before the data; nothing here looks at a result to choose what to do next. A burst that
 * may end early is decided by the always-valid tests that it was looked at with, whether or not it did.
 */
import {
  compareCountsKernel,
  compareMetricKernel,
  decide,
  forkMeans,
  overallVerdict,
  summarise,
} from "../../kernels/statistics/index.ts";
import type { Decision, Summary } from "../../kernels/statistics/index.ts";
import { phaseAgent } from "../agent/agent.ts";
import type { Agent, AgentTask } from "../agent/agent.ts";
import type { Services } from "../agent/services.ts";
import { evaluateGates } from "../workflow/gates.ts";
import type { ComparisonRow, Noise } from "../workflow/session-document.ts";
import type { BurstOutcome, Compared, SessionState } from "../workflow/session-state.ts";
import type { MetricSpec } from "../workflow/task.ts";
import type { VersionSummary } from "./evidence-store.ts";
import { forksByName, ownComparison, PairLooks } from "./early-stop.ts";
import type { Version } from "./fork-plan.ts";
import { valuesOf } from "./fork-values.ts";
import { worseLabel } from "./machine-noise.ts";
import { movedOn } from "./moved-on.ts";
import { withheldFor } from "./withheld.ts";

export const statistician: Agent<"compare"> = phaseAgent("statistician", "compare", comparePhase);

async function comparePhase(
  { session }: AgentTask,
  services: Services,
  call: { signal: AbortSignal },
): Promise<Compared> {
  const { task } = session.start!;
  const decided = await decidedRows(session, services, call);
  const measured = task.metrics.filter(({ of }) => of === undefined);
  // What is counted no machine can disturb.
  const isCounted = measured.every(({ name }) => name === "ticks");
  const first = decided[task.metrics.indexOf(measured[0]!)]!;
  const noise = isCounted ? null : noiseOf(first, session.outputs.burst?.machine);
  const doubt = withheldFor(noise, session.forks, task);
  const withheld = doubt === "unsteady" && (await stands(decided, session, services, call)) ? null : doubt;
  const rows =
    withheld === null
      ? decided
      : decided.map((row) => (row.test === "paired-t-on-inputs" ? row : undecided(row)));
  const verdict = overallVerdict(rows.map((row) => row.verdict));
  await services.evidence.recordSummaries(session.start!, summariesOf(session));
  await services.evidence.recordComparisons(session.start!, rows);
  const earlier = session.outputs.gates;
  const gates =
    earlier === undefined
      ? []
      : evaluateGates("after_burst", { audit: session.outputs.validate!, verdict }, earlier);
  return { rows, verdict, noise, withheld, gates };
}

type Undecided = Omit<ComparisonRow, keyof Decision>;

async function decidedRows(
  session: SessionState,
  services: Services,
  call: { signal: AbortSignal },
): Promise<readonly ComparisonRow[]> {
  const { task, seed } = session.start!;
  const compared = await Promise.all(
    task.metrics.map(async (metric): Promise<Undecided> => {
      const own = ownComparison(metric, session.outputs.burst?.figures);
      if (own !== null) return { ...own, ...labels(session, metric) };
      const request = {
        baseline: samplesOf(session, "baseline", metric.name),
        candidate: samplesOf(session, "candidate", metric.name),
        direction: metric.direction,
        tolerance: metric.tolerance,
        seed: `${seed}/${metric.name}`,
      };
      return {
        ...(await services.executor.run(kernelOf(metric.name), request, call)),
        ...labels(session, metric),
      };
    }),
  );
  return decide(alwaysValid(session, compared));
}

/** Whether something is decided, and every verdict is the same had the versions drifted on. */
async function stands(
  decided: readonly ComparisonRow[],
  session: SessionState,
  services: Services,
  call: { signal: AbortSignal },
): Promise<boolean> {
  if (decided.every(({ verdict }) => verdict === "inconclusive")) return false;
  for (const forks of movedOn(session.forks)) {
    const moved = await decidedRows({ ...session, forks }, services, call);
    if (moved.some(({ verdict }, index) => verdict !== decided[index]!.verdict)) return false;
  }
  return true;
}

/** Where the burst might have ended early, what is decided on comes from the looks that it was ended by. */
function alwaysValid(session: SessionState, compared: readonly Undecided[]): readonly Undecided[] {
  if (session.outputs.burst?.earlyStop === undefined) return compared;
  const { task, command } = session.start!;
  const looks = new PairLooks(task, command, session.outputs.burst.figures);
  looks.look(forksByName(session.forks));
  const rows = looks.rows();
  return compared.map((row) => ({ ...row, ...rows.get(row.metric) }));
}

function kernelOf(metric: string): typeof compareMetricKernel {
  return metric === "ticks" ? compareCountsKernel : compareMetricKernel;
}

function undecided(row: ComparisonRow): ComparisonRow {
  return { ...row, verdict: "inconclusive" };
}

function labels(
  { start, forks }: SessionState,
  metric: MetricSpec,
): Pick<ComparisonRow, "caseId" | "metric" | "unit" | "engine"> {
  const { engine } = forks[0]!.isolation;
  return {
    caseId: start!.task.id,
    metric: metric.name,
    unit: metric.unit,
    engine: metric.of === undefined ? engine : "realm",
  };
}

function summariesOf(session: SessionState): readonly VersionSummary[] {
  const { task } = session.start!;
  return task.metrics.flatMap(({ name, unit }) =>
    (["baseline", "candidate"] as const).map((version) => {
      const summary = summaryOf(session, version, name);
      return { caseId: task.id, metric: name, version, unit, summary };
    }),
  );
}

/** Over the fork means: what a version is compared by. */
export function summaryOf(session: SessionState, version: Version, metric: string): Summary {
  return summarise(forkMeans(samplesOf(session, version, metric)));
}

/** One array a fork: iterations for wall time, one figure of the process for all else; of an own metric one an input. */
export function samplesOf(session: SessionState, version: Version, metric: string): readonly Float64Array[] {
  const figures = session.outputs.burst?.figures?.[metric]?.[version];
  if (figures !== undefined) return Array.from(figures, (figure) => Float64Array.of(figure));
  return session.forks
    .filter((fork) => fork.version === version)
    .toSorted((left, right) => left.fork - right.fork)
    .map((fork) => valuesOf(fork, metric));
}

const QUIET_BELOW = 0.05;
const NOISY_BELOW = 0.3;

/** @param machine absent where nobody looked at it */
export function noiseOf(
  { baseline }: Pick<ComparisonRow, "baseline">,
  machine?: BurstOutcome["machine"],
): Noise {
  const coefficientOfVariation = baseline.mean === 0 ? 0 : baseline.stdDev / baseline.mean;
  const ofForks =
    coefficientOfVariation < QUIET_BELOW
      ? "quiet"
      : coefficientOfVariation < NOISY_BELOW
        ? "noisy"
        : "unusable";
  const label = worseLabel(ofForks, machine?.during?.label ?? "quiet");
  return { label, coefficientOfVariation, ...machine };
}
