/**
 * What the forks say. Two families of tests, each decided once over all tasks of the run, on fork means:
 *
 *   against its baseline     the verdict: what exit codes follow
 *   against the reference    for reading: the task that its bench names, else the fastest one. Which is fastest is
 *                            seen in the same samples, so a narrow lead over it is worth less than its interval says
 */
import {
  compareMetricKernel,
  decide,
  decidedIntervalsKernel,
  forkMeans,
  summarise,
} from "../../kernels/statistics/index.ts";
import type { Decision, Interval, MetricComparison, MetricVerdict } from "../../kernels/statistics/index.ts";
import type { Executor } from "../../runtime/contracts/index.ts";
import type { Version } from "../evidence/fork-plan.ts";
import { movedOn } from "../evidence/moved-on.ts";
import { noiseOf } from "../evidence/statistician.ts";
import { withheldFor } from "../evidence/withheld.ts";
import type { ComparisonRow, Noise, Withheld } from "../workflow/session-document.ts";
import { DEFAULT_TOLERANCE } from "../workflow/task.ts";
import type { MetricSpec } from "../workflow/task.ts";
import type { BenchGroup, BenchTime, ReferenceComparison } from "./bench-document.ts";
import type { MachineSeen } from "./bench-journal.ts";
import type { MeasuredTask } from "./bench-measure.ts";

export const WALL_TIME: Omit<MetricSpec, "tolerance"> = {
  name: "wall_time",
  unit: "ns",
  direction: "lower",
};

export interface JudgedTask {
  readonly measured: MeasuredTask;
  readonly tolerance: number;
  readonly time: BenchTime;
  /** Against the baseline; null: there is none to compare with. */
  readonly comparison: ComparisonRow | null;
  /** Of its relative change, as it was decided. */
  readonly interval: Interval | null;
  readonly withheld: Withheld | null;
  readonly noise: Noise;
  readonly againstReference: ReferenceComparison | null;
  /** All figures of it, as those of `comparison`. */
  readonly referenceRow: ComparisonRow | null;
}

export interface JudgeRequest {
  readonly tasks: readonly MeasuredTask[];
  readonly machine: MachineSeen;
  readonly seed: number;
  readonly allowNoise: boolean;
  /** Over what tasks say; null: what they say. */
  readonly tolerance: number | null;
}

export interface Judged {
  readonly tasks: readonly JudgedTask[];
  /** By place of the bench; absent where fewer than two tasks of it were measured. */
  readonly references: ReadonlyMap<number, NonNullable<BenchGroup["reference"]>>;
}

/** @param request its tasks have no failures */
export async function judge(request: JudgeRequest, executor: Executor, signal: AbortSignal): Promise<Judged> {
  const { tasks } = request;
  const references = referencesOf(tasks);
  const court = new Court(request, executor, signal);
  const ownBaseline = await court.decided(
    tasks
      .filter(({ baseline }) => baseline !== null)
      .map((measured) => ({ measured, before: samplesOf(measured, "baseline"), name: measured.task.id })),
  );
  const reference = await court.decided(
    tasks.flatMap((measured) => {
      const other = references.get(measured.task.bench)?.task ?? measured;
      if (other === measured) return [];
      const name = `${measured.task.id}/reference`;
      return [{ measured, before: samplesOf(other, "candidate"), name }];
    }),
  );
  const conditions = new Map(
    tasks.map((measured) => [measured, conditionsOf(measured, ownBaseline.get(measured)?.row, request)]),
  );
  const standing = await standingOf(ownBaseline, conditions, court);
  const judged = tasks.map((measured): JudgedTask => {
    const { noise, withheld: doubted } = conditions.get(measured)!;
    const withheld = standing.has(measured) ? null : doubted;
    const own = ownBaseline.get(measured) ?? null;
    const other = reference.get(measured) ?? null;
    const doubt = doubted ?? conditions.get(references.get(measured.task.bench)?.task ?? measured)!.withheld;
    return {
      measured,
      tolerance: toleranceOf(measured, request),
      time: timeOf(measured),
      noise,
      comparison: own === null || withheld === null ? (own?.row ?? null) : undecided(own.row),
      interval: own?.interval ?? null,
      withheld: own === null ? null : withheld,
      againstReference: other === null ? null : against(other, doubt),
      referenceRow: other === null || doubt === null ? (other?.row ?? null) : undecided(other.row),
    };
  });
  const named = [...references].map(
    ([bench, { task, chosen }]) => [bench, { task: task.task.name, chosen }] as const,
  );
  return { tasks: judged, references: new Map(named) };
}

function toleranceOf({ task }: MeasuredTask, { tolerance }: Pick<JudgeRequest, "tolerance">): number {
  return tolerance ?? task.tolerance ?? DEFAULT_TOLERANCE;
}

