/**
 * How surely would a true change be called by its name, and how many forks would that take? For one metric
 * judged alone by `changeP` and `decide`: p < α of the one-sided Welch test against the tolerance.
 *
 * Assumes normal fork means that scatter by the same coefficient of variation in both versions, and equally
 * many forks of each. Given the ratio of both sample variances, Welch's statistic is a noncentral t with
 * 2 (forks − 1) degrees of freedom against a known bound; the power is the mean of its tail over that ratio,
 * which is the exact power of the test (B. K. Moser, G. R. Stevens & C. L. Watts, Communications in Statistics
 * 18, 1989), not that of a t test with assumed degrees of freedom: with fewer than ten forks the difference
 * counts. Absolute error 1e-8.
 *
 * Iterations with coefficient of variation c and intra-fork correlation r, k in a fork, give fork means with
 * c √(r + (1 − r) / k): where r is not small, more iterations do not replace forks.
 */
import { hypothesisOf, type Direction, type Family } from "./hypotheses.ts";
import { noncentralTUpperTail } from "./noncentral-t.ts";
import { studentTQuantile } from "./student-t.ts";
import { requireCount, requireProbability, requireThat, requireTolerance } from "./validate.ts";

export interface PowerQuestion {
  /** The verdict that is hoped for. */
  readonly family: Family;
  readonly direction: Direction;
  /** The true change: mean(candidate) / mean(baseline) − 1, above −1. */
  readonly relDelta: number;
  /** Coefficient of variation of fork means, above 0. */
  readonly cv: number;
  readonly tolerance: number;
  /** Default 0.05. Judged among m comparisons, Benjamini–Hochberg asks for something between α / m and α. */
  readonly alpha?: number;
}

/** More forks than these are not looked into. */
const MOST_FORKS = 100_000;
const NEGLIGIBLE = 1e-10;

/**
 * The chance of that verdict with so many forks a version. Takes a few milliseconds.
 * @throws STATISTICS_BAD_ARGUMENT
 */
export function changePower(question: PowerQuestion, forks: number): number {
  requireQuestion(question);
  requireCount(forks, 2, "forks");
  return powerOf(question, forks);
}

/**
 * The fewest forks a version that reach `power`. Takes some 50 ms.
 * @returns null when 100,000 do not reach it, as when the change does not lie beyond the tolerance
 * @throws STATISTICS_BAD_ARGUMENT
 */
export function forksNeeded(question: PowerQuestion, power: number): number | null {
  requireQuestion(question);
  requireProbability(power, "power");
  let fails = 1;
  let reaches = 2;
  while (powerOf(question, reaches) < power) {
    fails = reaches;
    if (fails >= MOST_FORKS) return null;
    reaches = Math.min(2 * fails, MOST_FORKS);
  }
  while (reaches - fails > 1) {
    const middle = (fails + reaches) >> 1;
    if (powerOf(question, middle) < power) fails = middle;
    else reaches = middle;
  }
  return reaches;
}

function powerOf(
  { family, direction, relDelta, cv, tolerance, alpha = 0.05 }: PowerQuestion,
  forks: number,
): number {
  const { factor, side } = hypothesisOf(family, direction, tolerance);
  const ofCandidate = (1 + relDelta) ** 2;
  const ofBaseline = factor ** 2;
  const contrast = (side === "above" ? 1 : -1) * (1 + relDelta - factor);
  const ncp = (contrast / cv) * Math.sqrt(forks / (ofCandidate + ofBaseline));
  const df = forks - 1;
  return meanOverVarianceRatio(df, (part) => {
    const candidate = 2 * part * ofCandidate;
    const estimated = candidate + 2 * (1 - part) * ofBaseline;
    const share = candidate / estimated;
    const critical = studentTQuantile(1 - alpha, df / (share ** 2 + (1 - share) ** 2));
    return noncentralTUpperTail(critical * Math.sqrt(estimated / (ofCandidate + ofBaseline)), 2 * df, ncp);
  });
}

/**
 * The mean of `value` over the part that one of two equally distributed sample variances has in their sum,
 * Beta(df/2, df/2), by the trapezoidal rule over the logarithm of their ratio.
 */
function meanOverVarianceRatio(df: number, value: (part: number) => number): number {
  const step = 2 / Math.sqrt(df + 15);
  let weights = 0;
  let sum = 0;
  for (const direction of [1, -1]) {
    for (let k = direction > 0 ? 0 : 1; ; k++) {
      const part = 1 / (1 + Math.exp(-direction * k * step));
      const weight = (4 * part * (1 - part)) ** (df / 2);
      if (weight < NEGLIGIBLE) break;
      weights += weight;
      sum += weight * value(part);
    }
  }
  return sum / weights;
}

function requireQuestion({ relDelta, cv, tolerance, alpha = 0.05 }: PowerQuestion): void {
  requireThat(
    relDelta > -1 && Number.isFinite(relDelta),
    `relDelta must be a number above -1; it is ${relDelta}`,
    "relDelta",
  );
  requireThat(cv > 0 && Number.isFinite(cv), `cv must be a positive number; it is ${cv}`, "cv");
  requireTolerance(tolerance);
  requireProbability(alpha, "alpha");
}
