/**
 * Welch's test of means with unequal variances (B. L. Welch, Biometrika 34, 1947; degrees of freedom by
 * F. E. Satterthwaite, Biometrics Bulletin 2, 1946), in the form of a linear contrast
 * mean(candidate) − factor × mean(baseline), which with factor 1 is the usual test.
 *
 * Without any variance the answer is exact: the contrast is known, and p is 0 or 1. At a contrast of
 * exactly 0 neither side is shown, so both p are 1.
 */
import { momentsOf, roundingOf, type Moments } from "./moments.ts";
import { studentTUpperTail } from "./student-t.ts";
import { requireSamples } from "./validate.ts";

export interface Contrast {
  readonly estimate: number;
  /** Exactly 0 when what spread there is comes from rounding alone. */
  readonly standardError: number;
  readonly df: number;
}

export interface Tails {
  /** p of H0 "the contrast is ≤ 0". */
  readonly above: number;
  /** p of H0 "the contrast is ≥ 0". */
  readonly below: number;
}

/** What the alternative hypothesis says of the candidate against the baseline. */
export type Alternative = "two-sided" | "greater" | "less";

export interface WelchResult {
  /** ±Infinity where both samples are constant and differ. */
  readonly t: number;
  readonly df: number;
  readonly p: number;
}

/** The candidate's mean against the baseline's. @throws STATISTICS_EMPTY, STATISTICS_TOO_FEW, STATISTICS_NOT_FINITE */
export function welchTest(
  baseline: Float64Array,
  candidate: Float64Array,
  alternative: Alternative = "two-sided",
): WelchResult {
  requireSamples(baseline, 2, "baseline");
  requireSamples(candidate, 2, "candidate");
  const contrast = welchContrast(momentsOf(baseline), momentsOf(candidate), 1);
  const { above, below } = contrastTails(contrast);
  const oneSided = alternative === "greater" ? above : below;
  const t = contrast.estimate === 0 ? 0 : contrast.estimate / contrast.standardError;
  const p = alternative === "two-sided" ? Math.min(1, 2 * Math.min(above, below)) : oneSided;
  return { t, df: contrast.df, p };
}

/** mean(candidate) − factor × mean(baseline); both samples hold at least two values. */
export function welchContrast(baseline: Moments, candidate: Moments, factor: number): Contrast {
  const subtracted = factor * baseline.mean;
  const rounding = roundingOf(candidate.mean, subtracted);
  const estimate = candidate.mean - subtracted;
  const ofCandidate = candidate.variance / candidate.n;
  const ofBaseline = (factor * factor * baseline.variance) / baseline.n;
  const standardError = Math.sqrt(ofCandidate + ofBaseline);
  if (standardError <= rounding) {
    const exact = Math.abs(estimate) <= rounding ? 0 : estimate;
    return { estimate: exact, standardError: 0, df: baseline.n + candidate.n - 2 };
  }
  // Shares instead of squared variances: the latter underflow for small units.
  const share = ofCandidate / (ofCandidate + ofBaseline);
  const df = 1 / (share ** 2 / (candidate.n - 1) + (1 - share) ** 2 / (baseline.n - 1));
  return { estimate, standardError, df };
}

export function contrastTails({ estimate, standardError, df }: Contrast): Tails {
  if (standardError === 0) return { above: estimate > 0 ? 0 : 1, below: estimate < 0 ? 0 : 1 };
  const t = estimate / standardError;
  return { above: studentTUpperTail(t, df), below: studentTUpperTail(-t, df) };
}
