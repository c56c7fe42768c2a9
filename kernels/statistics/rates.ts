/**
 * Rates: `events` of `n` independent trials. Confidence is two-sided for intervals, one-sided for bounds.
 * @throws every function: STATISTICS_BAD_ARGUMENT unless n ≥ 1, 0 ≤ events ≤ n (whole), 0 < confidence < 1
 */
import { betaQuantile } from "./incomplete-beta.ts";
import { normalQuantile } from "./normal.ts";
import type { Interval } from "./quantile.ts";
import { requireCount, requireProbability, requireThat } from "./validate.ts";

export interface Rate {
  readonly events: number;
  readonly n: number;
}

/** E. B. Wilson, J. American Statistical Association 22, 1927; without continuity correction. */
export function wilsonInterval(rate: Rate, confidence = 0.99): Interval {
  const { events, n } = requireRate(rate, confidence);
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const share = events / n;
  const middle = share + (z * z) / (2 * n);
  const reach = z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  // At the ends of the range the bound is 0 or 1 exactly, and rounding would leave it beside.
  return [events === 0 ? 0 : (middle - reach) / scale, events === n ? 1 : (middle + reach) / scale];
}

/** Interval of rate(candidate) − rate(baseline): R. G. Newcombe, Statistics in Medicine 17, 1998, method 10. */
export function newcombeInterval(baseline: Rate, candidate: Rate, confidence = 0.99): Interval {
  const [baselineLo, baselineHi] = wilsonInterval(baseline, confidence);
  const [candidateLo, candidateHi] = wilsonInterval(candidate, confidence);
  const before = baseline.events / baseline.n;
  const after = candidate.events / candidate.n;
  const down = Math.hypot(after - candidateLo, baselineHi - before);
  const up = Math.hypot(candidateHi - after, before - baselineLo);
  return [after - before - down, after - before + up];
}

/** Exact one-sided lower bound of the rate: C. J. Clopper & E. S. Pearson, Biometrika 26, 1934. */
export function clopperPearsonLower(rate: Rate, confidence = 0.99): number {
  const { events, n } = requireRate(rate, confidence);
  return events === 0 ? 0 : betaQuantile(1 - confidence, events, n - events + 1);
}

/** Exact one-sided upper bound of the rate; with no event at all, the bound that zero failures give. */
export function clopperPearsonUpper(rate: Rate, confidence = 0.99): number {
  const { events, n } = requireRate(rate, confidence);
  if (events === 0) return zeroFailureBound(n, confidence);
  return events === n ? 1 : betaQuantile(confidence, events + 1, n - events);
}

/** The failure rate that `n` runs without a failure exclude: 1 − (1 − confidence)^(1/n). */
export function zeroFailureBound(n: number, confidence = 0.99): number {
  requireRate({ events: 0, n }, confidence);
  return -Math.expm1(Math.log1p(-confidence) / n);
}

function requireRate(rate: Rate, confidence: number): Rate {
  requireCount(rate.n, 1, "n");
  requireCount(rate.events, 0, "events");
  requireThat(rate.events <= rate.n, `events (${rate.events}) exceed n (${rate.n})`, "events");
  requireProbability(confidence, "confidence");
  return rate;
}
