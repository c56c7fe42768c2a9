/**
 * A/A: a function against itself, again and again, at default settings. Whatever is flagged (regressed or
 * improved) is a false alarm. The share must not be shown to exceed 5 %: its exact one-sided 95 % lower bound
 * (Clopper–Pearson) stays at or below it.
 */
import { clopperPearsonLower } from "../kernels/statistics/index.ts";
import { seededRandom, systemClock } from "../runtime/contracts/index.ts";
import { plainRow, requiredRow, type BenchRow } from "./bench-row.ts";
import { withCompareSessions, type ComparedFigures } from "./compare-sessions.ts";
import { SUBJECT, SUBJECT_NAME } from "./planted-subject.ts";
import type { BenchOptions } from "./question.ts";
import { medianOf, spreadText, timeLeft } from "./spread.ts";

const SESSIONS = 100;
const QUICK_SESSIONS = 10;
const MOST_FLAGGED = 0.05;
const CONFIDENCE = 0.95;

export async function answerFalseAlarms(options: BenchOptions): Promise<readonly BenchRow[]> {
  const total = options.quick ? QUICK_SESSIONS : SESSIONS;
  const random = seededRandom(options.seed);
  const begunAt = systemClock.monotonic();
  return await withCompareSessions(options.signal, async (sessions) => {
    const compared: ComparedFigures[] = [];
    for (let index = 0; index < total; index++) {
      const seed = random.fork(`aa/${index}`).below(2 ** 32);
      compared.push(await sessions.compare({ baseline: SUBJECT, candidate: SUBJECT, seed }));
      const left = timeLeft(index + 1, total, systemClock.monotonic() - begunAt);
      options.progress(
        `${index + 1} of ${total}, ${compared.at(-1)!.verdict}, flagged ${flaggedOf(compared)}, ${left}`,
      );
    }
    return falseAlarmRows(compared);
  });
}

export function falseAlarmRows(compared: readonly ComparedFigures[]): readonly BenchRow[] {
  const rate = { events: flaggedOf(compared), n: compared.length };
  const share = {
    name: "A/A flagged",
    unit: "share",
    value: rate.events / rate.n,
    note: verdictsText(compared),
  };
  const bound = {
    name: "A/A flagged, one-sided 95 % lower bound",
    unit: "share",
    value: clopperPearsonLower(rate, CONFIDENCE),
    note: settingsText(compared),
  };
  return [
    plainRow(share),
    requiredRow(bound, "atMost", MOST_FLAGGED),
    plainRow({
      name: "A/A change found, median of magnitudes",
      unit: "relative",
      value: medianOf(compared.map(({ change }) => Math.abs(change))),
      note: `of all: ${spreadText(compared.map(({ change }) => change))}`,
    }),
    ...variationRows("A/A", compared),
    plainRow({
      name: "A/A one compare",
      unit: "s",
      value: medianOf(compared.map(({ durationMs }) => durationMs)) / 1000,
    }),
  ];
}

/** What the sessions' samples were like: without it a share of verdicts says little. */
export function variationRows(name: string, compared: readonly ComparedFigures[]): readonly BenchRow[] {
  const row = (what: string, figures: readonly number[]): BenchRow =>
    plainRow({
      name: `${name} ${what}, median`,
      unit: "share",
      value: medianOf(figures),
      note: `of all sessions: ${spreadText(figures)}`,
    });
  return [
    row(
      "coefficient of variation of fork means",
      compared.map(({ forkVariation }) => forkVariation),
    ),
    row(
      "coefficient of variation of iterations",
      compared.map(({ iterationVariation }) => iterationVariation),
    ),
    row(
      "intra-fork correlation",
      compared.map(({ intraForkCorrelation }) => intraForkCorrelation),
    ),
  ];
}

function flaggedOf(compared: readonly ComparedFigures[]): number {
  return compared.filter(({ verdict }) => verdict === "regressed" || verdict === "improved").length;
}

function verdictsText(compared: readonly ComparedFigures[]): string {
  const verdicts = ["regressed", "improved", "non_inferior", "inconclusive"] as const;
  return verdicts
    .map((name) => `${name} ${compared.filter(({ verdict }) => verdict === name).length}`)
    .join(", ");
}

export function settingsText(compared: readonly ComparedFigures[]): string {
  const { forks, iterationsPerFork, tolerance, batch } = compared[0]!;
  const microseconds = spreadText(compared.map(({ iterationNs }) => iterationNs / 1000));
  return (
    `${SUBJECT_NAME}, ${batch} inputs an iteration, ${microseconds} µs; ` +
    `${forks} forks × ${iterationsPerFork} a version, tolerance ${tolerance}`
  );
}
