import type { Random } from "./random.ts";

/** Argument lists of packings: a morning's parcels, none larger than a box; some mornings there are none. */
export function generate(random: Random, count: number): [number[]][] {
  return Array.from({ length: count }, () => {
    const parcels = random.below(20) === 0 ? 0 : 60 + random.below(60);
    return [Array.from({ length: parcels }, () => 1 + random.below(70))];
  });
}
