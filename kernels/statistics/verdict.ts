/**
 * From p values to verdicts. q is Benjamini–Hochberg over all cases × metrics within each of the three
 * families; a verdict needs q < α in its family, tried in the order regressed, improved (which is stronger
 * than non-inferior), non_inferior. What none of them shows is inconclusive, which is never a pass.
 */
import { benjaminiHochberg } from "./benjamini-hochberg.ts";
import { statisticsError } from "./errors.ts";
import type { ComparisonP } from "./hypotheses.ts";
import { requireProbability } from "./validate.ts";

/** What the figures show of one metric. */
export type MetricVerdict = "regressed" | "improved" | "non_inferior" | "inconclusive";
/** What a session comes to. */
export type Verdict = MetricVerdict | "no_baseline" | "rejected";

/** What is decided about one metric of one case. */
export interface Decision {
  readonly q: ComparisonP;
  readonly verdict: MetricVerdict;
}

/**
 * Give it everything that is decided together, once: adjusting parts one by one adjusts nothing.
 * @returns the comparisons in their order, each with q and verdict
 * @throws STATISTICS_EMPTY, STATISTICS_BAD_ARGUMENT
 */
export function decide<Compared extends { readonly p: ComparisonP }>(
  comparisons: readonly Compared[],
  alpha = 0.05,
): readonly (Compared & Decision)[] {
  requireProbability(alpha, "alpha");
  const regressed = benjaminiHochberg(comparisons.map(({ p }) => p.regressed));
  const nonInferior = benjaminiHochberg(comparisons.map(({ p }) => p.nonInferior));
  const improved = benjaminiHochberg(comparisons.map(({ p }) => p.improved));
  return comparisons.map((comparison, index) => {
    const q = { regressed: regressed[index]!, nonInferior: nonInferior[index]!, improved: improved[index]! };
    return { ...comparison, q, verdict: verdictOf(q, alpha) };
  });
}

function verdictOf(q: ComparisonP, alpha: number): MetricVerdict {
  if (q.regressed < alpha) return "regressed";
  if (q.improved < alpha) return "improved";
  return q.nonInferior < alpha ? "non_inferior" : "inconclusive";
}

const PRECEDENCE: readonly Verdict[] = [
  "rejected",
  "regressed",
  "inconclusive",
  "improved",
  "non_inferior",
  "no_baseline",
];

/** The first of rejected, regressed, inconclusive, improved, non_inferior, no_baseline that is present. @throws STATISTICS_EMPTY */
export function overallVerdict(verdicts: readonly Verdict[]): Verdict {
  const overall = PRECEDENCE.find((verdict) => verdicts.includes(verdict));
  if (overall === undefined) throw statisticsError("STATISTICS_EMPTY", "there is no verdict to combine");
  return overall;
}
