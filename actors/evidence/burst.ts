/**
 * The burst runner: runs the planned forks that are still missing, as many at a time as there are workers,
 * and hands each over as soon as it is finished. A fork that did not start is an infrastructure error: it is
 * run again and counted with the fork. A fork is whole or it is nothing, so a stopped burst loses no more than
 * the forks that were running. When its listener has had enough nothing new is begun; what runs is finished and kept.
 */
import type {
  EncodedInput,
  ForkMeasurement,
  MeasureRequest,
  SandboxEngine,
  SandboxLimits,
  SandboxProgram,
  SandboxSeed,
} from "../../kernels/sandbox/index.ts";
import type { PlannedFork, Version } from "./fork-plan.ts";
import { untilStarted } from "./until-started.ts";
import type { Started } from "./until-started.ts";

export interface BurstRequest {
  readonly programs: Readonly<Partial<Record<Version, SandboxProgram>>>;
  readonly batch: readonly EncodedInput[];
  readonly forks: readonly PlannedFork[];
  readonly iterationsPerFork: number;
  readonly warmUpIterations: number;
  readonly stretch: number;
  readonly seed: SandboxSeed;
  readonly limits: SandboxLimits;
  readonly workers: number;
}

export interface FinishedFork<Name extends string = Version> extends PlannedFork<Name> {
  readonly measurement: ForkMeasurement;
  /** Infrastructure errors: how often its process did not start before. */
  readonly startFailures: number;
}

export interface BurstListener<Name extends string = Version> {
  /** Called before each fork. */
  forkStarts(): void;
  /** Resolves when the fork is kept; the next one of this worker waits for it. `enough`: no other is begun. */
  forkFinished(fork: FinishedFork<Name>): Promise<"enough" | undefined>;
  /** Iterations done in all, finished and running forks. */
  progress(iterations: number): void;
}

export async function runBurst(
  request: BurstRequest,
  engine: SandboxEngine,
  listener: BurstListener,
  signal: AbortSignal,
): Promise<void> {
  const { forks, workers } = request;
  const measureOf = (fork: PlannedFork): MeasureRequest => measureRequest(request, fork);
  await runForks({ forks, workers, measureOf }, engine, listener, signal);
}

export interface ForksRequest<Name extends string> {
  /** In the order in which they are begun. */
  readonly forks: readonly PlannedFork<Name>[];
  readonly workers: number;
  readonly measureOf: (fork: PlannedFork<Name>) => MeasureRequest;
}

/** The same of versions that are each measured in a way of their own. */
export async function runForks<Name extends string>(
  { forks, workers, measureOf }: ForksRequest<Name>,
  engine: SandboxEngine,
  listener: BurstListener<Name>,
  signal: AbortSignal,
): Promise<void> {
  const waiting = [...forks].reverse();
  const running = new Map<PlannedFork<Name>, number>();
  let finished = 0;
  const report = (): void => {
    listener.progress(finished + [...running.values()].reduce((sum, done) => sum + done, 0));
  };
  const runOne = (fork: PlannedFork<Name>): Promise<Started<ForkMeasurement>> =>
    untilStarted(() =>
      engine.measure(measureOf(fork), {
        signal,
        onProgress: (iterations) => {
          // One that is run again starts over; what was said of it is not taken back.
          running.set(fork, Math.max(iterations, running.get(fork) ?? 0));
          report();
        },
      }),
    );
  const work = async (): Promise<void> => {
    for (let fork = waiting.pop(); fork !== undefined; fork = waiting.pop()) {
      signal.throwIfAborted();
      listener.forkStarts();
      const { result: measurement, startFailures } = await runOne(fork);
      const answer = await listener.forkFinished({ ...fork, measurement, startFailures });
      if (answer === "enough") waiting.length = 0;
      running.delete(fork);
      finished += measureOf(fork).iterations;
      report();
    }
  };
  await allOrFirstFailure(Array.from({ length: workers }, work), waiting);
}

/** After a failure nothing new is begun, and nothing is left running behind the caller's back. */
async function allOrFirstFailure(workers: readonly Promise<void>[], waiting: unknown[]): Promise<void> {
  const failures: unknown[] = [];
  const settled = workers.map((worker) =>
    worker.catch((error: unknown) => {
      waiting.length = 0;
      failures.push(error);
    }),
  );
  await Promise.all(settled);
  if (failures.length > 0) throw failures[0];
}

function measureRequest(request: BurstRequest, fork: PlannedFork): MeasureRequest {
  return {
    program: request.programs[fork.version]!,
    batch: request.batch,
    iterations: request.iterationsPerFork,
    warmUpIterations: request.warmUpIterations,
    stretch: request.stretch,
    seed: request.seed,
    limits: request.limits,
  };
}
