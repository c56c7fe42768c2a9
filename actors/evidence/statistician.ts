/**
 * The statistician: compares the two versions metric by metric on fork means and decides once over all of
 * them. The tests were fixed before the data; nothing here looks at a result to choose what to do next.
 */
import {
  compareMetricKernel,
  decide,
  forkMeans,
  overallVerdict,
  summarise,
} from "../../kernels/statistics/index.ts";
import type { Summary } from "../../kernels/statistics/index.ts";
import { phaseAgent } from "../agent/agent.ts";
import type { Agent, AgentTask } from "../agent/agent.ts";
import type { Services } from "../agent/services.ts";
import { actorError } from "../errors.ts";
import { evaluateGates } from "../workflow/gates.ts";
import type { ComparisonRow, Noise } from "../workflow/session-document.ts";
import type { BurstOutcome, Compared, KeptFork, SessionState } from "../workflow/session-state.ts";
import type { MetricName, MetricSpec } from "../workflow/task.ts";
import type { VersionSummary } from "./evidence-store.ts";
import { cpuNsOf } from "./fork-conditions.ts";
import type { Version } from "./fork-plan.ts";
import { worseLabel } from "./machine-noise.ts";
import { withheldFor } from "./withheld.ts";

export const statistician: Agent<"compare"> = phaseAgent("statistician", "compare", comparePhase);

async function comparePhase(
  { session }: AgentTask,
  services: Services,
  call: { signal: AbortSignal },
): Promise<Compared> {
  const { task, seed } = session.start!;
  const compared = await Promise.all(
    task.metrics.map(async (metric) => {
      const request = {
        baseline: samplesOf(session, "baseline", metric.name),
        candidate: samplesOf(session, "candidate", metric.name),
        direction: metric.direction,
        tolerance: metric.tolerance,
        seed: `${seed}/${metric.name}`,
      };
      return {
        ...(await services.executor.run(compareMetricKernel, request, call)),
        ...labels(task.id, metric),
      };
    }),
  );
  const decided: readonly ComparisonRow[] = decide(compared);
  const noise = noiseOf(decided[0]!, session.outputs.burst?.machine);
  const withheld = withheldFor(noise, session.forks, task);
  const rows = withheld === null ? decided : decided.map(undecided);
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

function undecided(row: ComparisonRow): ComparisonRow {
  return { ...row, verdict: "inconclusive" };
}

function labels(
  caseId: string,
  metric: MetricSpec,
): Pick<ComparisonRow, "caseId" | "metric" | "unit" | "engine"> {
  return { caseId, metric: metric.name, unit: metric.unit, engine: "isolate" };
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
export function summaryOf(session: SessionState, version: Version, metric: MetricName): Summary {
  return summarise(forkMeans(samplesOf(session, version, metric)));
}

/** One array a fork: iterations for wall time, one figure of the process for all else. */
export function samplesOf(
  session: SessionState,
  version: Version,
  metric: MetricName,
): readonly Float64Array[] {
  return session.forks
    .filter((fork) => fork.version === version)
    .toSorted((left, right) => left.fork - right.fork)
    .map((fork) => valuesOf(fork, metric));
}

function valuesOf(fork: KeptFork, metric: MetricName): Float64Array {
  switch (metric) {
    case "wall_time":
      return fork.wallNs;
    case "cpu_time":
      return Float64Array.of(toldBy(fork, metric, cpuNsOf(fork)));
    case "heap_allocated":
      return Float64Array.of(toldBy(fork, metric, fork.conditions?.allocatedBytes ?? Number.NaN));
    case "peak_memory":
      return Float64Array.of(fork.peakMb);
  }
}

/** @throws METRIC_UNKNOWN_HERE */
function toldBy({ isolation }: KeptFork, metric: MetricName, value: number): number {
  if (!Number.isNaN(value)) return value;
  throw actorError("METRIC_UNKNOWN_HERE", `${metric} is not told by ${isolation.carrier} on this runtime`);
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
