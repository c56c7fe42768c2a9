/**
 * The one document in which a run of bench files ends: what `myriad bench --json` prints and what its table is
 * written from. `schema` is versioned and grows by addition only; `schemas/bench.schema.json` is its JSON Schema.
 */
import type { Interval, MetricVerdict } from "../../kernels/statistics/index.ts";
import type {
  ComparisonRow,
  DocumentError,
  Environment,
  IsolationSummary,
  MachineNoise,
  MeasurementSummary,
  Noise,
  Withheld,
} from "../workflow/session-document.ts";

/** The name and version of the documents that this version writes. */
export const BENCH_SCHEMA = "myriad.bench/1";

/**
 * How a task stands against its stored baseline:
 *
 *   unchanged     it is the same program as the baseline, which so was not run again
 *   no_baseline   there was none: this one is the first
 *   failed        it could not be measured; the error says why
 */
export type BenchVerdict = MetricVerdict | "unchanged" | "no_baseline" | "failed";

/** All that a run of bench files ends in; null and empty where it did not come to that. */
export interface BenchDocument {
  readonly schema: typeof BENCH_SCHEMA;
  readonly command: "bench";
  /** What `--resume` and `myriad report` are given; null: the run did not begin. */
  readonly session: string | null;
  /** No task regressed or failed, and all are decided. */
  readonly success: boolean;
  /** The worst of the tasks'; null without a run. */
  readonly verdict: BenchVerdict | null;
  readonly error: DocumentError | null;
  readonly seed: number | null;
  /** Iterations a task that were asked for. */
  readonly runs: number | null;
  readonly environment: Environment;
  readonly isolation: IsolationSummary | null;
  /** Before the forks and between them; null without a run. */
  readonly machine: { readonly before: MachineNoise; readonly during: MachineNoise | null } | null;
  readonly wallMs: number;
  /** In the order in which the files make them. */
  readonly benches: readonly BenchGroup[];
  readonly warnings: readonly string[];
  /** Absolute path of the HTML report, its Markdown twin beside it; null without one. */
  readonly report: string | null;
}

/** One `new Bench()`. */
export interface BenchGroup {
  /** Absolute path of the file. */
  readonly file: string;
  readonly name: string | null;
  /** What its tasks are compared with; null: fewer than two were measured. */
  readonly reference: { readonly task: string; readonly chosen: "named" | "fastest" } | null;
  readonly tasks: readonly BenchTaskResult[];
}

/** What became of one task. */
export interface BenchTaskResult {
  /** `<file>#<bench>/<task>`, the file relative to the working directory: the case of its baselines. */
  readonly id: string;
  readonly name: string;
  readonly verdict: BenchVerdict;
  readonly error: DocumentError | null;
  /** null: it failed. */
  readonly time: BenchTime | null;
  /** The relative change that does not matter; null: it failed. */
  readonly tolerance: number | null;
  readonly againstReference: ReferenceComparison | null;
  /** The comparison with the stored baseline; null: nothing was compared. */
  readonly comparison: ComparisonRow | null;
  /** The relative changes that its tests leave; where it lies against the tolerance is the verdict, unless that is withheld. */
  readonly interval: Interval | null;
  readonly withheld: Withheld | null;
  readonly baseline: {
    /** Compared with, or found to be the same; null: there was none. */
    readonly from: string | null;
    /** Stored by this run and current from now on; null: none was. */
    readonly to: string | null;
  };
  readonly noise: Noise | null;
  readonly measurement: MeasurementSummary | null;
}

/** Nanoseconds a call, over fork means. */
export interface BenchTime {
  readonly unit: "ns";
  readonly mean: number;
  readonly median: number;
  readonly stdDev: number;
  /** 99 % t interval of the mean. */
  readonly ci99: Interval;
  readonly callsPerSecond: number;
  readonly forks: number;
  readonly iterationsPerFork: number;
  readonly callsPerIteration: number;
}

/** A task against the reference of its bench; they were interleaved. */
export interface ReferenceComparison {
  /** Its time by the reference's. */
  readonly ratio: number | null;
  /** The ratios that its tests leave: what the verdict says, unless that is withheld. */
  readonly interval: Interval | null;
  /** BCa, of this ratio by itself: reported, not decided on. */
  readonly ci99: Interval | null;
  /** `not_slower`: slower by less than the tolerance, if at all. */
  readonly verdict: "slower" | "faster" | "not_slower" | "undecided";
  /** Why it is undecided whatever the interval says; null otherwise. */
  readonly withheld: Withheld | null;
}

export function emptyBenchDocument(environment: Environment): BenchDocument {
  return {
    schema: BENCH_SCHEMA,
    command: "bench",
    session: null,
    success: false,
    verdict: null,
    error: null,
    seed: null,
    runs: null,
    environment,
    isolation: null,
    machine: null,
    wallMs: 0,
    benches: [],
    warnings: [],
    report: null,
  };
}

/** Worst first. */
const PRECEDENCE: readonly BenchVerdict[] = [
  "regressed",
  "failed",
  "inconclusive",
  "improved",
  "non_inferior",
  "no_baseline",
  "unchanged",
];

export function worstBenchVerdict(verdicts: readonly BenchVerdict[]): BenchVerdict | null {
  return PRECEDENCE.find((verdict) => verdicts.includes(verdict)) ?? null;
}

export function isFineBench(verdict: BenchVerdict | null): boolean {
  return verdict !== null && PRECEDENCE.indexOf(verdict) > PRECEDENCE.indexOf("inconclusive");
}
