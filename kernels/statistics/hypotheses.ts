/**
 * The three questions that are asked about a change, each as a one-sided hypothesis on the contrast
 * mean(candidate) − factor × mean(baseline):
 *
 *                                           lower is better          higher is better
 *   regressed     H0 worsening ≤ tolerance     1 + tolerance, above     1 − tolerance, below
 *   nonInferior   H0 worsening ≥ tolerance     1 + tolerance, below     1 − tolerance, above
 *   improved      H0 improvement ≤ tolerance   1 − tolerance, below     1 + tolerance, above
 *
 * The fixed test, the sequential test and the power of the fixed one all ask these.
 */
import type { Tails } from "./welch.ts";

/** Which way is better. */
export type Direction = "lower" | "higher";

/** The p values (in a `Decision`: q values) of the three one-sided questions. */
export interface ComparisonP {
  readonly regressed: number;
  readonly nonInferior: number;
  readonly improved: number;
}

export type Family = keyof ComparisonP;

export interface Hypothesis {
  readonly factor: number;
  /** Where the contrast lies, against 0, when H0 is wrong. */
  readonly side: keyof Tails;
}

export function hypothesisOf(family: Family, direction: Direction, tolerance: number): Hypothesis {
  const worse = direction === "lower" ? 1 : -1;
  const up = family === "regressed" ? worse : -worse;
  const factor = 1 + (family === "improved" ? -worse : worse) * tolerance;
  return { factor, side: up > 0 ? "above" : "below" };
}

/** Every question answered by `pOf`. */
export function ofEveryFamily(
  direction: Direction,
  tolerance: number,
  pOf: (hypothesis: Hypothesis, family: Family) => number,
): ComparisonP {
  const p = (family: Family): number => pOf(hypothesisOf(family, direction, tolerance), family);
  return { regressed: p("regressed"), nonInferior: p("nonInferior"), improved: p("improved") };
}
