/**
 * The pilot of a burst: two or three forks a version, thrown away, from which two settings come that hold for every fork
 * of both versions. They are fixed before the first sample, and no fork adapts by itself: a version that warms
 * up later must not be given more iterations than the other one (its heap, its caches and the machine's clock
 * would not be the same), and one that is timed by ones must not stand against one that is timed by tens.
 *
 *   stretch   as many iterations between two looks at the clock as make it 100 times what the clock can tell
 *             (its smallest step, or what an iteration takes that calls nothing), of the fastest version; at
 *             most 100, and no more than make it 1 ms for the slowest. The batch of inputs is as long as an
 *             iteration may be; this is for those that stay short. From the first fork of each version.
 *   warm-up   twice what the fork that takes longest took until it was steady, at least 150 stretches. From two
 *             forks of each version, since V8 compiles in each process as chance has it, with that stretch (the
 *             first ones are among them where nothing is stretched): 500 stretches, or as many more as 150 ms hold,
 *             up to 4,000, since a compiler waits for calls and time and not for iterations. All of them where a
 *             fork was not steady in the end.
 */
import type { ForkMeasurement, SandboxEngine } from "../../kernels/sandbox/index.ts";
import type { BurstRequest } from "./burst.ts";
import { medianOf, steadyAfter } from "./steadiness.ts";
import { untilStarted } from "./until-started.ts";

export interface MeasureSettings {
  readonly warmUpIterations: number;
  readonly stretch: number;
}

const LEAST_PILOT = 500;
const MOST_PILOT = 4_000;
const PILOT_NS = 150_000_000;
/** Of an iteration, about: what is done around its calls. */
const AROUND_NS = 25_000;
export const LEAST_WARM_UP = 150;
const WARM_UP_MARGIN = 2;
const CLOCK_MULTIPLE = 100;
const MOST_STRETCH = 100;
const MOST_STRETCH_NS = 1_000_000;

/** What the settings have to stay within, where a version is slow or its iterations cannot be timed together. */
export interface PilotBounds {
  /** Of a pilot fork, and of a warm-up. */
  readonly iterations: number;
  readonly stretch: number;
}

export async function runPilot(
  request: Pick<BurstRequest, "programs" | "batch" | "seed" | "limits">,
  engine: SandboxEngine,
  signal: AbortSignal,
  most: PilotBounds = { iterations: MOST_PILOT, stretch: MOST_STRETCH },
): Promise<MeasureSettings> {
  const { programs, ...asked } = request;
  const forkOfEach = (iterations: number, stretch: number): Promise<readonly ForkMeasurement[]> =>
    Promise.all(
      Object.values(programs).map(async (program) => {
        const fork = { ...asked, program, iterations, stretch, warmUpIterations: 1 };
        return (await untilStarted(() => engine.measure(fork, { signal }))).result;
      }),
    );
  const first = await forkOfEach(Math.min(most.iterations, LEAST_PILOT), 1);
  const stretch = Math.min(most.stretch, stretchFor(first));
  const length = Math.min(most.iterations, pilotLength(first, stretch));
  const isFirst = stretch === 1 && length === Math.min(most.iterations, LEAST_PILOT);
  const second = isFirst ? first : await forkOfEach(length, stretch);
  const warmUp = warmUpFor([...second, ...(await forkOfEach(length, stretch))]);
  return { warmUpIterations: Math.min(most.iterations, warmUp), stretch };
}

/** @param versions a pilot fork of each, timed one by one */
export function stretchFor(versions: readonly ForkMeasurement[]): number {
  const wanted = Math.max(...versions.map(wantedStretch));
  return Math.min(wanted, ...versions.map(affordableStretch));
}

function pilotLength(versions: readonly ForkMeasurement[], stretch: number): number {
  const slowestNs = Math.max(...versions.map(({ wallNs }) => typicalNs(wallNs)));
  const fitting = Math.floor(PILOT_NS / (stretch * slowestNs + AROUND_NS));
  return Math.min(MOST_PILOT, Math.max(LEAST_PILOT, fitting || 0));
}

/** @param versions pilot forks of each, in stretches */
export function warmUpFor(versions: readonly ForkMeasurement[]): number {
  return Math.max(...versions.map(({ wallNs }) => warmUpOf(wallNs)));
}

function warmUpOf(wallNs: Float64Array): number {
  const took = steadyAfter(wallNs);
  const wanted = took === null ? wallNs.length : WARM_UP_MARGIN * took;
  return Math.min(Math.max(LEAST_WARM_UP, wanted), Math.max(LEAST_PILOT, wallNs.length));
}

function wantedStretch({ wallNs, conditions, failures }: ForkMeasurement): number {
  if (conditions === undefined || failures > 0) return 1;
  const { resolutionNs, overheadNs } = conditions.timer;
  const wanted = (CLOCK_MULTIPLE * Math.max(resolutionNs, overheadNs)) / typicalNs(wallNs);
  return Math.min(MOST_STRETCH, Math.max(1, Math.ceil(wanted)));
}

function affordableStretch({ wallNs }: ForkMeasurement): number {
  return Math.max(1, Math.floor(MOST_STRETCH_NS / typicalNs(wallNs)) || 1);
}

function typicalNs(wallNs: Float64Array): number {
  return medianOf(wallNs.subarray(wallNs.length >> 1));
}
