/**
 * A seasonal baseline: the median of each phase of a cycle (the hour of the day, the day of the week), and how
 * far values usually lie from it. The robust form of the seasonal means of classical decomposition (R. J.
 * Hyndman & G. Athanasopoulos, Forecasting: Principles and Practice, 3rd ed. 2021, §3.4); that what is left is
 * judged by median and median absolute deviation follows O. Vallis, J. Hochenbaum & A. Kejariwal (HotCloud 2014).
 *
 * The scale is that of a prediction: each value is compared with the median of the other values of its phase,
 * so that a phase with few values does not look quieter than it is. 1.4826 × the median of those distances is
 * the standard deviation of normal values; where more than half of them are 0, 1.253314 × their mean stands
 * in, as for outliers. Up to half of the values of every phase may be arbitrary.
 *
 * Assumes that the cycle is the only change (take a trend off first, by `theilSen`) and that all phases spread
 * alike.
 */
import { statisticsError } from "./errors.ts";
import { meanOf } from "./moments.ts";
import { sortedQuantile } from "./quantile.ts";
import { requireCount, requireSamples, requireThat } from "./validate.ts";

export interface SeasonalRequest {
  readonly samples: Float64Array;
  /** One for each sample: whole numbers from 0, below `phaseCount`. */
  readonly phases: ArrayLike<number>;
  /** Phases in a cycle: 24 for the hours of a day. */
  readonly phaseCount: number;
}

export interface SeasonalBaseline {
  /** Of each phase; null where it has no sample. */
  readonly medians: readonly (number | null)[];
  /** Standard deviation of a new value about the median of its phase; 0 where nothing ever deviates. */
  readonly scale: number;
  /** Sample − median of its phase, in the order of the samples. */
  readonly residuals: Float64Array;
}

/**
 * @throws STATISTICS_EMPTY, STATISTICS_TOO_FEW (no phase holds two samples), STATISTICS_NOT_FINITE,
 *   STATISTICS_BAD_ARGUMENT
 */
export function seasonalMedian(request: SeasonalRequest): SeasonalBaseline {
  const { samples, phases, phaseCount } = request;
  requireSamples(samples, 1, "samples");
  requireCount(phaseCount, 1, "phaseCount");
  requireThat(phases.length === samples.length, "samples and phases differ in length", "phases");
  const groups = Array.from({ length: phaseCount }, (): number[] => []);
  samples.forEach((sample, index) => {
    requirePhase(phases[index]!, phaseCount, `phases[${index}]`);
    groups[phases[index]!]!.push(sample);
  });
  const sorted = groups.map((group) => Float64Array.from(group).sort());
  const medians = sorted.map((group) => (group.length === 0 ? null : sortedQuantile(group, 0.5)));
  const residuals = samples.map((sample, index) => sample - medians[phases[index]!]!);
  return { medians, scale: scaleOf(sorted.flatMap(distancesFromOthers)), residuals };
}

/**
 * How unusual a value is for its phase, in standard deviations; beyond 3.5 in magnitude it counts as an outlier.
 * Without any scale 0 or ±Infinity; null where the phase has no median.
 * @throws STATISTICS_NOT_FINITE, STATISTICS_BAD_ARGUMENT
 */
export function seasonalScore(baseline: SeasonalBaseline, phase: number, value: number): number | null {
  requireSamples(Float64Array.of(value), 1, "value");
  requirePhase(phase, baseline.medians.length, "phase");
  const median = baseline.medians[phase] ?? null;
  if (median === null) return null;
  return value === median ? 0 : (value - median) / baseline.scale;
}

function requirePhase(phase: number, phaseCount: number, location: string): void {
  requireCount(phase, 0, location);
  requireThat(phase < phaseCount, `${location} is ${phase}; there are ${phaseCount} phases`, location);
}

/** Of each value from the median of the others. */
function distancesFromOthers(sorted: Float64Array): number[] {
  if (sorted.length < 2) return [];
  const others = sorted.slice(1);
  return Array.from(sorted, (value, index) => {
    // All but the value itself, still sorted: what was left out before takes its place.
    if (index > 0) others[index - 1] = sorted[index - 1]!;
    return Math.abs(value - sortedQuantile(others, 0.5));
  });
}

function scaleOf(distances: readonly number[]): number {
  if (distances.length === 0) {
    throw statisticsError("STATISTICS_TOO_FEW", "no phase holds two samples, so nothing tells their spread");
  }
  const sorted = Float64Array.from(distances).sort();
  const median = sortedQuantile(sorted, 0.5);
  return median > 0 ? 1.4826 * median : 1.253314 * meanOf(sorted);
}
