/**
 * How many forks a version would settle a comparison, if the change is what it was seen to be.
 *
 * Both deciding hypotheses meet at worsening = tolerance: d is the distance from it, s the standard error now,
 * n the forks now. One side at α = 0.05 with power 0.9 needs d ≥ (z₀.₉₅ + z₀.₉) · s · √(n ÷ n′), so
 * n′ = n · (2.927 · s ÷ d)². A plan, not a promise: s and d are themselves estimates.
 */
import type { ComparisonRow } from "../workflow/session-document.ts";
import type { Pair } from "./report-format.ts";

const Z_POWER = 1.6449 + 1.2816;
const Z_INTERVAL = 2.5758;
/** Past this the answer is a larger machine's week, not advice. */
const MAX_FORKS = 1_000;

/** A multiple of ten above the forks there are; null where more than a thousand would be needed, or none help. */
export function forksThatSettle(row: ComparisonRow): number | null {
  return needed(row, row.relDelta, row.ci99);
}

function needed(row: ComparisonRow, relDelta: number | null, ci99: Pair | null): number | null {
  if (relDelta === null || ci99 === null) return null;
  const worsening = row.direction === "lower" ? relDelta : -relDelta;
  const distance = Math.abs(worsening - row.tolerance);
  const standardError = (ci99[1] - ci99[0]) / 2 / Z_INTERVAL;
  const forks = row.forks * ((Z_POWER * standardError) / distance) ** 2;
  const rounded = Math.ceil(Math.max(forks, row.forks * 1.5) / 10) * 10;
  return rounded <= MAX_FORKS ? rounded : null;
}
