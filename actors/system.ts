/**
 * Assembles journal, database, sandboxes and actors by configuration, and runs sessions on them. The CLI and
 * library users call this; nothing here is out of a library user's reach.
 */
import { availableParallelism } from "node:os";
import { seededRandom, systemClock } from "../runtime/contracts/index.ts";
import type { Clock, Random } from "../runtime/contracts/index.ts";
import { createSystem } from "../runtime/index.ts";
import type { ActorSystem } from "../runtime/index.ts";
import { openStateDirectory } from "../storage/index.ts";
import type { StateDirectory } from "../storage/index.ts";
import { app } from "./app.ts";
import { emptyBenchDocument } from "./bench/bench-document.ts";
import type { BenchDocument } from "./bench/bench-document.ts";
import { BenchJournal, benchSessions } from "./bench/bench-journal.ts";
import { resumeBench, runBench } from "./bench/bench-run.ts";
import type { BenchEnding, BenchHooks, BenchHost, BenchRequest } from "./bench/bench-run.ts";
import { calibrate } from "./ci/calibration.ts";
import { runSuite } from "./ci/ci-run.ts";
import type { CiEnding, CiHooks, CiHost } from "./ci/ci-run.ts";
import type { Suite } from "./ci/suite.ts";
import { actorError } from "./errors.ts";
import { summariesOf } from "./evidence/baseline-list.ts";
import { BaselineRegister } from "./evidence/baseline-register.ts";
import { pruneWhenDue } from "./evidence/baseline-retention.ts";
import { evidenceActor, EvidenceStore } from "./evidence/evidence-store.ts";
import { openSandboxes, quietWorkers, SandboxShelf } from "./sandboxes.ts";
import type { Sandboxes } from "./sandboxes.ts";
import { endingOf, runSession } from "./session-run.ts";
import type { SessionEnding, SessionHooks } from "./session-run.ts";
import { applyChange } from "./workflow/apply-change.ts";
import { documentOf } from "./workflow/document.ts";
import { describeEnvironment } from "./workflow/environment.ts";
import { replaySession } from "./workflow/replay.ts";
import type { BaselineSummary, Environment, SessionDocument } from "./workflow/session-document.ts";
import { makeSessionId, parseSessionId } from "./workflow/session-id.ts";
import type { SessionCommand, SessionStart, SessionState } from "./workflow/session-state.ts";
import { requireSameSource } from "./workflow/source-check.ts";
import type { Task } from "./workflow/task.ts";

/** How `openSystem` sets a system up. */
export interface MyriadSystemOptions {
  /** State directory, absolute or relative to the working directory; made when it is not there. */
  readonly state: string;
  /**
   * Sandboxes and kernels at the same time; default: what a session's task says, else all cores, and in the
   * burst all but one, since forks that share a core with the rest are the noisier for it.
   */
  readonly workers?: number;
  /** Refuse to run code where network and file system cannot be kept out of its reach; default: false. */
  readonly requireIsolation?: boolean;
  readonly clock?: Clock;
  /** Where drawn seeds and session ids come from; default: the machine's entropy. */
  readonly random?: Random;
}

/**
 * Opens the state directory and all that sessions need. To be closed again: it owns the directory until then.
 * @throws STATE_IN_USE, INSTALLATION_INCOMPLETE and what else `openStateDirectory` refuses.
 */
export async function openSystem(options: MyriadSystemOptions): Promise<MyriadSystem> {
  const { clock = systemClock, requireIsolation = false, workers = null } = options;
  const random = options.random ?? seededRandom(crypto.randomUUID());
  const state = await openStateDirectory(options.state, { clock });
  const actors = createSystem({ app, clock, random: random.fork("actors") });
  const evidence = new EvidenceStore(actors.spawn(evidenceActor, state.analytics, { name: "evidence" }));
  const shelf = new SandboxShelf((count, level) => openSandboxes(count, level, { requireIsolation, clock }));
  const notPruned = await pruneWhenDue(
    { analytics: state.analytics, journal: state.journal, evidence },
    clock.now(),
  );
  const notices = notPruned === null ? [] : [notPruned];
  return new MyriadSystem({ actors, clock, random, state, evidence, shelf, workers, notices });
}

