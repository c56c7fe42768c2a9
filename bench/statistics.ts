/**
 * Does the statistics kernel keep its promises? Simulations with a fixed seed:
 *
 *   coverage   of the 99 % t interval of the mean, 2,000 samples of 10,000, normal and lognormal; of the
 *              99 % BCa interval of a relative change over 20 forks
 *   decisions  equivalence, Holm, computed power: `decision-statistics.ts`
 *   cascade    level, power and cost of a screen before the full look: `cascade-statistics.ts`
 *   sequential level and length of a comparison that is looked at all the time: `sequential-statistics.ts`
 *   early stop false alarms, power and forks of a burst that ends when decided: `early-stop-statistics.ts`
 *   quantiles  their intervals, and those over forks and iterations: `quantile-statistics.ts`
 *   A/A        how often equal versions are flagged (regressed or improved) by `changeP` and `decide`
 *   power      how often a slowdown is called regressed, 20 forks a version, tolerance 2 %
 *   series     change points, drift, trend, seasons, calibration, large bootstraps: `series-*.ts`
 *
 * A fork mean of k iterations with coefficient of variation c and intra-fork correlation r varies by
 * c √(r + (1 − r)/k): 0.1, 0.05 and 500 give 0.023; "fork means cv 0.1" is the case r = 1.
 */
import {
  bcaInterval,
  changeP,
  compareMetric,
  decide,
  summarise,
  type Rate,
} from "../kernels/statistics/index.ts";
import { seededRandom, type Random } from "../runtime/contracts/index.ts";
import { plainRow, requiredRow, type BenchRow } from "./bench-row.ts";
import { cascadeRows } from "./cascade-statistics.ts";
import { decisionRows } from "./decision-statistics.ts";
import { earlyStopRows } from "./early-stop-statistics.ts";
import { normals } from "./normals.ts";
import { quantileRows } from "./quantile-statistics.ts";
import type { BenchOptions } from "./question.ts";
import { sequentialRows } from "./sequential-statistics.ts";
import { seriesRows } from "./series-statistics.ts";
import { seriesTimeRows } from "./series-times.ts";
import { measuredShare } from "./share-row.ts";

const TOLERANCE = 0.02;
const FORKS = 20;
const SETTINGS = `${FORKS} forks, tolerance ${TOLERANCE}`;
/** cv 0.1, intra-fork correlation 0.05, 500 iterations a fork. */
const CORRELATED_CV = 0.1 * Math.sqrt(0.05 + 0.95 / 500);

export async function answerStatistics({
  quick,
  seed,
}: Pick<BenchOptions, "quick" | "seed">): Promise<readonly BenchRow[]> {
  const random = seededRandom(seed).fork("statistics");
  const share = quick ? 0.1 : 1;
  return [
    ...coverageRows("normal", (normal) => normal, 0, 2_000 * share, random),
    ...coverageRows("lognormal", Math.exp, Math.exp(0.5), 2_000 * share, random),
    bcaCoverageRow(1_000 * share, random),
    ...verdictRows(20_000 * share, random),
    ...decisionRows(share, random.fork("decisions")),
    ...cascadeRows(share, random.fork("cascade")),
    ...sequentialRows(share, random.fork("sequential")),
    ...earlyStopRows(share, random.fork("early stop")),
    ...quantileRows(share, random.fork("quantiles")),
    ...speedRows(random),
    ...seriesRows(share, random.fork("series")),
    ...(await seriesTimeRows(random.fork("series times"))),
  ];
}

function coverageRows(
  name: string,
  shape: (normal: number) => number,
  trueMean: number,
  sets: number,
  random: Random,
): readonly BenchRow[] {
  const normal = normals(random.fork(`coverage ${name}`));
  const samples = new Float64Array(10_000);
  let covered = 0;
  for (let set = 0; set < sets; set++) {
    for (let index = 0; index < samples.length; index++) samples[index] = shape(normal());
    const [lo, hi] = summarise(samples).ci99.mean;
    if (lo <= trueMean && trueMean <= hi) covered += 1;
  }
  const measured = {
    name: `coverage of the 99 % t interval, ${name}, n = 10,000`,
    unit: "share",
    value: covered / sets,
    note: `${covered} of ${sets} sets`,
  };
  return [requiredRow(measured, "atLeast", 0.98), requiredRow(measured, "atMost", 0.997)];
}

