/**
 * A run of bench files:
 *
 *   find        the files are bundled, and say in a sandbox which tasks they make
 *   check       one call of each task, with its hooks; what fails is told, and the others go on
 *   calibrate   calls an iteration, warm-up and stretch of each task
 *   measure     forks of all tasks and of their baselines, in random order
 *   judge       each task against its baseline, and against the reference of its bench
 *   keep        the first baseline of a task, and a better one
 *   report      HTML and Markdown
 *
 * Every step is in the journal before it has any effect (`bench-journal.ts`), so a run that was stopped or killed goes
 * on with what is missing. Baselines are stored at the end alone, when all tasks are judged.
 */
import { resolve } from "node:path";
import { encodeError, seededRandom } from "../../runtime/contracts/index.ts";
import type { Executor, Fault, Journal, MyriadError, WireError } from "../../runtime/contracts/index.ts";
import type { SandboxEngine } from "../../kernels/sandbox/index.ts";
import { actorError } from "../errors.ts";
import { readingsOf } from "../evidence/fork-conditions.ts";
import { machineNoiseNow, MachineWatch } from "../evidence/machine-noise.ts";
import { sandboxSeed } from "../generation/task-inputs.ts";
import { documentError } from "../workflow/document.ts";
import {
  againstOf,
  baselineFor,
  baselineTagged,
  keepBaseline,
  requireTagOfThese,
} from "./bench-baselines.ts";
import type { BaselineServices, KeptTask } from "./bench-baselines.ts";
import { faultOf, findTasks } from "./bench-discovery.ts";
import type { Found, FoundTask } from "./bench-discovery.ts";
import { emptyBenchDocument } from "./bench-document.ts";
import type { BenchDocument } from "./bench-document.ts";
import { BenchJournal } from "./bench-journal.ts";
import type { BenchStart, CheckedTask, MachineSeen } from "./bench-journal.ts";
import { judge } from "./bench-judge.ts";
import type { JudgedTask } from "./bench-judge.ts";
import { measureTasks } from "./bench-measure.ts";
import type { Contestant, MeasuredTask } from "./bench-measure.ts";
import { resultsOf } from "./bench-results.ts";
import { severalAtATime } from "./several-at-a-time.ts";

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
  /** The relative change that does not matter, of all tasks; default: what a task says, or 0.02. */
  readonly tolerance?: number;
}

/** What a run does, in this order. */
export type BenchPhase = "find" | "check" | "calibrate" | "measure" | "judge" | "keep" | "report";

/** How far a phase is. */
export interface BenchNote {
  readonly phase: BenchPhase;
  readonly done: number;
  readonly total: number;
  readonly unit: string;
}

/** What a caller may hear of a run, and how to stop it. */
export interface BenchHooks {
  /** Aborting ends the run; it can be resumed. */
  readonly signal?: AbortSignal;
  /** As soon as it can be resumed. */
  readonly onSession?: (session: string) => void;
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
  /** What its sandboxes lie in. */
  readonly carrier: string;
  readonly executor: Executor;
  readonly workers: number;
  readonly journal: Journal;
  drawSeed(): number;
  makeSession(): string;
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
  const session = host.makeSession();
  const journal = await BenchJournal.open(host.journal, session);
  return await unlessStopped(hooks, journal, session, async (signal) => {
    const plan = planOf(request, session, host);
    hooks.onPhase?.("find");
    const found = await foundFor(plan, host, signal);
    requireTagOfThese(againstOf(plan.against), found.tasks);
    const start = { ...plan, programs: digestsOf(found.tasks) };
    await host.state.setLastSession(session);
    await journal.add({ kind: "run_started", start });
    hooks.onSession?.(session);
    return await new BenchRun({ start, found, journal, host, hooks, signal }).toEnd();
  });
}

/**
 * Goes on with a run that was stopped.
 * @throws SESSION_UNKNOWN, SESSION_ENDED, SESSION_SOURCE_CHANGED, SESSION_MACHINE_CHANGED, and as `runBench`
 */
