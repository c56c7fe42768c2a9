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
import { medianOf, timeLeft } from "./spread.ts";

const SLOWDOWNS = [0.05, 0.1] as const;
const REPETITIONS = 30;
const QUICK_REPETITIONS = 5;
const LEAST_POWER = 0.95;
const MOST_VARIATION = 0.1;
/** Sandboxes a version of one calibration run. */
const CALIBRATION_RUNS = 20_000;

export async function answerPower(options: BenchOptions): Promise<readonly BenchRow[]> {
  const random = seededRandom(options.seed).fork("power");
  return await withCompareSessions(options.signal, async (sessions) => {
    const planted = await plantAll(SLOWDOWNS, calibration(sessions, random.fork("calibration"), options));
    const rows: BenchRow[] = [];
    for (const [index, version] of planted.entries()) {
      const wanted = SLOWDOWNS[index]!;
      const compared = await repeat(version, wanted, sessions, random.fork(`slowdown/${wanted}`), options);
      rows.push(...powerRows(wanted, version, compared));
    }
    return rows;
  });
}

function calibration(sessions: CompareSessions, random: Random, options: BenchOptions): MeasureSlowdown {
  let seeds = 0;
  return async (share) => {
    const candidate = await writeSlower(sessions.folder, share);
    const seed = random.fork(String(seeds++)).below(2 ** 32);
    const pair = { baseline: SUBJECT, candidate, seed, runs: CALIBRATION_RUNS };
    const { typicalChange } = await sessions.compare(pair);
    options.progress(
      `calibrating: share ${share} of every fourth input twice is ${percent(typicalChange)} slower`,
    );
    return typicalChange;
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
      value: medianOf(compared.map(({ typicalChange }) => typicalChange)),
      note:
        `median of all sessions; ${planted.slowdown.toFixed(4)} in a run of ${CALIBRATION_RUNS} ` +
        `a version before them; ${percent(planted.share)} of every fourth input worked on twice`,
    }),
    ...variationRows(name, compared),
  ];
}

function percent(share: number): string {
  return `${(share * 100).toLocaleString("en-US", { maximumFractionDigits: 2 })} %`;
}
