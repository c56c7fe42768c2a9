import type { Random } from "./random.ts";

type Range = { from: number; to: number };

/** Argument lists of `findRanges`: values inside, between, before and behind the ranges, and NaN. */
export function generate(random: Random, count: number): [Range[], number[]][] {
  return Array.from({ length: count }, (_, index) => {
    const ranges: Range[] = [];
    for (let from = random.below(5), size = index % 20 === 0 ? random.below(2) : 50; ranges.length < size; ) {
      const to = from + 1 + random.below(9);
      ranges.push({ from, to });
      from = to + random.below(4);
    }
    const values = Array.from({ length: 300 }, () => random.below(450) / 2 - 3);
    return [ranges, random.below(10) === 0 ? [...values, NaN, -0, Infinity] : values];
  });
}
