/**
 * Does the rule of two looks (`decideLook`) keep its level, and what does it save? Simulated suites of 20
 * cases, 20 fork means a version and look. A screen's fork means vary a little more than those of the full
 * look, as means of a tenth of the iterations do: cv 0.1, intra-fork correlation 0.05, 50 against 500.
 *
 *   suites called red   without any change, and with one of 20 slower by exactly the tolerance
 *   wrong claims        of one case alone at a change of exactly the tolerance, in both directions
 *   false discoveries   among the red cases, when 5 of 20 are slower and 15 by exactly the tolerance
 *   power               one slowdown of 5 % among 20 cases, beside one look at all 20
 *   cost                share of unchanged cases that need the full look
 */
import { changeP, decide, decideLook } from "../kernels/statistics/index.ts";
import type { ComparisonP, MetricVerdict } from "../kernels/statistics/index.ts";
import type { Random } from "../runtime/contracts/index.ts";
import { plainRow, requiredRow, type BenchRow } from "./bench-row.ts";
import { normals } from "./normals.ts";
import { measuredShare } from "./share-row.ts";

const FORKS = 20;
const CASES = 20;
const TOLERANCE = 0.02;
const ALPHA = 0.05;

interface Machine {
  readonly name: string;
  /** Coefficient of variation of fork means in each look. */
  readonly screen: number;
  readonly full: number;
}

const QUIET: Machine = {
  name: "iterations cv 0.1, intra-fork correlation 0.05",
  screen: 0.1 * Math.sqrt(0.05 + 0.95 / 50),
  full: 0.1 * Math.sqrt(0.05 + 0.95 / 500),
};
const VERY_QUIET: Machine = { name: "fork means cv 0.015 and 0.01", screen: 0.015, full: 0.01 };
const NOISY: Machine = { name: "fork means cv 0.1", screen: 0.1, full: 0.1 };

interface Suite {
  readonly verdicts: readonly MetricVerdict[];
  /** Cases of the full look. */
  readonly full: number;
}

/** @param share of the full number of simulated suites */
export function cascadeRows(share: number, random: Random): readonly BenchRow[] {
  const suites = 2_000 * share;
  return [
    ...[VERY_QUIET, QUIET, NOISY].flatMap((machine) => unchangedRows(suites, machine, random)),
    ...[QUIET, NOISY].flatMap((machine) => aloneRows(20_000 * share, machine, random)),
    falseDiscoveryRow(suites, QUIET, random),
    ...powerRows(suites, QUIET, random),
  ];
}

/** One suite, the change of each case given, by both looks. */
export function simulateCascade(
  changes: readonly number[],
  machine: Pick<Machine, "screen" | "full">,
  normal: () => number,
): Suite {
  const look = (cv: number, change: number): { readonly p: ComparisonP; readonly change: number } => ({
    p: changeP(forkMeans(normal, 1, cv), forkMeans(normal, 1 + change, cv), "lower", TOLERANCE),
    change,
  });
  const screened = decideLook(
    "screen",
    changes.map((change) => look(machine.screen, change)),
    ALPHA,
  );
  const left = screened.flatMap(({ verdict }, index) => (verdict === "inconclusive" ? [index] : []));
  const verdicts = screened.map(({ verdict }) => verdict);
  if (left.length > 0) {
    const measured = left.map((index) => look(machine.full, changes[index]!));
    decideLook("full", measured, ALPHA).forEach(({ verdict }, at) => (verdicts[left[at]!] = verdict));
  }
  return { verdicts, full: left.length };
}

