/**
 * What would make an inconclusive comparison conclusive, in plain words: so many more runs, a quieter machine where
 * noise and not the number of runs is the trouble, or a tolerance that the change does not lie on.
 */
import type { ComparisonRow, SessionDocument } from "../workflow/session-document.ts";
import { formatChange, formatCount, formatName, formatNumber, formatPercent } from "./report-format.ts";
import { LEAST_FORKS, MOST_ITERATIONS } from "./fork-plan.ts";
import { MOST_RUNS, runsThatSettle, variationOf, type Settling } from "./report-forks-needed.ts";

/** Up to this variation of fork means a machine counts as quiet. */
const QUIET = 0.05;
const MOST_ROWS = 4;

type Open = Pick<SessionDocument, "noise" | "withheld" | "comparisons">;

type Remedy =
  | { readonly kind: "too_noisy"; readonly variation: number }
  | { readonly kind: "unsteady" }
  | { readonly kind: "runs"; readonly needed: Settling; readonly quieter: Settling | null }
  | { readonly kind: "quieter"; readonly quieter: Settling }
  | { readonly kind: "tolerance" }
  | { readonly kind: "no_ratio" };

function remedyOf({ noise, withheld, comparisons }: Open, row: ComparisonRow): Remedy {
  if (withheld === "unsteady") return { kind: "unsteady" };
  if (noise?.label === "unusable") return { kind: "too_noisy", variation: noise.coefficientOfVariation };
  if (row.relDelta === null) return { kind: "no_ratio" };
  const needed = runsThatSettle(row, comparisons);
  const quieter = variationOf(row) > QUIET ? runsThatSettle(row, comparisons, QUIET) : null;
  if (needed !== null) return { kind: "runs", needed, quieter };
  return quieter === null ? { kind: "tolerance" } : { kind: "quieter", quieter };
}

/** The end of a sentence about this row. */
export function settlingClause(document: Open, row: ComparisonRow): string {
  const remedy = remedyOf(document, row);
  switch (remedy.kind) {
    case "too_noisy":
      return `the machine was too noisy (fork means vary by ${formatPercent(remedy.variation)}), so repeat it on a quieter one`;
    case "unsteady":
      return "a version still changed while it was timed, so a single figure would not tell its time";
    case "runs":
      return `about ${moreThanNow(remedy.needed, row)} would settle a change of this size`;
    case "quieter":
      return `this machine is too noisy to settle it; on a quiet one about ${plan(remedy.quieter)} would`;
    case "tolerance":
      return "the change lies so close to the tolerance that more forks would hardly settle it";
    case "no_ratio":
      return "its baseline is zero, so there is no relative change to plan for";
  }
}

/** Sentences, one a comparison that is open, or one for all; none where nothing is open. */
export function settlingAdvice(document: SessionDocument): readonly string[] {
  if (document.verdict !== "inconclusive") return [];
  const open = document.comparisons.filter(({ verdict }) => verdict === "inconclusive");
  const [first] = open;
  if (first === undefined) return [];
  const { kind } = remedyOf(document, first);
  if (kind === "too_noisy" || kind === "unsteady") return [advice(document, first)];
  return open
    .slice(0, MOST_ROWS)
    .map((row) => `${formatName(row.metric)} (${row.caseId}): ${advice(document, row)}`);
}

function advice(document: Open, row: ComparisonRow): string {
  const remedy = remedyOf(document, row);
  switch (remedy.kind) {
    case "too_noisy":
      return tooNoisy(document, row, remedy.variation);
    case "unsteady":
      return "Not more runs, but steady ones: a version still changed while it was timed (see the iterations in run order), and more of the same would not tell which of its times is meant. Late compilation and processors that change their clock do that: repeat it on a machine at rest.";
    case "runs":
      return `About ${moreThanNow(remedy.needed, row)} come to a verdict in nine of ten such sessions, if the change is the ${formatChange(row.relDelta)} that it was seen to be.${noiseNote(row, remedy.quieter)}`;
    case "quieter":
      return `More runs would hardly settle it here: fork means vary by ${formatPercent(variationOf(row))}, so noise is the trouble and not the number of runs. Where they vary by ${formatPercent(QUIET)}, about ${plan(remedy.quieter)} would do.`;
    case "tolerance":
      return `The change of ${formatChange(row.relDelta)} lies so close to the tolerance of ${formatPercent(row.tolerance)} that not even ${formatNumber(MOST_RUNS)} runs would tell on which side it is: only another tolerance in the task would.`;
    case "no_ratio":
      return "The baseline is zero, so there is no relative change to plan a number of runs for.";
  }
}

/** Short forks vary by themselves: only of long ones it can be told that the noise is the machine's. */
function tooNoisy({ noise, withheld }: Open, row: ComparisonRow, variation: number): string {
  const quieter = "stop what else runs on it, or leave it a core (--workers 1)";
  const allowed = withheld === "noise" ? " --allow-noise gives a verdict all the same." : "";
  const vary = `fork means vary by ${formatPercent(variation)}`;
  if (row.iterationsPerFork < MOST_ITERATIONS && noise?.during?.label !== "unusable")
    return `Longer forks first: ${vary}, and those of ${formatCount(row.iterationsPerFork, "iteration")} vary more than those of ${MOST_ITERATIONS} (--runs ${LEAST_FORKS * MOST_ITERATIONS}). Where long ones are as far apart the machine is too noisy: ${quieter}.${allowed}`;
  return `Not more runs, but a quieter machine: ${vary}, so ${quieter}.${allowed}`;
}

function noiseNote(row: ComparisonRow, quieter: Settling | null): string {
  if (quieter === null) return "";
  return ` Noise is what makes it so many: fork means vary by ${formatPercent(variationOf(row))}, and where they vary by ${formatPercent(QUIET)}, about ${plan(quieter)} would do.`;
}

function moreThanNow({ forks, runs }: Settling, row: ComparisonRow): string {
  const now =
    row.iterationsPerFork < MOST_ITERATIONS
      ? `${formatNumber(row.forks)} of ${formatCount(row.iterationsPerFork, "iteration")}`
      : formatNumber(row.forks);
  return `${formatCount(forks, "fork")} a version instead of ${now} (--runs ${runs})`;
}

function plan({ forks, runs }: Settling): string {
  return `${formatCount(forks, "fork")} a version (--runs ${runs})`;
}
