/** What a run came to, as its document tells it; a function of what was found, judged and kept. */
import type { WireError } from "../../runtime/contracts/index.ts";
import { measurementOf, measurementWarnings } from "../evidence/fork-conditions.ts";
import { documentError } from "../workflow/document.ts";
import type { KeptTask } from "./bench-baselines.ts";
import type { Found, FoundTask } from "./bench-discovery.ts";
import { isFineBench, worstBenchVerdict } from "./bench-document.ts";
import type { BenchDocument, BenchGroup, BenchTaskResult } from "./bench-document.ts";
import type { Judged, JudgedTask } from "./bench-judge.ts";

export interface BenchOutcome {
  readonly found: Found;
  readonly judged: Judged;
  /** By task id, as what follows. */
  readonly kept: ReadonlyMap<string, KeptTask>;
  /** Of tasks that were not measured. */
  readonly faults: ReadonlyMap<string, WireError>;
  /** Tags of the baselines that there were. */
  readonly from: ReadonlyMap<string, string>;
  readonly allowNoise: boolean;
}

export function resultsOf(
  outcome: BenchOutcome,
): Pick<BenchDocument, "success" | "verdict" | "isolation" | "benches" | "warnings"> {
  const { found, judged } = outcome;
  const benches = found.benches.flatMap(({ file, name }, bench): readonly BenchGroup[] => {
    const own = found.tasks.filter((task) => task.bench === bench);
    if (own.length === 0) return [];
    const tasks = own.map((task) => resultOf(task, outcome));
    return [{ file, name, reference: judged.references.get(bench) ?? null, tasks }];
  });
  const verdict = worstBenchVerdict(benches.flatMap(({ tasks }) => tasks.map((task) => task.verdict)));
  return {
    success: isFineBench(verdict),
    verdict,
    isolation: judged.tasks[0]?.measured.forks[0]?.isolation ?? null,
    benches,
    warnings: warningsOf(outcome),
  };
}

function resultOf(task: FoundTask, { judged: { tasks }, faults, from, kept }: BenchOutcome): BenchTaskResult {
  const { id, name } = task;
  const judged = tasks.find(({ measured }) => measured.task === task);
  const fault = faults.get(id);
  const stored = kept.get(id);
  const comparison = judged?.comparison ?? null;
  return {
    id,
    name,
    verdict:
      judged === undefined ? "failed" : (comparison?.verdict ?? (from.has(id) ? "unchanged" : "no_baseline")),
    error: fault === undefined ? null : documentError(fault),
    time: judged?.time ?? null,
    tolerance: judged?.tolerance ?? null,
    againstReference: judged?.againstReference ?? null,
    comparison,
    interval: judged?.interval ?? null,
    withheld: judged?.withheld ?? null,
    baseline: { from: from.get(id) ?? null, to: stored?.isCurrent === true ? stored.tag : null },
    noise: judged?.noise ?? null,
    measurement: judged === undefined ? null : measurementOf(judged.measured.forks),
  };
}

function warningsOf({ found, judged, kept, allowNoise }: BenchOutcome): readonly string[] {
  return [
    ...found.warnings,
    ...judged.tasks.flatMap(unsteady),
    ...judged.tasks.flatMap(empty),
    ...(allowNoise ? [] : noise(judged.tasks)),
    ...[...kept.values()].flatMap(notCurrent),
  ];
}

/** Whether fewer iterations were steady cannot be told (`steadiness.ts`). */
const LEAST_TOLD = 150;

function unsteady({ measured: { task, forks } }: JudgedTask): readonly string[] {
  const [first] = forks;
  if ((first?.conditions?.warmUpIterations ?? 0) + (first?.wallNs.length ?? 0) < LEAST_TOLD) return [];
  return measurementWarnings(measurementOf(forks)).map((warning) => `${task.id}: ${warning}`);
}

const LEAST_NS = 0.5;

function empty({ measured: { task }, time }: JudgedTask): readonly string[] {
  if (time.mean >= LEAST_NS) return [];
  return [`${task.id}: a call takes less than ${LEAST_NS} ns: it does nothing that could be timed`];
}

function noise(tasks: readonly JudgedTask[]): readonly string[] {
  const noisy = tasks.filter((task) => task.noise.label === "unusable").length;
  if (noisy === 0) return [];
  return [
    `the machine was too noisy for a verdict on ${noisy} of ${tasks.length} tasks; --allow-noise gives one all the same`,
  ];
}

function notCurrent({ tag, isCurrent }: KeptTask): readonly string[] {
  if (isCurrent) return [];
  return [
    `${tag} is stored, but worse than the last release: myriad baseline promote ${tag} --accept-loss makes it current`,
  ];
}
