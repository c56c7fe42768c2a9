/**
 * Do intervals of quantiles, and of changes between versions whose forks differ, hold the truth as often as
 * they say? And how far is the Harrell–Davis quantile from the truth, beside one between two order statistics?
 */
import {
  compareQuantiles,
  estimateQuantile,
  hierarchicalInterval,
  normalQuantile,
  summarise,
  type HierarchicalRequest,
} from "../kernels/statistics/index.ts";
import type { Random } from "../runtime/contracts/index.ts";
import { plainRow, type BenchRow } from "./bench-row.ts";
import { normals } from "./normals.ts";
import { measuredShare } from "./share-row.ts";

type Normal = () => number;

/** @param share of the full number of simulated sets */
export function quantileRows(share: number, random: Random): readonly BenchRow[] {
  const normal = (label: string): Normal => normals(random.fork(label));
  return [
    singleRow(0.95, 1_000, 2_000 * share, normal("single")),
    differenceRow(0.5, 50, 4_000 * share, normal("median")),
    differenceRow(0.95, 100, 4_000 * share, normal("p95 of few")),
    differenceRow(0.95, 1_000, 1_000 * share, normal("p95")),
    differenceRow(0.99, 1_000, 1_000 * share, normal("p99")),
    errorRow(0.5, 100, 4_000 * share, normal("error of the median")),
    errorRow(0.95, 100, 4_000 * share, normal("error of the p95 of few")),
    errorRow(0.95, 1_000, 1_000 * share, normal("error of the p95")),
    hierarchicalRow({ of: "mean", correlation: 0.05, skewed: false }, 400 * share, normal("mean, little")),
    hierarchicalRow({ of: "mean", correlation: 0.5, skewed: true }, 400 * share, normal("mean, much")),
    hierarchicalRow({ of: "median", correlation: 0.05, skewed: true }, 400 * share, normal("median, little")),
    hierarchicalRow({ of: "median", correlation: 0.5, skewed: true }, 400 * share, normal("median, much")),
    hierarchicalSpeedRow(normal("speed")),
  ];
}

function draw(count: number, value: () => number): Float64Array {
  return Float64Array.from({ length: count }, value);
}

function holds(interval: readonly [number, number] | null, truth: number): boolean {
  return interval !== null && interval[0] <= truth && truth <= interval[1];
}

function countOf(sets: number, isHit: () => boolean): number {
  let hits = 0;
  for (let set = 0; set < sets; set++) hits += isHit() ? 1 : 0;
  return hits;
}

function singleRow(p: number, n: number, sets: number, normal: Normal): BenchRow {
  const truth = Math.exp(normalQuantile(p));
  const covered = countOf(sets, () =>
    holds(
      estimateQuantile(
        draw(n, () => Math.exp(normal())),
        p,
      ).interval,
      truth,
    ),
  );
  return plainRow(
    measuredShare(
      `coverage of the 99 % interval of the ${p} quantile, n = ${n}`,
      { events: covered, n: sets },
      "lognormal; between order statistics, so at least 0.99",
    ),
  );
}

function differenceRow(p: number, n: number, sets: number, normal: Normal): BenchRow {
  const truth = Math.exp(normalQuantile(p)) - normalQuantile(p);
  const covered = countOf(sets, () => {
    const samples = { baseline: draw(n, normal), candidate: draw(n, () => Math.exp(normal())) };
    return holds(compareQuantiles({ ...samples, p }).interval, truth);
  });
  return plainRow(
    measuredShare(
      `coverage of the 99 % interval of a difference of ${p} quantiles, n = ${n}`,
      { events: covered, n: sets },
      "normal against lognormal",
    ),
  );
}

function errorRow(p: 0.5 | 0.95, n: number, sets: number, normal: Normal): BenchRow {
  const truth = Math.exp(normalQuantile(p));
  const squares = { smooth: 0, plain: 0 };
  for (let set = 0; set < sets; set++) {
    const samples = draw(n, () => Math.exp(normal()));
    const { median, p95 } = summarise(samples);
    squares.smooth += (estimateQuantile(samples, p).estimate - truth) ** 2;
    squares.plain += ((p === 0.5 ? median : p95) - truth) ** 2;
  }
  return plainRow({
    name: `error of the Harrell–Davis ${p} quantile, n = ${n}, against the usual one's`,
    unit: "ratio",
    value: Math.sqrt(squares.smooth / squares.plain),
    note: `root mean square, lognormal, usual: type 7; ${sets} sets`,
  });
}

interface HierarchicalCase {
  readonly of: "mean" | "median";
  readonly correlation: number;
  readonly skewed: boolean;
}

const FORKS = 20;
const ITERATIONS = 25;
const RESAMPLES = 1_000;

function hierarchicalRow(asked: HierarchicalCase, sets: number, normal: Normal): BenchRow {
  const { correlation, skewed } = asked;
  const shape = (z: number): number => (skewed ? Math.exp(0.3 * z) : 1 + 0.1 * z);
  const of: HierarchicalRequest["of"] = asked.of === "mean" ? "mean" : { quantile: 0.5 };
  let seed = 0;
  const covered = countOf(sets, () => {
    const { interval } = hierarchicalInterval({
      baseline: version(ITERATIONS, correlation, shape, normal),
      candidate: version(ITERATIONS, correlation, (z) => 1.1 * shape(z), normal),
      of,
      change: "relative",
      seed: seed++,
      confidence: 0.95,
      resamples: RESAMPLES,
    });
    return holds(interval, 0.1);
  });
  return plainRow(
    measuredShare(
      `coverage of the 95 % hierarchical interval of a change of ${asked.of}s, intra-fork correlation ${correlation}`,
      { events: covered, n: sets },
      `${skewed ? "lognormal" : "normal"}, ${FORKS} forks × ${ITERATIONS}, ${RESAMPLES} resamples`,
    ),
  );
}

function version(
  iterations: number,
  correlation: number,
  shape: (z: number) => number,
  normal: Normal,
): readonly Float64Array[] {
  return Array.from({ length: FORKS }, () => {
    const own = Math.sqrt(correlation) * normal();
    return draw(iterations, () => shape(own + Math.sqrt(1 - correlation) * normal()));
  });
}

function hierarchicalSpeedRow(normal: Normal): BenchRow {
  const forks = (): readonly Float64Array[] => version(500, 0.5, (z) => 1 + 0.1 * z, normal);
  const samples = { baseline: forks(), candidate: forks() };
  const times = Array.from({ length: 3 }, () => {
    const started = process.hrtime.bigint();
    hierarchicalInterval({ ...samples, of: { quantile: 0.5 }, change: "relative", seed: 1 });
    return Number(process.hrtime.bigint() - started) / 1e6;
  });
  return plainRow({
    name: `hierarchicalInterval of medians, 2 × ${FORKS} forks × 500`,
    unit: "ms",
    value: Math.min(...times),
    note: "5,000 resamples; the least of three",
  });
}
