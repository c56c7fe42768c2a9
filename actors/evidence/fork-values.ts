/** What a fork tells of a metric: its iterations for wall time and ticks, one figure of the process for all else. */
import { actorError } from "../errors.ts";
import type { KeptFork } from "../workflow/session-state.ts";
import { cpuNsOf } from "./fork-conditions.ts";

/** @throws METRIC_UNKNOWN_HERE */
export function valuesOf(fork: KeptFork, metric: string): Float64Array {
  switch (metric) {
    case "wall_time":
      return fork.wallNs;
    case "cpu_time":
      return Float64Array.of(toldBy(fork, metric, cpuNsOf(fork)));
    case "heap_allocated":
      return Float64Array.of(toldBy(fork, metric, fork.conditions?.allocatedBytes ?? Number.NaN));
    case "peak_memory":
      return Float64Array.of(toldBy(fork, metric, fork.peakMb));
    case "ticks":
      return fork.ticks ?? Float64Array.of(toldBy(fork, metric, Number.NaN));
    default:
      return Float64Array.of(toldBy(fork, metric, Number.NaN));
  }
}

function toldBy({ isolation }: KeptFork, metric: string, value: number): number {
  if (!Number.isNaN(value)) return value;
  throw actorError("METRIC_UNKNOWN_HERE", `${metric} is not told by ${isolation.carrier} on this runtime`);
}
