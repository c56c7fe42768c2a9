import type { Random } from "./random.ts";

/**
 * Argument lists of `unique`: article numbers as strings. In one list of six, a single entry came in as a
 * number: the rare input on which a careless candidate fails.
 */
export function generate(random: Random, count: number): [(string | number)[]][] {
  return Array.from({ length: count }, (_, index) => {
    const length = index % 20 === 0 ? random.below(3) : 100 + random.below(100);
    const values: (string | number)[] = Array.from({ length }, () => String(random.below(120)));
    if (length > 0 && index % 6 === 1) values[random.below(length)] = random.below(120);
    return [values];
  });
}
