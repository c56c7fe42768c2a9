/** One look at one case: a session of `compare` between the base commit's function or command and the present one. */
import { encodeError } from "../../runtime/contracts/index.ts";
import type { Fault } from "../../runtime/contracts/index.ts";
import type { Look } from "../../kernels/statistics/index.ts";
import { verdictSentence } from "../evidence/report-verdict.ts";
import type { SessionEnding, SessionHooks } from "../session-run.ts";
import { documentError } from "../workflow/document.ts";
import type {
  ComparisonRow,
  DocumentError,
  Noise,
  SessionDocument,
  Withheld,
} from "../workflow/session-document.ts";
import type { Task } from "../workflow/task.ts";
import type { PlannedCase } from "./ci-plan.ts";

export type LookOutcome = LookFacts &
  (
    | {
        readonly kind: "measured";
        readonly rows: readonly ComparisonRow[];
        readonly noise: Noise | null;
        readonly withheld: Withheld | null;
      }
    | { readonly kind: "rejected" | "no_baseline"; readonly reason: string }
    | { readonly kind: "failed"; readonly error: DocumentError; readonly fault: Fault }
    | { readonly kind: "stopped" }
  );

interface LookFacts {
  readonly session: string | null;
  readonly report: string | null;
  readonly wallMs: number;
}

/** What runs sessions. */
export interface SessionHost {
  start(command: "compare", task: Task, hooks: SessionHooks): Promise<SessionEnding>;
  resume(session: string, hooks: SessionHooks): Promise<SessionEnding>;
  /** null while it can be resumed. */
  ended(session: string): Promise<SessionEnding | null>;
}

/** @param ref what the base is called */
export function lookTask(planned: PlannedCase, look: Look, seed: number, ref: string): Task {
  const { task, before, screenRuns } = planned;
  return {
    ...task,
    ...before!,
    candidate: task.subject,
    goal: `no slower than at ${ref}`,
    runs: look === "screen" ? screenRuns : task.runs,
    seed: task.seed ?? seed,
  };
}

/** @param known the session that this look began in before; null: a new one */
export async function runLook(
  task: Task,
  known: string | null,
  host: SessionHost,
  hooks: SessionHooks,
): Promise<SessionEnding> {
  if (known === null) return await host.start("compare", task, hooks);
  return (await host.ended(known)) ?? (await host.resume(known, hooks));
}

export function outcomeOf(
  { document, fault }: SessionEnding,
  { before }: PlannedCase,
  wallMs: number,
): LookOutcome {
  const { session, report, error, verdict, comparisons, noise, withheld } = document;
  const facts = { session, report, wallMs };
  if (fault === "interrupted") return { ...facts, kind: "stopped" };
  if (error !== null) {
    if (isMissingBefore(error, before!.subject.file)) {
      return { ...facts, kind: "no_baseline", reason: "the function is not in that commit" };
    }
    return { ...facts, kind: "failed", error, fault: fault ?? "internal" };
  }
  if (verdict === "rejected") return { ...facts, kind: "rejected", reason: verdictSentence(document) };
  return { ...facts, kind: "measured", rows: comparisons, noise, withheld: withheld ?? null };
}

/** Of what kept a session from beginning. */
export function failedLook(thrown: unknown, wallMs: number): LookOutcome {
  const wire = encodeError(thrown);
  const facts = { session: null, report: null, wallMs };
  if (wire.fault === "interrupted") return { ...facts, kind: "stopped" };
  return { ...facts, kind: "failed", error: documentError(wire), fault: wire.fault };
}

function isMissingBefore({ code, location }: NonNullable<SessionDocument["error"]>, file: string): boolean {
  return code === "SUBJECT_EXPORT_MISSING" && location?.startsWith(file) === true;
}
