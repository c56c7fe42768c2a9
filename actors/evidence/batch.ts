/**
 * The batch: the inputs that one iteration calls the function with, the same for both versions and for every
 * iteration. As many as keep an iteration near its target time, so that a slow function does not make ten
 * thousand iterations last for hours, and a fast one is well above the timer's resolution.
 */
import type {
  EncodedInput,
  SandboxEngine,
  SandboxLimits,
  SandboxProgram,
  SandboxSeed,
} from "../../kernels/sandbox/index.ts";
import { untilStarted } from "./until-started.ts";

export interface BatchRequest {
  readonly program: SandboxProgram;
  readonly inputs: readonly EncodedInput[];
  readonly targetNs: number;
  readonly seed: SandboxSeed;
  readonly limits: SandboxLimits;
}

const LEAST_INPUTS = 8;
const CALIBRATION_ITERATIONS = 20;
const CALIBRATION_WARM_UP = 20;

/** A prefix of `inputs` (they are shuffled already), at least eight of them where there are as many. */
export async function chooseBatch(
  request: BatchRequest,
  engine: SandboxEngine,
  signal: AbortSignal,
): Promise<readonly EncodedInput[]> {
  const { program, inputs, seed, limits } = request;
  const calibration = {
    program,
    batch: inputs,
    iterations: CALIBRATION_ITERATIONS,
    warmUpIterations: CALIBRATION_WARM_UP,
    seed,
    limits,
  };
  const { result: measured } = await untilStarted(() => engine.measure(calibration, { signal }));
  const typicalNs = measured.wallNs.toSorted()[CALIBRATION_ITERATIONS >> 1]!;
  // NaN: most iterations over all inputs broke a limit, so as few as there may be.
  const fitting = Number.isNaN(typicalNs)
    ? LEAST_INPUTS
    : Math.floor((inputs.length * request.targetNs) / Math.max(1, typicalNs));
  return inputs.slice(0, Math.max(LEAST_INPUTS, fitting));
}
