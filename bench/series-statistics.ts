/**
 * What the statistics of series promise, by simulation:
 *
 *   e-divisive       false alarms; how often and how exactly a step, and a rise that falls back, is found
 *   Page–Hinkley     run length without change against the stated one; delay to a shift
 *   Mann–Kendall     false alarms; power          Theil–Sen    coverage of the interval
 *   seasonal median  new values beyond 3.5        isotonic     error of calibrated rates
 *   ratio bootstrap  coverage of the interval
 */
import {
  changePoints,
  clopperPearsonLower,
  driftRunLength,
  isotonicAt,
  isotonicFit,
  mannKendall,
  PageHinkley,
  ratioInterval,
  seasonalMedian,
  seasonalScore,
  theilSen,
  type DriftOptions,
} from "../kernels/statistics/index.ts";
import type { Random } from "../runtime/contracts/index.ts";
import { plainRow, requiredRow, type BenchRow } from "./bench-row.ts";
import { normals } from "./normals.ts";
import { medianOf } from "./spread.ts";

type Normal = () => number;

/** @param share of the full number of simulated sets */
export function seriesRows(share: number, random: Random): readonly BenchRow[] {
  const normal = (label: string): Normal => normals(random.fork(label));
  return [
    falseAlarmRow(1_000 * share, normal("false alarms")),
    ...stepRows(
      "step of 1 σ in the middle of 100",
      { length: 100, from: 50, to: 100 },
      share,
      normal("step"),
    ),
    ...stepRows("rise of 1 σ for 20 of 200", { length: 200, from: 90, to: 110 }, share, normal("rise")),
    runLengthRow("level given", { threshold: 8, reference: STANDARD }, 400 * share, normal("given")),
    runLengthRow("level learned", { threshold: 5 }, 1_000 * share, normal("learned")),
    delayRow(50, 1_000 * share, normal("early shift")),
    delayRow(100, 1_000 * share, normal("later shift")),
    ...trendRows(20_000 * share, normal("trend")),
    slopeRow(4_000 * share, normal("slope")),
    seasonRow(200 * share, normal("season")),
    calibrationRow(200 * share, random.fork("calibration")),
    ratioCoverageRow(1_000 * share, normal("ratio")),
  ];
}

const STANDARD = { mean: 0, stdDev: 1 } as const;

function falseAlarmRow(sets: number, normal: Normal): BenchRow {
  const alarms = countOf(sets, (set) => changePoints({ series: draw(100, normal), seed: set }).length > 0);
  const measured = {
    name: "e-divisive, false alarms on 100 values, one-sided 95 % lower bound",
    unit: "share",
    value: clopperPearsonLower({ events: alarms, n: sets }, 0.95),
    note: `significance 0.05; ${alarms} of ${sets} series`,
  };
  return requiredRow(measured, "atMost", 0.05);
}

interface Stretch {
  readonly length: number;
  readonly from: number;
  readonly to: number;
}

function stepRows(name: string, stretch: Stretch, share: number, normal: Normal): readonly BenchRow[] {
  const sets = 500 * share;
  const misses: number[] = [];
  for (let set = 0; set < sets; set++) {
    const series = draw(stretch.length, normal);
    for (let index = stretch.from; index < stretch.to; index++) series[index]! += 1;
    const [change] = changePoints({ series, seed: set });
    if (change !== undefined) misses.push(Math.abs(change.index - stretch.from));
  }
  const near = misses.filter((miss) => miss <= 5).length;
  const note = `${misses.length} of ${sets} series; significance 0.05, 199 permutations`;
  return [
    plainRow({ name: `e-divisive, ${name} found`, unit: "share", value: misses.length / sets, note }),
    plainRow({
      name: `e-divisive, ${name}, within 5 where found`,
      unit: "share",
      value: near / Math.max(1, misses.length),
    }),
  ];
}

function runLengthRow(name: string, options: DriftOptions, runs: number, normal: Normal): BenchRow {
  const threshold = options.threshold!;
  const stated = driftRunLength(0.5, threshold);
  let total = 0;
  for (let run = 0; run < runs; run++) total += runLength(new PageHinkley(options), normal);
  const mean = total / runs - (options.reference === undefined ? 20 : 0);
  const measured = {
    name: `Page–Hinkley, values between false alarms by those stated, λ = ${threshold}, ${name}`,
    unit: "ratio",
    value: mean / stated,
    note: `${mean.toFixed(0)} against ${stated.toFixed(0)}; ${runs} runs`,
  };
  // The standard error of so many run lengths, which scatter like an exponential, thrice.
  return requiredRow(measured, "atLeast", 1 - 3 / Math.sqrt(runs));
}

function runLength(detector: PageHinkley, next: Normal, most = Number.POSITIVE_INFINITY): number {
  let count = 1;
  while (detector.push(next()) === null && count < most) count += 1;
  return count;
}

