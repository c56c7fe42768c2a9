/**
 * The forks of a bench run: all tasks, and beside each its stored baseline where there is one, take turns in a
 * random order. A fork evaluates the bench file once; an iteration is so many calls of the task. How many is found
 * out once a task, as are warm-up and stretch (`pilot.ts`), and holds for the task and its baseline alike.
 *
 *   calls       as many as make about a millisecond, at most 1,000; one of a task with hooks between its calls
 *   slow tasks  warm-up and samples of a fork take about two seconds each at most, but 20 iterations at least
 */
import type {
  EncodedInput,
  ForkMeasurement,
  MeasureRequest,
  SandboxEngine,
  SandboxProgram,
  SandboxSeed,
} from "../../kernels/sandbox/index.ts";
import { SANDBOX_CAPS } from "../../kernels/sandbox/index.ts";
import type { Random } from "../../runtime/contracts/index.ts";
import { chooseBatch } from "../evidence/batch.ts";
import { runForks } from "../evidence/burst.ts";
import type { FinishedFork } from "../evidence/burst.ts";
import { keptFork } from "../evidence/fork-conditions.ts";
import { planForks } from "../evidence/fork-plan.ts";
import type { PlannedFork, Version } from "../evidence/fork-plan.ts";
import type { MachineReading } from "../evidence/machine-noise.ts";
import { runPilot } from "../evidence/pilot.ts";
import { medianOf } from "../evidence/steadiness.ts";
import { untilStarted } from "../evidence/until-started.ts";
import type { KeptFork } from "../workflow/session-state.ts";
import { ONE_CALL } from "./bench-discovery.ts";
import type { FoundTask } from "./bench-discovery.ts";
import type { BenchJournal, TaskSettings } from "./bench-journal.ts";
import { severalAtATime } from "./several-at-a-time.ts";

/** A task and what it is measured beside. */
export interface Contestant {
  readonly task: FoundTask;
  /** null: nothing is stored, or it is the same program. */
  readonly baseline: SandboxProgram | null;
}

export interface MeasuredTask extends Contestant {
  readonly callsPerIteration: number;
  /** Of both versions; their times are those of iterations. */
  readonly forks: readonly KeptFork[];
}

export interface BenchMeasureRequest {
  readonly contestants: readonly Contestant[];
  /** Iterations a task, over all its forks. */
  readonly runs: number;
  readonly workers: number;
  readonly seed: SandboxSeed;
  readonly random: Random;
}

export interface MeasureListener {
  /** Before each fork. */
  forkStarts(): void;
  /** After each fork. @returns how the machine was since the one that finished before, to be kept with it */
  forkEnds(): MachineReading;
  /** @param done tasks that are calibrated */
  calibrated(done: number, total: number): void;
  /** Iterations. */
  progress(done: number, total: number): void;
}

/** What is known from before a stop; what is found out is added before it has any effect. */
export type MeasureRecord = Pick<BenchJournal, "settings" | "forks" | "hasFork" | "add">;

const ITERATION_NS = 1_000_000;
const MOST_CALLS = 1_000;
const SLOW_NS = 2_000_000_000;
const LEAST_ITERATIONS = 20;
const FIRST_LOOK = 20;
const MOST_STRETCH = 100;

type ForkName = `${Version}/${number}`;

export async function measureTasks(
  request: BenchMeasureRequest,
  engine: SandboxEngine,
  record: MeasureRecord,
  listener: MeasureListener,
  signal: AbortSignal,
): Promise<readonly MeasuredTask[]> {
  const { contestants, runs, workers, random } = request;
  const names = contestants.flatMap(({ baseline }, index): readonly ForkName[] => [
    `candidate/${index}`,
    ...(baseline === null ? [] : ([`baseline/${index}`] as const)),
  ]);
  const plan = planForks(runs, names, random);
  await calibrate(request, plan.iterationsPerFork, engine, record, listener, signal);
  const settingsOf = (index: number): TaskSettings => record.settings(contestants[index]!.task.id)!;
  const batches = contestants.map((_, index) => callsOf(settingsOf(index).calls));
  const measureOf = ({ version: name }: PlannedFork<ForkName>): MeasureRequest => {
    const { version, index } = placeOf(name);
    const { task, baseline } = contestants[index]!;
    const { iterations, warmUpIterations, stretch } = settingsOf(index);
    const program = version === "candidate" ? task.program : baseline!;
    const how = { iterations, warmUpIterations, stretch, batch: batches[index]! };
    return { ...how, program, seed: request.seed, limits: SANDBOX_CAPS };
  };
  const iterationsIn = (forks: readonly PlannedFork<ForkName>[]): number =>
    forks.reduce((sum, fork) => sum + settingsOf(placeOf(fork.version).index).iterations, 0);
  const missing = plan.forks.filter(({ version: name, fork }) => {
    const { version, index } = placeOf(name);
    return !record.hasFork(contestants[index]!.task.id, version, fork);
  });
  const total = iterationsIn(plan.forks);
  const known = total - iterationsIn(missing);
  await runForks(
    { forks: missing, workers, measureOf },
    engine,
    {
      forkStarts: () => listener.forkStarts(),
      progress: (done) => listener.progress(known + done, total),
      async forkFinished(fork: FinishedFork<ForkName>) {
        const { version, index } = placeOf(fork.version);
        const { id } = contestants[index]!.task;
        const kept = keptFork({ ...fork, version }, isSound(fork.measurement), listener.forkEnds());
        await record.add({ kind: "fork_finished", id, fork: kept });
        return undefined;
      },
    },
    signal,
  );
  return contestants.map((contestant, index) => ({
    ...contestant,
    callsPerIteration: settingsOf(index).calls,
    // In the order of the plan, whatever order they ended in.
    forks: record.forks(contestant.task.id).toSorted((left, right) => left.order - right.order),
  }));
}

