/**
 * The Page–Hinkley test, value by value (E. S. Page, Biometrika 41, 1954; D. V. Hinkley, Biometrika 58, 1971):
 * with z the value's distance from the level in standard deviations, two sums
 *
 *   up   ← max(0, up + z − δ)        down ← max(0, down − z − δ)
 *
 * raise an alarm when one of them exceeds λ. The allowance δ is half of the smallest change worth finding, the
 * threshold λ trades false alarms for delay. After an alarm the detector starts anew, as if just opened.
 *
 * Level and spread are given, or learned as it goes: then z is the normal score of the value's prediction
 * t statistic (x − mean) / (s √(1 + 1/n)) over the n values so far (D. M. Hawkins, The Statistician 36, 1987).
 * On independent normal values these scores are independent standard normals whatever n is, so the rate of
 * false alarms is that of a known level and does not hang on the length of the warm-up. What hangs on the number
 * of values is the power: a small change soon after the start is learned as the level before it is found.
 *
 * Heavy tails and correlated neighbours raise the rate of false alarms: feed it medians of bursts, not single
 * timings.
 */
import { roundingOf } from "./moments.ts";
import { normalQuantile } from "./normal.ts";
import { studentTUpperTail } from "./student-t.ts";
import { requireCount, requireSamples, requireThat } from "./validate.ts";

export interface DriftOptions {
  /** δ, in standard deviations; default 0.5, which is best for a change of one. At least 0. */
  readonly allowance?: number;
  /** λ, in standard deviations; default 8: with δ = 0.5 a false alarm in 9,500 values. */
  readonly threshold?: number;
  /** The level and its standard deviation where they are known; left out they are learned. */
  readonly reference?: { readonly mean: number; readonly stdDev: number };
  /** Values that only teach the level, where none is given; default 20, at least 2. */
  readonly warmUp?: number;
}

/** Everything the detector knows: plain data that survives JSON. */
export interface DriftState {
  /** Values so far; indexes of alarms count from the first of them. */
  readonly seen: number;
  /** Values since the start or the last alarm, their mean, and their squared deviations from it, summed. */
  readonly learned: number;
  readonly mean: number;
  readonly squares: number;
  readonly up: DriftSum;
  readonly down: DriftSum;
}

export interface DriftSum {
  readonly sum: number;
  /** Index of the value with which the sum last left 0. */
  readonly since: number;
}

export interface Drift {
  readonly direction: "up" | "down";
  /** Of the value that raised the alarm. */
  readonly index: number;
  /** Of the value from which on the level seems to be another: Page's estimate. */
  readonly since: number;
  /** The sum beyond λ; Infinity where a level without any spread was left. */
  readonly statistic: number;
}

const START: DriftState = {
  seen: 0,
  learned: 0,
  mean: 0,
  squares: 0,
  up: { sum: 0, since: 0 },
  down: { sum: 0, since: 0 },
};
/** The t distribution is the normal one long before, and is not computed beyond. */
const MOST_DF = 1e6;
const LEAST_TAIL = 1e-300;

export class PageHinkley {
  readonly #allowance: number;
  readonly #threshold: number;
  readonly #reference: DriftOptions["reference"];
  readonly #warmUp: number;
  #state: DriftState;

  /**
   * @param state what `state` gave earlier, to go on from there with the same options
   * @throws STATISTICS_BAD_ARGUMENT
   */
  constructor(options: DriftOptions = {}, state: DriftState = START) {
    const { allowance = 0.5, threshold = 8, reference, warmUp = 20 } = options;
    requireSettings(allowance, threshold);
    requireCount(warmUp, 2, "warmUp");
    if (reference !== undefined) {
      requireThat(Number.isFinite(reference.mean), `mean is ${reference.mean}`, "reference.mean");
      const spread = reference.stdDev;
      requireThat(spread > 0 && spread < Infinity, `stdDev is ${spread}; it is positive`, "reference.stdDev");
    }
    this.#allowance = allowance;
    this.#threshold = threshold;
    this.#reference = reference;
    this.#warmUp = reference === undefined ? warmUp : 0;
    this.#state = state;
  }

  get state(): DriftState {
    return this.#state;
  }

  /** @returns the alarm that this value raises, or null @throws STATISTICS_NOT_FINITE */
  push(value: number): Drift | null {
    requireSamples(Float64Array.of(value), 1, "value");
    const before = this.#state;
    const index = before.seen;
    const watched = before.learned >= this.#warmUp;
    const z = watched ? this.#score(value) : 0;
    const up = watched ? grown(before.up, z - this.#allowance, index) : before.up;
    const down = watched ? grown(before.down, -z - this.#allowance, index) : before.down;
    const larger = up.sum >= down.sum ? up : down;
    if (larger.sum > this.#threshold) {
      this.#state = { ...START, seen: index + 1 };
      const direction = larger === up ? "up" : "down";
      return { direction, index, since: larger.since, statistic: larger.sum };
    }
    this.#state = { ...learn(before, value), seen: index + 1, up, down };
    return null;
  }

  #score(value: number): number {
    if (this.#reference !== undefined) return (value - this.#reference.mean) / this.#reference.stdDev;
    const { learned, mean, squares } = this.#state;
    const distance = value - mean;
    const rounding = roundingOf(value, mean);
    if (Math.abs(distance) <= rounding) return 0;
    const error = Math.sqrt((squares / (learned - 1)) * (1 + 1 / learned));
    if (error <= rounding) return distance > 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    const tail = studentTUpperTail(Math.abs(distance) / error, Math.min(learned - 1, MOST_DF));
    return -Math.sign(distance) * normalQuantile(Math.max(tail, LEAST_TAIL));
  }
}

/**
 * Values to an alarm on average, when the level lies `shift` standard deviations off from the first value on;
 * with no shift the average time between false alarms. By D. Siegmund's approximation (Sequential Analysis,
 * 1985), within 1 % of the exact figure at the defaults and 7 % for λ ≥ 3, δ ≤ 1, shifts ≤ 2.
 * @throws STATISTICS_BAD_ARGUMENT
 */
export function driftRunLength(allowance: number, threshold: number, shift = 0): number {
  requireSettings(allowance, threshold);
  requireThat(Number.isFinite(shift), `shift is ${shift}`, "shift");
  const rate = oneSidedRate(shift - allowance, threshold) + oneSidedRate(-shift - allowance, threshold);
  return 1 / rate;
}

function oneSidedRate(drift: number, threshold: number): number {
  // 1.166: twice the average overshoot of a normal walk over a far bound.
  const bound = threshold + 1.166;
  if (Math.abs(drift) < 1e-6) return 1 / bound ** 2;
  return (2 * drift ** 2) / (Math.exp(-2 * drift * bound) + 2 * drift * bound - 1);
}

function requireSettings(allowance: number, threshold: number): void {
  requireThat(allowance >= 0 && allowance < Infinity, `allowance is ${allowance}, not ≥ 0`, "allowance");
  requireThat(threshold > 0 && threshold < Infinity, `threshold is ${threshold}, not > 0`, "threshold");
}

function grown(before: DriftSum, push: number, index: number): DriftSum {
  const sum = Math.max(0, before.sum + push);
  return { sum, since: before.sum > 0 ? before.since : index };
}

/** Welford's update (Technometrics 4, 1962): a constant run keeps exactly no squares. */
function learn(state: DriftState, value: number): DriftState {
  const learned = state.learned + 1;
  const distance = value - state.mean;
  const mean = state.mean + distance / learned;
  return { ...state, learned, mean, squares: state.squares + distance * (value - mean) };
}
