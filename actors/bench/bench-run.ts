/**
 * A run of bench files:
 *
 *   find        the files are bundled, and say in a sandbox which tasks they make
 *   check       one call of each task, with its hooks; what fails is told, and the others go on
 *   calibrate   calls an iteration, warm-up and stretch of each task
 *   measure     forks of all tasks and of their baselines, in random order
 *   judge       each task against its baseline, and against the reference of its bench
 *   keep        the first baseline of a task, and a better one
 *
 * Nothing is kept before the end, so a run that is stopped leaves nothing behind.
 */
import { resolve } from "node:path";
import { encodeError, seededRandom } from "../../runtime/contracts/index.ts";
import type { Fault, MyriadError } from "../../runtime/contracts/index.ts";
import type { SandboxEngine } from "../../kernels/sandbox/index.ts";
import type { Executor } from "../../runtime/contracts/index.ts";
import { actorError } from "../errors.ts";
import { machineNoiseNow, MachineWatch } from "../evidence/machine-noise.ts";
import { sandboxSeed } from "../generation/task-inputs.ts";
import { documentError } from "../workflow/document.ts";
import { againstOf, baselineFor, keepBaseline, requireTagOfThese } from "./bench-baselines.ts";
import type { BaselineServices, KeptTask } from "./bench-baselines.ts";
import { faultOf, findTasks } from "./bench-discovery.ts";
import type { Found, FoundTask } from "./bench-discovery.ts";
import { emptyBenchDocument } from "./bench-document.ts";
import type { BenchDocument } from "./bench-document.ts";
import { judge } from "./bench-judge.ts";
import type { JudgedTask } from "./bench-judge.ts";
import { measureTasks } from "./bench-measure.ts";
import type { Contestant, MeasuredTask } from "./bench-measure.ts";
import { resultsOf } from "./bench-results.ts";

/** What to measure, and how. */
export interface BenchRequest {
  /** Bench files, relative to `directory` or absolute. */
  readonly files: readonly string[];
  /** What paths, and the names of tasks, are relative to. */
  readonly directory: string;
  /** Iterations a task; default: 4,000, which are 20 forks of 200. */
  readonly runs?: number;
  /** Default: drawn. */
  readonly seed?: number;
  /** Of the ids of tasks; default: all. */
  readonly filter?: RegExp;
  /** A tag, `release` or `current`; default: every task's current baseline. */
  readonly against?: string;
  /** Compare with no baseline, and make what is measured the current one. */
  readonly accept?: boolean;
  /** Give a verdict even where the machine is too noisy for one. */
  readonly allowNoise?: boolean;
}

/** What a run does, in this order. */
export type BenchPhase = "find" | "check" | "calibrate" | "measure" | "judge" | "keep";

/** How far a phase is. */
export interface BenchNote {
  readonly phase: BenchPhase;
  readonly done: number;
  readonly total: number;
  readonly unit: string;
}

/** What a caller may hear of a run, and how to stop it. */
export interface BenchHooks {
  /** Aborting ends the run; nothing of it is kept. */
  readonly signal?: AbortSignal;
  readonly onPhase?: (phase: BenchPhase) => void;
  readonly onProgress?: (note: BenchNote) => void;
}

/** How a run ended. */
export interface BenchEnding {
  readonly document: BenchDocument;
  /** Whose fault it is that a task failed or the run was stopped; null otherwise. */
  readonly fault: Fault | null;
}

export interface BenchHost extends BaselineServices {
  readonly isolate: SandboxEngine;
  readonly executor: Executor;
  readonly workers: number;
  drawSeed(): number;
}

export const DEFAULT_BENCH_RUNS = 4_000;

/**
 * @throws BENCH_FILE_UNREADABLE, BENCH_FILE_FAILED, BENCH_INVALID, BENCH_EMPTY, BASELINE_INCOMPARABLE,
 *   BASELINE_UNKNOWN, BUNDLE_FAILED, BUNDLE_DYNAMIC_IMPORT, INTERRUPTED
 */
export async function runBench(
  request: BenchRequest,
  host: BenchHost,
  hooks: BenchHooks = {},
): Promise<BenchEnding> {
  const signal = hooks.signal ?? new AbortController().signal;
  try {
    signal.throwIfAborted();
    return await new BenchRun(request, host, hooks, signal).toEnd();
  } catch (error) {
    if (signal.aborted) throw stopped();
    throw error;
  }
}

function stopped(): MyriadError {
  return actorError("INTERRUPTED", "the run was interrupted; nothing of it is kept", {
    hint: "start it again",
  });
}

class BenchRun {
  readonly #request: BenchRequest;
  readonly #host: BenchHost;
  readonly #hooks: BenchHooks;
  readonly #signal: AbortSignal;
  readonly #seed: number;
  readonly #begunAt: number;
  /** By task id. */
  readonly #faults = new Map<string, Error>();
  readonly #from = new Map<string, string>();

  constructor(request: BenchRequest, host: BenchHost, hooks: BenchHooks, signal: AbortSignal) {
    this.#request = request;
    this.#host = host;
    this.#hooks = hooks;
    this.#signal = signal;
    this.#seed = request.seed ?? host.drawSeed();
    this.#begunAt = host.clock.monotonic();
  }

