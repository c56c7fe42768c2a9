/**
 * Does the sequential comparison keep its level although it is looked at after every pair of forks? At a change
 * of exactly the tolerance every claim is false: `regressed` and `non_inferior` alike. And how many pairs does
 * it take, beside the forks that the fixed test needs to find the same in 95 % of bursts?
 */
import { forksNeeded, SequentialComparison } from "../kernels/statistics/index.ts";
import type { Random } from "../runtime/contracts/index.ts";
import { plainRow, requiredRow, type BenchRow } from "./bench-row.ts";
import { normals } from "./normals.ts";
import { measuredShare } from "./share-row.ts";
import { quantileOf } from "./spread.ts";

type Normal = () => number;
/** The two fork means of a pair, without the change. */
type Pairs = () => readonly [baseline: number, candidate: number];

const TOLERANCE = 0.02;
const ALPHA = 0.05;
const PAIRS = 300;

/** @param share of the full number of simulated bursts */
export function sequentialRows(share: number, random: Random): readonly BenchRow[] {
  const rows = CASES.flatMap(({ name, holds, pairs }) => {
    const normal = normals(random.fork(name));
    const order = random.fork(`${name}, order`);
    return peekingRows(name, holds, 2_000 * share, () => pairs(normal, order));
  });
  return [
    ...rows,
    pairsRow(0.05, 0.023, 1_000 * share, random),
    pairsRow(0.05, 0.05, 1_000 * share, random),
    pairsRow(0.1, 0.1, 1_000 * share, random),
  ];
}

interface Case {
  readonly name: string;
  /** Its assumptions hold, or what breaks them cancels: then a level above α is a miss. */
  readonly holds: boolean;
  /** A new burst. */
  readonly pairs: (normal: Normal, order: Random) => Pairs;
}

const CASES: readonly Case[] = [
  { name: "normal, cv 0.1", holds: true, pairs: (normal) => both(() => 1 + 0.1 * normal()) },
  { name: "lognormal, σ 0.1", holds: true, pairs: (normal) => both(() => Math.exp(0.1 * normal())) },
  { name: "lognormal, σ 0.5", holds: true, pairs: (normal) => both(() => Math.exp(0.5 * normal() - 0.125)) },
  {
    name: "drift of the machine, a random walk",
    holds: true,
    pairs: (normal) => {
      let level = 0;
      return () => {
        level += 0.02 * normal();
        return [Math.exp(level) * (1 + 0.02 * normal()), Math.exp(level) * (1 + 0.02 * normal())];
      };
    },
  },
  {
    name: "machine noise correlated by 0.8 from run to run, random order in pairs",
    holds: true,
    pairs: (normal, order) => {
      const noise = correlated(normal, 0.8);
      return () => {
        const [first, second] = [1 + 0.1 * noise(), 1 + 0.1 * noise()];
        return order.next() < 0.5 ? [first, second] : [second, first];
      };
    },
  },
  {
    name: "baseline lognormal σ 0.5, candidate normal cv 0.1",
    holds: false,
    pairs: (normal) => () => [Math.exp(0.5 * normal() - 0.125), 1 + 0.1 * normal()],
  },
  ...[0.2, 0.5].map((correlation): Case => {
    return {
      name: `noise of each version correlated by ${correlation} from fork to fork`,
      holds: false,
      pairs: (normal) => {
        const [baseline, candidate] = [correlated(normal, correlation), correlated(normal, correlation)];
        return () => [1 + 0.1 * baseline(), 1 + 0.1 * candidate()];
      },
    };
  }),
];

function both(draw: () => number): Pairs {
  return () => [draw(), draw()];
}

/** Standard normal values, each correlated with the one before. */
function correlated(normal: Normal, correlation: number): Normal {
  let value = normal();
  return () => (value = correlation * value + Math.sqrt(1 - correlation ** 2) * normal());
}

function peekingRows(name: string, holds: boolean, bursts: number, open: () => Pairs): readonly BenchRow[] {
  const counts = { regressed: 0, nonInferior: 0, missed: 0 };
  for (let burst = 0; burst < bursts; burst++) {
    const { p, missed } = peek(open());
    counts.regressed += p.regressed < ALPHA ? 1 : 0;
    counts.nonInferior += p.nonInferior < ALPHA ? 1 : 0;
    counts.missed += missed ? 1 : 0;
  }
  const settings = `a look after each of ${PAIRS} pairs, tolerance 2 %, α 0.05`;
  return (["regressed", "nonInferior", "missed"] as const).map((what) => {
    const claim = what === "missed" ? "95 % confidence sequence ever misses" : `ever falsely ${what}`;
    const measured = measuredShare(
      `sequential, ${claim}: ${name}`,
      { events: counts[what], n: bursts },
      settings,
    );
    return holds ? requiredRow(measured, "atMost", ALPHA) : plainRow(measured);
  });
}

function peek(draw: Pairs): Pick<SequentialComparison, "p"> & { readonly missed: boolean } {
  const sequence = new SequentialComparison({ direction: "lower", tolerance: TOLERANCE });
  let missed = false;
  for (let pair = 0; pair < PAIRS; pair++) {
    const [baseline, candidate] = draw();
    sequence.push(baseline, (1 + TOLERANCE) * candidate);
    const [lo, hi] = sequence.relativeInterval(0.95) ?? [TOLERANCE, TOLERANCE];
    missed ||= TOLERANCE < lo || hi < TOLERANCE;
  }
  return { p: sequence.p, missed };
}

function pairsRow(slowdown: number, cv: number, bursts: number, random: Random): BenchRow {
  const normal = normals(random.fork(`pairs ${slowdown} ${cv}`));
  const taken = Array.from({ length: bursts }, () => pairsTaken(slowdown, cv, normal));
  const fixed = forksNeeded(
    { family: "regressed", direction: "lower", relDelta: slowdown, cv, tolerance: TOLERANCE },
    0.95,
  )!;
  const at = (share: number): number => quantileOf(taken, share);
  const row = plainRow({
    name: `sequential, pairs until a ${slowdown * 100} % slowdown is called regressed, fork means cv ${cv}`,
    unit: "pairs",
    value: at(0.5),
    note: `median of ${bursts} bursts; 90 % within ${at(0.9)}, 95 % within ${at(0.95)}; the fixed test finds 95 % with ${fixed} forks`,
  });
  return { ...row, peers: { fixed }, ratios: { fixed: row.value / fixed } };
}

function pairsTaken(slowdown: number, cv: number, normal: Normal): number {
  const sequence = new SequentialComparison({ direction: "lower", tolerance: TOLERANCE });
  while (sequence.p.regressed >= ALPHA)
    sequence.push(1 + cv * normal(), (1 + slowdown) * (1 + cv * normal()));
  return sequence.pairs;
}
