/**
 * How much of its input a version must work on twice to be slower by a wanted amount, found by measuring:
 * extra time grows as a power of the share (1 for a linear function, 2 for a quadratic one), so two points
 * give the curve, and each further measurement corrects the last guess along it.
 */
import { benchError } from "./errors.ts";

export interface Planted {
  readonly share: number;
  /** As measured with this share. */
  readonly slowdown: number;
}

/** The slowdown of a version with this share, by a run that is long enough to trust. */
export type MeasureSlowdown = (share: number) => Promise<number>;

const PROBES = [0.2, 0.5] as const;
const MOST_CORRECTIONS = 4;
/** Near enough to stop correcting, and far enough to give up: of the wanted slowdown. */
const NEAR = 0.05;
const FAR = 0.2;
/** Powers that a disturbed pair of probes may suggest, but no function has. */
const POWERS = { least: 0.7, most: 3 } as const;

/** @throws BENCH_WORK_INVALID when the measured slowdown stays more than a fifth away from a wanted one. */
export async function plantAll(
  wanted: readonly number[],
  measure: MeasureSlowdown,
): Promise<readonly Planted[]> {
  const known: Planted[] = [];
  for (const share of PROBES) known.push(await probe(share, measure));
  const planted: Planted[] = [];
  for (const slowdown of wanted) planted.push(await plant(slowdown, known, measure));
  return planted;
}

/** @param known is added to: what was measured for one wanted slowdown serves the next. */
async function plant(wanted: number, known: Planted[], measure: MeasureSlowdown): Promise<Planted> {
  for (let correction = 0; correction <= MOST_CORRECTIONS; correction++) {
    const nearest = nearestOf(wanted, known);
    if (distance(nearest, wanted) <= NEAR) return nearest;
    const guess = nearest.share * (wanted / nearest.slowdown) ** (1 / powerOf(known));
    known.push(await probe(Math.min(1, Number(guess.toFixed(4))), measure));
  }
  const nearest = nearestOf(wanted, known);
  if (distance(nearest, wanted) <= FAR) return nearest;
  throw benchError(
    "BENCH_WORK_INVALID",
    `a slowdown of ${wanted} was to be planted, and ${nearest.slowdown.toFixed(4)} was measured`,
    { hint: "the machine is too disturbed to measure on; stop what else runs" },
  );
}

function distance({ slowdown }: Planted, wanted: number): number {
  return Math.abs(slowdown - wanted) / wanted;
}

function nearestOf(wanted: number, known: readonly Planted[]): Planted {
  // By ratio: next to nothing is never near.
  const steps = ({ slowdown }: Planted): number => Math.abs(Math.log(slowdown / wanted));
  return known.reduce((best, one) => (steps(one) < steps(best) ? one : best));
}

/** Of the curve through the two last measurements. */
function powerOf(known: readonly Planted[]): number {
  const [before, last] = known.slice(-2) as [Planted, Planted];
  const power = Math.log(last.slowdown / before.slowdown) / Math.log(last.share / before.share);
  return Math.min(POWERS.most, Math.max(POWERS.least, Number.isFinite(power) ? power : 1));
}

/** A measurement that finds next to nothing is noise: it must not send the next guess out of the range. */
async function probe(share: number, measure: MeasureSlowdown): Promise<Planted> {
  return { share, slowdown: Math.max(0.002, await measure(share)) };
}
