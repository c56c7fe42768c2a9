/**
 * A version that still drifts while it is timed leaves open where it would end. Its verdict stands all the same
 * where it would be the same had the versions drifted on once more as they did from the first half of their
 * iterations to the second, whichever of them: warm-up mostly slows down as it goes. That is a rule of thumb, and no
 * bound: a compiler may take another step at any time.
 *
 *     half        first   second    the next
 *     takes       1       1 + d     (1 + d)²         d: median drift of the version's forks
 *
 * A fork's mean is then that of the next half, and not of the first two. What is decided several times alike can
 * raise no more alarms than what is decided once.
 */
import { driftOf } from "./fork-conditions.ts";
import type { Version } from "./fork-plan.ts";
import { medianOf } from "./steadiness.ts";
import type { KeptFork } from "../workflow/session-state.ts";

type Factors = Readonly<Record<Version, number>>;

/** The forks as if one of the versions had drifted on, or both; nothing where none drifts. */
export function movedOn(forks: readonly KeptFork[]): readonly (readonly KeptFork[])[] {
  const baseline = factorOf(forks, "baseline");
  const candidate = factorOf(forks, "candidate");
  const ways: readonly Factors[] = [
    { baseline, candidate },
    { baseline, candidate: 1 },
    { baseline: 1, candidate },
  ];
  const distinct = new Map(ways.map((factors) => [`${factors.baseline} ${factors.candidate}`, factors]));
  distinct.delete("1 1");
  return [...distinct.values()].map((factors) => forks.map((fork) => moved(fork, factors[fork.version])));
}

/** Its processor's time goes as its time does. */
function moved(fork: KeptFork, factor: number): KeptFork {
  const { conditions, wallNs, cpuMs } = fork;
  return {
    ...fork,
    wallNs: wallNs.map((ns) => ns * factor),
    cpuMs: cpuMs * factor,
    ...(conditions === undefined ? {} : { conditions: { ...conditions, cpuMs: conditions.cpuMs * factor } }),
  };
}

function factorOf(forks: readonly KeptFork[], version: Version): number {
  const drifts = Float64Array.from(
    forks.filter((fork) => fork.version === version),
    driftOf,
  );
  const drift = drifts.length === 0 ? 0 : medianOf(drifts);
  return (1 + drift) ** 2 / (1 + drift / 2);
}
