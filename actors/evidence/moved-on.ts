/**
 * A version that still drifts while it is timed leaves open where it would end. Its verdict stands all the same
 * where it would be the same had the version drifted on once more as it did from the first half of its
 * iterations to the second: warm-up slows down as it goes, so what is to come is no more than what came last.
 *
 *     half        first   second    the next
 *     takes       1       1 + d     (1 + d)²         d: median drift of the version's forks
 *
 * A fork's mean is then that of the next half, and not of the first two. What is decided twice alike can raise no
 * more alarms than what is decided once.
 */
import { driftOf } from "./fork-conditions.ts";
import type { Version } from "./fork-plan.ts";
import { medianOf } from "./steadiness.ts";
import type { KeptFork } from "../workflow/session-state.ts";

/** The forks as if both versions had drifted on. */
export function movedOn(forks: readonly KeptFork[]): readonly KeptFork[] {
  const factors: Readonly<Record<Version, number>> = {
    baseline: factorOf(forks, "baseline"),
    candidate: factorOf(forks, "candidate"),
  };
  return forks.map((fork) => ({ ...fork, wallNs: fork.wallNs.map((ns) => ns * factors[fork.version]) }));
}

function factorOf(forks: readonly KeptFork[], version: Version): number {
  const drifts = Float64Array.from(
    forks.filter((fork) => fork.version === version),
    driftOf,
  );
  const drift = drifts.length === 0 ? 0 : medianOf(drifts);
  return (1 + drift) ** 2 / (1 + drift / 2);
}