export async function resumeBench(
  session: string,
  host: BenchHost,
  hooks: BenchHooks = {},
): Promise<BenchEnding> {
  const journal = await BenchJournal.open(host.journal, session);
  const { start } = journal;
  if (start === null) {
    throw actorError("SESSION_UNKNOWN", `there is no run of bench files ${session}`, { location: session });
  }
  if (journal.document !== null) {
    throw actorError("SESSION_ENDED", `session ${session} has ended`, { hint: `myriad report ${session}` });
  }
  requireSameMachine(start, host);
  hooks.onSession?.(session);
  return await unlessStopped(hooks, journal, session, async (signal) => {
    await host.state.setLastSession(session);
    hooks.onPhase?.("find");
    const found = await foundFor(start, host, signal);
    requireSamePrograms(start, found.tasks);
    return await new BenchRun({ start, found, journal, host, hooks, signal }).toEnd();
  });
}

type BenchPlan = Omit<BenchStart, "programs">;

function planOf(request: BenchRequest, session: string, host: BenchHost): BenchPlan {
  const { directory, filter = null, against = null, accept = false, allowNoise = false } = request;
  return {
    session,
    files: request.files.map((file) => resolve(directory, file)),
    directory,
    runs: request.runs ?? DEFAULT_BENCH_RUNS,
    seed: request.seed ?? host.drawSeed(),
    filter: filter === null ? null : { source: filter.source, flags: filter.flags },
    against,
    accept,
    allowNoise,
    tolerance: request.tolerance ?? null,
    environment: host.environment,
    carrier: host.carrier,
    createdAt: host.clock.now(),
  };
}

async function foundFor(
  { files, directory, filter, seed }: BenchPlan,
  { isolate }: BenchHost,
  signal: AbortSignal,
): Promise<Found> {
  const wanted = filter === null ? null : new RegExp(filter.source, filter.flags);
  return await findTasks({ files, directory, filter: wanted, seed: seedFor(seed) }, isolate, signal);
}

function seedFor(seed: number) {
  return sandboxSeed(seededRandom(seed));
}

function digestsOf(tasks: readonly FoundTask[]): Readonly<Record<string, string>> {
  return Object.fromEntries(tasks.map(({ id, program }) => [id, program.digest]));
}

function requireSameMachine(start: BenchStart, { environment, carrier }: BenchHost): void {
  if (start.environment.fingerprint === environment.fingerprint && start.carrier === carrier) return;
  const before = `${start.environment.runtime}, ${start.environment.cpu}, ${start.carrier}`;
  const now = `${environment.runtime}, ${environment.cpu}, ${carrier}`;
  throw actorError("SESSION_MACHINE_CHANGED", `the run began on ${before}; here is ${now}`);
}

function requireSamePrograms({ programs, files }: BenchStart, tasks: readonly FoundTask[]): void {
  const isSame = tasks.every(({ id, program }) => programs[id] === program.digest);
  if (isSame && Object.keys(programs).length === tasks.length) return;
  throw actorError(
    "SESSION_SOURCE_CHANGED",
    "a bench file, or what it imports, is not what the run began with",
    {
      location: files.join(", "),
    },
  );
}

async function unlessStopped(
  { signal = new AbortController().signal }: BenchHooks,
  journal: BenchJournal,
  session: string,
  work: (signal: AbortSignal) => Promise<BenchEnding>,
): Promise<BenchEnding> {
  try {
    signal.throwIfAborted();
    return await work(signal);
  } catch (error) {
    if (signal.aborted) throw stopped(journal.start === null ? null : session);
    throw error;
  }
}

function stopped(session: string | null): MyriadError {
  if (session === null) {
    return actorError("INTERRUPTED", "the run was interrupted before anything was measured", {
      hint: "start it again",
    });
  }
  return actorError("INTERRUPTED", "the run was interrupted; what was measured is kept", {
    hint: `myriad bench --resume ${session}`,
  });
}

interface RunParts {
  readonly start: BenchStart;
  readonly found: Found;
  readonly journal: BenchJournal;
  readonly host: BenchHost;
  readonly hooks: BenchHooks;
  readonly signal: AbortSignal;
}

