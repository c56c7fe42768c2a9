/**
 * How many forks and runs would settle a comparison, if change and scatter are what they were seen to be: the fewest
 * with which the deciding test comes to a verdict in nine of ten such sessions (kernels/statistics/power.ts). A plan,
 * not a promise: change and scatter are themselves estimates.
 *
 *   question   beyond the tolerance: is it called regressed? else: is it called non-inferior?
 *   scatter    of both versions' fork means, as the test weighs them; of longer forks, where they were
 *              shorter than 500 iterations (blocks of commands: 10 runs), by the intra-fork correlation r: variance ∝ r + (1 − r) / iterations
 *   level      0.05 shared by Benjamini–Hochberg, the rows that are settled in this question counted as such
 */
import { changePower, forksNeeded } from "../../kernels/statistics/index.ts";
import type { Family, PowerQuestion } from "../../kernels/statistics/index.ts";
import type { ComparisonRow } from "../workflow/session-document.ts";
import { BLOCK_RUNS, LEAST_FORKS, MOST_ITERATIONS } from "./fork-plan.ts";

const ALPHA = 0.05;
const POWER = 0.9;
/** Past this the answer is a larger machine's week, not advice. */
const MOST_FORKS = 1_000;
export const MOST_RUNS: number = MOST_FORKS * MOST_ITERATIONS;
/** With hardly more than there were, chance decides again. */
const LEAST_GROWTH = 1.5;

/** Of each version. */
export interface Settling {
  readonly forks: number;
  /** As `--runs` takes them. */
  readonly runs: number;
}

/**
 * Forks in tens, more than there were. Null: not even a thousand would do.
 * @param rows all that were decided together
 * @param forkVariation of the fork means, in place of the one that was seen
 */
export function runsThatSettle(
  row: ComparisonRow,
  rows: readonly ComparisonRow[],
  forkVariation: number = variationOf(row),
): Settling | null {
  const question = questionOf(row, rows, forkVariation);
  if (question === null || changePower(question, MOST_FORKS) < POWER) return null;
  const most = fullLength(row);
  const least = row.iterationsPerFork < most ? LEAST_FORKS : row.forks * LEAST_GROWTH;
  const forks = Math.ceil(Math.max(forksNeeded(question, POWER)!, least) / 10) * 10;
  return forks > MOST_FORKS ? null : { forks, runs: forks * most };
}

/** Iterations of a fork, as a burst of many runs has them. */
function fullLength({ engine }: Pick<ComparisonRow, "engine">): number {
  return engine === "process" ? BLOCK_RUNS : MOST_ITERATIONS;
}

function questionOf(row: ComparisonRow, rows: readonly ComparisonRow[], cv: number): PowerQuestion | null {
  const { relDelta, direction, tolerance } = row;
  // What is exact for each input is not settled by forks.
  if (row.test === "paired-t-on-inputs") return null;
  if (relDelta === null || relDelta <= -1 || !(cv > 0)) return null;
  const worsening = direction === "lower" ? relDelta : -relDelta;
  const family = worsening > tolerance ? "regressed" : "nonInferior";
  return { family, direction, relDelta, cv, tolerance, alpha: levelOf(row, rows, family) };
}

function levelOf(row: ComparisonRow, rows: readonly ComparisonRow[], family: Family): number {
  const settled = rows.filter((other) => other !== row && other.q[family] < ALPHA).length;
  return (ALPHA * (settled + 1)) / Math.max(1, rows.length);
}

/** Coefficient of variation of fork means as a session of full length would have them. */
export function variationOf({
  engine,
  baseline,
  candidate,
  iterationsPerFork,
  intraForkCorrelation,
}: ComparisonRow): number {
  const most = fullLength({ engine });
  const squares = (baseline.stdDev ** 2 + candidate.stdDev ** 2) / (baseline.mean ** 2 + candidate.mean ** 2);
  if (iterationsPerFork >= most || intraForkCorrelation === null) return Math.sqrt(squares);
  const shared = Math.min(Math.max(intraForkCorrelation, 0), 1);
  const varianceOf = (iterations: number): number => shared + (1 - shared) / iterations;
  return Math.sqrt((squares * varianceOf(most)) / varianceOf(iterationsPerFork));
}
