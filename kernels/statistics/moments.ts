/**
 * Mean and variance of a non-empty sample: a compensated sum (A. Neumaier, ZAMM 54, 1974), then a second
 * pass over the deviations with the correction of Chan, Golub & LeVeque (The American Statistician 37, 1983).
 * A constant sample has exactly its value as mean and exactly 0 as variance.
 */
export interface Moments {
  readonly n: number;
  readonly mean: number;
  /** With n − 1 in the denominator; 0 for a single value. */
  readonly variance: number;
}

export function momentsOf(samples: Float64Array): Moments {
  const n = samples.length;
  const first = samples[0]!;
  if (samples.every((value) => value === first)) return { n, mean: first, variance: 0 };
  const mean = meanOf(samples);
  let squares = 0;
  let rest = 0;
  for (let index = 0; index < n; index++) {
    const deviation = samples[index]! - mean;
    squares += deviation * deviation;
    rest += deviation;
  }
  return { n, mean, variance: (squares - (rest * rest) / n) / (n - 1) };
}

/** Two computed quantities of these magnitudes that lie closer than this differ by rounding alone. */
export function roundingOf(left: number, right: number): number {
  return 8 * Number.EPSILON * (Math.abs(left) + Math.abs(right));
}

export function meanOf(samples: Float64Array): number {
  let sum = 0;
  let lost = 0;
  for (let index = 0; index < samples.length; index++) {
    const value = samples[index]!;
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return (sum + lost) / samples.length;
}