class BenchRun {
  readonly #parts: RunParts;
  readonly #begunAt: number;
  /** By task id. */
  readonly #faults = new Map<string, WireError>();
  readonly #from = new Map<string, string>();

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.#begunAt = parts.host.clock.monotonic();
  }

  async toEnd(): Promise<BenchEnding> {
    const { found, hooks, host, journal, signal, start } = this.#parts;
    await this.#check();
    const contestants = await this.#contestants();
    const { measured, machine } = await this.#measured(contestants);
    hooks.onPhase?.("judge");
    const { seed, allowNoise, tolerance } = start;
    const request = { tasks: this.#sound(measured), machine, seed, allowNoise, tolerance };
    const judged = await judge(request, host.executor, signal);
    signal.throwIfAborted();
    hooks.onPhase?.("keep");
    const kept = await this.#keep(judged.tasks);
    const results = resultsOf({
      found,
      judged,
      kept: kept.tasks,
      faults: this.#faults,
      from: this.#from,
      allowNoise,
    });
    const document: BenchDocument = {
      ...emptyBenchDocument(host.environment),
      ...results,
      session: start.session,
      seed,
      runs: start.runs,
      machine,
      wallMs: host.clock.monotonic() - this.#begunAt,
    };
    if (kept.error !== null) return this.#ending(document, kept.error);
    hooks.onPhase?.("report");
    const report = await this.#report(document, judged.tasks);
    await journal.add({ kind: "run_ended", document: { ...document, report } });
    return this.#ending({ ...document, report }, null);
  }

  /** As many at a time as there are sandboxes; what is known already is not asked again. */
  async #check(): Promise<void> {
    const { found, hooks, host, journal, signal } = this.#parts;
    const { tasks } = found;
    const missing = tasks.filter(({ id }) => journal.checked(id) === null);
    hooks.onPhase?.("check");
    let done = tasks.length - missing.length;
    const tell = (): void => hooks.onProgress?.({ phase: "check", done, total: tasks.length, unit: "tasks" });
    tell();
    await severalAtATime(missing, host.workers, async (task) => {
      signal.throwIfAborted();
      await journal.add({ kind: "task_checked", task: await this.#checked(task) });
      done++;
      tell();
    });
  }

  async #checked(task: FoundTask): Promise<CheckedTask> {
    const { host, signal, start } = this.#parts;
    const fault = await faultOf(task, seedFor(start.seed), host.isolate, signal);
    if (fault !== null) return { id: task.id, fault: encodeError(fault), from: null };
    const stored = start.accept ? null : await baselineFor(task, againstOf(start.against), host);
    return { id: task.id, fault: null, from: stored?.tag ?? null };
  }

  async #contestants(): Promise<readonly Contestant[]> {
    const { found, host, journal } = this.#parts;
    const contestants: Contestant[] = [];
    for (const task of found.tasks) {
      const { fault, from } = journal.checked(task.id)!;
      if (fault !== null) {
        this.#faults.set(task.id, fault);
        continue;
      }
      if (from !== null) this.#from.set(task.id, from);
      const stored = from === null ? null : await baselineTagged(task, from, host);
      const isSame = stored?.program.digest === task.program.digest;
      contestants.push({ task, baseline: isSame ? null : (stored?.program ?? null) });
    }
    return contestants;
  }

  async #measured(
    contestants: readonly Contestant[],
  ): Promise<{ readonly measured: readonly MeasuredTask[]; readonly machine: MachineSeen }> {
    const { hooks, journal } = this.#parts;
    const watch = new MachineWatch(contestants.flatMap(({ task }) => readingsOf(journal.forks(task.id))));
    // Of a run that was stopped between its last fork and its judgement it is known.
    const before = journal.machine === null ? machineNoiseNow() : null;
    hooks.onPhase?.("calibrate");
    const measured = await this.#measure(contestants, watch);
    if (before !== null) {
      await journal.add({ kind: "measured", machine: { before, during: watch.noise() } });
    }
    return { measured, machine: journal.machine! };
  }

  async #measure(
    contestants: readonly Contestant[],
    machine: MachineWatch,
  ): Promise<readonly MeasuredTask[]> {
    const { host, hooks, journal, signal, start } = this.#parts;
    let measuring = false;
    const listener = {
      forkStarts: (): void => {
        if (!measuring) hooks.onPhase?.("measure");
        measuring = true;
        machine.probe();
      },
      forkEnds: () => machine.read(),
      calibrated: (done: number, total: number): void =>
        hooks.onProgress?.({ phase: "calibrate", done, total, unit: "tasks" }),
      progress: (done: number, total: number): void =>
        hooks.onProgress?.({ phase: "measure", done, total, unit: "iterations" }),
    };
    const random = seededRandom(start.seed).fork("bench");
    const { runs, seed } = start;
    const request = { contestants, runs, workers: host.workers, seed: seedFor(seed), random };
    return await measureTasks(request, host.isolate, journal, listener, signal);
  }

  /** Those without a failure in any fork; the others are remembered as failed. */
  #sound(measured: readonly MeasuredTask[]): readonly MeasuredTask[] {
    return measured.filter(({ task, forks }) => {
      const broken = forks.find((fork) => fork.failures > 0 || !fork.proved);
      if (broken === undefined) return true;
      const fault = brokenFork(task, broken.version, this.#from.get(task.id));
      this.#faults.set(task.id, encodeError(fault));
      return false;
    });
  }

  async #keep(tasks: readonly JudgedTask[]): Promise<{
    readonly tasks: ReadonlyMap<string, KeptTask>;
    readonly error: unknown;
  }> {
    const { hooks, host, start } = this.#parts;
    const kept = new Map<string, KeptTask>();
    try {
      const sessions = await this.#keeping(tasks);
      const chosen = tasks.filter(({ measured }) => sessions[measured.task.id] !== undefined);
      for (const judged of chosen) {
        hooks.onProgress?.({ phase: "keep", done: kept.size, total: chosen.length, unit: "baselines" });
        const { task } = judged.measured;
        const place = {
          session: sessions[task.id]!,
          subject: `${task.file}#${task.name}`,
          seed: start.seed,
        };
        kept.set(task.id, await keepBaseline(judged, place, host));
      }
      return { tasks: kept, error: null };
    } catch (error) {
      return { tasks: kept, error };
    }
  }

  /** Decided once: what this run has stored is no baseline that it finds. */
  async #keeping(tasks: readonly JudgedTask[]): Promise<Readonly<Record<string, string>>> {
    const { host, journal } = this.#parts;
    if (journal.keeping !== null) return journal.keeping;
    const sessions: Record<string, string> = {};
    for (const judged of tasks) {
      if (await this.#isWorthKeeping(judged)) sessions[judged.measured.task.id] = host.makeSession();
    }
    await journal.add({ kind: "keeping", sessions });
    return sessions;
  }

  /** The first, what is better than the current one, and what the user takes. */
  async #isWorthKeeping({ measured: { task }, comparison }: JudgedTask): Promise<boolean> {
    const { accept, against } = this.#parts.start;
    if (accept) return true;
    if (comparison !== null) return comparison.verdict === "improved" && against === null;
    if (this.#from.has(task.id)) return false;
    return (await this.#parts.host.state.analytics.currentBaseline(task.id)).length === 0;
  }

  /** @returns where the HTML lies, the Markdown beside it */
  async #report(document: BenchDocument, judged: readonly JudgedTask[]): Promise<string> {
    const { host, start } = this.#parts;
    // Loaded here alone: the chart library takes longer to load than most commands take to run.
    const { renderBenchHtml, renderBenchMarkdown } = await import("./bench-report.ts");
    const tasks = new Map(judged.map((one) => [one.measured.task.id, one]));
    const input = { document, start, tasks, createdAt: new Date(host.clock.now()).toISOString() };
    await host.state.writeArtifact(start.session, "report.md", Buffer.from(renderBenchMarkdown(input)));
    return await host.state.writeArtifact(start.session, "report.html", Buffer.from(renderBenchHtml(input)));
  }

  #ending(document: BenchDocument, unkept: unknown): BenchEnding {
    const wire = unkept === null ? null : encodeError(unkept);
    const faults = [...this.#faults.values()].map(({ fault }) => fault);
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
