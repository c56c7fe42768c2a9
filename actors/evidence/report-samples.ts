/** What the charts draw, computed from the samples once: iterations, fork means and their intervals. */
import { summarise } from "../../kernels/statistics/index.ts";
import type { VersionSamples } from "./report-input.ts";
import type { Pair } from "./report-format.ts";

export interface DrawnVersion {
  readonly version: "baseline" | "candidate";
  readonly label: string;
  readonly unit: string;
  /** All finite iterations, ascending. */
  readonly sorted: Float64Array;
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
}

/** Versions without a finite sample are left out; at most one of each version, the baseline first. */
export function drawnVersions(samples: readonly VersionSamples[]): readonly DrawnVersion[] {
  return (["baseline", "candidate"] as const)
    .map((version) => samples.find((entry) => entry.version === version))
    .filter((entry) => entry !== undefined)
    .map(drawnVersion)
    .filter(({ sorted }) => sorted.length > 0);
}

function drawnVersion({ version, label, unit, forks }: VersionSamples): DrawnVersion {
  const drawn = forks.map((fork) => fork.filter(Number.isFinite)).flatMap(drawnFork);
  const { mean, ci99 } = meanOf(Float64Array.from(drawn, (fork) => fork.mean));
  return { version, label, unit, sorted: sortedIterations(forks), forks: drawn, mean, ci99 };
}

/** A fork of which nothing is left keeps its number, so that the run order stays true. */
function drawnFork(iterations: Float64Array, index: number): readonly DrawnFork[] {
  return iterations.length === 0 ? [] : [{ run: index + 1, ...meanOf(iterations) }];
}

function meanOf(values: Float64Array): { readonly mean: number; readonly ci99: Pair | null } {
  if (values.length < 2) return { mean: values[0] ?? Number.NaN, ci99: null };
  const summary = summarise(values);
  return { mean: summary.mean, ci99: summary.ci99.mean };
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
