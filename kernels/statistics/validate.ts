/**
 * The gate of this folder: every public estimator passes its input through here, so that what lies behind
 * may assume finite numbers whose squares and cubes do not overflow, and never returns NaN.
 */
import { statisticsError } from "./errors.ts";

/** Cubes of deviations from ten thousand values below this still fit a double. */
const LARGEST_SAMPLE = 1e100;

/** @throws STATISTICS_EMPTY, STATISTICS_TOO_FEW, STATISTICS_NOT_FINITE */
export function requireSamples(samples: Float64Array, least: number, location: string): void {
  if (samples.length === 0)
    throw statisticsError("STATISTICS_EMPTY", `${location} holds no sample`, { location });
  if (samples.length < least) {
    const message = `${location} holds ${samples.length} sample(s), at least ${least} are needed`;
    throw statisticsError("STATISTICS_TOO_FEW", message, { location });
  }
  const index = samples.findIndex((value) => !(Math.abs(value) <= LARGEST_SAMPLE));
  if (index >= 0) {
    const at = `${location}[${index}]`;
    throw statisticsError("STATISTICS_NOT_FINITE", `${at} is ${samples[index]!}`, { location: at });
  }
}

/** @throws STATISTICS_EMPTY, STATISTICS_TOO_FEW, STATISTICS_NOT_FINITE */
export function requireForks(forks: readonly Float64Array[], location: string): void {
  if (forks.length === 0) throw statisticsError("STATISTICS_EMPTY", `${location} has no fork`, { location });
  if (forks.length < 2) {
    const message = `${location} has one fork; the spread between forks needs at least two`;
    throw statisticsError("STATISTICS_TOO_FEW", message, { location });
  }
  forks.forEach((fork, index) => requireSamples(fork, 1, `${location}[${index}]`));
}

/** @throws STATISTICS_EMPTY, STATISTICS_BAD_ARGUMENT */
export function requirePValues(pValues: readonly number[]): void {
  if (pValues.length === 0) throw statisticsError("STATISTICS_EMPTY", "there is no p value to adjust");
  pValues.forEach((p, index) =>
    requireThat(p >= 0 && p <= 1, `p[${index}] is ${p}, outside [0, 1]`, `p[${index}]`),
  );
}

/** An open probability: 0 and 1 are refused. @throws STATISTICS_BAD_ARGUMENT */
export function requireProbability(value: number, name: string): void {
  requireThat(
    value > 0 && value < 1,
    `${name} must lie between 0 and 1, both excluded; it is ${value}`,
    name,
  );
}

/** A relative change that does not matter: 0 up to, not including, 1. @throws STATISTICS_BAD_ARGUMENT */
export function requireTolerance(value: number): void {
  requireThat(value >= 0 && value < 1, `tolerance must lie in [0, 1); it is ${value}`, "tolerance");
}

/** @throws STATISTICS_BAD_ARGUMENT */
export function requireCount(value: number, least: number, name: string): void {
  const fits = Number.isSafeInteger(value) && value >= least;
  requireThat(fits, `${name} must be a whole number of at least ${least}; it is ${value}`, name);
}

/** @throws STATISTICS_BAD_ARGUMENT */
export function requireThat(holds: boolean, message: string, location: string): void {
  if (!holds) throw statisticsError("STATISTICS_BAD_ARGUMENT", message, { location });
}
