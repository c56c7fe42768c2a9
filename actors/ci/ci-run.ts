/**
 * A run of a suite against the code of a commit:
 *
 *   plan      both versions of every case are bundled; the same program is `unchanged`
 *   screen    every other case, a short session of `compare`: it may only let pass (`decideLook`)
 *   full      what the screen did not let pass, a session of the task's own size; it decides
 *
 * Within a look the cases go in the order of what they cost last, the unknown first. Beyond the budget nothing
 * is begun and what runs is called off: such cases are `not_run`, never silently fine. A stop from outside ends
 * the run in order; it and a run that the budget cut can be resumed, with nothing measured twice.
 */
import { join } from "node:path";
import { encodeError, type Clock, type Fault, type Journal } from "../../runtime/contracts/index.ts";
import type { Look } from "../../kernels/statistics/index.ts";
import type { ProgressNote } from "../agent/agent.ts";
import { actorError, interrupted } from "../errors.ts";
import { documentError } from "../workflow/document.ts";
import type { Environment, PhaseName } from "../workflow/session-document.ts";
import { decideCases, undecided } from "./ci-cascade.ts";
import type { CaseLooks } from "./ci-cascade.ts";
import { isFine, worstVerdict, CI_SCHEMA } from "./ci-document.ts";
import type { CiDocument } from "./ci-document.ts";
import { CiHistory, lookKey } from "./ci-history.ts";
import type { CiRunStart } from "./ci-history.ts";
import { failedLook, lookTask, outcomeOf, runLook } from "./ci-look.ts";
import type { LookOutcome, SessionHost } from "./ci-look.ts";
import { planCases } from "./ci-plan.ts";
import type { PlannedCase } from "./ci-plan.ts";
import { falseAlarmsOf } from "./calibration.ts";
import { GitSource } from "./git-source.ts";
import type { Suite } from "./suite.ts";

export interface CiHost extends SessionHost {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly environment: Environment;
  /** State directory. */
  readonly path: string;
  /** From the machine's entropy. */
  drawSeed(): number;
  makeRunId(): string;
}

/** What a caller may hear of a run, and how to stop it. */
export interface CiHooks {
  /** Aborting ends the run in order; it can be resumed. */
  readonly signal?: AbortSignal;
  readonly onStep?: (step: CiStep) => void;
  readonly onProgress?: (note: ProgressNote) => void;
}

/** What is done now. */
export interface CiStep {
  readonly look: Look | "calibration";
  readonly caseId: string;
  /** From 1, of this look; in a calibration of all rounds. */
  readonly number: number;
  readonly of: number;
  readonly phase: PhaseName | null;
}

/** How a run of a suite ended. */
export interface CiEnding {
  readonly document: CiDocument;
  /** Whose fault it is that a case failed or the run was stopped; null otherwise. */
  readonly fault: Fault | null;
}

/** @throws SUITE_NEEDS_REF, SUITE_INVALID, SUITE_RUN_UNKNOWN, SUITE_RUN_CHANGED, GIT_UNAVAILABLE, GIT_REF_UNKNOWN */
export async function runSuite(
  suite: Suite,
  host: CiHost,
  { resume = false }: { readonly resume?: boolean } = {},
  hooks: CiHooks = {},
): Promise<CiEnding> {
  const begunAt = host.clock.monotonic();
  const history = await CiHistory.open(host.journal);
  const earlier = resume ? unfinishedOf(history) : null;
  const source = await GitSource.open(join(suite.file, ".."));
  const against = earlier?.against ?? (await source.base(requireRef(suite)));
  const checkout = await source.checkOut(against.commit, join(host.path, "ci"));
  const cases = await planCases(suite, source, checkout);
  const start = earlier ?? startOf(suite, cases, against, host);
  if (earlier === null) await history.add({ kind: "run_started", start });
  else requireSameRun(earlier, suite, cases, host.environment);
  const run = new SuiteRun({ suite, host, history, start, cases, hooks, begunAt });
  return await run.toEnd();
}