export interface SystemParts {
  readonly actors: ActorSystem;
  readonly clock: Clock;
  readonly random: Random;
  readonly state: StateDirectory;
  readonly evidence: EvidenceStore;
  readonly shelf: SandboxShelf;
  /** Over what tasks say; null: what they say. */
  readonly workers: number | null;
  /** What went wrong at opening, and is no reason not to open. */
  readonly notices?: readonly string[];
}

/** An open state directory and the sessions on it; made by `openSystem`. */
export class MyriadSystem {
  readonly #parts: SystemParts;
  readonly #environment: Environment = describeEnvironment();
  /** The kept baselines: promotion, labels, history, comparison, import, export, retention. */
  readonly register: BaselineRegister;

  constructor(parts: SystemParts) {
    this.#parts = parts;
    const { evidence, clock, state } = parts;
    this.register = new BaselineRegister({
      analytics: state.analytics,
      journal: state.journal,
      evidence,
      clock,
    });
  }

  /**
   * Runs a new session to its end; a failure of the task is in the document, not thrown.
   * @throws SANDBOX_ISOLATION, SANDBOX_INFRA when no sandbox can be had; TASK_INVALID for a run of a command
   */
  async start(command: SessionCommand, task: Task, hooks: SessionHooks = {}): Promise<SessionEnding> {
    if (command === "run" && task.commands !== undefined) {
      throw actorError(
        "TASK_INVALID",
        "a command or a snippet can be measured and compared, but not searched for rewrites",
        {
          location: task.id,
          hint: "myriad burst or myriad compare",
        },
      );
    }
    const { clock, random, state } = this.#parts;
    const session = makeSessionId(clock, random.fork(`session/${clock.now()}/${clock.monotonic()}`));
    const start: SessionStart = {
      session,
      command,
      task,
      seed: task.seed ?? random.fork(session).below(2 ** 32),
      environment: this.#environment,
      createdAt: clock.now(),
    };
    const sandboxes = await this.#sandboxesFor(task);
    await state.setLastSession(session);
    return await this.#run(sandboxes, session, start, hooks);
  }

