/**
 * The phi-accrual failure detector (Hayashibara, Défago, Yared, Katayama, 2004): how little is to be expected of a
 * node, by the times between its signs of life. With those times normally distributed, the chance that a sign comes
 * later than now is
 *
 *     P(later) = Q((elapsed − mean) / deviation),    phi = −log10 P(later)
 *
 * So phi 1 is wrong one time in 10, phi 8 one time in 100,000,000. It only suspects; leases decide.
 */

/** @param deviationMs above 0 */
export function phiOf(elapsedMs: number, meanMs: number, deviationMs: number): number {
  return -logTail((elapsedMs - meanMs) / deviationMs) / Math.LN10 + 0;
}

/** The natural logarithm of Q, the upper tail of the standard normal distribution; exact also far out. */
function logTail(z: number): number {
  if (z < 4) return Math.log(0.5 - middle(z));
  // Laplace's continued fraction: Q(z) = density(z) / (z + 1/(z + 2/(z + 3/…))).
  let below = z;
  for (let term = 60; term >= 1; term--) below = z + term / below;
  return -(z * z) / 2 - Math.log(Math.sqrt(2 * Math.PI)) - Math.log(below);
}

/** The part of the distribution between 0 and z, by its series; below −8 there is no more than a half. */
function middle(z: number): number {
  if (z < -8) return -0.5;
  let term = z;
  let sum = z;
  for (let odd = 3; Math.abs(term) > 1e-17 * Math.abs(sum); odd += 2) {
    term *= (z * z) / odd;
    sum += term;
  }
  return (sum * Math.exp(-(z * z) / 2)) / Math.sqrt(2 * Math.PI);
}

const WINDOW = 100;

/** Of one node. Times are monotonic milliseconds of the observer. */
export class PhiAccrual {
  readonly #leastDeviationMs: number;
  /** The newest intervals, in a ring. */
  readonly #intervals: number[];
  #next = 0;
  #lastAt: number;

  /** @param expectedMs the interval to begin with, @param leastDeviationMs so that one that is always in time may be late */
  constructor(at: number, expectedMs: number, leastDeviationMs: number) {
    this.#lastAt = at;
    this.#leastDeviationMs = leastDeviationMs;
    this.#intervals = [expectedMs];
  }

  heartbeat(at: number): void {
    const interval = at - this.#lastAt;
    this.#lastAt = at;
    if (this.#intervals.length < WINDOW) this.#intervals.push(interval);
    else this.#intervals[this.#next++ % WINDOW] = interval;
  }

  phi(at: number): number {
    const count = this.#intervals.length;
    const mean = this.#intervals.reduce((sum, interval) => sum + interval, 0) / count;
    const variance = this.#intervals.reduce((sum, interval) => sum + (interval - mean) ** 2, 0) / count;
    return phiOf(at - this.#lastAt, mean, Math.max(Math.sqrt(variance), this.#leastDeviationMs));
  }
}