function bcaCoverageRow(sets: number, random: Random): BenchRow {
  const normal = normals(random.fork("bca"));
  let covered = 0;
  for (let set = 0; set < sets; set++) {
    const interval = bcaInterval({
      baseline: forkMeans(normal, 1, 0.1),
      candidate: forkMeans(normal, 1.1, 0.1),
      statistic: (left, right) => meanOf(right) / meanOf(left),
      seed: set,
    });
    if (interval !== null && interval[0] <= 1.1 && 1.1 <= interval[1]) covered += 1;
  }
  return plainRow({
    name: "coverage of the 99 % BCa interval of the relative change, 20 forks, fork means cv 0.1",
    unit: "share",
    value: covered / sets,
    note: `${covered} of ${sets} sets; reported, not decided on`,
  });
}

function verdictRows(trials: number, random: Random): readonly BenchRow[] {
  const share = (slowdown: number, cv: number, verdicts: readonly string[]): Rate =>
    shareOf({ trials, slowdown, cv, verdicts }, random);
  const flagged = (cv: number): Rate => share(0, cv, ["regressed", "improved"]);
  const power = (slowdown: number, cv: number): Rate => share(slowdown, cv, ["regressed"]);
  const forkMeansCase = "fork means cv 0.1";
  const iterationsCase = "iterations cv 0.1, intra-fork correlation 0.05";
  return [
    requiredRow(measuredShare(`A/A flagged, ${forkMeansCase}`, flagged(0.1), SETTINGS), "atMost", 0.05),
    requiredRow(
      measuredShare(`A/A flagged, ${iterationsCase}`, flagged(CORRELATED_CV), SETTINGS),
      "atMost",
      0.05,
    ),
    plainRow(
      measuredShare(
        `slowdown of exactly the tolerance flagged, ${forkMeansCase}`,
        power(TOLERANCE, 0.1),
        SETTINGS,
      ),
    ),
    requiredRow(
      measuredShare(`power, 5 % slowdown, ${iterationsCase}`, power(0.05, CORRELATED_CV), SETTINGS),
      "atLeast",
      0.95,
    ),
    requiredRow(
      measuredShare(`power, 5 % slowdown, ${forkMeansCase}`, power(0.05, 0.1), SETTINGS),
      "atLeast",
      0.95,
    ),
    requiredRow(
      measuredShare(`power, 10 % slowdown, ${iterationsCase}`, power(0.1, CORRELATED_CV), SETTINGS),
      "atLeast",
      0.95,
    ),
    plainRow(measuredShare(`power, 10 % slowdown, ${forkMeansCase}`, power(0.1, 0.1), SETTINGS)),
  ];
}

interface VerdictCase {
  readonly trials: number;
  readonly slowdown: number;
  readonly cv: number;
  readonly verdicts: readonly string[];
}

function shareOf({ trials, slowdown, cv, verdicts }: VerdictCase, random: Random): Rate {
  const normal = normals(random.fork(`verdict ${slowdown} ${cv}`));
  let events = 0;
  for (let trial = 0; trial < trials; trial++) {
    const baseline = forkMeans(normal, 1, cv);
    const candidate = forkMeans(normal, 1 + slowdown, cv);
    const [decision] = decide([{ p: changeP(baseline, candidate, "lower", TOLERANCE) }]);
    if (verdicts.includes(decision!.verdict)) events += 1;
  }
  return { events, n: trials };
}

function speedRows(random: Random): readonly BenchRow[] {
  const normal = normals(random.fork("speed"));
  const version = (centre: number): readonly Float64Array[] =>
    Array.from({ length: FORKS }, () => Float64Array.from({ length: 500 }, () => centre + 0.1 * normal()));
  const request = {
    baseline: version(1),
    candidate: version(1.05),
    direction: "lower",
    tolerance: TOLERANCE,
    seed: 1,
  } as const;
  const samples = Float64Array.from({ length: 10_000 }, normal);
  return [
    plainRow({
      name: "compareMetric, 2 × 20 forks × 500",
      unit: "ms",
      value: medianMs(() => compareMetric(request)),
    }),
    plainRow({ name: "summarise, 10,000 samples", unit: "ms", value: medianMs(() => summarise(samples)) }),
  ];
}

function medianMs(work: () => unknown): number {
  const times = Float64Array.from({ length: 31 }, () => {
    const started = process.hrtime.bigint();
    work();
    return Number(process.hrtime.bigint() - started) / 1e6;
  });
  return summarise(times).median;
}

function forkMeans(normal: () => number, centre: number, cv: number): Float64Array {
  return Float64Array.from({ length: FORKS }, () => centre * (1 + cv * normal()));
}

function meanOf(samples: Float64Array): number {
  return samples.reduce((sum, value) => sum + value, 0) / samples.length;
}
