/**
 * The standard normal distribution. The cdf by the incomplete gamma function (Φ(−z) = Q(½, z²/2) / 2), the
 * quantile by Halley's iteration on it from the start of Abramowitz & Stegun 26.2.23 (1964). Relative error
 * of both: 1e-13, down to a tail of 1e-300.
 */
import { regularisedGammaUpper } from "./incomplete-gamma.ts";
import { requireProbability } from "./validate.ts";

const SQRT_2_PI = 2.506_628_274_631_000_7;

/** P(Z ≤ z). */
export function normalCdf(z: number): number {
  const tail = 0.5 * regularisedGammaUpper(0.5, (z * z) / 2);
  return z < 0 ? tail : 1 - tail;
}

/** The z with P(Z ≤ z) = p. @throws STATISTICS_BAD_ARGUMENT unless 0 < p < 1 */
export function normalQuantile(p: number): number {
  requireProbability(p, "p");
  return p > 0.5 ? -lowerQuantile(1 - p) : lowerQuantile(p);
}

function lowerQuantile(p: number): number {
  const t = Math.sqrt(-2 * Math.log(p));
  const top = 2.515517 + t * (0.802853 + t * 0.010328);
  const bottom = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308));
  let z = top / bottom - t;
  // The start is right to 4.5e-4 and Halley's step triples the digits: three steps are one more than needed.
  for (let step = 0; step < 3; step++) {
    const density = Math.exp((-z * z) / 2) / SQRT_2_PI;
    const newton = (normalCdf(z) - p) / density;
    z -= newton / (1 + (z * newton) / 2);
  }
  return z;
}
