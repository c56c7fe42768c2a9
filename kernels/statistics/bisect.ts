/**
 * The point in [lo, hi] where `isLeft` turns from true to false, to the last bit that halving can find.
 * Assumes that it turns once. Slow beside Newton's method, and right for every monotone function.
 */
export function bisect(isLeft: (x: number) => boolean, lo: number, hi: number): number {
  let left = lo;
  let right = hi;
  for (;;) {
    const middle = left + (right - left) / 2;
    if (middle <= left || middle >= right) return middle;
    if (isLeft(middle)) left = middle;
    else right = middle;
  }
}
