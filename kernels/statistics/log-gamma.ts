/**
 * ln Γ and ln B for positive arguments.
 *
 * Above 10 by Stirling's series (Abramowitz & Stegun, Handbook of Mathematical Functions, 1964, 6.1.40),
 * below by the recurrence Γ(x + 1) = xΓ(x). ln B takes the leading terms of the three Stirling formulas
 * together before they are rounded (the arrangement of DiDonato & Morris, ACM TOMS 18, 1992, §3), so that
 * large arguments do not cancel. Absolute error of both: 1e-14 × max(1, |value|).
 */

const STIRLING_FROM = 10;
const LN_SQRT_2_PI = 0.918_938_533_204_672_8;
/** B(2k) / (2k (2k − 1)), k = 1…8: the first term left out is below 1e-16 from 10 on. */
const STIRLING: readonly number[] = [
  1 / 12,
  -1 / 360,
  1 / 1260,
  -1 / 1680,
  1 / 1188,
  -691 / 360_360,
  1 / 156,
  -3617 / 122_400,
];

/** ln Γ(x), x > 0. */
export function logGamma(x: number): number {
  let product = 1;
  let shifted = x;
  while (shifted < STIRLING_FROM) {
    product *= shifted;
    shifted += 1;
  }
  return (
    (shifted - 0.5) * Math.log(shifted) - shifted + LN_SQRT_2_PI + remainder(shifted) - Math.log(product)
  );
}

/** ln B(a, b) = ln Γ(a) + ln Γ(b) − ln Γ(a + b), a and b > 0. */
export function logBeta(a: number, b: number): number {
  const small = Math.min(a, b);
  const large = Math.max(a, b);
  if (large < STIRLING_FROM) return logGamma(small) + logGamma(large) - logGamma(small + large);
  const correction = remainder(large) - remainder(small + large);
  const share = Math.log1p(-small / (small + large));
  if (small < STIRLING_FROM) {
    return logGamma(small) + correction + small - small * Math.log(small + large) + (large - 0.5) * share;
  }
  const bends = (small - 0.5) * Math.log(small / (small + large)) + large * share;
  return LN_SQRT_2_PI - 0.5 * Math.log(large) + correction + remainder(small) + bends;
}

/** What Stirling's leading terms lack of ln Γ(x), x ≥ 10. */
function remainder(x: number): number {
  const inverseSquare = 1 / (x * x);
  let sum = 0;
  for (let k = STIRLING.length - 1; k >= 0; k--) sum = sum * inverseSquare + STIRLING[k]!;
  return sum / x;
}