  /**
   * Goes on after the last finished phase.
   * @throws SESSION_UNKNOWN, SESSION_ENDED, SESSION_SOURCE_CHANGED; SESSION_MACHINE_CHANGED when what it
   *   measured could not be pooled with what would be measured here
   */
  async resume(text: string, hooks: SessionHooks = {}): Promise<SessionEnding> {
    const state = await this.#session(text);
    const { session, task, environment } = state.start!;
    if (state.ended !== null) throw actorError("SESSION_ENDED", `session ${text} has ended: ${state.ended}`);
    await requireSameSource(state);
    requireSameMachine("runtime and machine", describe(environment), describe(this.#environment));
    const sandboxes = await this.#sandboxesFor(task);
    await this.#parts.state.setLastSession(session);
    const before = state.forks[0]?.isolation.carrier;
    if (before !== undefined) {
      requireSameMachine("the sandboxes' carrier", before, sandboxes.measuring.isolation.carrier);
    }
    return await this.#run(sandboxes, session, null, hooks);
  }

  /** A session that has ended, as it ended; null while it can be resumed. @throws SESSION_UNKNOWN */
  async ended(text: string): Promise<SessionEnding | null> {
    const state = await this.#session(text);
    return state.ended === null ? null : endingOf(state);
  }

  /**
   * Writes an improved run's change into the subject's file, and makes what was proved the current baseline.
   * May be said again: a change that stands in the file already is not written twice.
   * @returns the tag of that baseline; null: it is worse than the last release, so the current one stays
   * @throws SESSION_UNKNOWN, CHANGE_NOT_PROVED, CHANGE_NOT_WRITTEN, SESSION_SOURCE_CHANGED
   */
  async apply(text: string): Promise<string | null> {
    const state = await this.#session(text);
    await applyChange(state);
    const { candidate: tag = null, release = null } = state.outputs.baseline ?? {};
    if (tag === null || release?.verdict === "regressed") return null;
    await this.#parts.evidence.promote(tag);
    return tag;
  }

  /**
   * Measures every case of a suite against the same function at a commit; a case that cannot be measured is in
   * the document, not thrown.
   * @param options `resume`: go on with the last run, which was stopped or ran out of budget
   * @throws SUITE_NEEDS_REF, SUITE_INVALID, SUITE_RUN_UNKNOWN, SUITE_RUN_CHANGED, GIT_UNAVAILABLE, GIT_REF_UNKNOWN
   */
  async runSuite(
    suite: Suite,
    options: { readonly resume?: boolean } = {},
    hooks: CiHooks = {},
  ): Promise<CiEnding> {
    return await runSuite(suite, this.#ciHost(), options, hooks);
  }

  /** Measures a suite against itself so many times and keeps how often it was flagged. @throws SUITE_NOT_CALIBRATED */
  async calibrate(suite: Suite, rounds: number, hooks: CiHooks = {}): Promise<CiEnding> {
    return await calibrate(suite, this.#ciHost(), rounds, hooks);
  }

  /**
   * Measures the tasks of bench files, interleaved, each beside its stored baseline; a task that cannot be
   * measured is in the document, not thrown.
   * @throws BENCH_FILE_UNREADABLE, BENCH_FILE_FAILED, BENCH_INVALID, BENCH_EMPTY, BASELINE_INCOMPARABLE,
   *   BASELINE_UNKNOWN, BUNDLE_FAILED, BUNDLE_DYNAMIC_IMPORT, INTERRUPTED
   */
  async runBench(request: BenchRequest, hooks: BenchHooks = {}): Promise<BenchEnding> {
    return this.#warned(await runBench(request, await this.#benchHost(), hooks));
  }

  /**
   * Goes on with a run of bench files that was stopped: nothing is measured or stored twice.
   * @param text null: the last one
   * @throws SESSION_UNKNOWN, SESSION_ENDED, SESSION_SOURCE_CHANGED, SESSION_MACHINE_CHANGED, and as `runBench`
   */
  async resumeBench(text: string | null, hooks: BenchHooks = {}): Promise<BenchEnding> {
    const last = (await benchSessions(this.#parts.state.journal)).at(-1) ?? null;
    const session = text === null ? last : parseSessionId(text);
    if (session === null) {
      const what = text === null ? "no run of bench files was begun here yet" : `there is no session ${text}`;
      throw actorError("SESSION_UNKNOWN", what, text === null ? {} : { location: text });
    }
    return this.#warned(await resumeBench(session, await this.#benchHost(), hooks));
  }

  /** All baselines, oldest first. @param caseId null: of every case. */
  async baselines(caseId: string | null): Promise<readonly BaselineSummary[]> {
    const { analytics } = this.#parts.state;
    return await summariesOf(analytics, await analytics.baselines(caseId === null ? {} : { caseId }));
  }

  /** One entry a metric. @throws BASELINE_UNKNOWN */
  async baseline(tag: string): Promise<readonly BaselineSummary[]> {
    const { analytics } = this.#parts.state;
    return await summariesOf(analytics, await analytics.requireBaseline(tag));
  }

  /** Makes the tag its case's current one. @throws BASELINE_UNKNOWN, BASELINE_NOT_PROMOTABLE */
  async promote(tag: string): Promise<void> {
    await this.register.promote(tag);
  }

  /**
   * The document of a session or of a run of bench files; null: of the last one that has a report.
   * @throws SESSION_UNKNOWN, REPORT_UNKNOWN
   */
  async report(session: string | null): Promise<SessionDocument | BenchDocument> {
    if (session !== null) {
      const document = await this.#documentOf(session);
      if (document.report !== null) return document;
      throw actorError("REPORT_UNKNOWN", `session ${session} has no report yet`);
    }
    const { analytics, journal } = this.#parts.state;
    const last = await this.#parts.state.lastSession();
    if (last === null) throw actorError("REPORT_UNKNOWN", "no session was begun here yet");
    const begun = await analytics.sessions();
    const sessions = begun
      .filter(({ finishedAt, command }) => finishedAt !== null && command !== "bench")
      .map((row) => row.session);
    // Ids are in the order of time.
    const earlier = [...sessions, ...(await benchSessions(journal))].toSorted();
    for (const one of [last, ...earlier.toReversed()]) {
      const document = await this.#documentOf(one);
      if (document.report !== null) return document;
    }
    throw actorError("REPORT_UNKNOWN", "no session has come to its report here yet");
  }

  /** @throws SESSION_UNKNOWN */
  async #documentOf(text: string): Promise<SessionDocument | BenchDocument> {
    const id = parseSessionId(text);
    const bench = id === null ? null : await BenchJournal.open(this.#parts.state.journal, id);
    if (bench === null || bench.start === null) return documentOf(await this.#session(text));
    return bench.document ?? { ...emptyBenchDocument(bench.start.environment), session: id };
  }

  /** Stops what runs and gives the state directory free. */
  async close(): Promise<void> {
    const { actors, shelf, state } = this.#parts;
    await actors.shutdown();
    await shelf.close();
    await state.close();
  }

  async #benchHost(): Promise<BenchHost> {
    const { clock, random, state, evidence, shelf, workers } = this.#parts;
    const drawn = (): Random => random.fork(`bench/${clock.now()}/${clock.monotonic()}`);
    const { measuring: isolate, ...sandboxes } = await shelf.take(workers ?? quietWorkers(), "isolate");
    return {
      ...sandboxes,
      isolate,
      carrier: isolate.isolation.carrier,
      clock,
      state,
      journal: state.journal,
      evidence,
      environment: this.#environment,
      drawSeed: () => drawn().below(2 ** 32),
      makeSession: () => makeSessionId(clock, random),
    };
  }

  #warned({ document, fault }: BenchEnding): BenchEnding {
    return { document: { ...document, warnings: [...this.#warnings(), ...document.warnings] }, fault };
  }

  #ciHost(): CiHost {
    const { clock, random, state } = this.#parts;
    const drawn = (): Random => random.fork(`ci/${clock.now()}/${clock.monotonic()}`);
    return {
      clock,
      journal: state.journal,
      environment: this.#environment,
      path: state.path,
      drawSeed: () => drawn().below(2 ** 32),
      makeRunId: () => makeSessionId(clock, drawn()),
      start: (command, task, hooks) => this.start(command, task, hooks),
      resume: (session, hooks) => this.resume(session, hooks),
      ended: (session) => this.ended(session),
    };
  }

  async #sandboxesFor(task: Task): Promise<Sandboxes> {
    const { shelf, workers } = this.#parts;
    const { level = "isolate" } = task;
    const asked = workers ?? task.workers;
    if (asked !== null) return await shelf.take(asked, level);
    const all = await shelf.take(availableParallelism(), level);
    return { ...all, workers: quietWorkers() };
  }

  async #run(
    sandboxes: Sandboxes,
    session: string,
    start: SessionStart | null,
    hooks: SessionHooks,
  ): Promise<SessionEnding> {
    const { actors, clock, evidence, state } = this.#parts;
    const { document, fault } = await runSession(
      actors,
      { ...sandboxes, clock, evidence, state },
      session,
      start,
      hooks,
    );
    return { document: { ...document, warnings: [...this.#warnings(), ...document.warnings!] }, fault };
  }

  #warnings(): readonly string[] {
    const { recovery, analytics } = this.#parts.state;
    const { notices: opening = [] } = this.#parts;
    const notices = analytics.notice === null ? opening : [analytics.notice, ...opening];
    if (recovery === null) return notices;
    const { truncatedBytes, file, reason } = recovery;
    return [
      ...notices,
      `the journal's torn end was cut: ${truncatedBytes} bytes of ${file} (${reason}); the session that it was of goes on from the step before`,
    ];
  }

  async #session(text: string): Promise<SessionState> {
    const session = parseSessionId(text);
    const state = session === null ? null : await replaySession(this.#parts.state.journal, session);
    if (state?.start == null)
      throw actorError("SESSION_UNKNOWN", `there is no session ${text}`, { location: text });
    return state;
  }
}

function describe({ runtime, platform, cpu, cores, memoryMb }: Environment): string {
  return `${runtime} on ${platform}, ${cores} × ${cpu}, ${memoryMb} MB`;
}

function requireSameMachine(what: string, before: string, now: string): void {
  if (before === now) return;
  throw actorError("SESSION_MACHINE_CHANGED", `${what}: the session began with ${before}; here is ${now}`);
}
