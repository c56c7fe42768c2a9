/** The middle and the ends of what many sessions gave, for notes. */
import { summarise } from "../kernels/statistics/index.ts";

/** e.g. `0.012 (0.008–0.031)`: median, least and greatest. */
export function spreadText(values: readonly number[]): string {
  const [least, greatest] = [Math.min(...values), Math.max(...values)];
  return `${figure(medianOf(values))} (${figure(least)}–${figure(greatest)})`;
}

export function medianOf(values: readonly number[]): number {
  return values.length === 1 ? values[0]! : summarise(Float64Array.from(values)).median;
}

/** The least value that at least that share of `values` does not exceed. */
export function quantileOf(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

function figure(value: number): string {
  return value.toLocaleString("en-US", { maximumSignificantDigits: 2 });
}

/** `done` of `total` steps took `elapsedMs`: what the others will take, e.g. `12 min left`. */
export function timeLeft(done: number, total: number, elapsedMs: number): string {
  const seconds = ((elapsedMs / done) * (total - done)) / 1000;
  return seconds < 100 ? `${Math.ceil(seconds)} s left` : `${Math.ceil(seconds / 60)} min left`;
}
