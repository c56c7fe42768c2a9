/**
 * What does a burst cost, and promise, that may end as soon as it is decided (`EarlyStop`)? Simulated bursts of at
 * most 20 pairs of forks, or 40 where the note says so, tolerance 2 %, decided by the very class that bursts use:
 *
 *   A/A            equal versions flagged: regressed or improved
 *   wrong claims   at a change of exactly the tolerance, in both directions
 *   power          a slowdown found, beside the fixed test with all forks
 *   forks          those run of those planned, and what the change looks like where it was stopped
 *
 * A fork mean's cv of 0.023 is that of 500 iterations with cv 0.1 and intra-fork correlation 0.05.
 */
import { EarlyStop, changeP, decide, overallVerdict } from "../kernels/statistics/index.ts";
import type { EarlyStopSettings, Verdict } from "../kernels/statistics/index.ts";
import type { Random } from "../runtime/contracts/index.ts";
import { plainRow, requiredRow, type BenchRow } from "./bench-row.ts";
import { normals } from "./normals.ts";
import { measuredShare } from "./share-row.ts";
import { quantileOf } from "./spread.ts";

const TOLERANCE = 0.02;
const ALPHA = 0.05;
const PLANNED = 20;

type Normal = () => number;

interface Machine {
  readonly name: string;
  /** A fork mean of mean 1. */
  readonly draw: (normal: Normal) => number;
}

const normalMachine = (cv: number): Machine => ({
  name: `fork means cv ${cv}`,
  draw: (normal) => 1 + cv * normal(),
});
const QUIET: Machine = normalMachine(0.023);
const NOISY: Machine = normalMachine(0.1);
const LONG_TAIL: Machine = {
  name: "fork means lognormal, σ 0.5",
  draw: (normal) => Math.exp(0.5 * normal() - 0.125),
};

export interface SimulatedBurst {
  readonly machine: Machine;
  /** Of each metric: 0.05 is five percent slower. */
  readonly changes: readonly number[];
  readonly planned?: number;
  readonly wanted?: EarlyStopSettings["wanted"];
}

interface Ended {
  readonly verdict: Verdict;
  readonly pairs: number;
  /** Of the first metric, as it looked when the burst ended. */
  readonly relDelta: number;
  /** What the fixed test says of all planned pairs. */
  readonly fixed: Verdict;
}

/** @param share of the full number of simulated bursts */
export function earlyStopRows(share: number, random: Random): readonly BenchRow[] {
  const bursts = 4_000 * share;
  const run = (burst: SimulatedBurst): readonly Ended[] => {
    const normal = normals(random.fork(`${burst.machine.name} ${burst.changes.join()} ${burst.planned}`));
    return Array.from({ length: bursts }, () => simulateEarlyStop(burst, normal));
  };
  return [
    ...[QUIET, NOISY, LONG_TAIL].flatMap((machine) => [
      flaggedRow({ machine, changes: [0] }, run),
      ...wrongRows({ machine, changes: [TOLERANCE] }, run),
    ]),
    flaggedRow({ machine: QUIET, changes: [0, 0, 0] }, run),
    ...wrongRows({ machine: QUIET, changes: [TOLERANCE, 0, 0] }, run),
    powerRow({ machine: QUIET, changes: [0.05] }, run),
    powerRow({ machine: QUIET, changes: [0.05], planned: 40 }, run),
    powerRow({ machine: QUIET, changes: [0.1] }, run),
    ...[-0.5, -0.1, 0, 0.05, 0.1, 0.5].map((change) => forksRow({ machine: QUIET, changes: [change] }, run)),
    forksRow({ machine: QUIET, changes: [0], planned: 40 }, run),
    forksRow({ machine: normalMachine(0.01), changes: [0] }, run),
    forksRow({ machine: QUIET, changes: [-0.1], wanted: "improved" }, run),
  ];
}

