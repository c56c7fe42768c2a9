/**
 * When a fork was warm, judged afterwards over all its iterations. Follows Barrett et al. ("Virtual machine
 * warmup blows hot and cold", 2017): what comes last is the level that the rest is held against, a start that is
 * off it is warm-up, and a process may never be steady at all. Medians of windows stand in for their change
 * points, as the windows of Georges, Buytaert and Eeckhout do ("Statistically rigorous Java performance
 * evaluation", 2007): other work on the machine hardly moves them.
 *
 *   windows   25 iterations each, parted from the beginning; what is left at the end is in none
 *   level     the median of the last half's window medians
 *   band      5 % of the level on both sides, or 3 robust standard deviations of the last half where that is more
 *   steady    from the first three windows in a row that lie in the band
 *   never     the last half itself still moves (Mann–Kendall, two-sided 1 %, and its two halves differ by more
 *             than 2 %), or no three windows before it lie in the band, or an iteration failed
 */
export const WINDOW_ITERATIONS = 25;
const WINDOWS_IN_A_ROW = 3;
const LEAST_WINDOWS = 6;
const LEAST_BAND = 0.05;
const BAND_DEVIATIONS = 3;
/** Of normal data: 1 ÷ Φ⁻¹(3/4). */
export const MAD_TO_DEVIATION = 1.4826;
const TREND_Z = 2.576;
const LEAST_TREND = 0.02;

/** @param ns times from the first iteration on. @returns how many of them came before the steady ones; null: never. */
export function steadyAfter(ns: Float64Array): number | null {
  const medians = windowMedians(ns);
  const last = medians.slice(medians.length >> 1);
  if (medians.length < LEAST_WINDOWS || ns.includes(Number.NaN) || moves(last)) return null;
  const level = medianOf(last);
  const spread = MAD_TO_DEVIATION * medianOf(last.map((median) => Math.abs(median - level)));
  const band = Math.max(LEAST_BAND * level, BAND_DEVIATIONS * spread);
  const inBand = Array.from(medians, (median) => Math.abs(median - level) <= band);
  for (let first = 0; first <= medians.length >> 1; first++) {
    const row = inBand.slice(first, first + WINDOWS_IN_A_ROW);
    if (row.every((one) => one)) return first * WINDOW_ITERATIONS;
  }
  return null;
}

export function medianOf(values: Float64Array): number {
  return values.toSorted()[values.length >> 1]!;
}

function windowMedians(ns: Float64Array): Float64Array {
  return Float64Array.from({ length: Math.floor(ns.length / WINDOW_ITERATIONS) }, (_, index) =>
    medianOf(ns.subarray(index * WINDOW_ITERATIONS, (index + 1) * WINDOW_ITERATIONS)),
  );
}

function moves(medians: Float64Array): boolean {
  const middle = medians.length >> 1;
  const change = medianOf(medians.subarray(middle)) / medianOf(medians.subarray(0, middle)) - 1;
  return Math.abs(change) > LEAST_TREND && Math.abs(kendallZ(medians)) > TREND_Z;
}

/** Kendall's S by its standard deviation without a trend, corrected for continuity. */
function kendallZ(values: Float64Array): number {
  const n = values.length;
  const s = values.reduce(
    (sum, value, index) =>
      sum + values.subarray(index + 1).reduce((inner, later) => inner + Math.sign(later - value), 0),
    0,
  );
  return (s - Math.sign(s)) / Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
}
