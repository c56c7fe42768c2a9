/**
 * When a verdict is in doubt: it becomes inconclusive, whatever the tests say. Two rules, fixed before the data.
 * Neither looks at how the versions differ, so none can turn a false alarm into a true one, or favour a side. Only
 * a verdict that is the same had the versions drifted on stands in spite of the second one (moved-on.ts).
 *
 *   noise      the noise label is `unusable`, and the task does not allow that
 *   unsteady   a version still changed while it was timed: the second half of a fork's iterations is off the first
 *              by more than the tolerance (at least 2 %), in the same direction in so many forks that more than
 *              half of all forks would show it (exact one-sided 95 % bound: 15 of 20). Forks of fewer than 100 iterations
 *              show nothing, nor does a difference that the clock cannot tell
 */
import { clopperPearsonLower } from "../../kernels/statistics/index.ts";
import type { Noise, Withheld } from "../workflow/session-document.ts";
import type { KeptFork } from "../workflow/session-state.ts";
import type { MetricSpec, Task } from "../workflow/task.ts";
import { driftOf } from "./fork-conditions.ts";
import type { Version } from "./fork-plan.ts";

const LEAST_DRIFT = 0.02;
const CONFIDENCE = 0.95;

export function withheldFor(
  noise: Noise | null,
  forks: readonly KeptFork[],
  task: Pick<Task, "allowNoise" | "metrics">,
): Withheld | null {
  if (noise?.label === "unusable" && task.allowNoise !== true) return "noise";
  const time = task.metrics.find(({ name }) => name === "wall_time" || name === "cpu_time");
  if (time === undefined) return null;
  const versions: readonly Version[] = ["baseline", "candidate"];
  return versions.some((version) =>
    drifts(
      forks.filter((fork) => fork.version === version),
      time,
    ),
  )
    ? "unsteady"
    : null;
}

function drifts(forks: readonly KeptFork[], { tolerance }: Pick<MetricSpec, "tolerance">): boolean {
  const least = Math.max(LEAST_DRIFT, tolerance);
  const drift = forks.map(driftOf);
  return [1, -1].some((direction) => {
    const events = drift.filter((change) => change * direction > least).length;
    return events > 0 && clopperPearsonLower({ events, n: drift.length }, CONFIDENCE) > 0.5;
  });
}
