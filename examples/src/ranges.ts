/** Position of the range that holds `value` in sorted, disjoint ranges [from, to); −1 if none does. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export function findRanges(ranges: readonly Range[], values: readonly number[]): number[] {
  const positions = new Array<number>(values.length);
  for (let index = 0; index < values.length; index++) positions[index] = findRange(ranges, values[index]!);
  return positions;
}

function findRange(ranges: readonly Range[], value: number): number {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const range = ranges[middle]!;
    if (value < range.from) high = middle - 1;
    else if (value < range.to) return middle;
    else low = middle + 1;
  }
  return -1;
}
