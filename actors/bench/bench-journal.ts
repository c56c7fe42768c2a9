/**
 * What the journal holds of a run of bench files, and the fold over it. Stream `bench/<session>`, in this order:
 *
 *   run_started       request, seed, the digest of every task's program, machine and carrier
 *   task_checked      one call was tried; its baseline, if any
 *   task_calibrated   calls an iteration, warm-up, stretch, iterations a fork
 *   fork_finished     one fork of a task or of its baseline, whole
 *   measured          how noisy the machine was; no fork is missing
 *   keeping           the tasks that are to be stored, each with the id that its baseline is stored under
 *   run_ended         the document
 *
 * An event is durable before it has any effect, so a run that was killed goes on with what is missing: nothing that
 * is in here is checked, calibrated, measured or stored a second time.
 */
import { NO_STREAM } from "../../runtime/contracts/index.ts";
import type { Journal, Revision, WireError } from "../../runtime/contracts/index.ts";
import type { Version } from "../evidence/fork-plan.ts";
import type { MeasureSettings } from "../evidence/pilot.ts";
import type { Environment, MachineNoise } from "../workflow/session-document.ts";
import type { KeptFork } from "../workflow/session-state.ts";
import type { BenchDocument } from "./bench-document.ts";

/** What a run was begun with, as it is kept. */
export interface BenchStart {
  readonly session: string;
  /** Absolute. */
  readonly files: readonly string[];
  readonly directory: string;
  readonly runs: number;
  readonly seed: number;
  /** null: all tasks. */
  readonly filter: Pick<RegExp, "source" | "flags"> | null;
  readonly against: string | null;
  readonly accept: boolean;
  readonly allowNoise: boolean;
  /** Over what tasks say; null: what they say. */
  readonly tolerance: number | null;
  readonly environment: Environment;
  readonly carrier: string;
  readonly createdAt: number;
  /** Digests by task id. */
  readonly programs: Readonly<Record<string, string>>;
}

export interface CheckedTask {
  readonly id: string;
  readonly fault: WireError | null;
  /** Tag of its baseline; null: there is none to compare with. */
  readonly from: string | null;
}

/** How a task is measured, found out once and the same in all forks. */
export interface TaskSettings extends MeasureSettings {
  readonly calls: number;
  /** A fork. */
  readonly iterations: number;
}

export interface MachineSeen {
  readonly before: MachineNoise;
  readonly during: MachineNoise | null;
}

export type BenchEvent =
  | { readonly kind: "run_started"; readonly start: BenchStart }
  | { readonly kind: "task_checked"; readonly task: CheckedTask }
  | { readonly kind: "task_calibrated"; readonly id: string; readonly settings: TaskSettings }
  | { readonly kind: "fork_finished"; readonly id: string; readonly fork: KeptFork }
  | { readonly kind: "measured"; readonly machine: MachineSeen }
  | { readonly kind: "keeping"; readonly sessions: Readonly<Record<string, string>> }
  | { readonly kind: "run_ended"; readonly document: BenchDocument };

export const BENCH_STREAMS = "bench/";
const streamOf = (session: string): string => `${BENCH_STREAMS}${session}`;

/** The sessions of all runs, the oldest first. */
export async function benchSessions(journal: Journal): Promise<readonly string[]> {
  return (await journal.streams(BENCH_STREAMS)).map((stream) => stream.slice(BENCH_STREAMS.length));
}

/** The one writer of a run's stream. Events are appended in the order in which they are added. */
export class BenchJournal {
  readonly #journal: Journal;
  readonly #stream: string;
  readonly #checked = new Map<string, CheckedTask>();
  readonly #settings = new Map<string, TaskSettings>();
  readonly #forks = new Map<string, KeptFork[]>();
  #start: BenchStart | null = null;
  #machine: MachineSeen | null = null;
  #keeping: Readonly<Record<string, string>> | null = null;
  #document: BenchDocument | null = null;
  #last: Promise<Revision> = Promise.resolve(NO_STREAM);

  private constructor(journal: Journal, session: string) {
    this.#journal = journal;
    this.#stream = streamOf(session);
  }

  static async open(journal: Journal, session: string): Promise<BenchJournal> {
    const opened = new BenchJournal(journal, session);
    for await (const { event, revision } of journal.read(opened.#stream)) {
      opened.#apply(event as BenchEvent);
      opened.#last = Promise.resolve(revision);
    }
    return opened;
  }

  /** null: there is no such run. */
  get start(): BenchStart | null {
    return this.#start;
  }

  get machine(): MachineSeen | null {
    return this.#machine;
  }

  /** By task id. */
  get keeping(): Readonly<Record<string, string>> | null {
    return this.#keeping;
  }

  /** null: the run has not ended. */
  get document(): BenchDocument | null {
    return this.#document;
  }

  checked(id: string): CheckedTask | null {
    return this.#checked.get(id) ?? null;
  }

  settings(id: string): TaskSettings | null {
    return this.#settings.get(id) ?? null;
  }

  forks(id: string): readonly KeptFork[] {
    return this.#forks.get(id) ?? [];
  }

  hasFork(id: string, version: Version, fork: number): boolean {
    return this.forks(id).some((kept) => kept.version === version && kept.fork === fork);
  }

  /** Resolves when it is durable. After a failure nothing else is appended. */
  async add(event: BenchEvent): Promise<void> {
    this.#last = this.#last.then((revision) => this.#journal.append(this.#stream, revision, [event]));
    await this.#last;
    this.#apply(event);
  }

  #apply(event: BenchEvent): void {
    switch (event.kind) {
      case "run_started":
        this.#start = event.start;
        return;
      case "task_checked":
        this.#checked.set(event.task.id, event.task);
        return;
      case "task_calibrated":
        this.#settings.set(event.id, event.settings);
        return;
      case "fork_finished":
        this.#forks.set(event.id, [...this.forks(event.id), event.fork]);
        return;
      case "measured":
        this.#machine = event.machine;
        return;
      case "keeping":
        this.#keeping = event.sessions;
        return;
      case "run_ended":
        this.#document = event.document;
        return;
    }
  }
}
