/**
 * A cheap look at many comparisons first, a full one at those that it did not settle. Both looks are planned
 * before the data and each measures anew, so nothing of the first is in the second.
 *
 *   family                 screen          full look       wrong claims of one comparison
 *   regressed              may not say it  α               ≤ α
 *   nonInferior, improved  α / 5           4 α / 5         ≤ α, the sum of both
 *
 * The level is spent over the looks (K. K. G. Lan & D. L. DeMets, Biometrika 70, 1983) by Bonferroni's
 * inequality, which needs nothing to be known of how the looks depend on each other. A screen can only let
 * pass: a short measurement is the one that a disturbed machine bends most, so nothing is called a regression
 * that a full one has not shown.
 *
 * Each look is decided by `decide` over everything that it holds. The full look's p values are fresh, so which
 * comparisons the screen left to it does not matter to them, and Benjamini–Hochberg keeps its bound α₂ among
 * them; for the share of wrong claims V/R of both looks together, V/R ≤ V₁/R₁ + V₂/R₂, so the bounds add up to α.
 */
import type { ComparisonP } from "./hypotheses.ts";
import { decide, type Decision } from "./verdict.ts";

/** The cheap look at all cases, or the full one at those that it did not settle. */
export type Look = "screen" | "full";

/** The part of α that each look may spend on letting something pass. */
const SHARE_OF_PASSING: Readonly<Record<Look, number>> = { screen: 0.2, full: 0.8 };

/**
 * All comparisons of one look, decided at that look's part of α. The q values are of the spent p values, so
 * they are held against α itself; after a screen q(regressed) is 1.
 * @throws STATISTICS_EMPTY, STATISTICS_BAD_ARGUMENT
 */
export function decideLook<Compared extends { readonly p: ComparisonP }>(
  look: Look,
  comparisons: readonly Compared[],
  alpha = 0.05,
): readonly (Compared & Decision)[] {
  const decisions = decide(
    comparisons.map(({ p }) => ({ p: spent(look, p) })),
    alpha,
  );
  return comparisons.map((comparison, index) => {
    const { q, verdict } = decisions[index]!;
    return { ...comparison, q, verdict };
  });
}

function spent(look: Look, { regressed, nonInferior, improved }: ComparisonP): ComparisonP {
  const passing = (p: number): number => Math.min(1, p / SHARE_OF_PASSING[look]);
  return {
    regressed: look === "screen" ? 1 : regressed,
    nonInferior: passing(nonInferior),
    improved: passing(improved),
  };
}
