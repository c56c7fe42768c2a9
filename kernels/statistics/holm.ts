import { requirePValues } from "./validate.ts";

/**
 * Adjusted p values in the order given: S. Holm, Scandinavian J. of Statistics 6, 1979, step-down Bonferroni.
 * Rejecting adjusted p < α keeps the chance of even one false rejection below α, however the tests depend on
 * each other. Stricter than `benjaminiHochberg`, which bounds the share of false ones among the rejected: for
 * a few claims of which none may be wrong.
 * @throws STATISTICS_EMPTY, STATISTICS_BAD_ARGUMENT unless every p lies in [0, 1]
 */
export function holm(pValues: readonly number[]): readonly number[] {
  requirePValues(pValues);
  const rising = pValues.map((p, index) => ({ p, index })).sort((left, right) => left.p - right.p);
  const adjusted = new Array<number>(pValues.length);
  let greatest = 0;
  rising.forEach(({ p, index }, place) => {
    greatest = Math.max(greatest, Math.min(1, p * (pValues.length - place)));
    adjusted[index] = greatest;
  });
  return adjusted;
}
