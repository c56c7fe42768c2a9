import type { Random } from "./random.ts";

type Movement = { sku: string; change: number };

/** Argument lists of `stockLevels`: whole numbers, so that the order of adding does not round differently. */
export function generate(random: Random, count: number): [Movement[]][] {
  return Array.from({ length: count }, (_, index) => [
    Array.from({ length: index % 20 === 0 ? random.below(2) : 100 + random.below(200) }, () => ({
      sku: `A-${random.below(40)}`,
      change: random.below(21) - 10,
    })),
  ]);
}
