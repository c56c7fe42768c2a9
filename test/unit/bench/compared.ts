import type { ComparedFigures } from "../../../bench/compare-sessions.ts";

export function compared(over: Partial<ComparedFigures> = {}): ComparedFigures {
  return {
    verdict: "non_inferior",
    change: 0.001,
    forkVariation: 0.01,
    iterationVariation: 0.05,
    intraForkCorrelation: 0.02,
    forks: 20,
    iterationsPerFork: 500,
    tolerance: 0.02,
    batch: 12,
    iterationNs: 120_000,
    durationMs: 5_000,
    ...over,
  };
}

/** So many with each verdict. */
export function sessions(
  counts: Readonly<Partial<Record<ComparedFigures["verdict"], number>>>,
): readonly ComparedFigures[] {
  return Object.entries(counts).flatMap(([verdict, count]) =>
    Array.from({ length: count }, () => compared({ verdict: verdict as ComparedFigures["verdict"] })),
  );
}
