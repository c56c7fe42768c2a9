/** What runs a suite's sessions, by a script: each look at a case ends as the test says. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { CiHost } from "../../actors/ci/ci-run.ts";
import { actorError, interrupted } from "../../actors/errors.ts";
import type { SessionEnding } from "../../actors/session-run.ts";
import { documentError, emptyDocument } from "../../actors/workflow/document.ts";
import type { ComparisonRow, SessionDocument } from "../../actors/workflow/session-document.ts";
import type { Task } from "../../actors/workflow/task.ts";
import { encodeError } from "../../runtime/contracts/index.ts";
import type { Journal } from "../../runtime/contracts/index.ts";
import { VirtualClock } from "../../runtime/testkit/index.ts";
import { ENVIRONMENT, rowOf } from "./session.ts";

/** p of (regressed, nonInferior, improved). */
export const SLOWER = [0.0001, 0.9999, 1] as const;
export const SAME = [0.99, 0.001, 0.9] as const;
export const FASTER = [1, 0.0001, 0.0001] as const;
export const UNCLEAR = [0.4, 0.6, 0.9] as const;

export type Script = (
  look: ScriptedLook,
) => readonly [number, number, number] | Partial<SessionDocument> | "stop";

export interface ScriptedLook {
  readonly caseId: string;
  /** By its runs: the screen's are fewer. */
  readonly runs: number;
  readonly task: Task;
  readonly resumed: boolean;
}

export interface ScriptedHost extends CiHost {
  /** `<case>/<runs>`, a plus behind what was resumed. */
  readonly log: string[];
  readonly clock: VirtualClock;
}

export interface HostParts {
  readonly journal: Journal;
  readonly folder: string;
  readonly script: Script;
  /** What a session takes. */
  readonly wallMs?: (look: ScriptedLook) => number;
}

export function scriptedHost({ journal, folder, script, wallMs = () => 1000 }: HostParts): ScriptedHost {
  const clock = new VirtualClock();
  const log: string[] = [];
  const sessions = new Map<string, { readonly task: Task; ending: SessionEnding | null }>();
  const path = join(folder, ".git", "state");
  mkdirSync(path, { recursive: true });
  const play = async (
    session: string,
    resumed: boolean,
    signal: AbortSignal | undefined,
  ): Promise<SessionEnding> => {
    const { task } = sessions.get(session)!;
    const look = { caseId: task.id, runs: task.runs, task, resumed };
    log.push(`${task.id}/${task.runs}${resumed ? "+" : ""}`);
    const answer = script(look);
    await clock.advance(wallMs(look));
    const ending =
      signal?.aborted === true || answer === "stop" ? stopped(session) : endingOf(session, task, answer);
    if (ending.fault === null) sessions.get(session)!.ending = ending;
    return ending;
  };
  return {
    log,
    clock,
    journal,
    path,
    environment: ENVIRONMENT,
    drawSeed: () => 5,
    makeRunId: () => `run-${log.length}`,
    async start(_command, task, hooks) {
      const session = `session-${sessions.size}`;
      sessions.set(session, { task, ending: null });
      hooks.onSession?.(session);
      hooks.onPhase?.("prepare");
      return await play(session, false, hooks.signal);
    },
    resume: (session, hooks) => play(session, true, hooks.signal),
    ended: (session) => Promise.resolve(sessions.get(session)?.ending ?? null),
  };
}

function endingOf(
  session: string,
  task: Task,
  answer: readonly [number, number, number] | Partial<SessionDocument>,
): SessionEnding {
  const document: SessionDocument = {
    ...emptyDocument("compare", ENVIRONMENT),
    session,
    report: `/state/${session}/report.html`,
    ...("length" in answer
      ? { verdict: "inconclusive", comparisons: [scriptedRow(task.id, answer)] }
      : answer),
  };
  return { document, fault: document.error === null ? null : "input" };
}

export function scriptedRow(
  caseId: string,
  [regressed, nonInferior, improved]: readonly [number, number, number],
): ComparisonRow {
  return { ...rowOf("inconclusive"), caseId, p: { regressed, nonInferior, improved } };
}

function stopped(session: string): SessionEnding {
  const error = documentError(encodeError(interrupted()), session);
  return {
    document: { ...emptyDocument("compare", ENVIRONMENT), session, error },
    fault: "interrupted",
  };
}

export function documentWithError(
  code: Parameters<typeof actorError>[0],
  location: string,
): Partial<SessionDocument> {
  return { error: documentError(encodeError(actorError(code, "it is so", { location }))) };
}
