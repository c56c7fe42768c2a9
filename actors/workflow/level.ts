/**
 * Levels: what stands between the code that is measured and the machine. Behaviour is always looked at in `realm`
 * first; the level is where the metrics are measured, and where behaviour is looked at once more.
 *
 *   realm     QuickJS in WebAssembly: counts ticks, the same on every machine
 *   isolate   a disposable child process, sandboxed: time and memory at the speed of the running runtime
 *   trusted   a plain worker thread, no boundary at all: for one's own code, where no process may be started
 *   process   whole commands, each run in a sandbox of its own; of tasks about commands, and of no others
 */
import { actorError } from "../errors.ts";
import type { MetricName, MetricSpec } from "./task.ts";

/** Where a session's metrics are measured. */
export type Level = "realm" | "isolate" | "trusted" | "process";

/** Those that a task about a function can choose from. */
export const LEVELS: readonly Level[] = ["realm", "isolate", "trusted"];

/** A thread has no CPU time and no memory of its own to be told. */
const MEASURED_AT: Readonly<Record<Level, readonly MetricName[]>> = {
  realm: ["ticks"],
  isolate: ["wall_time", "cpu_time", "heap_allocated", "peak_memory"],
  trusted: ["wall_time", "heap_allocated"],
  process: ["wall_time", "cpu_time", "peak_memory"],
};

/** Of a task that says nothing of it: what its metrics need. */
export function levelFor(metrics: readonly Pick<MetricSpec, "name" | "of">[]): Level {
  const measured = metrics.filter(({ of }) => of === undefined);
  return measured.length > 0 && measured.every(({ name }) => name === "ticks") ? "realm" : "isolate";
}

/** The goal of a task that names no metric. */
export function metricOf(level: Level | undefined): MetricName {
  return level === "realm" ? "ticks" : "wall_time";
}

/** A metric of the task's own is counted apart, at any level. @throws TASK_INVALID */
export function requireMeasurable(
  level: Level,
  metrics: readonly Pick<MetricSpec, "name" | "of">[],
  location: string,
): void {
  const told: readonly string[] = MEASURED_AT[level];
  const other = metrics.find(({ name, of }) => of === undefined && !told.includes(name));
  if (other === undefined) return;
  throw actorError(
    "TASK_INVALID",
    `${other.name} is not measured at the level ${level}, which tells ${told.join(", ")}`,
    { location },
  );
}

/**
 * What a reader of the figures should know of where they come from.
 * @param missing of the isolation that was had
 */
export function levelWarnings(level: Level | undefined, missing: readonly string[]): readonly string[] {
  switch (level) {
    case "trusted":
      return [`measured at the level trusted, which is no boundary: ${NO_BOUNDARY}`];
    case "realm":
      return ["ticks count calls and turns of loops, not what happens inside built-in functions"];
    case "process":
      return missing.length === 0 ? [] : [`commands were held without: ${missing.join(", ")}`];
    case "isolate":
    case undefined:
      return [];
  }
}

/** What it means that nothing was enforced. */
export const NO_BOUNDARY =
  "the code ran in a thread of this process, and could reach its memory, the files and the network";