/** As many tasks at a time as forks will be: what is found out alone on a machine does not hold beside others. */
async function calibrate(
  { contestants, workers, seed }: BenchMeasureRequest,
  iterationsPerFork: number,
  engine: SandboxEngine,
  record: MeasureRecord,
  listener: MeasureListener,
  signal: AbortSignal,
): Promise<void> {
  const missing = contestants.filter(({ task }) => record.settings(task.id) === null);
  let done = contestants.length - missing.length;
  listener.calibrated(done, contestants.length);
  await severalAtATime(missing, workers, async (contestant) => {
    signal.throwIfAborted();
    const settings = await settingsFor(contestant, iterationsPerFork, seed, engine, signal);
    await record.add({ kind: "task_calibrated", id: contestant.task.id, settings });
    listener.calibrated(++done, contestants.length);
  });
}

function callsOf(calls: number): readonly EncodedInput[] {
  return Array.from({ length: calls }, () => ONE_CALL);
}

function placeOf(name: ForkName): { readonly version: Version; readonly index: number } {
  const [version, index] = name.split("/") as [Version, string];
  return { version, index: Number(index) };
}

/** What a task returns is its own affair, and need not be comparable. */
function isSound({ proof }: ForkMeasurement): boolean {
  return proof.every(({ outcome }) => outcome === "returned" || outcome === "incomparable");
}

async function settingsFor(
  { task, baseline }: Contestant,
  iterationsPerFork: number,
  seed: SandboxSeed,
  engine: SandboxEngine,
  signal: AbortSignal,
): Promise<TaskSettings> {
  const { program, callByCall } = task;
  const asked = { program, seed, limits: SANDBOX_CAPS };
  const look = { ...asked, batch: [ONE_CALL], iterations: FIRST_LOOK, warmUpIterations: FIRST_LOOK };
  const { result: first } = await untilStarted(() => engine.measure(look, { signal }));
  const calls = callByCall ? 1 : callsFor(first);
  const batch =
    calls === 1
      ? [ONE_CALL]
      : await chooseBatch({ ...asked, inputs: callsOf(calls), targetNs: ITERATION_NS }, engine, signal);
  const most = mostIterations(first);
  // Hooks between calls are run before an iteration: of several in a row they would all come first.
  const bounds = { iterations: most, stretch: callByCall ? 1 : MOST_STRETCH };
  const programs = baseline === null ? { candidate: program } : { baseline, candidate: program };
  const pilot = await runPilot({ programs, batch, seed, limits: SANDBOX_CAPS }, engine, signal, bounds);
  return { ...pilot, calls: batch.length, iterations: Math.min(iterationsPerFork, most) };
}

function callsFor({ wallNs }: ForkMeasurement): number {
  const calls = Math.floor(ITERATION_NS / medianOf(wallNs));
  return Math.min(MOST_CALLS, Math.max(1, calls || 1));
}

/** By the CPU time, which hooks are in, too. */
function mostIterations({ wallNs, conditions }: ForkMeasurement): number {
  const workNs = ((conditions?.cpuMs ?? 0) * 1e6) / wallNs.length;
  const iterationNs = Math.max(medianOf(wallNs) || 0, workNs);
  return Math.max(LEAST_ITERATIONS, Math.floor(SLOW_NS / Math.max(1, iterationNs)));
}
