/** From what was measured to the rows of the answer: medians, ratios, and whether each target is met. */
import type { BenchRow } from "../bench-row.ts";
import { benchError } from "../errors.ts";
import type { Measured } from "../myriad/measuring.ts";
import { medianOf, spreadText } from "../spread.ts";
import { figureOf } from "./child-process.ts";
import { SUBJECT, type Contender } from "./contenders.ts";
import { BEST_JS, REQUIRED, type Bound, type Plan, type RowPlan } from "./plan.ts";

/** What each contender gave for one plan, round by round. */
export type Rounds = ReadonlyMap<Contender, readonly Measured[]>;

/** Why some contenders took no part, by what they need. */
export type Missing = Readonly<Partial<Record<NonNullable<Contender["needs"]>, string>>>;

/** @throws BENCH_WORK_INVALID when the subject gave no figure. */
export function rowsOf(
  plan: Plan,
  rounds: Rounds,
  contenders: readonly Contender[],
  missing: Missing,
): readonly BenchRow[] {
  return plan.rows.map((row, index) => {
    const figures = figuresOf(rounds, row);
    const own = figures.get(SUBJECT);
    if (own === undefined)
      throw benchError("BENCH_WORK_INVALID", `${plan.name}: no ${row.measure} was given`);
    const value = medianOf(own);
    const peers = peersOf(row, figures, contenders);
    const ratios = Object.fromEntries(Object.entries(peers).map(([name, peer]) => [name, value / peer]));
    const note = [
      row.about,
      index === 0 ? spreadsText(figures) : undefined,
      absenceText(plan, row, index === 0, contenders, missing),
    ];
    const text = note.filter((part) => part !== undefined && part !== "").join(". ");
    return {
      name: row.name,
      unit: row.unit,
      value,
      peers,
      ratios,
      ...verdictOf(row.bound, ratios),
      ...(text === "" ? {} : { note: text }),
    };
  });
}

type Figures = ReadonlyMap<string, readonly number[]>;

function figuresOf(rounds: Rounds, { measure }: RowPlan): Figures {
  const all = new Map<string, readonly number[]>();
  for (const [{ name }, measured] of rounds) {
    const figures = measured.map((one) => figureOf(one, measure)).filter((figure) => figure !== null);
    if (figures.length > 0) all.set(name, figures);
  }
  return all;
}

function peersOf(
  { bound }: RowPlan,
  figures: Figures,
  contenders: readonly Contender[],
): Readonly<Record<string, number>> {
  const peers: Record<string, number> = {};
  for (const [name, of] of figures) if (name !== SUBJECT) peers[name] = medianOf(of);
  const libraries = contenders.filter(({ library }) => library).map(({ name }) => peers[name]);
  const best = libraries.filter((peer) => peer !== undefined);
  if (best.length > 0 && bound !== null) {
    peers[BEST_JS] = "atLeast" in bound ? Math.max(...best) : Math.min(...best);
  }
  if (bound?.required !== undefined) peers[REQUIRED] = bound.required;
  return peers;
}

function verdictOf(
  bound: Bound | null,
  ratios: Readonly<Record<string, number>>,
): Pick<BenchRow, "target" | "met"> {
  if (bound === null) return { target: null, met: null };
  const { than } = bound;
  const ratio = ratios[than];
  return "atLeast" in bound
    ? { target: { than, atLeast: bound.atLeast }, met: ratio !== undefined && ratio >= bound.atLeast }
    : { target: { than, atMost: bound.atMost }, met: ratio !== undefined && ratio <= bound.atMost };
}

function spreadsText(figures: Figures): string {
  return [...figures].map(([name, of]) => `${name} ${spreadText(of)}`).join(", ");
}

/** Who was not there for want of an installation, and, once a plan, which libraries lack the workload. */
function absenceText(
  plan: Plan,
  { bound }: RowPlan,
  first: boolean,
  contenders: readonly Contender[],
  missing: Missing,
): string {
  const concerned = contenders.filter(
    ({ name, library }) => first || name === bound?.than || (bound?.than === BEST_JS && library),
  );
  const absent = concerned.filter(
    ({ needs, shares }) => needs !== null && missing[needs] !== undefined && plan.name in shares,
  );
  const lacking = contenders.filter(
    ({ library, shares }) => first && library && bound !== null && !(plan.name in shares),
  );
  return [
    ...absent.map(({ name, needs }) => `${name} is missing: ${missing[needs!]!}`),
    ...(lacking.length > 0 && lacking.length < contenders.filter(({ library }) => library).length
      ? [`without it: ${lacking.map(({ name }) => name).join(", ")}`]
      : []),
  ].join("; ");
}
