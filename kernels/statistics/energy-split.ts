/**
 * The best split of a run of values by the energy statistic of e-divisive (D. S. Matteson & N. A. James,
 * J. American Statistical Association 109, 2014, §2, exponent 1). Of the first k values, the m before a split
 * and the n = k − m after it differ by
 *
 *   Q = mn/(m + n) × (2 × mean |x − y| − mean |x − x′| − mean |y − y′|)
 *
 * over pairs of one value from either side, of two before, of two after. The search takes the largest Q over
 * every split and over several ends k, so that a rise which falls back later is not diluted by what follows
 * it. With S the sum of |x − x′| over all pairs of a stretch, Q = 2/k × (S(0,k) − (k − 1) × (S(0,m)/(m − 1) +
 * S(m,k)/(n − 1))), and what remains are sums over stretches:
 *
 *   S(0,m)   grows value by value: the distances from the next value to all before it, by a Fenwick tree over
 *            ranks that holds counts and sums (P. M. Fenwick, Software: Practice and Experience 24, 1994)
 *   S(m,k)   grows from k downwards: the distances to the values between are those to all of the first k
 *            (one walk in sorted order) less those to the values before
 *
 * So one ordering of n values takes O(n log n + n × ends), where the paper's sums take O(n²). The ends are
 * every value of a short run and `ENDS` evenly spaced ones of a longer run; the paper's search has them all.
 */
const ENDS = 32;

export interface Split {
  /** Values before the split. */
  readonly at: number;
  /** Q, in the values' unit. */
  readonly statistic: number;
}

/** Holds the working memory for all orderings of one run of at least 2 × `leastSegment` values. */
export class SplitSearch {
  /** Rank of each value as given; equal values have neighbouring ranks in any order. */
  readonly ranks: Int32Array;
  /** Statistics of two orderings that differ by less differ by rounding alone. */
  readonly rounding: number;
  readonly #leastSegment: number;
  /** By rank, as distances from the median: large values must not swallow small differences. */
  readonly #sorted: Float64Array;
  /** Fenwick tree over ranks 1…n: at 2i a count, at 2i + 1 a sum. */
  readonly #tree: Float64Array;
  /** By position in the ordering: the distances to all values before it, summed. */
  readonly #toEarlier: Float64Array;
  /** By position: the distances to all of the first k values, summed. */
  readonly #toAll: Float64Array;
  /** By number of first values: their sum, S(0,m), and S(0,m)/(m − 1). */
  readonly #totals: Float64Array;
  readonly #pairSums: Float64Array;
  readonly #means: Float64Array;
  /** The first k values in sorted order: positions and values. */
  readonly #positions: Int32Array;
  readonly #values: Float64Array;
  readonly #inverses: Float64Array;

  constructor(run: Float64Array, leastSegment: number) {
    const n = run.length;
    const order = Int32Array.from(run.keys()).sort((left, right) => run[left]! - run[right]!);
    const centre = run[order[n >> 1]!]!;
    this.ranks = new Int32Array(n);
    order.forEach((position, rank) => (this.ranks[position] = rank));
    this.#leastSegment = leastSegment;
    this.#sorted = Float64Array.from(order, (position) => run[position]! - centre);
    this.#tree = new Float64Array(2 * n + 2);
    this.#toEarlier = new Float64Array(n);
    this.#toAll = new Float64Array(n);
    this.#totals = new Float64Array(n + 1);
    this.#pairSums = new Float64Array(n + 1);
    this.#means = new Float64Array(n + 1);
    this.#positions = new Int32Array(n);
    this.#values = new Float64Array(n);
    this.#inverses = Float64Array.from({ length: n }, (_, index) => 1 / index);
    this.#grow(this.ranks);
    this.rounding = (1e-11 * this.#pairSums[n]!) / n;
  }

  /** Of the run put into another order: `order` holds each rank once. */
  best(order: Int32Array): Split {
    const n = order.length;
    this.#grow(order);
    this.#values.set(this.#sorted);
    const stride = Math.ceil(n / ENDS);
    let best: Split = { at: 0, statistic: Number.NEGATIVE_INFINITY };
    for (let end = n, listed = n; end >= 2 * this.#leastSegment; end -= stride) {
      listed = this.#measure(end, listed);
      const split = this.#bestBefore(end);
      if (split.statistic > best.statistic) best = split;
    }
    return best;
  }

  /** Sums over the first m values, for every m. */
  #grow(order: Int32Array): void {
    const tree = this.#tree.fill(0);
    const sorted = this.#sorted;
    const [positions, toEarlier, inverses] = [this.#positions, this.#toEarlier, this.#inverses];
    const [totals, pairSums, means] = [this.#totals, this.#pairSums, this.#means];
    const n = order.length;
    let total = 0;
    let pairSum = 0;
    for (let at = 0; at < n; at++) {
      const rank = order[at]!;
      const value = sorted[rank]!;
      let count = 0;
      let sum = 0;
      for (let node = rank; node > 0; node &= node - 1) {
        count += tree[2 * node]!;
        sum += tree[2 * node + 1]!;
      }
      for (let node = rank + 1; node <= n; node += node & -node) {
        tree[2 * node]! += 1;
        tree[2 * node + 1]! += value;
      }
      const distance = value * (2 * count - at) + total - 2 * sum;
      total += value;
      pairSum += distance;
      positions[rank] = at;
      toEarlier[at] = distance;
      totals[at + 1] = total;
      pairSums[at + 1] = pairSum;
      means[at + 1] = pairSum * inverses[at]!;
    }
  }

  /** Drops what lies at or behind `end` from the sorted list of `listed` values, and measures the rest. */
  #measure(end: number, listed: number): number {
    const [positions, values, toAll] = [this.#positions, this.#values, this.#toAll];
    const total = this.#totals[end]!;
    let count = 0;
    let sum = 0;
    for (let index = 0; index < listed; index++) {
      const position = positions[index]!;
      if (position >= end) continue;
      const value = values[index]!;
      positions[count] = position;
      values[count] = value;
      toAll[position] = value * (2 * count - end) + total - 2 * sum;
      count += 1;
      sum += value;
    }
    return count;
  }

  #bestBefore(end: number): Split {
    const [toAll, toEarlier, means, inverses] = [this.#toAll, this.#toEarlier, this.#means, this.#inverses];
    const least = this.#leastSegment;
    let pairSum = 0;
    let at = end - 1;
    for (; at > end - least; at--) pairSum += toAll[at]! - toEarlier[at]!;
    let lowest = Number.POSITIVE_INFINITY;
    let lowestAt = 0;
    for (; at >= least; at--) {
      pairSum += toAll[at]! - toEarlier[at]!;
      const within = means[at]! + pairSum * inverses[end - 1 - at]!;
      if (within < lowest) {
        lowest = within;
        lowestAt = at;
      }
    }
    return { at: lowestAt, statistic: (2 / end) * (this.#pairSums[end]! - (end - 1) * lowest) };
  }
}
