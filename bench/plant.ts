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

const PROBES = [0.2, 0.4] as const;
const MOST_CORRECTIONS = 3;
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
  const [low, high] = [await probe(PROBES[0], measure), await probe(PROBES[1], measure)];
  const ratio = Math.log(high.slowdown / low.slowdown) / Math.log(high.share / low.share);
  const power = Math.min(POWERS.most, Math.max(POWERS.least, Number.isFinite(ratio) ? ratio : 1));
  const planted: Planted[] = [];
  for (const slowdown of wanted) planted.push(await plant(slowdown, low, power, measure));
  return planted;
}

async function plant(
  wanted: number,
  known: Planted,
  power: number,
  measure: MeasureSlowdown,
): Promise<Planted> {
  const distance = ({ slowdown }: Planted): number => Math.abs(slowdown - wanted) / wanted;
  let best: Planted | null = null;
  let last = known;
  for (let correction = 0; correction <= MOST_CORRECTIONS; correction++) {
    const guess = last.share * (wanted / last.slowdown) ** (1 / power);
    last = await probe(Math.min(1, Number(guess.toFixed(4))), measure);
    if (best === null || distance(last) < distance(best)) best = last;
    if (distance(best) <= NEAR) return best;
  }
  if (distance(best!) <= FAR) return best!;
  throw benchError(
    "BENCH_WORK_INVALID",
    `a slowdown of ${wanted} was to be planted, and ${best!.slowdown.toFixed(4)} was measured`,
    { hint: "the machine is too disturbed to measure on; stop what else runs" },
  );
}

/** A measurement that finds next to nothing is noise: it must not send the next guess out of the range. */
async function probe(share: number, measure: MeasureSlowdown): Promise<Planted> {
  return { share, slowdown: Math.max(0.002, await measure(share)) };
}