function undecided(row: ComparisonRow): ComparisonRow {
  return { ...row, verdict: "inconclusive" };
}

interface Conditions {
  readonly noise: Noise;
  readonly withheld: Withheld | null;
}

function conditionsOf(
  measured: MeasuredTask,
  row: ComparisonRow | undefined,
  request: JudgeRequest,
): Conditions {
  const { machine, allowNoise } = request;
  const noise = noiseOf(row ?? { baseline: { ...timeOf(measured), n: 0 } }, machine);
  const metric = { ...WALL_TIME, tolerance: toleranceOf(measured, request) };
  return { noise, withheld: withheldFor(noise, measured.forks, { allowNoise, metrics: [metric] }) };
}

/** In which versions can have drifted on: both, or one of them. */
const WAYS = [0, 1, 2];

/** Those that drift, and whose verdict is the same had they drifted on. */
async function standingOf(
  decided: ReadonlyMap<MeasuredTask, Decided>,
  conditions: ReadonlyMap<MeasuredTask, Conditions>,
  court: Court,
): Promise<ReadonlySet<MeasuredTask>> {
  const all = [...decided.keys()];
  if (!all.some((measured) => conditions.get(measured)!.withheld === "unsteady")) return new Set();
  const verdictOf = (one: Decided | undefined): MetricVerdict => one!.row.verdict;
  const standing = new Set(
    all.filter(
      (measured) =>
        conditions.get(measured)!.withheld === "unsteady" &&
        verdictOf(decided.get(measured)) !== "inconclusive",
    ),
  );
  for (const way of WAYS) {
    const moved = all.map((measured) => ({
      ...measured,
      forks: movedOn(measured.forks)[way] ?? measured.forks,
    }));
    const again = await court.decided(
      moved.map((measured) => ({
        measured,
        before: samplesOf(measured, "baseline"),
        name: measured.task.id,
      })),
    );
    all.forEach((measured, index) => {
      if (verdictOf(decided.get(measured)) !== verdictOf(again.get(moved[index]!))) standing.delete(measured);
    });
  }
  return standing;
}

interface Case {
  readonly measured: MeasuredTask;
  readonly before: readonly Float64Array[];
  /** Of its bootstrap's seed. */
  readonly name: string;
}

interface Decided {
  readonly row: ComparisonRow;
  /** Of the relative change. */
  readonly interval: Interval | null;
}

class Court {
  readonly #request: JudgeRequest;
  readonly #executor: Executor;
  readonly #signal: AbortSignal;

  constructor(request: JudgeRequest, executor: Executor, signal: AbortSignal) {
    this.#request = request;
    this.#executor = executor;
    this.#signal = signal;
  }

  /** One family of tests, decided once. */
  async decided(cases: readonly Case[]): Promise<ReadonlyMap<MeasuredTask, Decided>> {
    if (cases.length === 0) return new Map();
    const compared = await Promise.all(cases.map((one) => this.#compared(one)));
    const rows: readonly (ComparisonRow & Decision)[] = decide(compared);
    const intervals = await this.#executor.run(
      decidedIntervalsKernel,
      cases.map(({ measured, before }, index) => ({
        baseline: forkMeans(before),
        candidate: forkMeans(samplesOf(measured, "candidate")),
        direction: WALL_TIME.direction,
        tolerance: rows[index]!.tolerance,
      })),
      { signal: this.#signal },
    );
    return new Map(
      cases.map(({ measured }, index) => {
        const ratio = intervals[index] ?? null;
        const interval = ratio === null ? null : ([ratio[0] - 1, ratio[1] - 1] as const);
        return [measured, { row: rows[index]!, interval }];
      }),
    );
  }

  async #compared({ measured, before, name }: Case): Promise<Omit<ComparisonRow, keyof Decision>> {
    const asked = {
      baseline: before,
      candidate: samplesOf(measured, "candidate"),
      direction: WALL_TIME.direction,
      tolerance: toleranceOf(measured, this.#request),
      seed: `${this.#request.seed}/${name}`,
    };
    const compared: MetricComparison = await this.#executor.run(compareMetricKernel, asked, {
      signal: this.#signal,
    });
    const { name: metric, unit } = WALL_TIME;
    return { ...compared, caseId: measured.task.id, metric, unit, engine: "isolate" };
  }
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

function against({ row, interval }: Decided, withheld: Withheld | null): ReferenceComparison {
  const { relDelta, ci99, verdict } = row;
  const ratios = (change: Interval | null): Interval | null =>
    change === null ? null : [1 + change[0], 1 + change[1]];
  return {
    ratio: relDelta === null ? null : 1 + relDelta,
    interval: ratios(interval),
    ci99: ratios(ci99),
    verdict: withheld === null ? READ_AS[verdict] : "undecided",
    withheld,
  };
}
