/**
 * Do the decisions beside the verdict keep their promises, by simulation?
 *
 *   equivalence   false claims at the margin; true ones without change; coverage of the 90 % interval
 *   Holm          how often any of ten true hypotheses among twenty is rejected, Benjamini–Hochberg beside it
 *   power         what `changePower` computes, held against verdicts of simulated fork means
 */
import {
  benjaminiHochberg,
  changeP,
  changePower,
  decide,
  equivalenceTest,
  forksNeeded,
  holm,
  welchTest,
  type PowerQuestion,
} from "../kernels/statistics/index.ts";
import type { Random } from "../runtime/contracts/index.ts";
import { plainRow, type BenchRow } from "./bench-row.ts";
import { normals } from "./normals.ts";
import { measuredShare } from "./share-row.ts";

type Normal = () => number;

const FORKS = 20;
const TOLERANCE = 0.02;

/** @param share of the full number of simulated runs */
export function decisionRows(share: number, random: Random): readonly BenchRow[] {
  return [
    ...equivalenceRows(10_000 * share, normals(random.fork("equivalence"))),
    ...holmRows(10_000 * share, normals(random.fork("holm"))),
    ...powerRows(40_000 * share, random.fork("power")),
  ];
}

function equivalenceRows(trials: number, normal: Normal): readonly BenchRow[] {
  const margin = { relative: TOLERANCE };
  const run = (change: number): { readonly claims: number; readonly covered: number } => {
    let claims = 0;
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) {
      const baseline = drawn(normal, FORKS, 1, 0.02);
      const candidate = drawn(normal, FORKS, 1 + change, 0.02);
      const { equivalent, interval } = equivalenceTest({ baseline, candidate, margin });
      claims += equivalent ? 1 : 0;
      covered += interval !== null && interval[0] <= change && change <= interval[1] ? 1 : 0;
    }
    return { claims, covered };
  };
  const settings = `${FORKS} fork means a version, cv 0.02, margin 2 %, α 0.05`;
  const atMargin = run(TOLERANCE);
  return [
    plainRow(
      measuredShare(
        "equivalence claimed of a change by the margin",
        { events: atMargin.claims, n: trials },
        settings,
      ),
    ),
    plainRow(
      measuredShare("equivalence claimed without change", { events: run(0).claims, n: trials }, settings),
    ),
    plainRow(
      measuredShare(
        "coverage of the 90 % interval of a relative change",
        { events: atMargin.covered, n: trials },
        settings,
      ),
    ),
  ];
}

function holmRows(trials: number, normal: Normal): readonly BenchRow[] {
  const errors = { holm: 0, benjaminiHochberg: 0 };
  const tests = Array.from({ length: 20 }, (_, index) => ({ isTrue: index % 2 === 0 }));
  for (let trial = 0; trial < trials; trial++) {
    const baseline = drawn(normal, FORKS, 0, 1);
    // One baseline for all of them: the tests depend on each other.
    const ps = tests.map(({ isTrue }) => welchTest(baseline, drawn(normal, FORKS, isTrue ? 0 : 1.5, 1)).p);
    const anyFalse = (adjusted: readonly number[]): number =>
      adjusted.some((p, index) => p < 0.05 && tests[index]!.isTrue) ? 1 : 0;
    errors.holm += anyFalse(holm(ps));
    errors.benjaminiHochberg += anyFalse(benjaminiHochberg(ps));
  }
  const row = (name: string, events: number): BenchRow =>
    plainRow(
      measuredShare(
        `any true hypothesis of 10 rejected by ${name}`,
        { events, n: trials },
        "20 tests against one baseline, α 0.05",
      ),
    );
  return [row("Holm", errors.holm), row("Benjamini–Hochberg", errors.benjaminiHochberg)];
}

function powerRows(trials: number, random: Random): readonly BenchRow[] {
  const slower: PowerQuestion = {
    family: "regressed",
    direction: "lower",
    relDelta: 0.05,
    cv: 0.1,
    tolerance: TOLERANCE,
  };
  const cases: readonly (readonly [name: string, question: PowerQuestion, forks: number])[] = [
    ["5 % slowdown, cv 0.1", slower, 20],
    ["5 % slowdown, cv 0.05", { ...slower, cv: 0.05 }, 40],
    ["5 % slowdown, cv 0.02", { ...slower, cv: 0.02 }, 5],
    [
      "non-inferiority without change, cv 0.02",
      { ...slower, family: "nonInferior", relDelta: 0, cv: 0.02 },
      15,
    ],
    ["5 % speed-up, cv 0.02", { ...slower, family: "improved", relDelta: -0.05, cv: 0.02 }, 10],
  ];
  const needed = [0.023, 0.05, 0.1].map((cv) =>
    plainRow({
      name: `forks a version for a 5 % slowdown, fork means cv ${cv}`,
      unit: "forks",
      value: forksNeeded({ ...slower, cv }, 0.95)!,
      note: "power 0.95, tolerance 2 %, α 0.05; computed",
    }),
  );
  const simulated = cases.map(([name, question, forks]) => {
    const normal = normals(random.fork(name));
    const events = verdictsOf(trials, question, forks, normal);
    const computed = changePower(question, forks);
    const row = plainRow(
      measuredShare(
        `power of ${forks} forks, ${name}`,
        { events, n: trials },
        `simulated; computed ${computed.toFixed(4)}`,
      ),
    );
    return { ...row, peers: { computed }, ratios: { computed: row.value / computed } };
  });
  return [...simulated, ...needed];
}

function verdictsOf(trials: number, question: PowerQuestion, forks: number, normal: Normal): number {
  const { family, direction, relDelta, cv, tolerance } = question;
  let events = 0;
  for (let trial = 0; trial < trials; trial++) {
    const candidate = drawn(normal, forks, 1 + relDelta, cv);
    const p = changeP(drawn(normal, forks, 1, cv), candidate, direction, tolerance);
    if (decide([{ p }])[0]!.q[family] < 0.05) events += 1;
  }
  return events;
}

/** `scatter` is relative, but absolute around 0. */
function drawn(normal: Normal, count: number, centre: number, scatter: number): Float64Array {
  const deviation = scatter * (centre === 0 ? 1 : centre);
  return Float64Array.from({ length: count }, () => centre + deviation * normal());
}
