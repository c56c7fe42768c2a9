import { requirePValues } from "./validate.ts";

/**
 * Adjusted p values (q) in the order given: Y. Benjamini & Y. Hochberg, J. Royal Statistical Society B 57,
 * 1995, step-up. Rejecting q < α keeps the false discovery rate below α.
 * @throws STATISTICS_EMPTY, STATISTICS_BAD_ARGUMENT unless every p lies in [0, 1]
 */
export function benjaminiHochberg(pValues: readonly number[]): readonly number[] {
  requirePValues(pValues);
  const falling = pValues.map((p, index) => ({ p, index })).sort((left, right) => right.p - left.p);
  const q = new Array<number>(pValues.length);
  let least = 1;
  falling.forEach(({ p, index }, place) => {
    least = Math.min(least, (p * pValues.length) / (pValues.length - place));
    q[index] = least;
  });
  return q;
}
