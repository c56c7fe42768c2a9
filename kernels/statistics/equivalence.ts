/**
 * Are two means the same for all purposes, or is one at least not worse? A p value above 0.05 of a test of
 * difference shows neither; these tests turn the burden round. The margin is declared before the data.
 *
 * Two one-sided Welch tests (D. J. Schuirmann, J. Pharmacokinetics and Biopharmaceutics 15, 1987; with unequal
 * variances: O. Dannenberg, H. Dette & A. Munk, Biometrika 81, 1994): equivalence is shown when
 * "at or below the lower margin" and "at or above the upper margin" are both rejected at α, which is when the
 * 1 − 2α interval lies within the margins. The chance of a false claim is at most α, for normal means and
 * nearly so for others.
 *
 * A relative margin is tested as the contrast mean(candidate) − (1 ± margin) × mean(baseline), so that the
 * baseline's noise counts and no ratio is divided (D. Hauschke et al., Statistics in Medicine 18, 1999); its
 * interval holds the relative changes that the same contrasts do not reject (E. C. Fieller, J. Royal
 * Statistical Society B 16, 1954).
 */
import { bisect } from "./bisect.ts";
import { statisticsError } from "./errors.ts";
import { hypothesisOf, type Direction } from "./hypotheses.ts";
import { momentsOf, type Moments } from "./moments.ts";
import type { Interval } from "./quantile.ts";
import { studentTQuantile } from "./student-t.ts";
import { requireSamples, requireThat } from "./validate.ts";
import { contrastTails, welchContrast, type Tails } from "./welch.ts";

/**
 * How far the candidate's mean may lie from the baseline's, on either side: in the samples' own unit, above
 * 0, or as a share of the baseline's mean, between 0 and 1 (0.01 is one percent).
 */
export type Margin = { readonly absolute: number } | { readonly relative: number };

export interface EquivalenceRequest {
  /** Independent values, at least two of each: fork means, not the iterations of a fork. */
  readonly baseline: Float64Array;
  readonly candidate: Float64Array;
  readonly margin: Margin;
  /** Chance of a false claim, below 0.5. Default 0.05. */
  readonly alpha?: number;
}

export interface NonInferiorityRequest extends EquivalenceRequest {
  /** Which way is better. */
  readonly direction: Direction;
}

export interface EquivalenceResult {
  /** The greater p of the two tests. */
  readonly p: number;
  /** p of H0 "the candidate lies at or below the lower margin". */
  readonly lowerP: number;
  /** p of H0 "the candidate lies at or above the upper margin". */
  readonly upperP: number;
  /**
   * 1 − 2α interval of the difference (absolute margin) or of the relative change (relative margin); null
   * when the baseline's mean is not told apart from 0, so that any change would fit.
   */
  readonly interval: Interval | null;
  readonly equivalent: boolean;
}

export interface NonInferiorityResult {
  /** p of H0 "the candidate is worse by the margin or more". */
  readonly p: number;
  /** As of an equivalence test; its end on the worse side is the one that p speaks of. */
  readonly interval: Interval | null;
  readonly nonInferior: boolean;
}

/**
 * @throws STATISTICS_EMPTY, STATISTICS_TOO_FEW, STATISTICS_NOT_FINITE, STATISTICS_BAD_ARGUMENT;
 *   STATISTICS_NEGATIVE_BASELINE with a relative margin
 */
export function equivalenceTest(request: EquivalenceRequest): EquivalenceResult {
  const asked = question(request);
  const lowerP = asked.tailsAt(-1).above;
  const upperP = asked.tailsAt(1).below;
  const p = Math.max(lowerP, upperP);
  return { p, lowerP, upperP, interval: asked.interval(), equivalent: p < asked.alpha };
}

/** One of the two tests alone, that of the worse side. @throws as `equivalenceTest` */
export function nonInferiorityTest(request: NonInferiorityRequest): NonInferiorityResult {
  const asked = question(request);
  const { factor, side } = hypothesisOf("nonInferior", request.direction, 1);
  const p = asked.tailsAt(factor > 1 ? 1 : -1)[side];
  return { p, interval: asked.interval(), nonInferior: p < asked.alpha };
}

interface Question {
  readonly alpha: number;
  /** Of the contrast with the margin on that side. */
  readonly tailsAt: (side: 1 | -1) => Tails;
  readonly interval: () => Interval | null;
}

function question({ baseline, candidate, margin, alpha = 0.05 }: EquivalenceRequest): Question {
  requireSamples(baseline, 2, "baseline");
  requireSamples(candidate, 2, "candidate");
  requireThat(alpha > 0 && alpha < 0.5, `alpha must lie between 0 and 0.5; it is ${alpha}`, "alpha");
  const before = momentsOf(baseline);
  const after = momentsOf(candidate);
  return "absolute" in margin
    ? absoluteQuestion(before, after, margin.absolute, alpha)
    : relativeQuestion(before, after, margin.relative, alpha);
}

function absoluteQuestion(before: Moments, after: Moments, margin: number, alpha: number): Question {
  requireThat(
    margin > 0 && Number.isFinite(margin),
    `an absolute margin must be a positive number; it is ${margin}`,
    "margin",
  );
  const shifted = (by: number): Moments => ({ ...after, mean: after.mean - by });
  return {
    alpha,
    tailsAt: (side) => contrastTails(welchContrast(before, shifted(side * margin), 1)),
    interval: () => {
      const { estimate, standardError, df } = welchContrast(before, after, 1);
      const reach = studentTQuantile(1 - alpha, df) * standardError;
      return [estimate - reach, estimate + reach];
    },
  };
}

function relativeQuestion(before: Moments, after: Moments, margin: number, alpha: number): Question {
  requireThat(
    margin > 0 && margin < 1,
    `a relative margin must lie between 0 and 1; it is ${margin}`,
    "margin",
  );
  if (before.mean < 0) {
    throw statisticsError("STATISTICS_NEGATIVE_BASELINE", `the baseline's mean is ${before.mean}`);
  }
  return {
    alpha,
    tailsAt: (side) => contrastTails(welchContrast(before, after, 1 + side * margin)),
    interval: () => relativeInterval(before, after, alpha),
  };
}

/** A ratio beyond this, or an end that many times as far as the ratio, is told from nothing. */
const FARTHEST = 1e12;

/** The relative changes that neither one-sided test rejects at α. */
function relativeInterval(before: Moments, after: Moments, alpha: number): Interval | null {
  const ratio = after.mean / before.mean;
  const pAt = (factor: number, side: keyof Tails): number =>
    contrastTails(welchContrast(before, after, factor))[side];
  const end = (direction: 1 | -1, side: keyof Tails): number | null => {
    const scale = Math.max(1, Math.abs(ratio));
    for (let step = scale / 1024; step <= FARTHEST * scale; step *= 2) {
      const beyond = ratio + direction * step;
      if (pAt(beyond, side) >= alpha) continue;
      const isWithin = (factor: number): boolean => pAt(factor, side) >= alpha;
      return direction > 0
        ? bisect(isWithin, ratio, beyond)
        : bisect((factor) => !isWithin(factor), beyond, ratio);
    }
    return null;
  };
  if (!(Math.abs(ratio) <= FARTHEST)) return null;
  if (before.variance === 0 && after.variance === 0) return [ratio - 1, ratio - 1];
  const lo = end(-1, "above");
  const hi = end(1, "below");
  return lo === null || hi === null ? null : [lo - 1, hi - 1];
}
