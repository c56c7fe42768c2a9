/**
 * What the forks say. Two families of tests, each decided once over all tasks of the run, on fork means:
 *
 *   against its baseline     the verdict: what exit codes follow
 *   against the reference    for reading: the task that its bench names, else the fastest one. Which is fastest is
 *                            seen in the same samples, so a narrow lead over it is worth less than its interval says
 */
import { compareMetricKernel, decide, forkMeans, summarise } from "../../kernels/statistics/index.ts";
import type { MetricComparison, MetricVerdict } from "../../kernels/statistics/index.ts";
import type { Executor } from "../../runtime/contracts/index.ts";
import type { Version } from "../evidence/fork-plan.ts";
import { noiseOf } from "../evidence/statistician.ts";
import { withheldFor } from "../evidence/withheld.ts";
import type { ComparisonRow, MachineNoise, Noise, Withheld } from "../workflow/session-document.ts";
import { DEFAULT_TOLERANCE } from "../workflow/task.ts";
import type { MetricSpec } from "../workflow/task.ts";
import type { BenchGroup, BenchTime, ReferenceComparison } from "./bench-document.ts";
import type { MeasuredTask } from "./bench-measure.ts";

export const WALL_TIME: MetricSpec = {
  name: "wall_time",
  unit: "ns",
  direction: "lower",
  tolerance: DEFAULT_TOLERANCE,
};

export interface JudgedTask {
  readonly measured: MeasuredTask;
  readonly time: BenchTime;
  /** Against the baseline; null: there is none to compare with. */
  readonly comparison: ComparisonRow | null;
  readonly withheld: Withheld | null;
  readonly noise: Noise;
  readonly againstReference: ReferenceComparison | null;
}

export interface JudgeRequest {
  readonly tasks: readonly MeasuredTask[];
  readonly machine: { readonly before: MachineNoise; readonly during: MachineNoise | null };
  readonly seed: number;
  readonly allowNoise: boolean;
}

export interface Judged {
  readonly tasks: readonly JudgedTask[];
  /** By place of the bench; absent where fewer than two tasks of it were measured. */
  readonly references: ReadonlyMap<number, NonNullable<BenchGroup["reference"]>>;
}

/** @param request its tasks have no failures */
export async function judge(request: JudgeRequest, executor: Executor, signal: AbortSignal): Promise<Judged> {
  const { tasks, seed, allowNoise } = request;
  const compare = (
    baseline: readonly Float64Array[],
    candidate: readonly Float64Array[],
    name: string,
  ): Promise<MetricComparison> => {
    const { direction, tolerance } = WALL_TIME;
    const asked = { baseline, candidate, direction, tolerance, seed: `${seed}/${name}` };
    return executor.run(compareMetricKernel, asked, { signal });
  };
  const rows = await Promise.all(
    tasks
      .filter(({ baseline }) => baseline !== null)
      .map(async (measured) => ({
        ...(await compare(
          samplesOf(measured, "baseline"),
          samplesOf(measured, "candidate"),
          measured.task.id,
        )),
        caseId: measured.task.id,
        metric: WALL_TIME.name,
        unit: WALL_TIME.unit,
        engine: "isolate",
      })),
  );
  const decided = new Map((rows.length === 0 ? [] : decide(rows)).map((row) => [row.caseId, row]));
  const references = referencesOf(tasks);
  const others = await Promise.all(
    tasks.flatMap((measured) => {
      const reference = references.get(measured.task.bench);
      if (reference === undefined || reference.task.task === measured.task) return [];
      const name = `${measured.task.id}/reference`;
      return [
        compare(samplesOf(reference.task, "candidate"), samplesOf(measured, "candidate"), name).then(
          (row) => ({
            ...row,
            id: measured.task.id,
          }),
        ),
      ];
    }),
  );
  const compared = new Map((others.length === 0 ? [] : decide(others)).map((row) => [row.id, row]));
  const conditions = new Map(
    tasks.map((measured) => {
      const row = decided.get(measured.task.id) ?? { baseline: { ...timeOf(measured), n: 0 } };
      const noise = noiseOf(row, request.machine);
      const withheld = withheldFor(noise, measured.forks, { allowNoise, metrics: [WALL_TIME] });
      return [measured, { noise, withheld }] as const;
    }),
  );
  const judged = tasks.map((measured): JudgedTask => {
    const row = decided.get(measured.task.id) ?? null;
    const { noise, withheld } = conditions.get(measured)!;
    const other = compared.get(measured.task.id);
    const reference = references.get(measured.task.bench)?.task;
    const doubtful =
      withheld !== null || (reference !== undefined && conditions.get(reference)!.withheld !== null);
    return {
      measured,
      time: timeOf(measured),
      noise,
      comparison: row === null || withheld === null ? row : { ...row, verdict: "inconclusive" },
      withheld: row === null ? null : withheld,
      againstReference: other === undefined ? null : against(other, doubtful),
    };
  });
  const named = [...references].map(
    ([bench, { task, chosen }]) => [bench, { task: task.task.name, chosen }] as const,
  );
  return { tasks: judged, references: new Map(named) };
}

/** One array a fork, nanoseconds a call. */
export function samplesOf(
  { forks, callsPerIteration }: Pick<MeasuredTask, "forks" | "callsPerIteration">,
  version: Version,
): readonly Float64Array[] {
  return forks
    .filter((fork) => fork.version === version)
    .toSorted((left, right) => left.fork - right.fork)
    .map(({ wallNs }) => wallNs.map((ns) => ns / callsPerIteration));
}

function timeOf(measured: MeasuredTask): BenchTime {
  const forks = samplesOf(measured, "candidate");
  const { n, mean, median, stdDev, ci99 } = summarise(forkMeans(forks));
  return {
    unit: "ns",
    mean,
    median,
    stdDev,
    ci99: ci99.mean,
    callsPerSecond: 1e9 / mean,
    forks: n,
    iterationsPerFork: forks[0]!.length,
    callsPerIteration: measured.callsPerIteration,
  };
}

interface Reference {
  readonly task: MeasuredTask;
  readonly chosen: "named" | "fastest";
}

function referencesOf(tasks: readonly MeasuredTask[]): ReadonlyMap<number, Reference> {
  const references = new Map<number, Reference>();
  for (const bench of new Set(tasks.map(({ task }) => task.bench))) {
    const own = tasks.filter(({ task }) => task.bench === bench);
    const named = own.find(({ task }) => task.isBaseline);
    const meanOf = (measured: MeasuredTask): number => timeOf(measured).mean;
    const fastest = own.toSorted((left, right) => meanOf(left) - meanOf(right))[0]!;
    if (own.length < 2) continue;
    references.set(
      bench,
      named === undefined ? { task: fastest, chosen: "fastest" } : { task: named, chosen: "named" },
    );
  }
  return references;
}

const READ_AS: Readonly<Record<MetricVerdict, ReferenceComparison["verdict"]>> = {
  regressed: "slower",
  improved: "faster",
  non_inferior: "not_slower",
  inconclusive: "undecided",
};

function against(
  { relDelta, ci99, verdict }: MetricComparison & { readonly verdict: MetricVerdict },
  isWithheld: boolean,
): ReferenceComparison {
  return {
    ratio: relDelta === null ? null : 1 + relDelta,
    ci99: ci99 === null ? null : [1 + ci99[0], 1 + ci99[1]],
    verdict: isWithheld ? "undecided" : READ_AS[verdict],
  };
}
