/**
 * The Harrell–Davis quantile: a mean of all order statistics, each weighted by its chance to be the quantile,
 * w(i) = I_{i/n}(a, b) − I_{(i−1)/n}(a, b) with a = (n + 1) p and b = (n + 1)(1 − p) (F. E. Harrell &
 * C. E. Davis, Biometrika 69, 1982). Unlike a quantile between two order statistics it is smooth, so that the
 * jackknife gives its standard error, as in the paper: each value left out in turn. It errs a few percent less
 * than those, and more where p lies within a few ranks of an end with a long tail, which moves it (README).
 */
import { regularisedBeta } from "./incomplete-beta.ts";
import { momentsOf } from "./moments.ts";

export interface HarrellDavis {
  readonly estimate: number;
  /** Of the estimate, by the jackknife, in the samples' unit. */
  readonly standardError: number;
}

/** Of a sample of at least two values sorted ascending, 0 < p < 1. */
export function sortedHarrellDavis(sorted: Float64Array, p: number): HarrellDavis {
  const n = sorted.length;
  const estimate = sorted[0]! + dot(weightsOf(n, p), sorted, 0);
  const weights = weightsOf(n - 1, p);
  // Without the lowest value all others move down by one rank; putting back what lies below the one left out
  // moves it up again, rank by rank. All of it from the lowest value on, so that a shift changes nothing.
  let without = dot(weights, sorted, 1);
  const influence = sorted.map((value, rank) => {
    if (rank > 0) without -= weights[rank - 1]! * (value - sorted[rank - 1]!);
    return without;
  });
  const { variance } = momentsOf(influence);
  return { estimate, standardError: Math.sqrt(variance / n) * (n - 1) };
}

/** Σ weight × (value − lowest), the weights laid on the values from `first` on. */
function dot(weights: Float64Array, sorted: Float64Array, first: number): number {
  let sum = 0;
  for (let rank = 0; rank < weights.length; rank++) {
    sum += weights[rank]! * (sorted[rank + first]! - sorted[0]!);
  }
  return sum;
}

/** Tails of less than this have no weight. */
const NEGLIGIBLE = 1e-18;

function weightsOf(n: number, p: number): Float64Array {
  const a = (n + 1) * p;
  const b = (n + 1) * (1 - p);
  const weights = new Float64Array(n);
  const centre = Math.floor(n * p);
  outwards(centre, n, a, b, (place, weight) => (weights[centre - 1 - place] = weight));
  outwards(n - centre, n, b, a, (place, weight) => (weights[centre + place] = weight));
  return weights;
}

/** From the centre to an end that lies `ranks` off: both tails are taken where they are small, and precise. */
function outwards(
  ranks: number,
  n: number,
  a: number,
  b: number,
  set: (place: number, weight: number) => void,
): void {
  let tail = regularisedBeta(ranks / n, a, b);
  for (let place = 0; place < ranks && tail > NEGLIGIBLE; place++) {
    const farther = regularisedBeta((ranks - place - 1) / n, a, b);
    set(place, tail - farther);
    tail = farther;
  }
}
