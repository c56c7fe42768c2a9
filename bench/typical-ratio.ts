/**
 * How much longer one version typically takes than another: the ratio of medians (over forks) of medians
 * (over iterations), forks of both taking turns. What disturbs a machine moves a mean, and hardly a median;
 * this is how a slowdown is calibrated, while sessions decide on fork means as they always do.
 */
import { availableParallelism } from "node:os";
import { openPool } from "../kernels/pool/index.ts";
import { generateInputs, isolateEngine, SANDBOX_CAPS } from "../kernels/sandbox/index.ts";
import type { EncodedInput, SandboxEngine, SandboxProgram, SandboxSeed } from "../kernels/sandbox/index.ts";
import { bundleFunction } from "../kernels/syntax/index.ts";
import { systemClock } from "../runtime/contracts/index.ts";
import { benchError } from "./errors.ts";
import { medianOf } from "./spread.ts";

export interface RatioRequest {
  /** `path#export`, absolute. */
  readonly baseline: string;
  readonly inputs: string;
  /** Of the inputs. */
  readonly seed: number;
  /** Forks a version. */
  readonly forks: number;
}

const ITERATIONS = 500;
const WARM_UP_ITERATIONS = 200;

/** @returns the ratio of a candidate (`path#export`) to the baseline. */
export type TypicalRatio = (candidate: string) => Promise<number>;

/** @throws BENCH_WORK_INVALID when an iteration failed; BENCH_INTERRUPTED. */
export async function openTypicalRatio(request: RatioRequest, signal: AbortSignal): Promise<TypicalRatio> {
  const seed: SandboxSeed = { random: request.seed, epochMs: 1_700_000_000_000 };
  const engine = await isolateEngine({ workers: availableParallelism() });
  const baseline = await programOf(request.baseline);
  const batch = await inputsOf(request.inputs, seed);
  return async (candidate) => {
    const versions = [baseline, await programOf(candidate)] as const;
    const times: readonly [number[], number[]] = [[], []];
    const waiting = Array.from({ length: 2 * request.forks }, (_, index) => turn(index)).reverse();
    const work = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        times[next].push(await typicalTime(engine, versions[next], batch, seed, signal));
      }
    };
    await Promise.all(Array.from({ length: availableParallelism() }, work));
    return medianOf(times[1]) / medianOf(times[0]);
  };
}

/** 0 1 1 0 0 1 1 0 …: neither version is always the first of a pair. */
function turn(index: number): 0 | 1 {
  return index % 4 === 1 || index % 4 === 2 ? 1 : 0;
}

async function programOf(reference: string): Promise<SandboxProgram> {
  const cut = reference.lastIndexOf("#");
  const ref = { file: reference.slice(0, cut), exportName: reference.slice(cut + 1) };
  return await bundleFunction({ ref, source: null });
}

async function inputsOf(generator: string, seed: SandboxSeed): Promise<readonly EncodedInput[]> {
  const pool = openPool({ workers: 1, clock: systemClock });
  try {
    const program = await programOf(generator);
    return await generateInputs(pool, { program, count: 1, seed, limits: SANDBOX_CAPS });
  } finally {
    await pool.close();
  }
}

async function typicalTime(
  engine: SandboxEngine,
  program: SandboxProgram,
  batch: readonly EncodedInput[],
  seed: SandboxSeed,
  signal: AbortSignal,
): Promise<number> {
  if (signal.aborted) throw benchError("BENCH_INTERRUPTED", "the bench was interrupted");
  const shared = { iterations: ITERATIONS, warmUpIterations: WARM_UP_ITERATIONS, limits: SANDBOX_CAPS };
  const { wallNs, failures } = await engine.measure({ program, batch, seed, ...shared });
  if (failures > 0) throw benchError("BENCH_WORK_INVALID", `${failures} of ${ITERATIONS} iterations failed`);
  return medianOf([...wallNs]);
}
