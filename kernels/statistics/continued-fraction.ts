/**
 * Evaluates b0 + a1/(b1 + a2/(b2 + …)) by the modified Lentz method (W. J. Lentz, Applied Optics 15, 1976;
 * I. J. Thompson & A. R. Barnett, J. Comp. Physics 64, 1986), to full double precision.
 */

const TINY = 1e-300;
/** Ends what does not settle; a few dozen terms are usual. */
const MOST_TERMS = 10_000;

/** @param term sets numerator and denominator of the k-th term, k = 1, 2, … */
export function continuedFraction(first: number, term: (k: number, into: Term) => void): number {
  const next: Term = { numerator: 0, denominator: 0 };
  let value = first === 0 ? TINY : first;
  let c = value;
  let d = 0;
  for (let k = 1; k <= MOST_TERMS; k++) {
    term(k, next);
    d = 1 / awayFromZero(next.denominator + next.numerator * d);
    c = awayFromZero(next.denominator + next.numerator / c);
    value *= c * d;
    if (Math.abs(c * d - 1) <= Number.EPSILON) break;
  }
  return value;
}

export interface Term {
  numerator: number;
  denominator: number;
}

function awayFromZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}
