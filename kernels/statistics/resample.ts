/**
 * Sums of resamples, the fast way: what a bootstrap of means needs, without the resamples themselves. Each
 * index is drawn uniformly and without bias, as in any bootstrap; two come from one random word by batched
 * rejection (N. Brackett-Rozinsky & D. Lemire, Software: Practice and Experience 55, 2025): of the 64-bit
 * product word × n² the upper half is a uniform pair of indexes, once words whose lower half lies below
 * 2^32 mod n² are drawn again. The product is formed in two steps, so that 32 bits suffice. How often each value
 * was drawn is not counted: keeping the counts costs more than adding.
 */
import type { Random } from "../../runtime/contracts/index.ts";

/** Largest n whose pairs fit into 32 bits. */
const MOST_PAIRED = 65_536;

export class Resampler {
  readonly #random: Random;
  /** Of xoshiro128** (Blackman & Vigna, 2018), which `Random` uses too: here its steps can run inside the loop. */
  readonly #state: Int32Array;

  constructor(random: Random) {
    this.#random = random;
    this.#state = Int32Array.from({ length: 4 }, () => random.below(2 ** 32));
  }

  /** The sum of as many values as there are, drawn with replacement. */
  sum(values: Float64Array): number {
    const n = values.length;
    if (n > MOST_PAIRED) return singleSum(values, n, this.#random);
    return pairedSum(values, this.#state) + singleSum(values, n % 2, this.#random);
  }
}

/** Of an odd number all but one. */
function pairedSum(values: Float64Array, state: Int32Array): number {
  const n = values.length;
  const scale = n / 2 ** 32;
  // Numbers without sign, compared as numbers with one: both are moved by 2^31.
  const rejected = (2 ** 32 % (n * n)) ^ 0x8000_0000;
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let left = 0;
  let right = 0;
  for (let pairs = n >> 1; pairs > 0;) {
    const product = Math.imul(b, 5);
    const word = Math.imul((product << 7) | (product >>> 25), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    const rest = Math.imul(word, n);
    if ((Math.imul(rest, n) ^ 0x8000_0000) < rejected) continue;
    // Exact: 32 bits by at most 17, and a power of two.
    left += values[Math.floor((word >>> 0) * scale)]!;
    right += values[Math.floor((rest >>> 0) * scale)]!;
    pairs -= 1;
  }
  state.set([a, b, c, d]);
  return left + right;
}

function singleSum(values: Float64Array, draws: number, random: Random): number {
  let sum = 0;
  for (let draw = 0; draw < draws; draw++) sum += values[random.below(values.length)]!;
  return sum;
}
