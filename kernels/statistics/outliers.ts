/**
 * What lies far from the rest, by two rules. Neither deletes anything: outliers are named and counted like all else.
 *
 * `outliersOf`, for few values such as fork means: by the modified z score 0.6745 (x − median) / MAD, beyond 3.5 in
 * magnitude (B. Iglewicz & D. Hoaglin, How to Detect and Handle Outliers, 1993, ch. 3). Where more than half of the
 * values are equal the MAD is 0 and, as they advise, the mean absolute deviation takes its place: (x − median) /
 * (1.253314 × mean |x − median|).
 *
 * `outlierClasses`, for many values such as iterations: by the fences of J. W. Tukey (Exploratory Data Analysis,
 * 1977, ch. 2), mild beyond 1.5 interquartile ranges outside the quartiles and severe beyond 3, as Criterion.rs has
 * them. Of normal values 0.7 % are mild and 0.0002 % severe; of timings, whose tail is long, more.
 */
import { meanOf } from "./moments.ts";
import { sortedQuantile } from "./quantile.ts";
import { requireSamples } from "./validate.ts";

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

export type OutlierClass = "lowSevere" | "lowMild" | "highMild" | "highSevere";

export interface OutlierClasses {
  /** A value on a fence is none. */
  readonly counts: Readonly<Record<OutlierClass, number>>;
  /** Where each class begins. */
  readonly fences: Readonly<Record<OutlierClass, number>>;
}

const MILD_RANGES = 1.5;
const SEVERE_RANGES = 3;

/**
 * Where more than half of the values are equal both quartiles are that value: all else is severe, by definition.
 * @param samples in any order
 * @throws STATISTICS_EMPTY, STATISTICS_NOT_FINITE
 */
export function outlierClasses(samples: Float64Array): OutlierClasses {
  requireSamples(samples, 1, "samples");
  const fences = fencesOf(samples.toSorted());
  const counts = { lowSevere: 0, lowMild: 0, highMild: 0, highSevere: 0 };
  for (const value of samples) {
    if (value < fences.lowSevere) counts.lowSevere++;
    else if (value < fences.lowMild) counts.lowMild++;
    else if (value > fences.highSevere) counts.highSevere++;
    else if (value > fences.highMild) counts.highMild++;
  }
  return { counts, fences };
}

function fencesOf(sorted: Float64Array): OutlierClasses["fences"] {
  const [lower, upper] = [sortedQuantile(sorted, 0.25), sortedQuantile(sorted, 0.75)];
  const range = upper - lower;
  return {
    lowSevere: lower - SEVERE_RANGES * range,
    lowMild: lower - MILD_RANGES * range,
    highMild: upper + MILD_RANGES * range,
    highSevere: upper + SEVERE_RANGES * range,
  };
}