function delayRow(learned: number, runs: number, normal: Normal): BenchRow {
  const delays: number[] = [];
  for (let run = 0; run < runs; run++) {
    const detector = new PageHinkley();
    const early = countOf(learned, () => detector.push(normal()) !== null);
    if (early === 0) delays.push(runLength(detector, () => 1 + normal(), LONGEST_DELAY + 1));
  }
  const missed = delays.filter((delay) => delay > LONGEST_DELAY).length / delays.length;
  const known = driftRunLength(0.5, 8, 1).toFixed(1);
  return plainRow({
    name: `Page–Hinkley, values until a shift of 1 σ is found, after ${learned} that taught the level`,
    unit: "values",
    value: medianOf(delays),
    note:
      `median of ${delays.length} runs; ${(100 * missed).toFixed(1)} % learn it as the level and do not find it ` +
      `within ${LONGEST_DELAY}; mean with the level known ${known}`,
  });
}

const LONGEST_DELAY = 300;

function trendRows(sets: number, normal: Normal): readonly BenchRow[] {
  const flagged = (slope: number): number => {
    return countOf(sets, () => {
      const series = draw(10, normal).map((value, index) => value - slope * index);
      return mannKendall(series, "less").p < 0.05;
    });
  };
  const none = flagged(0);
  const measured = {
    name: "Mann–Kendall, false alarms on 10 values, one-sided 95 % lower bound",
    unit: "share",
    value: clopperPearsonLower({ events: none, n: sets }, 0.95),
    note: `α 0.05, exact, so at most that; ${none} of ${sets} series`,
  };
  return [
    requiredRow(measured, "atMost", 0.05),
    plainRow({
      name: "Mann–Kendall, fall of 0.3 σ a value over 10 values found",
      unit: "share",
      value: flagged(0.3) / sets,
    }),
  ];
}

function slopeRow(sets: number, normal: Normal): BenchRow {
  const covered = countOf(sets, () => {
    const y = draw(30, normal).map((value, index) => value ** 3 + 0.1 * index);
    const [lo, hi] = theilSen({ y }).interval;
    return lo <= 0.1 && 0.1 <= hi;
  });
  return coverageRow("Theil–Sen, coverage of the 99 % interval, 30 values, heavy tails", covered, sets, 0.98);
}

/** By hour over 28 days, every twentieth value a stray. */
function seasonRow(sets: number, normal: Normal): BenchRow {
  const phases = Uint8Array.from({ length: 24 * 28 }, (_, index) => index % 24);
  const level = (phase: number): number => 10 * Math.sin(phase);
  let beyond = 0;
  for (let set = 0; set < sets; set++) {
    const samples = Float64Array.from(phases, (phase, index) => {
      return level(phase) + (index % 20 === 7 ? 50 : normal());
    });
    const baseline = seasonalMedian({ samples, phases, phaseCount: 24 });
    beyond += countOf(NEW_VALUES, (index) => {
      const phase = index % 24;
      return Math.abs(seasonalScore(baseline, phase, level(phase) + normal())!) > 3.5;
    });
  }
  return plainRow({
    name: "seasonal median, new normal values beyond 3.5, by hour, 28 days, 5 % strays",
    unit: "share",
    value: beyond / (sets * NEW_VALUES),
    note: "0.0005 of normal values lie there when median and scale are known",
  });
}

const NEW_VALUES = 240;

function calibrationRow(sets: number, random: Random): BenchRow {
  const rate = (score: number): number => score ** 2;
  const rootMeanSquare = (guess: (score: number) => number): number => {
    const squares = Array.from(
      { length: 99 },
      (_, at) => (guess((at + 1) / 100) - rate((at + 1) / 100)) ** 2,
    );
    return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
  };
  const errors = Array.from({ length: sets }, () => {
    const x = Float64Array.from({ length: 1_000 }, () => random.next());
    const fit = isotonicFit({ x, y: x.map((score) => (random.next() < rate(score) ? 1 : 0)) });
    return rootMeanSquare((score) => isotonicAt(fit, score));
  });
  return plainRow({
    name: "isotonic calibration, error of rates from 1,000 outcomes",
    unit: "rms",
    value: medianOf(errors),
    note: `${rootMeanSquare((score) => score).toFixed(3)} without calibration; median of ${sets} sets`,
  });
}

function ratioCoverageRow(sets: number, normal: Normal): BenchRow {
  const sample = (mean: number): Float64Array => draw(500, () => mean * Math.exp(0.5 * normal() - 0.125));
  const covered = countOf(sets, (set) => {
    const interval = ratioInterval({ baseline: sample(1), candidate: sample(1.05), seed: set })!;
    return interval[0] <= 1.05 && 1.05 <= interval[1];
  });
  return coverageRow(
    "ratio bootstrap, coverage of the 99 % interval, 2 × 500 lognormal",
    covered,
    sets,
    0.98,
  );
}

function coverageRow(name: string, covered: number, sets: number, required: number): BenchRow {
  const measured = { name, unit: "share", value: covered / sets, note: `${covered} of ${sets} sets` };
  return requiredRow(measured, "atLeast", required);
}

function draw(length: number, next: () => number): Float64Array {
  return Float64Array.from({ length }, next);
}

function countOf(trials: number, happens: (trial: number) => boolean): number {
  let count = 0;
  for (let trial = 0; trial < trials; trial++) count += happens(trial) ? 1 : 0;
  return count;
}
