/**
 * Outliers by the modified z score 0.6745 (x − median) / MAD, beyond 3.5 in magnitude (B. Iglewicz &
 * D. Hoaglin, How to Detect and Handle Outliers, 1993, ch. 3). Where more than half of the values are equal
 * the MAD is 0 and, as they advise, the mean absolute deviation takes its place: (x − median) /
 * (1.253314 × mean |x − median|). Outliers are flagged and never deleted.
 */
import { meanOf } from "./moments.ts";
import { sortedQuantile } from "./quantile.ts";

export interface Outliers {
  readonly count: number;
  /** Positions in the sample as it was given, ascending. */
  readonly indexes: readonly number[];
}

const LIMIT = 3.5;
const MAD_PER_SIGMA = 0.6745;
const SIGMA_PER_MEAN_DEVIATION = 1.253314;

export function outliersOf(samples: Float64Array, median: number): Outliers {
  const deviations = samples.map((value) => Math.abs(value - median));
  const mad = sortedQuantile(deviations.toSorted(), 0.5);
  const sigma = mad > 0 ? mad / MAD_PER_SIGMA : SIGMA_PER_MEAN_DEVIATION * meanOf(deviations);
  const indexes: number[] = [];
  deviations.forEach((deviation, index) => {
    if (deviation > LIMIT * sigma) indexes.push(index);
  });
  return { count: indexes.length, indexes };
}
