/**
 * Does the statistics kernel keep its promises? Simulations with a fixed seed:
 *
 *   coverage   of the 99 % t interval of the mean, 2,000 samples of 10,000, normal and lognormal; of the
 *              99 % BCa interval of a relative change over 20 forks
 *   A/A        how often equal versions are flagged (regressed or improved) by `changeP` and `decide`
 *   power      how often a slowdown is called regressed, 20 forks a version, tolerance 2 %
 *
 * A fork mean of k iterations with coefficient of variation c and intra-fork correlation r varies by
 * c √(r + (1 − r)/k): 0.1, 0.05 and 500 give 0.023; "fork means cv 0.1" is the case r = 1.
 */
import {
  bcaInterval,
  changeP,
  clopperPearsonLower,
  clopperPearsonUpper,
  compareMetric,
  decide,
  summarise,
} from "../kernels/statistics/index.ts";
import { seededRandom, type Random } from "../runtime/contracts/index.ts";
import { plainRow, requiredRow, type BenchRow } from "./bench-row.ts";
import type { BenchOptions } from "./question.ts";

const TOLERANCE = 0.02;
const FORKS = 20;
/** cv 0.1, intra-fork correlation 0.05, 500 iterations a fork. */
const CORRELATED_CV = 0.1 * Math.sqrt(0.05 + 0.95 / 500);

export function answerStatistics({
  quick,
  seed,
}: Pick<BenchOptions, "quick" | "seed">): Promise<readonly BenchRow[]> {
  const random = seededRandom(seed).fork("statistics");
  const share = quick ? 0.1 : 1;
  return Promise.resolve([
    ...coverageRows("normal", (normal) => normal, 0, 2_000 * share, random),
    ...coverageRows("lognormal", Math.exp, Math.exp(0.5), 2_000 * share, random),
    bcaCoverageRow(1_000 * share, random),
    ...verdictRows(20_000 * share, random),
    ...speedRows(random),
  ]);
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
  const share = (slowdown: number, cv: number, verdicts: readonly string[]): Share =>
    shareOf({ trials, slowdown, cv, verdicts }, random);
  const flagged = (cv: number): Share => share(0, cv, ["regressed", "improved"]);
  const power = (slowdown: number, cv: number): Share => share(slowdown, cv, ["regressed"]);
  const forkMeansCase = "fork means cv 0.1";
  const iterationsCase = "iterations cv 0.1, intra-fork correlation 0.05";
  return [
    requiredRow(measuredShare(`A/A flagged, ${forkMeansCase}`, flagged(0.1)), "atMost", 0.05),
    requiredRow(measuredShare(`A/A flagged, ${iterationsCase}`, flagged(CORRELATED_CV)), "atMost", 0.05),
    plainRow(
      measuredShare(`slowdown of exactly the tolerance flagged, ${forkMeansCase}`, power(TOLERANCE, 0.1)),
    ),
    requiredRow(
      measuredShare(`power, 5 % slowdown, ${iterationsCase}`, power(0.05, CORRELATED_CV)),
      "atLeast",
      0.95,
    ),
    requiredRow(measuredShare(`power, 5 % slowdown, ${forkMeansCase}`, power(0.05, 0.1)), "atLeast", 0.95),
    requiredRow(
      measuredShare(`power, 10 % slowdown, ${iterationsCase}`, power(0.1, CORRELATED_CV)),
      "atLeast",
      0.95,
    ),
    plainRow(measuredShare(`power, 10 % slowdown, ${forkMeansCase}`, power(0.1, 0.1))),
  ];
}

interface Share {
  readonly events: number;
  readonly n: number;
}

interface VerdictCase {
  readonly trials: number;
  readonly slowdown: number;
  readonly cv: number;
  readonly verdicts: readonly string[];
}

function shareOf({ trials, slowdown, cv, verdicts }: VerdictCase, random: Random): Share {
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

function measuredShare(
  name: string,
  share: Share,
): Pick<BenchRow, "name" | "unit" | "value"> & { note: string } {
  const lo = clopperPearsonLower(share, 0.95).toFixed(4);
  const hi = clopperPearsonUpper(share, 0.95).toFixed(4);
  const note = `${FORKS} forks, tolerance ${TOLERANCE}; ${share.events} of ${share.n}, 90 % within ${lo}–${hi}`;
  return { name, unit: "share", value: share.events / share.n, note };
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

/** Standard normal draws by the polar method (G. Marsaglia & T. A. Bray, SIAM Review 6, 1964). */
function normals(random: Random): () => number {
  let spare: number | null = null;
  return () => {
    if (spare !== null) {
      const kept = spare;
      spare = null;
      return kept;
    }
    for (;;) {
      const x = 2 * random.next() - 1;
      const y = 2 * random.next() - 1;
      const square = x * x + y * y;
      if (square > 0 && square < 1) {
        const scale = Math.sqrt((-2 * Math.log(square)) / square);
        spare = y * scale;
        return x * scale;
      }
    }
  };
}
