import type { Random } from "./random.ts";

/** Argument lists of arr-union: lists of tags to be joined, with the odd values that its users may pass. */
export function generate(random: Random, count: number): unknown[][] {
  return Array.from({ length: count }, (_, index) => {
    if (index % 25 === 0) return random.pick<unknown[]>([[], ["tag"], [["tag"]], [null, ["tag"]], [[], []]]);
    const lists = Array.from({ length: 2 + random.below(3) }, () => tags(random, 20 + random.below(60)));
    return index % 10 === 0 ? [...lists, "single", undefined, 0, null] : lists;
  });
}

function tags(random: Random, length: number): unknown[] {
  const list: unknown[] = Array.from({ length }, () => tag(random));
  // A hole: indexOf does not see it.
  if (random.below(20) === 0) delete list[random.below(length)];
  return list;
}

function tag(random: Random): unknown {
  if (random.below(50) === 0) return random.pick<unknown>([NaN, -0, 0, undefined, null, "0", true]);
  return `tag-${random.below(300)}`;
}
