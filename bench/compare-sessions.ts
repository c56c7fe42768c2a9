/**
 * Sessions of `compare` through the library, as a user's own would be: default settings, every fork a process
 * of its own, one state directory that is thrown away. A session that did not do all of its work throws.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compareTask, openSystem } from "../actors/index.ts";
import type { ComparisonRow, MyriadSystem, SessionEnding } from "../actors/index.ts";
import { systemClock } from "../runtime/contracts/index.ts";
import { benchError } from "./errors.ts";
import { writeFewInputs } from "./planted-subject.ts";

export interface ComparedPair {
  /** `path#export`, absolute. */
  readonly baseline: string;
  readonly candidate: string;
  readonly seed: number;
}

export interface ComparedFigures {
  readonly verdict: ComparisonRow["verdict"];
  /** Of means of fork means: mean(candidate) / mean(baseline) − 1. */
  readonly change: number;
  /** Standard deviation ÷ mean of the fork means, both versions pooled. */
  readonly forkVariation: number;
  /** The same of the single iterations. */
  readonly iterationVariation: number;
  readonly intraForkCorrelation: number;
  readonly forks: number;
  readonly iterationsPerFork: number;
  readonly tolerance: number;
  readonly batch: number;
  readonly iterationNs: number;
  readonly durationMs: number;
}

export interface CompareSessions {
  /** Bench's own folder for modules. */
  readonly folder: string;
  /** The inputs' generator, `path#export`. */
  readonly inputs: string;
  compare(pair: ComparedPair): Promise<ComparedFigures>;
}

/** Opens a system for `use`, and removes everything afterwards. */
export async function withCompareSessions<Result>(
  signal: AbortSignal,
  use: (sessions: CompareSessions) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "myriad-bench-"));
  try {
    const inputs = await writeFewInputs(folder);
    const system = await openSystem({ state: join(folder, "state") });
    try {
      return await use({ folder, inputs, compare: (pair) => compareOnce(system, pair, inputs, signal) });
    } finally {
      await system.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function compareOnce(
  system: MyriadSystem,
  { baseline, candidate, seed }: ComparedPair,
  inputs: string,
  signal: AbortSignal,
): Promise<ComparedFigures> {
  // A verdict that noise withholds would hide what the tests say of noise.
  const task = compareTask(baseline, candidate, process.cwd(), { inputs, seed, allowNoise: true });
  const begunAt = systemClock.monotonic();
  const ending = await system.start("compare", task, { signal });
  const durationMs = systemClock.monotonic() - begunAt;
  const { row, batch } = validated(ending, task.runs);
  return { ...figuresOf(row), batch, durationMs };
}

/** Every sandbox ran, none failed, and both versions did the same. @throws BENCH_WORK_INVALID, BENCH_INTERRUPTED */
function validated(
  { document, fault }: SessionEnding,
  runs: number,
): { readonly row: ComparisonRow; readonly batch: number } {
  const { error, burst, comparisons, equivalence, verdict } = document;
  if (fault === "interrupted") throw benchError("BENCH_INTERRUPTED", "the bench was interrupted");
  if (error !== null)
    throw benchError("BENCH_WORK_INVALID", `compare ended with ${error.code}: ${error.message}`);
  const row = comparisons[0];
  if (burst === null || row === undefined || equivalence?.disagreements !== 0) {
    throw benchError("BENCH_WORK_INVALID", `compare measured nothing: ${verdict ?? "no verdict"}`);
  }
  const sandboxes = row.forks * row.iterationsPerFork;
  if (burst.failures > 0 || sandboxes < runs) {
    throw benchError("BENCH_WORK_INVALID", `${sandboxes} of ${runs} sandboxes, ${burst.failures} failures`);
  }
  return { row, batch: burst.batch };
}

export function figuresOf(row: ComparisonRow): Omit<ComparedFigures, "batch" | "durationMs"> {
  const { verdict, baseline, candidate, forks, iterationsPerFork, intraForkCorrelation, tolerance } = row;
  const forkVariance = (relativeVariance(baseline) + relativeVariance(candidate)) / 2;
  const correlation = intraForkCorrelation ?? 0;
  return {
    verdict,
    change: candidate.mean / baseline.mean - 1,
    forkVariation: Math.sqrt(forkVariance),
    iterationVariation: Math.sqrt(iterationVariance(forkVariance, correlation, iterationsPerFork)),
    intraForkCorrelation: correlation,
    forks,
    iterationsPerFork,
    tolerance,
    iterationNs: baseline.mean,
  };
}

function relativeVariance({ mean, stdDev }: ComparisonRow["baseline"]): number {
  return (stdDev / mean) ** 2;
}

/**
 * The analysis of variance backwards: with B the mean square between forks of k iterations, W within and
 * r = (B − W) / (B + (k − 1) W), W = B (1 − r) / (1 + (k − 1) r); an iteration varies by W + (B − W) / k.
 */
function iterationVariance(forkVariance: number, correlation: number, iterations: number): number {
  const between = forkVariance * iterations;
  const within = (between * (1 - correlation)) / (1 + (iterations - 1) * correlation);
  return within + (between - within) / iterations;
}
