/**
 * The one document in which a run of a suite ends: what `myriad ci --json` prints and what its summaries are
 * written from. `schema` is versioned and grows by addition only; `schemas/ci.schema.json` is its JSON Schema.
 */
import type { MetricVerdict } from "../../kernels/statistics/index.ts";
import type { ComparisonRow, DocumentError, Environment, Noise } from "../workflow/session-document.ts";
import type { GitBase } from "./git-source.ts";

/** The name and version of the documents that this version writes. */
export const CI_SCHEMA = "myriad.ci/1";

/**
 * What a case comes to:
 *
 *   unchanged      both versions are the same program, so nothing was measured
 *   no_baseline    the function is not in the commit
 *   rejected       it gives other results than before, and the case does not allow that
 *   failed         it could not be measured; the error says why
 *   not_run        it did not fit into the budget, or the run was stopped before it
 */
export type CiVerdict = MetricVerdict | "unchanged" | "no_baseline" | "rejected" | "failed" | "not_run";

/** What a run of a suite comes to. */
export interface CiDocument {
  readonly schema: typeof CI_SCHEMA;
  readonly command: "ci";
  /** Names the run; null when it did not begin. */
  readonly run: string | null;
  /** No case regressed, was rejected or failed, and all are decided. */
  readonly success: boolean;
  /** The worst of the cases'; null without a run. */
  readonly verdict: CiVerdict | null;
  readonly error: DocumentError | null;
  /** Absolute path of the suite file. */
  readonly suite: string | null;
  readonly against: GitBase | null;
  readonly seed: number | null;
  readonly environment: Environment;
  readonly budgetMs: number | null;
  readonly wallMs: number;
  /** In the suite's order. */
  readonly cases: readonly CiCase[];
  /** Null: this suite was never measured against itself on this machine. */
  readonly falseAlarms: FalseAlarms | null;
  readonly warnings: readonly string[];
}

/** What became of one case. */
export interface CiCase {
  readonly id: string;
  /** `path#export`, the path relative to the suite file. */
  readonly subject: string;
  readonly verdict: CiVerdict;
  /** What the verdict rests on. */
  readonly decidedBy: "identity" | "screen" | "full" | null;
  /** One sentence where the figures alone do not say it. */
  readonly reason: string | null;
  /** Of the last look; q and verdict by the rule of two looks. */
  readonly comparisons: readonly ComparisonRow[];
  readonly noise: Noise | null;
  readonly sessions: Readonly<{ screen: string | null; full: string | null }>;
  /** Absolute path of the last look's HTML report. */
  readonly report: string | null;
  /** Of its sessions in this run. */
  readonly wallMs: number;
  readonly error: DocumentError | null;
}

/** A/A rounds: the suite at screen size, each function against itself. */
export interface FalseAlarms {
  readonly rounds: number;
  /** Rounds in which any case was called regressed or improved at α 0.05. */
  readonly flagged: number;
  /** Exact one-sided 95 % upper bound of the rate (Clopper–Pearson). */
  readonly atMost: number;
  readonly firstAt: string;
  readonly lastAt: string;
  /** Of the machine that the rounds were run on: this one. */
  readonly fingerprint: string;
}

export function emptyCiDocument(environment: Environment): CiDocument {
  return {
    schema: CI_SCHEMA,
    command: "ci",
    run: null,
    success: false,
    verdict: null,
    error: null,
    suite: null,
    against: null,
    seed: null,
    environment,
    budgetMs: null,
    wallMs: 0,
    cases: [],
    falseAlarms: null,
    warnings: [],
  };
}

/** Worst first. */
const PRECEDENCE: readonly CiVerdict[] = [
  "regressed",
  "rejected",
  "failed",
  "not_run",
  "inconclusive",
  "improved",
  "non_inferior",
  "no_baseline",
  "unchanged",
];

export function worstVerdict(verdicts: readonly CiVerdict[]): CiVerdict | null {
  return PRECEDENCE.find((verdict) => verdicts.includes(verdict)) ?? null;
}

export function isFine(verdict: CiVerdict | null): boolean {
  return verdict !== null && PRECEDENCE.indexOf(verdict) > PRECEDENCE.indexOf("inconclusive");
}
