/**
 * Power: a function against a version of itself with extra work planted in it, at default settings. How
 * often is the slowdown called `regressed`? The answer holds for the variation that is printed with it; the
 * target of 0.95 for 5 % is meant for a coefficient of variation of at most 0.1.
 */
import { clopperPearsonLower, clopperPearsonUpper } from "../kernels/statistics/index.ts";
import { seededRandom, systemClock } from "../runtime/contracts/index.ts";
import type { Random } from "../runtime/contracts/index.ts";
import { plainRow, requiredRow, type BenchRow } from "./bench-row.ts";
import { withCompareSessions, type ComparedFigures, type CompareSessions } from "./compare-sessions.ts";
import { settingsText, variationRows } from "./false-alarms.ts";
import { plantAll, type MeasureSlowdown, type Planted } from "./plant.ts";
import { SUBJECT, writeSlower } from "./planted-subject.ts";
import type { BenchOptions } from "./question.ts";
import { medianOf, spreadText, timeLeft } from "./spread.ts";
import { openTypicalRatio } from "./typical-ratio.ts";

const SLOWDOWNS = [0.05, 0.1] as const;
const REPETITIONS = 30;
const QUICK_REPETITIONS = 5;
const LEAST_POWER = 0.95;
const MOST_VARIATION = 0.1;
/** Forks a version of one calibration run. */
const CALIBRATION_FORKS = 40;
const QUICK_CALIBRATION_FORKS = 20;

export async function answerPower(options: BenchOptions): Promise<readonly BenchRow[]> {
  const random = seededRandom(options.seed).fork("power");
  return await withCompareSessions(options.signal, async (sessions) => {
    const planted = await plantAll(SLOWDOWNS, await calibration(sessions, random, options));
    const rows: BenchRow[] = [];
    for (const [index, version] of planted.entries()) {
      const wanted = SLOWDOWNS[index]!;
      const compared = await repeat(version, wanted, sessions, random.fork(`slowdown/${wanted}`), options);
      rows.push(...powerRows(wanted, version, compared));
    }
    return rows;
  });
}

async function calibration(
  { folder, inputs }: CompareSessions,
  random: Random,
  { quick, signal, progress }: BenchOptions,
): Promise<MeasureSlowdown> {
  const forks = quick ? QUICK_CALIBRATION_FORKS : CALIBRATION_FORKS;
  const seed = random.fork("calibration").below(2 ** 32);
  const ratioOf = await openTypicalRatio({ baseline: SUBJECT, inputs, seed, forks }, signal);
  return async (share) => {
    const slowdown = (await ratioOf(await writeSlower(folder, share))) - 1;
    progress(`calibrating: with ${percent(share)} of every fourth input twice ${percent(slowdown)} slower`);
    return slowdown;
  };
}

async function repeat(
  { share }: Planted,
  wanted: number,
  sessions: CompareSessions,
  random: Random,
  options: BenchOptions,
): Promise<readonly ComparedFigures[]> {
  const total = options.quick ? QUICK_REPETITIONS : REPETITIONS;
  const candidate = await writeSlower(sessions.folder, share);
  const begunAt = systemClock.monotonic();
  const compared: ComparedFigures[] = [];
  for (let index = 0; index < total; index++) {
    const seed = random.fork(String(index)).below(2 ** 32);
    compared.push(await sessions.compare({ baseline: SUBJECT, candidate, seed }));
    const { verdict, change } = compared.at(-1)!;
    const left = timeLeft(index + 1, total, systemClock.monotonic() - begunAt);
    options.progress(`${percent(wanted)}, ${index + 1} of ${total}: ${percent(change)}, ${verdict}, ${left}`);
  }
  return compared;
}

export function powerRows(
  wanted: number,
  planted: Planted,
  compared: readonly ComparedFigures[],
): readonly BenchRow[] {
  const name = `power, ${percent(wanted)} slowdown`;
  const rate = {
    events: compared.filter(({ verdict }) => verdict === "regressed").length,
    n: compared.length,
  };
  const interval = [clopperPearsonLower(rate, 0.95), clopperPearsonUpper(rate, 0.95)].map((end) =>
    end.toFixed(3),
  );
  const variation = medianOf(compared.map(({ iterationVariation }) => iterationVariation));
  const condition =
    `condition: coefficient of variation ≤ ${MOST_VARIATION}, ` +
    `${variation <= MOST_VARIATION ? "which held" : "which did NOT hold"} (iterations ${variation.toFixed(3)})`;
  const note = `${rate.events} of ${rate.n}, 90 % within ${interval.join("–")}; ${condition}; ${settingsText(compared)}`;
  return [
    requiredRow({ name, unit: "share", value: rate.events / rate.n, note }, "atLeast", LEAST_POWER),
    plainRow({
      name: `${name}, true size`,
      unit: "relative",
      value: planted.slowdown,
      note:
        `typical iteration of a long run; fork means of the sessions: ` +
        `${spreadText(compared.map(({ change }) => change))}; ` +
        `${percent(planted.share)} of every fourth input worked on twice`,
    }),
    ...variationRows(name, compared),
  ];
}

function percent(share: number): string {
  return `${(share * 100).toLocaleString("en-US", { maximumFractionDigits: 2 })} %`;
}
