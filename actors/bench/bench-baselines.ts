/**
 * Baselines of bench tasks: those of `evidence/`, one case a task. With each goes the program, so that a later run
 * measures it again beside the present one: nothing is compared across days, machines or runtimes, and none of
 * them has to be refused. A baseline stands until the task is shown to be better, or `--accept` says so.
 */
import type { Clock } from "../../runtime/contracts/index.ts";
import { MyriadError } from "../../runtime/contracts/index.ts";
import type { Verdict } from "../../kernels/statistics/index.ts";
import type { StateDirectory } from "../../storage/index.ts";
import { actorError } from "../errors.ts";
import type { ForeignFork } from "../evidence/baseline-import.ts";
import { againstRelease } from "../evidence/baseline-promotion.ts";
import { programArtifact, storedBaseline } from "../evidence/baseline-store.ts";
import type { StoredBaseline } from "../evidence/baseline-store.ts";
import { tagFor } from "../evidence/baseline-tag.ts";
import type { EvidenceStore, NewBaselineRow } from "../evidence/evidence-store.ts";
import type { Environment } from "../workflow/session-document.ts";
import type { FoundTask } from "./bench-discovery.ts";
import { samplesOf, WALL_TIME } from "./bench-judge.ts";
import type { JudgedTask } from "./bench-judge.ts";

export interface BaselineServices {
  readonly state: StateDirectory;
  readonly evidence: EvidenceStore;
  readonly clock: Clock;
  readonly environment: Environment;
}

/** What tasks are compared with: each one's current baseline, its released one, or of one task a tag. */
export type Against = "current" | "release" | { readonly tag: string };

export function againstOf(text: string | null): Against {
  if (text === null || text === "current") return "current";
  return text === "release" ? "release" : { tag: text };
}

/** @throws BASELINE_INCOMPARABLE when the tag is of none of the tasks */
export function requireTagOfThese(against: Against, tasks: readonly FoundTask[]): void {
  if (typeof against === "string" || tasks.some(({ id }) => isTagOf(against.tag, id))) return;
  throw actorError("BASELINE_INCOMPARABLE", `"${against.tag}" is a baseline of none of these tasks`, {
    location: against.tag,
  });
}

function isTagOf(tag: string, id: string): boolean {
  return tag.slice(0, tag.lastIndexOf("@")) === id;
}

/** null: there is none. @throws BASELINE_UNKNOWN, BASELINE_INCOMPARABLE */
export async function baselineFor(
  { id }: FoundTask,
  against: Against,
  { state }: Pick<BaselineServices, "state">,
): Promise<StoredBaseline | null> {
  if (typeof against !== "string") {
    return await storedBaseline(id, isTagOf(against.tag, id) ? against.tag : null, { state });
  }
  try {
    return await storedBaseline(id, against, { state });
  } catch (error) {
    if (error instanceof MyriadError && error.code === "BASELINE_CASE_UNKNOWN") return null;
    throw error;
  }
}

/** One that was found before. @throws BASELINE_UNKNOWN, BASELINE_INCOMPARABLE */
export async function baselineTagged(
  { id }: FoundTask,
  tag: string,
  services: Pick<BaselineServices, "state">,
): Promise<StoredBaseline> {
  return (await storedBaseline(id, tag, services))!;
}

/** A task that was stored. */
export interface KeptTask {
  readonly tag: string;
  /** False: it lost against the last release, so the one before stays. */
  readonly isCurrent: boolean;
}

/** What a baseline is stored under. */
export interface KeepPlace {
  /** Its own: a session's artifacts hold one program. */
  readonly session: string;
  readonly subject: string;
  readonly seed: number;
}

/** Stores the task as it was measured, and makes it current. May be said again, of the same session. */
export async function keepBaseline(
  judged: JudgedTask,
  { session, subject, seed }: KeepPlace,
  services: BaselineServices,
): Promise<KeptTask> {
  const { state, evidence, clock, environment } = services;
  const { task } = judged.measured;
  const now = clock.now();
  const tag = tagFor(task.id, await state.analytics.baselines({ caseId: task.id }), session, VERSION);
  const { code, entry } = task.program;
  await state.writeArtifact(session, programArtifact(VERSION), Buffer.from(JSON.stringify({ code, entry })));
  const row = rowOf(judged, { session, subject, environment, now });
  await evidence.establishMeasured({
    session: {
      session,
      command: "bench",
      subject,
      goal: null,
      seed: String(seed),
      startedAt: now,
      finishedAt: now,
      verdict: judged.comparison?.verdict ?? ("no_baseline" satisfies Verdict),
      environment,
    },
    tag,
    rows: [row],
    forks: forksOf(judged, session, now),
  });
  const release = await againstRelease([{ ...row, tag }], state.analytics);
  const isCurrent = release?.verdict !== "regressed";
  if (isCurrent) await evidence.promote(tag);
  return { tag, isCurrent };
}

const VERSION = "candidate";

interface RowPlace {
  readonly session: string;
  readonly subject: string;
  readonly environment: Environment;
  readonly now: number;
}

function rowOf({ measured: { task }, time, tolerance }: JudgedTask, place: RowPlace): NewBaselineRow {
  const { name, unit, direction } = WALL_TIME;
  const { mean, stdDev, forks, ci99 } = time;
  return {
    caseId: task.id,
    subject: place.subject,
    metric: name,
    unit,
    direction,
    tolerance,
    mean,
    stdDev,
    n: forks,
    ciLow: ci99[0],
    ciHigh: ci99[1],
    samplesSession: place.session,
    samplesVersion: VERSION,
    environment: place.environment,
    programDigest: task.program.digest,
    createdAt: place.now,
    note: null,
    tool: null,
  };
}

function forksOf({ measured }: JudgedTask, session: string, now: number): readonly ForeignFork[] {
  const samples = samplesOf(measured, VERSION);
  const forks = measured.forks
    .filter(({ version }) => version === VERSION)
    .toSorted((left, right) => left.fork - right.fork);
  return forks.map(({ fork, order, failures, cpuMs, peakMb, isolation, wallNs }, index) => ({
    row: {
      session,
      caseId: measured.task.id,
      version: VERSION,
      fork,
      order,
      node: "local",
      engine: isolation.engine,
      carrier: isolation.carrier,
      iterations: wallNs.length,
      failures,
      outcomes: { completed: wallNs.length - failures, failed: failures },
      cpuMs,
      peakMb,
      recordedAt: now,
    },
    samples: [{ metric: WALL_TIME.name, values: samples[index]! }],
  }));
}
