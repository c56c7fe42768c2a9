/**
 * `myriad-runtime/bench`: what a bench file imports in place of tinybench. It holds tasks and runs none:
 * `myriad bench <file>` bundles the file for sandboxes, where `inside-bench.ts` stands in for this module.
 */
import { actorError } from "../errors.ts";
import type { MyriadError } from "../../runtime/contracts/index.ts";
import { BenchSurface, nToMs } from "./bench-surface.ts";
import type { BenchTask } from "./bench-surface.ts";

export { formatNumber, mToNs, nToMs } from "./bench-surface.ts";
export type {
  BenchFunction,
  BenchHook,
  BenchOptions,
  BenchResult,
  BenchStatistics,
  BenchSurface,
  BenchTask,
  BenchTaskOptions,
} from "./bench-surface.ts";

/** A list of functions to be timed by `myriad bench`. */
export class Bench extends BenchSurface {
  /** @throws BENCH_NEEDS_MYRIAD: a plain runtime gives no sandboxes */
  run(): Promise<BenchTask[]> {
    return Promise.reject(withoutMyriad());
  }

  /** @throws BENCH_NEEDS_MYRIAD */
  runSync(): BenchTask[] {
    throw withoutMyriad();
  }
}

function withoutMyriad(): MyriadError {
  return actorError("BENCH_NEEDS_MYRIAD", "this bench file was started without Myriad", {
    location: process.argv[1] ?? "",
  });
}

/** tinybench's default clock, in milliseconds. */
export function now(): number {
  return performance.now();
}

/** tinybench's clock, for files that hand it over; `myriad bench` reads a clock of its own. */
export function hrtimeNow(): number {
  return nToMs(Number(process.hrtime.bigint()));
}
