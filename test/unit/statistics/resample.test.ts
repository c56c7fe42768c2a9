import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Resampler } from "../../../kernels/statistics/resample.ts";
import { seededRandom, type Random } from "../../../runtime/contracts/index.ts";

/** A source whose first four words are given. */
function wordsThen(words: readonly number[], rest: Random): Random {
  const left = [...words];
  return { ...rest, below: (bound) => left.shift() ?? rest.below(bound), next: () => rest.next() };
}

/** xoshiro128** in whole numbers of any size. */
function* xoshiro(state: readonly number[]): Generator<bigint> {
  const mask = 0xffff_ffffn;
  const turn = (x: bigint, by: bigint): bigint => ((x << by) | (x >> (32n - by))) & mask;
  let [a, b, c, d] = state.map(BigInt) as [bigint, bigint, bigint, bigint];
  for (;;) {
    yield (turn((b * 5n) & mask, 7n) * 9n) & mask;
    const shifted = (b << 9n) & mask;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = turn(d, 11n);
  }
}

/** The sum by the definition: word × n² = (i × n + j) × 2^32 + rest, drawn again while the rest is too small. */
function pairedSum(values: Float64Array, state: readonly number[]): number {
  const n = BigInt(values.length);
  let sum = 0;
  let pairs = 0;
  for (const word of xoshiro(state)) {
    const product = word * n * n;
    if ((product & 0xffff_ffffn) < 2n ** 32n % (n * n)) continue;
    const pair = product >> 32n;
    sum += values[Number(pair / n)]! + values[Number(pair % n)]!;
    pairs += 1;
    if (pairs === values.length / 2) break;
  }
  return sum;
}

const state = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 1] as const;

describe("the sum of a resample", () => {
  it("is that of unbiased pairs of indexes, for small n, large n and n that reject often", () => {
    for (const n of [2, 20, 1_000, 10_000, 46_342, 65_536]) {
      // Whole numbers: their sums are exact in any order.
      const values = Float64Array.from({ length: n }, (_, index) => (index * 7_919) % 10_007);
      const resampler = new Resampler(wordsThen(state, seededRandom(1)));
      assert.equal(resampler.sum(values), pairedSum(values, state), String(n));
    }
  });

  it("draws every value equally often, the last of an odd number and beyond 65,536 too", () => {
    for (const [n, resamples] of [
      [7, 30_000],
      [70_001, 3],
    ] as const) {
      const resampler = new Resampler(seededRandom("uniform"));
      // Each value counts itself in a digit of its own group; six groups.
      const values = Float64Array.from({ length: n }, (_, index) => 1e6 ** (index % 2));
      let [even, odd] = [0, 0];
      for (let resample = 0; resample < resamples; resample++) {
        const sum = resampler.sum(values);
        odd += Math.floor(sum / 1e6);
        even += sum % 1e6;
      }
      assert.equal(even + odd, n * resamples);
      const share = Math.ceil(n / 2) / n;
      const error = Math.sqrt((share * (1 - share)) / (n * resamples));
      assert.ok(Math.abs(even / (n * resamples) - share) < 4 * error, `${n}: ${even} ${odd}`);
    }
  });

  it("has the mean and the variance of a sum of independent draws", () => {
    const values = Float64Array.from({ length: 101 }, (_, index) => index);
    const resampler = new Resampler(seededRandom("moments"));
    const sums = Float64Array.from({ length: 20_000 }, () => resampler.sum(values));
    const mean = sums.reduce((total, sum) => total + sum, 0) / sums.length;
    const variance = sums.reduce((total, sum) => total + (sum - mean) ** 2, 0) / sums.length;
    // 101 draws of mean 50 and variance (101² − 1) / 12 = 850.
    assert.ok(Math.abs(mean - 5_050) < 4 * Math.sqrt((101 * 850) / sums.length), String(mean));
    assert.ok(Math.abs(variance / (101 * 850) - 1) < 0.04, String(variance));
  });
});