function requireRef({ against, file }: Suite): string {
  if (against !== null) return against;
  throw actorError("SUITE_NEEDS_REF", "no commit to measure against is named", { location: file });
}

function unfinishedOf({ state }: CiHistory): CiRunStart {
  if (state.unfinished !== null) return state.unfinished;
  throw actorError("SUITE_RUN_UNKNOWN", "the last run of a suite has ended, or there was none");
}

function startOf(
  suite: Suite,
  cases: readonly PlannedCase[],
  against: CiRunStart["against"],
  host: CiHost,
): CiRunStart {
  return {
    run: host.makeRunId(),
    suite: suite.file,
    key: suite.key,
    against,
    seed: suite.seed ?? host.drawSeed(),
    fingerprint: host.environment.fingerprint,
    programs: Object.fromEntries(cases.map(({ id, program }) => [id, program])),
  };
}

function requireSameRun(
  start: CiRunStart,
  suite: Suite,
  cases: readonly PlannedCase[],
  { fingerprint }: Environment,
): void {
  const changed = cases.find(({ id, program }) => start.programs[id] !== program);
  if (changed !== undefined) {
    throw actorError("SUITE_RUN_CHANGED", `${changed.id} is not the code that the run began with`, {
      location: changed.subject,
    });
  }
  if (start.key !== suite.key || start.suite !== suite.file) {
    throw actorError("SUITE_RUN_CHANGED", `the run began with other cases`, { location: suite.file });
  }
  if (start.fingerprint !== fingerprint) {
    throw actorError("SUITE_RUN_CHANGED", "the run began on another machine or runtime");
  }
}

interface RunParts {
  readonly suite: Suite;
  readonly host: CiHost;
  readonly history: CiHistory;
  readonly start: CiRunStart;
  readonly cases: readonly PlannedCase[];
  readonly hooks: CiHooks;
  readonly begunAt: number;
}

class SuiteRun {
  readonly #parts: RunParts;
  readonly #looks = new Map<string, CaseLooks>();
  readonly #warnings = new Set<string>();

  constructor(parts: RunParts) {
    this.#parts = parts;
  }

