/** Each value once, in the order of first appearance; 1 and "1" are two values. */
export type Tag = string | number;

export function unique(values: readonly Tag[]): Tag[] {
  const result: Tag[] = [];
  for (const value of values) {
    if (!result.includes(value)) result.push(value);
  }
  return result;
}

/** Faster, and wrong: as keys of an object `1` and `"1"` are one, and `__proto__` is none. */
export function uniqueByKey(values: readonly Tag[]): Tag[] {
  const known: Record<string, boolean> = {};
  const result: Tag[] = [];
  for (const value of values) {
    if (known[value]) continue;
    known[value] = true;
    result.push(value);
  }
  return result;
}
