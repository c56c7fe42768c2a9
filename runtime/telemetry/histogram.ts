/**
 * A distribution in buckets that widen with the value, so that any quantile is known to within 4.4 % of
 * itself, from a millionth of a millisecond to weeks, in a few hundred bytes.
 *
 *     bucket i holds what is above 2^(i/8) and at most 2^((i+1)/8)
 *
 * These are the buckets of OpenTelemetry's exponential histogram at scale 3
 * (https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram), found by the bits of the
 * floating-point number as in HdrHistogram (G. Tene). The value told for a bucket is the one whose relative
 * error is the least at both its ends: C. Masson, J. E. Rim, H. K. Lee, "DDSketch: a fast and fully-mergeable
 * quantile sketch with relative-error guarantees", VLDB 2019, lemma 2. Merging adds counts, and loses nothing.
 */

export interface Distribution {
  readonly count: number;
  readonly sum: number;
  /** NaN when nothing was recorded; so are `max`, `mean` and all quantiles. */
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** How many were too small for any bucket, 0 for the most part. */
  readonly zeroCount: number;
  /** Number of the first bucket in `counts`. */
  readonly offset: number;
  readonly counts: readonly number[];
  /** The smallest value that at least the part `q` (0 to 1) of all do not exceed, to within 4.4 %. */
  quantile(q: number): number;
}

/** As data, on its way between threads. */
export interface HistogramData {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly zeroCount: number;
  readonly offset: number;
  readonly counts: readonly number[];
}

/** Buckets are 2^-scale of a doubling wide. */
export const SCALE = 3;
const BUCKETS_A_DOUBLING = 2 ** SCALE;
const BASE = 2 ** (1 / BUCKETS_A_DOUBLING);
/** What is less counts as zero. */
const LEAST = 2 ** -20;
const MOST = 2 ** 40;
const BOUNDS = Array.from({ length: BUCKETS_A_DOUBLING }, (_, index) => BASE ** index);

const number = new Float64Array(1);
const words = new Uint32Array(number.buffer);
const HIGH_WORD = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;

/** @param value from `LEAST` to `MOST`. */
export function bucketOf(value: number): number {
  number[0] = value;
  const high = words[HIGH_WORD]!;
  words[HIGH_WORD] = (high & 0x000f_ffff) | 0x3ff0_0000;
  const mantissa = number[0];
  let below = 0;
  for (let step = BUCKETS_A_DOUBLING >> 1; step > 0; step >>= 1) {
    if (BOUNDS[below + step - 1]! < mantissa) below += step;
  }
  if (BOUNDS[below]! < mantissa) below += 1;
  return (((high >>> 20) & 0x7ff) - 1023) * BUCKETS_A_DOUBLING + below - 1;
}

export class Histogram implements Distribution {
  count = 0;
  sum = 0;
  zeroCount = 0;
  #min = Infinity;
  #max = -Infinity;
  #offset = 0;
  /** Whole doublings, from the smallest to the greatest value so far. */
  #counts: number[] = NONE;

  static of(data: HistogramData): Histogram {
    const histogram = new Histogram();
    histogram.add(data);
    return histogram;
  }

  get min(): number {
    return this.count === 0 ? NaN : this.#min;
  }

  get max(): number {
    return this.count === 0 ? NaN : this.#max;
  }

  get mean(): number {
    return this.sum / this.count;
  }

  get offset(): number {
    return this.#offset;
  }

  get counts(): readonly number[] {
    return this.#counts;
  }

  get data(): HistogramData {
    const { count, sum, min, max, zeroCount, offset, counts } = this;
    return { count, sum, min, max, zeroCount, offset, counts: [...counts] };
  }

  record(value: number): void {
    this.count += 1;
    this.sum += value;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    if (value < LEAST) {
      this.zeroCount += 1;
      return;
    }
    const bucket = bucketOf(value > MOST ? MOST : value);
    const at = bucket - this.#offset;
    if (at < 0 || at >= this.#counts.length) this.#widen(bucket, bucket + 1);
    this.#counts[bucket - this.#offset]! += 1;
  }

  add(other: HistogramData): void {
    const { count, offset, counts } = other;
    if (count === 0) return;
    this.count += count;
    this.sum += other.sum;
    this.zeroCount += other.zeroCount;
    this.#min = Math.min(this.#min, other.min);
    this.#max = Math.max(this.#max, other.max);
    if (counts.length === 0) return;
    if (offset < this.#offset || offset + counts.length > this.#offset + this.#counts.length) {
      this.#widen(offset, offset + counts.length);
    }
    // A million actors are summed up in one go.
    const from = offset - this.#offset;
    for (let index = 0; index < counts.length; index++) this.#counts[from + index]! += counts[index]!;
  }

  quantile(q: number): number {
    const rank = Math.max(1, Math.ceil(q * this.count));
    let passed = this.zeroCount;
    if (this.count === 0) return NaN;
    if (passed >= rank) return Math.max(0, this.#min);
    for (const [index, count] of this.#counts.entries()) {
      passed += count;
      if (passed < rank) continue;
      const upper = BASE ** (this.#offset + index + 1);
      return Math.min(this.#max, Math.max(this.#min, (2 * upper) / (1 + BASE)));
    }
    return this.#max;
  }

  /** Makes room for the buckets from `from` to before `to`, by whole doublings. */
  #widen(from: number, to: number): void {
    const empty = this.#counts.length === 0;
    const first = Math.min(doubling(from), empty ? Infinity : this.#offset);
    const last = Math.max(
      doubling(to - 1) + BUCKETS_A_DOUBLING,
      empty ? -Infinity : this.#offset + this.#counts.length,
    );
    const widened = new Array<number>(last - first).fill(0);
    this.#counts.forEach((count, index) => (widened[this.#offset - first + index] = count));
    this.#offset = first;
    this.#counts = widened;
  }
}

const NONE: number[] = [];

function doubling(bucket: number): number {
  return Math.floor(bucket / BUCKETS_A_DOUBLING) * BUCKETS_A_DOUBLING;
}