  async toEnd(): Promise<CiEnding> {
    const { cases, history } = this.#parts;
    await this.#runLook(
      "screen",
      cases.filter(({ same, before }) => !same && before !== null),
    );
    await this.#runLook("full", undecided(cases, this.#looks));
    const ending = this.#ending();
    const isWhole = ending.document.cases.every(({ verdict }) => verdict !== "not_run");
    if (isWhole && ending.fault !== "interrupted") await history.add({ kind: "run_ended" });
    return ending;
  }

  async #runLook(look: Look, cases: readonly PlannedCase[]): Promise<void> {
    const ordered = cases.toSorted((left, right) => this.#cost(look, left) - this.#cost(look, right));
    for (const [index, planned] of ordered.entries()) {
      if (this.#isStopped()) return;
      const known = this.#sessionOf(look, planned);
      // What a known session costs is not what it still takes.
      if (this.#leftMs() <= (known === null ? this.#cost(look, planned) : 0)) continue;
      const outcome = await this.#measure(look, planned, known, index + 1, ordered.length);
      this.#looks.set(planned.id, { ...this.#looks.get(planned.id), [look]: outcome });
    }
  }

  async #measure(
    look: Look,
    planned: PlannedCase,
    known: string | null,
    number: number,
    of: number,
  ): Promise<LookOutcome> {
    const { host, hooks, history, start } = this.#parts;
    const begunAt = host.clock.monotonic();
    const task = lookTask(planned, look, start.seed, start.against.ref);
    const stop = this.#stopSignal();
    let begun: Promise<void> = Promise.resolve();
    const step = { look, caseId: planned.id, number, of };
    hooks.onStep?.({ ...step, phase: null });
    try {
      const ending = await runLook(task, known, host, {
        signal: stop.signal,
        onSession: (session) => {
          if (session !== known)
            begun = history.add({ kind: "look_begun", caseId: planned.id, look, session });
        },
        onPhase: (phase) => hooks.onStep?.({ ...step, phase }),
        onProgress: (note) => hooks.onProgress?.(note),
      });
      await begun;
      const wallMs = host.clock.monotonic() - begunAt;
      for (const warning of ending.document.warnings ?? []) this.#warnings.add(warning);
      const outcome = outcomeOf(ending, planned, wallMs);
      if (outcome.kind !== "stopped" && known === null) {
        await history.add({ kind: "look_ended", caseId: planned.id, look, runs: task.runs, wallMs });
      }
      return outcome;
    } catch (error) {
      await begun;
      return failedLook(error, host.clock.monotonic() - begunAt);
    } finally {
      stop.cancel();
    }
  }

  /** Aborted by the caller, or when the budget is spent. */
  #stopSignal(): { readonly signal: AbortSignal; cancel(): void } {
    const { host, hooks, suite } = this.#parts;
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    hooks.signal?.addEventListener("abort", abort, { once: true });
    if (hooks.signal?.aborted === true) abort();
    const cancelTimer = suite.budgetMs === null ? null : host.clock.schedule(this.#leftMs(), abort);
    return {
      signal: controller.signal,
      cancel: () => {
        cancelTimer?.();
        hooks.signal?.removeEventListener("abort", abort);
      },
    };
  }

  #isStopped(): boolean {
    return this.#parts.hooks.signal?.aborted === true;
  }

  #leftMs(): number {
    const { suite, host, begunAt } = this.#parts;
    return (suite.budgetMs ?? Infinity) - (host.clock.monotonic() - begunAt);
  }

  #sessionOf(look: Look, { id }: PlannedCase): string | null {
    return this.#parts.history.state.sessions[lookKey(look, id)] ?? null;
  }

  /** As long as last time, more where more is to be run; a full look at least as long as its screen. 0: unknown. */
  #cost(look: Look, { id, task, screenRuns }: PlannedCase): number {
    const { costs } = this.#parts.history.state;
    const known = costs[lookKey(look, id)];
    const runs = look === "screen" ? screenRuns : task.runs;
    if (known !== undefined) return known.wallMs * Math.max(1, runs / known.runs);
    return look === "full" ? (costs[lookKey("screen", id)]?.wallMs ?? 0) : 0;
  }

  #ending(): CiEnding {
    const { suite, host, start, cases, begunAt, history } = this.#parts;
    const stopped = this.#isStopped();
    const budget = suite.budgetMs === null ? null : suite.budgetMs / 60_000;
    const decided = decideCases(cases, this.#looks, { stopped, budgetMinutes: budget });
    const verdict = worstVerdict(decided.map((one) => one.verdict));
    const faults = [...this.#looks.values()].flatMap(({ screen, full }) =>
      [screen, full].flatMap((look) => (look?.kind === "failed" ? [look.fault] : [])),
    );
    const fault = stopped ? "interrupted" : faults.includes("internal") ? "internal" : (faults[0] ?? null);
    return {
      fault,
      document: {
        schema: CI_SCHEMA,
        command: "ci",
        run: start.run,
        success: !stopped && isFine(verdict),
        verdict,
        error: stopped
          ? documentError({ ...encodeError(interrupted()), message: STOPPED, hint: "myriad ci --resume" })
          : null,
        suite: suite.file,
        against: start.against,
        seed: start.seed,
        environment: host.environment,
        budgetMs: suite.budgetMs,
        wallMs: host.clock.monotonic() - begunAt,
        cases: decided,
        falseAlarms: falseAlarmsOf(history.state.rounds, suite.key, host.environment.fingerprint),
        warnings: [...this.#warnings],
      },
    };
  }
}

const STOPPED = "the run was interrupted; what was measured is kept";