function unchangedRows(suites: number, machine: Machine, random: Random): readonly BenchRow[] {
  const normal = normals(random.fork(`unchanged ${machine.name}`));
  const unchanged = new Array<number>(CASES).fill(0);
  const counted = { red: 0, full: 0, passed: 0 };
  for (let run = 0; run < suites; run++) {
    const { verdicts, full } = simulateCascade(unchanged, machine, normal);
    counted.red += verdicts.includes("regressed") ? 1 : 0;
    counted.passed += verdicts.filter((verdict) => verdict !== "inconclusive").length;
    counted.full += full;
  }
  const detail = `${CASES} cases, ${FORKS} forks, tolerance ${TOLERANCE}, α ${ALPHA}`;
  const name = (what: string): string => `cascade: ${what}, ${machine.name}`;
  return [
    requiredRow(
      measuredShare(name("unchanged suites called red"), { events: counted.red, n: suites }, detail),
      "atMost",
      ALPHA,
    ),
    plainRow({
      name: name("unchanged cases that need the full look"),
      unit: "share",
      value: counted.full / (suites * CASES),
      note: `${((100 * counted.passed) / (suites * CASES)).toFixed(1)} % are shown to be no slower in the end; ${detail}`,
    }),
  ];
}

function aloneRows(trials: number, machine: Machine, random: Random): readonly BenchRow[] {
  const normal = normals(random.fork(`alone ${machine.name}`));
  const claimed = { regressed: 0, passed: 0 };
  for (let trial = 0; trial < trials; trial++) {
    const [verdict] = simulateCascade([TOLERANCE], machine, normal).verdicts;
    claimed.regressed += verdict === "regressed" ? 1 : 0;
    claimed.passed += verdict === "non_inferior" || verdict === "improved" ? 1 : 0;
  }
  const row = (what: string, events: number): BenchRow =>
    plainRow(
      measuredShare(
        `cascade: slower by exactly the tolerance, ${what}, ${machine.name}`,
        { events, n: trials },
        `one case, ${FORKS} forks, α ${ALPHA}`,
      ),
    );
  return [row("called regressed", claimed.regressed), row("let pass", claimed.passed)];
}

function falseDiscoveryRow(suites: number, machine: Machine, random: Random): BenchRow {
  const normal = normals(random.fork("false discoveries"));
  const changes = Array.from({ length: CASES }, (_, index) => (index < 5 ? 0.1 : TOLERANCE));
  let sum = 0;
  for (let run = 0; run < suites; run++) {
    const { verdicts } = simulateCascade(changes, machine, normal);
    const red = verdicts.flatMap((verdict, index) => (verdict === "regressed" ? [index] : []));
    if (red.length > 0) sum += red.filter((index) => index >= 5).length / red.length;
  }
  return requiredRow(
    {
      name: `cascade: false discoveries among red cases, ${machine.name}`,
      unit: "share",
      value: sum / suites,
      note: `mean share over ${suites} suites; 5 of ${CASES} slower by 10 %, the others by exactly the tolerance`,
    },
    "atMost",
    ALPHA,
  );
}

function powerRows(suites: number, machine: Machine, random: Random): readonly BenchRow[] {
  const normal = normals(random.fork("power"));
  const changes = Array.from({ length: CASES }, (_, index) => (index === 0 ? 0.05 : 0));
  const found = { cascade: 0, oneLook: 0 };
  for (let run = 0; run < suites; run++) {
    found.cascade += simulateCascade(changes, machine, normal).verdicts[0] === "regressed" ? 1 : 0;
    const atOnce = changes.map((change) => ({
      p: changeP(
        forkMeans(normal, 1, machine.full),
        forkMeans(normal, 1 + change, machine.full),
        "lower",
        TOLERANCE,
      ),
    }));
    found.oneLook += decide(atOnce, ALPHA)[0]!.verdict === "regressed" ? 1 : 0;
  }
  const row = (name: string, events: number): BenchRow =>
    plainRow(
      measuredShare(
        name,
        { events, n: suites },
        `one case of ${CASES} slower by 5 %, ${FORKS} forks, ${machine.name}`,
      ),
    );
  return [
    row("cascade: a 5 % slowdown found", found.cascade),
    row("one full look at every case: a 5 % slowdown found", found.oneLook),
  ];
}

function forkMeans(normal: () => number, centre: number, cv: number): Float64Array {
  return Float64Array.from({ length: FORKS }, () => centre * (1 + cv * normal()));
}
