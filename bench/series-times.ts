/**
 * How long the two slow statistics of series take: change points of 2,000 values, and 2,000 bootstrap resamples
 * of two samples of 10,000, by two workers, by one thread, and as one would write it down. Times are medians of
 * interleaved runs, with the least beside and the least processor time of all threads: on a busy machine only
 * these, and the ratios, say much.
 */
import { openPool } from "../kernels/pool/index.ts";
import { changePoints, ratioInterval, ratioIntervalBy } from "../kernels/statistics/index.ts";
import type { Executor, Random } from "../runtime/contracts/index.ts";
import { requiredRow, type BenchRow, type Measured } from "./bench-row.ts";
import { benchError } from "./errors.ts";
import { normals } from "./normals.ts";
import { medianOf } from "./spread.ts";

export async function seriesTimeRows(random: Random): Promise<readonly BenchRow[]> {
  return [...(await changePointRows(normals(random.fork("points")))), ...(await bootstrapRows(random))];
}

/** Levels of 2,000 values that vary by 5 %: no change, one, and nine. */
const LEVELS = [[1], [1, 1.05], [1, 1.03, 1.1, 1.08, 1, 1.04, 0.97, 1.05, 1.01, 1.06]] as const;
const POINTS = 2_000;

async function changePointRows(normal: () => number): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const levels of LEVELS) {
    const each = POINTS / levels.length;
    const series = Float64Array.from({ length: POINTS }, (_, index) => {
      return levels[Math.floor(index / each)]! * (1 + 0.05 * normal());
    });
    const times: Time[] = [];
    let found = 0;
    for (let round = 0; round < 10; round++) {
      const { output, ...time } = await timeOf(() => changePoints({ series, seed: 1 }));
      found = output.length;
      if (round > 0) times.push(time);
    }
    const measured = timed(`e-divisive, 2,000 points, ${levels.length - 1} changes, 199 permutations`, times);
    rows.push(requiredRow({ ...measured, note: `${measured.note}; found ${found}` }, "atMost", 300));
  }
  return rows;
}

async function bootstrapRows(random: Random): Promise<readonly BenchRow[]> {
  const normal = normals(random.fork("bootstrap"));
  const request = {
    baseline: Float64Array.from({ length: 10_000 }, () => 100 + 10 * normal()),
    candidate: Float64Array.from({ length: 10_000 }, () => 105 + 10 * normal()),
    seed: 1,
  };
  const pool = openPool({ workers: 2 });
  try {
    const times = await bootstrapTimes(pool, request, random.fork("plain"));
    const plain = medianOf(times.plain.map(({ ms }) => ms));
    return [bootstrapRow("2 workers", times.pooled, plain), bootstrapRow("one thread", times.alone, plain)];
  } finally {
    await pool.close();
  }
}

interface Samples {
  readonly baseline: Float64Array;
  readonly candidate: Float64Array;
  readonly seed: number;
}

interface BootstrapTimes {
  readonly pooled: Time[];
  readonly alone: Time[];
  readonly plain: Time[];
}

async function bootstrapTimes(pool: Executor, request: Samples, random: Random): Promise<BootstrapTimes> {
  const times: BootstrapTimes = { pooled: [], alone: [], plain: [] };
  const expected = String(ratioInterval(request));
  for (let round = 0; round < 16; round++) {
    const pooled = await timeOf(() => ratioIntervalBy(pool, request));
    const alone = await timeOf(() => ratioInterval(request));
    if (String(pooled.output) !== expected || String(alone.output) !== expected) {
      throw benchError("BENCH_WORK_INVALID", `an interval is ${String(pooled.output)}, not ${expected}`);
    }
    // The first round warms up; the plain one takes longest and varies least.
    if (round > 0) times.pooled.push(pooled);
    if (round > 0) times.alone.push(alone);
    if (round % 5 === 0) times.plain.push(await timeOf(() => plainRatios(request, random)));
  }
  return times;
}

function bootstrapRow(label: string, times: readonly Time[], plain: number): BenchRow {
  const measured = timed(`BCa interval of a ratio, 2,000 resamples of 2 × 10,000, ${label}`, times);
  const { peers, ratios, ...required } = requiredRow(measured, "atMost", 150);
  return {
    ...required,
    peers: { ...peers, plain },
    ratios: { ...ratios, plain: measured.value / plain },
  };
}

/** As one writes it down: draw, copy, sum; no interval yet. */
function plainRatios({ baseline, candidate }: Samples, random: Random): Float64Array {
  const resampledMean = (values: Float64Array): number => {
    const resample = values.map(() => values[Math.floor(random.next() * values.length)]!);
    return resample.reduce((sum, value) => sum + value, 0) / resample.length;
  };
  return Float64Array.from(
    { length: 2_000 },
    () => resampledMean(candidate) / resampledMean(baseline),
  ).sort();
}

function timed(name: string, times: readonly Time[]): Measured & { readonly note: string } {
  const least = (of: keyof Time): string => Math.min(...times.map((time) => time[of])).toFixed(1);
  const note = `least of ${times.length}: ${least("ms")} ms, of processor time ${least("processorMs")} ms`;
  return { name, unit: "ms", value: medianOf(times.map(({ ms }) => ms)), note };
}

interface Time {
  readonly ms: number;
  readonly processorMs: number;
}

async function timeOf<T>(work: () => T | Promise<T>): Promise<Time & { readonly output: T }> {
  const usedBefore = process.cpuUsage();
  const started = process.hrtime.bigint();
  const output = await work();
  const ms = Number(process.hrtime.bigint() - started) / 1e6;
  const used = process.cpuUsage(usedBefore);
  return { ms, processorMs: (used.user + used.system) / 1e3, output };
}
