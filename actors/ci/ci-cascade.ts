/** From looks to verdicts: each look decided once over all that it measured, by the rule of two looks. */
import { decideLook } from "../../kernels/statistics/index.ts";
import type { Look, MetricVerdict } from "../../kernels/statistics/index.ts";
import type { ComparisonRow, Withheld } from "../workflow/session-document.ts";
import type { CiCase, CiVerdict } from "./ci-document.ts";
import type { LookOutcome } from "./ci-look.ts";
import type { PlannedCase } from "./ci-plan.ts";

export type CaseLooks = Readonly<Partial<Record<Look, LookOutcome>>>;

export interface Circumstances {
  /** From outside. */
  readonly stopped: boolean;
  readonly budgetMinutes: number | null;
}

type Rows = ReadonlyMap<string, readonly ComparisonRow[]>;

/** Cases whose screen measured, and did not let every metric pass. */
export function undecided(
  cases: readonly PlannedCase[],
  looks: ReadonlyMap<string, CaseLooks>,
): readonly PlannedCase[] {
  const screened = rowsOf("screen", cases, looks);
  return cases.filter(({ id }) => screened.get(id)?.some(({ verdict }) => verdict === "inconclusive"));
}

/** In the order of the cases. */
export function decideCases(
  cases: readonly PlannedCase[],
  looks: ReadonlyMap<string, CaseLooks>,
  circumstances: Circumstances,
): readonly CiCase[] {
  const screened = rowsOf("screen", cases, looks);
  const full = rowsOf("full", cases, looks);
  return cases.map((planned) => {
    const { id, subject } = planned;
    const { screen, full: last } = looks.get(id) ?? {};
    const latest = last ?? screen;
    const noise = (look: LookOutcome | undefined): CiCase["noise"] =>
      look?.kind === "measured" ? look.noise : null;
    return {
      id,
      subject,
      comparisons: [],
      error: null,
      reason: null,
      decidedBy: null,
      noise: noise(last) ?? noise(screen),
      sessions: { screen: screen?.session ?? null, full: last?.session ?? null },
      report: latest?.report ?? null,
      wallMs: (screen?.wallMs ?? 0) + (last?.wallMs ?? 0),
      ...decided(planned, screen, last, screened.get(id) ?? [], full.get(id) ?? [], circumstances),
    };
  });
}

type Decided = Pick<CiCase, "verdict"> &
  Partial<Pick<CiCase, "decidedBy" | "reason" | "comparisons" | "error">>;

function decided(
  { same, before, absent }: PlannedCase,
  screen: LookOutcome | undefined,
  full: LookOutcome | undefined,
  screened: readonly ComparisonRow[],
  measured: readonly ComparisonRow[],
  circumstances: Circumstances,
): Decided {
  if (same) return { verdict: "unchanged", decidedBy: "identity" };
  if (before === null) return { verdict: "no_baseline", reason: `${absent ?? "it"} is not in that commit` };
  const last = full ?? screen;
  switch (last?.kind) {
    case undefined:
      return { verdict: "not_run", reason: whyNotRun(circumstances, false) };
    case "stopped":
      return {
        verdict: "not_run",
        reason: whyNotRun(circumstances, full !== undefined),
        comparisons: screened,
      };
    case "failed":
      return { verdict: "failed", reason: last.error.message, error: last.error };
    case "rejected":
    case "no_baseline":
      return { verdict: last.kind, reason: last.reason };
    case "measured":
      if (full !== undefined) {
        const rows = withPassed(measured, screened);
        const verdict = worst(rows);
        const reason = verdict === "inconclusive" ? whyWithheld(full) : null;
        return { verdict, decidedBy: "full", comparisons: rows, reason };
      }
      if (worst(screened) !== "inconclusive") {
        return { verdict: worst(screened), decidedBy: "screen", comparisons: screened };
      }
      return { verdict: "not_run", reason: whyNotRun(circumstances, true), comparisons: screened };
  }
}

/** What the screen has shown stays shown where the full look shows nothing. */
function withPassed(
  rows: readonly ComparisonRow[],
  screened: readonly ComparisonRow[],
): readonly ComparisonRow[] {
  return rows.map((row) => {
    const before = screened.find(({ metric }) => metric === row.metric);
    return row.verdict === "inconclusive" ? (before ?? row) : row;
  });
}

function withheldIn(look: LookOutcome | undefined): Withheld | null {
  return look?.kind === "measured" ? look.withheld : null;
}

/** Decided together, so over every case that this look measured. */
function rowsOf(look: Look, cases: readonly PlannedCase[], looks: ReadonlyMap<string, CaseLooks>): Rows {
  const measured = cases.flatMap(({ id }) => {
    const outcome = looks.get(id)?.[look];
    return outcome?.kind === "measured" ? outcome.rows.map((row) => ({ ...row, caseId: id })) : [];
  });
  const decidedRows = new Map<string, ComparisonRow[]>();
  for (const row of measured.length === 0 ? [] : decideLook(look, measured)) {
    // What is counted on inputs no machine can disturb.
    const isExact = row.test === "paired-t-on-inputs" || row.test === "count";
    const withheld = !isExact && withheldIn(looks.get(row.caseId)?.[look]) !== null;
    const said: ComparisonRow = withheld ? { ...row, verdict: "inconclusive" } : row;
    decidedRows.set(row.caseId, [...(decidedRows.get(row.caseId) ?? []), said]);
  }
  return decidedRows;
}

const WORST_FIRST: readonly MetricVerdict[] = ["regressed", "inconclusive", "improved", "non_inferior"];

function worst(rows: readonly ComparisonRow[]): Extract<CiVerdict, MetricVerdict> {
  return WORST_FIRST.find((verdict) => rows.some((row) => row.verdict === verdict)) ?? "inconclusive";
}

function whyWithheld(look: LookOutcome): string | null {
  switch (withheldIn(look)) {
    case "noise":
      return "the machine was too noisy for a verdict; --allow-noise, or allowNoise: true in the case, gives one all the same";
    case "unsteady":
      return "it still changed its speed while it was timed";
    case null:
      return null;
  }
}

function whyNotRun({ stopped, budgetMinutes }: Circumstances, afterScreen: boolean): string {
  const what = afterScreen ? "the screen did not settle it, and the full look" : "it";
  if (stopped) return `${what} was not reached before the run was stopped`;
  return `${what} did not fit into the budget of ${budgetMinutes ?? 0} minutes`;
}