/** One burst, ended as soon as it is decided; beside it the fixed test of all that was planned. */
export function simulateEarlyStop(
  { machine, changes, planned = PLANNED, wanted = "not_worse" }: SimulatedBurst,
  normal: Normal,
): Ended {
  const pairs = Array.from({ length: planned }, () =>
    changes.map((change) => ({
      baseline: machine.draw(normal),
      candidate: (1 + change) * machine.draw(normal),
    })),
  );
  const metrics = changes.map(() => ({ direction: "lower", tolerance: TOLERANCE }) as const);
  const stop = new EarlyStop({ metrics, plannedPairs: planned, wanted });
  for (const pair of pairs) {
    stop.push(pair);
    if (stop.decided !== null) break;
  }
  const fixed = changes.map((_, metric) => ({
    p: changeP(
      Float64Array.from(pairs, (pair) => pair[metric]!.baseline),
      Float64Array.from(pairs, (pair) => pair[metric]!.candidate),
      "lower",
      TOLERANCE,
    ),
  }));
  return {
    verdict: verdictOf(stop.sequences),
    pairs: stop.pairs,
    relDelta: stop.sequences[0]!.relDelta!,
    fixed: verdictOf(fixed),
  };
}

function verdictOf(compared: Parameters<typeof decide>[0]): Verdict {
  return overallVerdict(decide(compared.map(({ p }) => ({ p }))).map(({ verdict }) => verdict));
}

type Run = (burst: SimulatedBurst) => readonly Ended[];

const FLAGGED: readonly Verdict[] = ["regressed", "improved"];
const PASSED: readonly Verdict[] = ["non_inferior", "improved"];

function flaggedRow(burst: SimulatedBurst, run: Run): BenchRow {
  return atMostAlpha(`A/A flagged, ${nameOf(burst)}`, FLAGGED, burst, run(burst));
}

/** Passing is wrong, too, where one metric is worse by the tolerance. */
function wrongRows(burst: SimulatedBurst, run: Run): readonly BenchRow[] {
  const ended = run(burst);
  const name = `at a slowdown of exactly the tolerance, ${nameOf(burst)}`;
  return [
    atMostAlpha(`called regressed ${name}`, ["regressed"], burst, ended),
    atMostAlpha(`let pass ${name}`, PASSED, burst, ended),
  ];
}

function atMostAlpha(
  name: string,
  verdicts: readonly Verdict[],
  burst: SimulatedBurst,
  ended: readonly Ended[],
): BenchRow {
  return requiredRow(shareRow(name, verdicts, burst, ended), "atMost", ALPHA);
}

function powerRow(burst: SimulatedBurst, run: Run): BenchRow {
  const ended = run(burst);
  const change = `${burst.changes[0]! * 100} % slowdown found, ${nameOf(burst)}`;
  const row = plainRow(shareRow(change, ["regressed"], burst, ended));
  const fixed = ended.filter((one) => one.fixed === "regressed").length / ended.length;
  return { ...row, peers: { fixed }, ratios: { fixed: row.value / fixed } };
}

function shareRow(
  name: string,
  verdicts: readonly Verdict[],
  burst: SimulatedBurst,
  ended: readonly Ended[],
) {
  const events = ended.filter(({ verdict }) => verdicts.includes(verdict)).length;
  const { planned = PLANNED } = burst;
  const forks = ended.reduce((sum, { pairs }) => sum + pairs, 0) / ended.length;
  const detail = `${forks.toFixed(1)} of ${planned} run on average`;
  return measuredShare(`early stop, ${name}`, { events, n: ended.length }, detail);
}

function forksRow(burst: SimulatedBurst, run: Run): BenchRow {
  const ended = run(burst);
  const { planned = PLANNED, wanted = "not_worse" } = burst;
  const pairs = ended.map((one) => one.pairs);
  const undecided = (name: "verdict" | "fixed"): string =>
    percent(ended.filter((one) => one[name] === "inconclusive").length / ended.length);
  const bias = ended.reduce((sum, { relDelta }) => sum + relDelta, 0) / ended.length - burst.changes[0]!;
  const row = plainRow({
    name: `early stop, forks a version at a change of ${burst.changes[0]! * 100} %, ${nameOf(burst)}, wanted ${wanted}`,
    unit: "forks",
    value: quantileOf(pairs, 0.5),
    note: `median of ${ended.length} bursts; 90 % within ${quantileOf(pairs, 0.9)}; ${undecided("verdict")} undecided, by the fixed test ${undecided("fixed")}; the mean of the changes told is off by ${(bias * 100).toFixed(2)} points`,
  });
  return { ...row, peers: { planned }, ratios: { planned: row.value / planned } };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function nameOf({ machine, changes, planned = PLANNED }: SimulatedBurst): string {
  const metrics = changes.length === 1 ? "" : `, ${changes.length} metrics`;
  return `${machine.name}${metrics}, at most ${planned} pairs`;
}
