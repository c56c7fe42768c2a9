/** What the charts draw, computed from the samples once: iterations, their outliers, fork means and their intervals. */
import { outlierClasses, summarise } from "../../kernels/statistics/index.ts";
import type { OutlierClasses } from "../../kernels/statistics/index.ts";
import type { VersionSamples } from "./report-input.ts";
import type { Pair } from "./report-format.ts";

export interface DrawnVersion {
  readonly version: "baseline" | "candidate";
  readonly label: string;
  readonly unit: string;
  /** All finite iterations, ascending. */
  readonly sorted: Float64Array;
  /** Among all of them, whatever fork they are of. */
  readonly outliers: OutlierClasses;
  /** In run order within their fork, as they were given: what failed is NaN. */
  readonly iterations: readonly Float64Array[];
  readonly forks: readonly DrawnFork[];
  /** Mean of the fork means, and its 99 % interval; null with fewer than two forks. */
  readonly mean: number;
  readonly ci99: Pair | null;
}

export interface DrawnFork {
  /** From 1, in run order. */
  readonly run: number;
  readonly mean: number;
  /** 99 % interval of this fork's mean, its iterations taken as independent; null with fewer than two. */
  readonly ci99: Pair | null;
  /** Among its version's fork means (kernels/statistics/outliers.ts). Shown, never left out. */
  readonly outlier: boolean;
}

/** Versions without a finite sample are left out; at most one of each version, the baseline first. */
export function drawnVersions(samples: readonly VersionSamples[]): readonly DrawnVersion[] {
  return (["baseline", "candidate"] as const)
    .map((version) => samples.find((entry) => entry.version === version))
    .filter((entry) => entry !== undefined)
    .flatMap(drawnVersion);
}

function drawnVersion({ version, label, unit, forks }: VersionSamples): readonly DrawnVersion[] {
  const sorted = sortedIterations(forks);
  if (sorted.length === 0) return [];
  const drawn = forks.map((fork) => fork.filter(Number.isFinite)).flatMap(drawnFork);
  const { mean, ci99, outlying } = meanOf(Float64Array.from(drawn, (fork) => fork.mean));
  const marked = drawn.map((fork, index) => ({ ...fork, outlier: outlying.includes(index) }));
  const outliers = outlierClasses(sorted);
  return [{ version, label, unit, sorted, outliers, iterations: forks, forks: marked, mean, ci99 }];
}

/** A fork of which nothing is left keeps its number, so that the run order stays true. */
function drawnFork(iterations: Float64Array, index: number): readonly Omit<DrawnFork, "outlier">[] {
  if (iterations.length === 0) return [];
  const { mean, ci99 } = meanOf(iterations);
  return [{ run: index + 1, mean, ci99 }];
}

interface Means {
  readonly mean: number;
  readonly ci99: Pair | null;
  /** Positions in the values. */
  readonly outlying: readonly number[];
}

function meanOf(values: Float64Array): Means {
  if (values.length < 2) return { mean: values[0] ?? Number.NaN, ci99: null, outlying: [] };
  const { mean, ci99, outliers } = summarise(values);
  return { mean, ci99: ci99.mean, outlying: outliers.indexes };
}

function sortedIterations(forks: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(forks.reduce((total, fork) => total + fork.length, 0));
  let filled = 0;
  for (const fork of forks) {
    all.set(fork, filled);
    filled += fork.length;
  }
  return all.filter(Number.isFinite).sort();
}

/** The value at rank p, to the nearest: exact enough to draw. `sorted` is not empty. */
export function valueAt(sorted: Float64Array, p: number): number {
  return sorted[Math.round((sorted.length - 1) * p)]!;
}
