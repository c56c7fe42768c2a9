/**
 * One metric of two versions that is counted and not sampled: every run of a version gives the same figure, so
 * there is nothing to infer. What is asked is what `comparison.ts` asks; the answer is known, and p is 0 or 1. Equal
 * counts are not worse whatever the tolerance, also where it is 0.
 */
import type { Kernel } from "../../runtime/contracts/index.ts";
import { compareMetric } from "./comparison.ts";
import type { CompareRequest, MetricComparison } from "./comparison.ts";
import { statisticsError } from "./errors.ts";
import type { ComparisonP } from "./hypotheses.ts";

/**
 * @throws as `compareMetric`; STATISTICS_BAD_ARGUMENT where the figures of one version differ: then they are samples
 */
export function compareCounts(request: CompareRequest): MetricComparison {
  const before = countOf(request.baseline, "baseline");
  const after = countOf(request.candidate, "candidate");
  const { direction, tolerance } = request;
  const worsening = direction === "lower" ? after - before : before - after;
  const p = countedP(worsening, tolerance * Math.abs(before));
  return { ...compareMetric(request), test: "count", p, ci99: null };
}

export const compareCountsKernel: Kernel<CompareRequest, MetricComparison> = {
  name: "statistics.compareCounts",
  module: import.meta.url,
  export: "compareCounts",
};

function countOf(forks: readonly Float64Array[], location: string): number {
  const count = forks[0]?.[0] ?? Number.NaN;
  if (forks.every((fork) => fork.every((value) => value === count))) return count;
  throw statisticsError("STATISTICS_BAD_ARGUMENT", `the counts of the ${location} are not all equal`);
}

function countedP(worsening: number, allowed: number): ComparisonP {
  const shown = (claim: boolean): number => (claim ? 0 : 1);
  return {
    regressed: shown(worsening > allowed),
    nonInferior: shown(worsening <= allowed),
    improved: shown(-worsening > allowed),
  };
}
