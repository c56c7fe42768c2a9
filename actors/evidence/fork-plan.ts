/**
 * The plan of a burst, fixed before the first sample: how many forks a version, how many iterations a fork,
 * and in which order forks of the versions take turns. Equal seeds give equal plans, so a resumed burst
 * knows by (version, fork) what is missing.
 */
import type { Random } from "../../runtime/contracts/index.ts";

export type Version = "baseline" | "candidate";

export interface PlannedFork<Name extends string = Version> {
  readonly version: Name;
  readonly fork: number;
  /** Position in the randomised order of all forks. */
  readonly order: number;
}

export interface ForkPlan<Name extends string = Version> {
  readonly forksPerVersion: number;
  readonly iterationsPerFork: number;
  readonly forks: readonly PlannedFork<Name>[];
}

/** The verdict's tests want at least this many fork means a version. */
export const LEAST_FORKS = 20;
export const MOST_ITERATIONS = 500;

export function forksPerVersionOf(runs: number, mostIterations: number = MOST_ITERATIONS): number {
  return Math.max(LEAST_FORKS, Math.ceil(runs / mostIterations));
}

/** Of one fork: commands have blocks in the place of forks. */
export function mostIterationsOf({ commands }: { readonly commands?: unknown }): number {
  return commands === undefined ? MOST_ITERATIONS : BLOCK_RUNS;
}

/** What is counted comes out the same every time: a few runs show that it does, and more would tell nothing. */
const COUNTED: Pick<ForkPlan, "forksPerVersion" | "iterationsPerFork"> = {
  forksPerVersion: 2,
  iterationsPerFork: 2,
};

/** Of a burst that only counts: the same for every task. */
export function planCounts(versions: readonly Version[]): ForkPlan {
  const forks = Array.from({ length: COUNTED.forksPerVersion * versions.length }, (_, order) => ({
    version: versions[order % versions.length]!,
    fork: Math.floor(order / versions.length),
    order,
  }));
  return { ...COUNTED, forks };
}

/**
 * Of a block of commands. Each run is a process of its own, but runs that follow each other share a moment of the
 * machine: the block is the unit, as the fork is of functions, and so short that more runs are more units.
 */
export const BLOCK_RUNS = 10;

/**
 * 10,000 runs are 20 forks × 500 iterations; more runs are more forks. Each round runs one fork of every
 * version in a random order, so that drift of the machine meets all versions alike.
 */
export function planForks<Name extends string = Version>(
  runs: number,
  versions: readonly Name[],
  random: Random,
  mostIterations: number = MOST_ITERATIONS,
): ForkPlan<Name> {
  const forksPerVersion = forksPerVersionOf(runs, mostIterations);
  const forks: PlannedFork<Name>[] = [];
  for (let fork = 0; fork < forksPerVersion; fork++) {
    for (const version of shuffled(versions, random)) forks.push({ version, fork, order: forks.length });
  }
  return { forksPerVersion, iterationsPerFork: Math.ceil(runs / forksPerVersion), forks };
}

/** One draw for two: plans of sessions that were begun before there could be more stay what they were. */
function shuffled<Name>(versions: readonly Name[], random: Random): readonly Name[] {
  const order = [...versions];
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random.next() * (last + 1));
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
