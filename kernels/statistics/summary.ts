/** One sample in figures: what is reported of every metric, never what is decided on. */
import { momentsOf, type Moments } from "./moments.ts";
import { outliersOf, type Outliers } from "./outliers.ts";
import { sortedQuantile, sortedQuantileInterval, type Interval } from "./quantile.ts";
import { studentTQuantile } from "./student-t.ts";
import { requireSamples } from "./validate.ts";

export interface Summary {
  readonly n: number;
  readonly mean: number;
  /** With n − 1 in the denominator. */
  readonly stdDev: number;
  readonly min: number;
  readonly median: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  /** 99 % intervals: the mean's by Student's t, the quantiles' by order statistics, null where n is too small. */
  readonly ci99: {
    readonly mean: Interval;
    readonly median: Interval | null;
    readonly p95: Interval | null;
    readonly p99: Interval | null;
  };
  readonly outliers: Outliers;
}

/** @throws STATISTICS_EMPTY, STATISTICS_TOO_FEW (below 2), STATISTICS_NOT_FINITE */
export function summarise(samples: Float64Array): Summary {
  requireSamples(samples, 2, "samples");
  const moments = momentsOf(samples);
  const sorted = samples.toSorted();
  const median = sortedQuantile(sorted, 0.5);
  return {
    n: moments.n,
    mean: moments.mean,
    stdDev: Math.sqrt(moments.variance),
    min: sorted[0]!,
    median,
    p95: sortedQuantile(sorted, 0.95),
    p99: sortedQuantile(sorted, 0.99),
    max: sorted[sorted.length - 1]!,
    ci99: {
      mean: meanInterval(moments, 0.99),
      median: sortedQuantileInterval(sorted, 0.5, 0.99),
      p95: sortedQuantileInterval(sorted, 0.95, 0.99),
      p99: sortedQuantileInterval(sorted, 0.99, 0.99),
    },
    outliers: outliersOf(samples, median),
  };
}

/** Student's t interval of the mean; n ≥ 2. */
export function meanInterval(moments: Moments, confidence: number): Interval {
  const quantile = studentTQuantile(1 - (1 - confidence) / 2, moments.n - 1);
  const reach = quantile * Math.sqrt(moments.variance / moments.n);
  return [moments.mean - reach, moments.mean + reach];
}