  async toEnd(): Promise<BenchEnding> {
    const { executor } = this.#host;
    const found = await this.#find();
    const contestants = await this.#contestants(found.tasks);
    this.#hooks.onPhase?.("calibrate");
    const machine = new MachineWatch();
    const before = machineNoiseNow();
    const measured = await this.#measure(contestants, machine);
    const during = machine.noise();
    this.#hooks.onPhase?.("judge");
    const { allowNoise = false } = this.#request;
    const request = {
      tasks: this.#sound(measured),
      machine: { before, during },
      seed: this.#seed,
      allowNoise,
    };
    const judged = await judge(request, executor, this.#signal);
    this.#signal.throwIfAborted();
    this.#hooks.onPhase?.("keep");
    const kept = await this.#keep(judged.tasks);
    const results = resultsOf({
      found,
      judged,
      kept: kept.tasks,
      faults: this.#faults,
      from: this.#from,
      allowNoise,
    });
    const { environment, clock } = this.#host;
    const document = {
      ...emptyBenchDocument(environment),
      ...results,
      seed: this.#seed,
      runs: this.#request.runs ?? DEFAULT_BENCH_RUNS,
      machine: { before, during },
      wallMs: clock.monotonic() - this.#begunAt,
    };
    return this.#ending(document, kept.error);
  }

  async #find(): Promise<Found> {
    const { files, directory, filter } = this.#request;
    this.#hooks.onPhase?.("find");
    return await findTasks(
      {
        files: files.map((file) => resolve(directory, file)),
        directory,
        filter: filter ?? null,
        seed: this.#sandboxSeed(),
      },
      this.#host.isolate,
      this.#signal,
    );
  }

  #sandboxSeed() {
    return sandboxSeed(seededRandom(this.#seed));
  }

  async #contestants(tasks: readonly FoundTask[]): Promise<readonly Contestant[]> {
    const { accept = false } = this.#request;
    const against = againstOf(this.#request.against ?? null);
    requireTagOfThese(against, tasks);
    this.#hooks.onPhase?.("check");
    const contestants: Contestant[] = [];
    for (const [index, task] of tasks.entries()) {
      this.#hooks.onProgress?.({ phase: "check", done: index, total: tasks.length, unit: "tasks" });
      const fault = await faultOf(task, this.#sandboxSeed(), this.#host.isolate, this.#signal);
      if (fault !== null) {
        this.#faults.set(task.id, fault);
        continue;
      }
      const stored = accept ? null : await baselineFor(task, against, this.#host);
      if (stored !== null) this.#from.set(task.id, stored.tag);
      const isSame = stored?.program.digest === task.program.digest;
      contestants.push({ task, baseline: isSame ? null : (stored?.program ?? null) });
    }
    return contestants;
  }

  async #measure(
    contestants: readonly Contestant[],
    machine: MachineWatch,
  ): Promise<readonly MeasuredTask[]> {
    const { isolate, workers } = this.#host;
    const { runs = DEFAULT_BENCH_RUNS } = this.#request;
    let measuring = false;
    const listener = {
      forkStarts: (): void => {
        if (!measuring) this.#hooks.onPhase?.("measure");
        measuring = true;
        machine.probe();
      },
      calibrated: (done: number, total: number): void =>
        this.#hooks.onProgress?.({ phase: "calibrate", done, total, unit: "tasks" }),
      progress: (done: number, total: number): void =>
        this.#hooks.onProgress?.({ phase: "measure", done, total, unit: "iterations" }),
    };
    const random = seededRandom(this.#seed).fork("bench");
    const request = { contestants, runs, workers, seed: this.#sandboxSeed(), random };
    return await measureTasks(request, isolate, listener, this.#signal);
  }

  /** Those without a failure in any fork; the others are remembered as failed. */
  #sound(measured: readonly MeasuredTask[]): readonly MeasuredTask[] {
    return measured.filter(({ task, forks }) => {
      const broken = forks.find((fork) => fork.failures > 0 || !fork.proved);
      if (broken === undefined) return true;
      this.#faults.set(task.id, brokenFork(task, broken.version, this.#from.get(task.id)));
      return false;
    });
  }

  async #keep(tasks: readonly JudgedTask[]): Promise<{
    readonly tasks: ReadonlyMap<string, KeptTask>;
    readonly error: unknown;
  }> {
    const kept = new Map<string, KeptTask>();
    try {
      for (const judged of tasks) {
        const { task } = judged.measured;
        if (!(await this.#isWorthKeeping(judged))) continue;
        const subject = `${task.file}#${task.name}`;
        kept.set(task.id, await keepBaseline(judged, subject, this.#seed, this.#host));
      }
      return { tasks: kept, error: null };
    } catch (error) {
      return { tasks: kept, error };
    }
  }

  /** The first, what is better than the current one, and what the user takes. */
  async #isWorthKeeping({ measured: { task }, comparison }: JudgedTask): Promise<boolean> {
    const { accept = false, against } = this.#request;
    if (accept) return true;
    if (comparison !== null) return comparison.verdict === "improved" && against === undefined;
    if (this.#from.has(task.id)) return false;
    return (await this.#host.state.analytics.currentBaseline(task.id)).length === 0;
  }

  #ending(document: BenchDocument, unkept: unknown): BenchEnding {
    const wire = unkept === null ? null : encodeError(unkept);
    const faults = [...this.#faults.values()].map((fault) => encodeError(fault).fault);
    const fault = wire?.fault ?? faults.find((one) => one === "internal") ?? faults[0] ?? null;
    if (wire === null) return { document, fault };
    return { document: { ...document, success: false, error: documentError(wire) }, fault };
  }
}

function brokenFork(
  { id }: FoundTask,
  version: "baseline" | "candidate",
  from: string | undefined,
): MyriadError {
  if (version === "baseline") {
    return actorError("BASELINE_INCOMPARABLE", `baseline "${from ?? ""}" does not run here any more`, {
      location: id,
      hint: "myriad bench --accept measures without it, and makes the present task the baseline",
    });
  }
  return actorError("BENCH_TASK_FAILED", `${id} did not end the same way each time, or broke a limit`, {
    location: id,
  });
}
