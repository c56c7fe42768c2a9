/**
 * BCa bootstrap interval of the ratio mean(candidate) / mean(baseline) of two large independent samples, alone
 * or spread over the workers of a pool. The same interval as `bcaInterval` of the ratio of means (see there),
 * by the shortest way: only the sums of resamples are drawn, and the jackknife is in closed form.
 *
 *   block    50 resamples, drawn from a stream of its own, which the seed and the block's number name
 *   job      a range of blocks, as many jobs as there are workers
 *   result   the resamples of all blocks, sorted: the same whatever the number of workers, and without any
 */
import { seededRandom, type Executor, type Kernel, type RunOptions } from "../../runtime/contracts/index.ts";
import { accelerationOf, bcaOf } from "./bootstrap.ts";
import { momentsOf } from "./moments.ts";
import { type Interval } from "./quantile.ts";
import { Resampler } from "./resample.ts";
import { requireCount, requireProbability, requireSamples } from "./validate.ts";

export interface RatioRequest {
  readonly baseline: Float64Array;
  readonly candidate: Float64Array;
  readonly seed: string | number;
  /** Default 0.99. */
  readonly confidence?: number;
  /** Default 2,000, at least 100; the number is rounded up to whole blocks of 50. */
  readonly resamples?: number;
}

const RESAMPLES = 2_000;
const BLOCK = 50;

/**
 * On this thread.
 * @returns null when the ratio has no finite value on some resample
 * @throws STATISTICS_EMPTY, STATISTICS_TOO_FEW (below 2), STATISTICS_NOT_FINITE, STATISTICS_BAD_ARGUMENT
 */
export function ratioInterval(request: RatioRequest): Interval | null {
  const to = blocksOf(request);
  return intervalOf(request, resampledRatios({ ...request, from: 0, to }));
}

/** The same interval by the executor's workers. @throws as `ratioInterval`; what `Executor.run` throws */
export async function ratioIntervalBy(
  executor: Executor,
  request: RatioRequest,
  options: Pick<RunOptions<never>, "signal" | "deadlineMs"> = {},
): Promise<Interval | null> {
  const blocks = blocksOf(request);
  const { baseline, candidate, seed } = request;
  const jobs = Math.min(executor.workers, blocks);
  const cut = (job: number): number => Math.floor((job * blocks) / jobs);
  const ranges = Array.from({ length: jobs }, (_, job) => ({ from: cut(job), to: cut(job + 1) }));
  const parts = await Promise.all(
    ranges.map((range) => {
      return executor.run(resampledRatiosKernel, { baseline, candidate, seed, ...range }, options);
    }),
  );
  return intervalOf(request, Float64Array.from(parts.flatMap((part) => [...part])));
}

export interface BlockRange {
  readonly baseline: Float64Array;
  readonly candidate: Float64Array;
  readonly seed: string | number;
  /** First block, and the one after the last. */
  readonly from: number;
  readonly to: number;
}

/** The ratio in each resample of the blocks. */
export function resampledRatios({ baseline, candidate, seed, from, to }: BlockRange): Float64Array {
  const [before, after] = [centred(baseline), centred(candidate)];
  const ratios = new Float64Array((to - from) * BLOCK);
  for (let block = from; block < to; block++) {
    const resampler = new Resampler(seededRandom(seed).fork(`block ${block}`));
    for (let index = 0; index < BLOCK; index++) {
      const resampledBefore = before.mean + resampler.sum(before.deviations) / baseline.length;
      const resampledAfter = after.mean + resampler.sum(after.deviations) / candidate.length;
      ratios[(block - from) * BLOCK + index] = ratioOf(resampledBefore, resampledAfter);
    }
  }
  return ratios;
}

const resampledRatiosKernel: Kernel<BlockRange, Float64Array> = {
  name: "statistics.resampledRatios",
  module: import.meta.url,
  export: "resampledRatios",
};

function blocksOf({ baseline, candidate, confidence = 0.99, resamples = RESAMPLES }: RatioRequest): number {
  requireSamples(baseline, 2, "baseline");
  requireSamples(candidate, 2, "candidate");
  requireProbability(confidence, "confidence");
  requireCount(resamples, 100, "resamples");
  return Math.ceil(resamples / BLOCK);
}

function intervalOf(request: RatioRequest, ratios: Float64Array): Interval | null {
  const { confidence = 0.99 } = request;
  const [before, after] = [centred(request.baseline), centred(request.candidate)];
  const influence = [
    leftOut(before).map((mean) => ratioOf(mean, after.mean)),
    leftOut(after).map((mean) => ratioOf(before.mean, mean)),
  ];
  if (![ratios, ...influence].every((values) => values.every(Number.isFinite))) return null;
  return bcaOf(ratioOf(before.mean, after.mean), ratios, accelerationOf(influence), confidence);
}

/** 0 against 0 is no change. */
function ratioOf(before: number, after: number): number {
  return before === 0 && after === 0 ? 1 : after / before;
}

interface Centred {
  readonly mean: number;
  readonly deviations: Float64Array;
}

/** Sums of deviations keep the digits that sums of large values lose, and are exactly 0 for a constant sample. */
function centred(samples: Float64Array): Centred {
  const { mean } = momentsOf(samples);
  return { mean, deviations: samples.map((value) => value - mean) };
}

/** The mean with each value left out in turn. */
function leftOut({ mean, deviations }: Centred): Float64Array {
  return deviations.map((deviation) => mean - deviation / (deviations.length - 1));
}
