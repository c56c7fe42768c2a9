/**
 * A burst that may end as soon as it is decided (`stopEarly` in a task). Its forks end in any order and on several
 * workers; its pairs are looked at in the order of the plan, each when it is complete and all before it are.
 * So what it is decided as, and after which pair, is a function of the kept forks alone: a burst that was
 * killed finds the same when it goes on. Forks that ended beside the deciding pair are not counted.
 *
 * The verdict is that of these looks also where the burst was never decided: its p then hold as well, those of a
 * test of a fixed number of forks would not.
 */
import { compareInputs, EarlyStop, forkMeans } from "../../kernels/statistics/index.ts";
import type { InputsComparison, Interval, PairOfMeans } from "../../kernels/statistics/index.ts";
import type { ComparisonRow, EarlyStopSummary } from "../workflow/session-document.ts";
import type { BurstOutcome, KeptFork, SessionCommand } from "../workflow/session-state.ts";
import type { MetricSpec, Task } from "../workflow/task.ts";
import { forksPerVersionOf, mostIterationsOf } from "./fork-plan.ts";
import type { Version } from "./fork-plan.ts";
import { valuesOf } from "./fork-values.ts";

/** Kept forks by `version/fork`. */
export type ForksByName = ReadonlyMap<string, KeptFork>;

export function forksByName(forks: readonly KeptFork[]): Map<string, KeptFork> {
  return new Map(forks.map((fork) => [nameOf(fork), fork]));
}

export function nameOf({ version, fork }: Pick<KeptFork, "version" | "fork">): string {
  return `${version}/${fork}`;
}

export class PairLooks {
  readonly #stop: EarlyStop;
  readonly #task: Pick<Task, "metrics" | "runs" | "commands">;
  readonly #measured: readonly MetricSpec[];
  #isSound = true;

  constructor(
    task: Pick<Task, "metrics" | "runs" | "commands">,
    command: SessionCommand,
    figures: BurstOutcome["figures"] = {},
  ) {
    this.#task = task;
    this.#measured = task.metrics.filter(({ of }) => of === undefined);
    this.#stop = new EarlyStop({
      metrics: task.metrics.map((metric) => ownComparison(metric, figures) ?? metric),
      plannedPairs: plannedPairs(task),
      wanted: command === "run" ? "improved" : "not_worse",
    });
  }

  /**
   * Takes the pairs that have become complete.
   * @returns whether the burst is decided
   * @throws METRIC_UNKNOWN_HERE
   */
  look(kept: ForksByName): boolean {
    while (this.#isSound && this.#stop.decided === null) {
      const fork = (version: Version): KeptFork | undefined =>
        kept.get(nameOf({ version, fork: this.#stop.pairs }));
      const [baseline, candidate] = [fork("baseline"), fork("candidate")];
      if (baseline === undefined || candidate === undefined) break;
      // A version that fails is judged by that, after all forks, and not by its figures.
      this.#isSound = [baseline, candidate].every(({ failures, proved }) => failures === 0 && proved);
      if (this.#isSound) this.#stop.push(this.#measured.map((metric) => pair(baseline, candidate, metric)));
    }
    return this.#stop.decided !== null;
  }

  /** @param run forks of both versions that are kept */
  summary(run: number): EarlyStopSummary {
    const { pairs, decided } = this.#stop;
    const planned = plannedPairs(this.#task);
    return { forks: pairs, planned, notCounted: run - 2 * pairs, decided };
  }

  /** What rows take from the looks, by metric. */
  rows(): ReadonlyMap<string, Pick<ComparisonRow, "test" | "p" | "ci99">> {
    return new Map(
      this.#stop.sequences.map((sequence, index) => {
        const ci99: Interval | null = sequence.relativeInterval(0.99);
        return [this.#measured[index]!.name, { test: "always-valid-on-fork-pairs", p: sequence.p, ci99 }];
      }),
    );
  }
}

/** Of a metric of the task's own, whose figures no fork changes; null of one that forks measure. */
export function ownComparison(
  { name, of, direction, tolerance }: MetricSpec,
  figures: BurstOutcome["figures"] = {},
): InputsComparison | null {
  if (of === undefined) return null;
  const { baseline, candidate } = figures[name]!;
  return compareInputs({ baseline: baseline!, candidate: candidate!, direction, tolerance });
}

function plannedPairs(task: Pick<Task, "runs" | "commands">): number {
  return forksPerVersionOf(task.runs, mostIterationsOf(task));
}

function pair(baseline: KeptFork, candidate: KeptFork, { name }: MetricSpec): PairOfMeans {
  const [before, after] = forkMeans([valuesOf(baseline, name), valuesOf(candidate, name)]);
  return { baseline: before!, candidate: after! };
}
