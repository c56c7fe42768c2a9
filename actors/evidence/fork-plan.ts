/**
 * The plan of a burst, fixed before the first sample: how many forks a version, how many iterations a fork,
 * and in which order forks of the versions take turns. Equal seeds give equal plans, so a resumed burst
 * knows by (version, fork) what is missing.
 */
import type { Random } from "../../runtime/contracts/index.ts";

export type Version = "baseline" | "candidate";

export interface PlannedFork {
  readonly version: Version;
  readonly fork: number;
  /** Position in the randomised order of all forks. */
  readonly order: number;
}

export interface ForkPlan {
  readonly forksPerVersion: number;
  readonly iterationsPerFork: number;
  readonly forks: readonly PlannedFork[];
}

/** The verdict's tests want at least this many fork means a version. */
export const LEAST_FORKS = 20;
export const MOST_ITERATIONS = 500;

/**
 * 10,000 runs are 20 forks × 500 iterations; more runs are more forks. Each round runs one fork of every
 * version in a random order, so that drift of the machine meets all versions alike.
 */
export function planForks(runs: number, versions: readonly Version[], random: Random): ForkPlan {
  const forksPerVersion = Math.max(LEAST_FORKS, Math.ceil(runs / MOST_ITERATIONS));
  const forks: PlannedFork[] = [];
  for (let fork = 0; fork < forksPerVersion; fork++) {
    const swapped = versions.length > 1 && random.next() < 0.5;
    for (const version of swapped ? versions.toReversed() : versions) {
      forks.push({ version, fork, order: forks.length });
    }
  }
  return { forksPerVersion, iterationsPerFork: Math.ceil(runs / forksPerVersion), forks };
}
