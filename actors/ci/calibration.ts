/**
 * How often this machine calls a function or command different from itself: rounds of the whole suite at screen size, each
 * case against its own present code, decided at α 0.05 over the round as one look. A round is flagged when any
 * case is called regressed or improved. Rounds of the same cases on the same machine add up; they are kept with
 * their time, each as soon as it is done.
 */
import { clopperPearsonUpper, decide } from "../../kernels/statistics/index.ts";
import { encodeError, type Fault } from "../../runtime/contracts/index.ts";
import { actorError } from "../errors.ts";
import { documentError } from "../workflow/document.ts";
import type { ComparisonRow } from "../workflow/session-document.ts";
import { refName } from "../workflow/task.ts";
import { emptyCiDocument } from "./ci-document.ts";
import type { CiDocument, FalseAlarms } from "./ci-document.ts";
import { CiHistory } from "./ci-history.ts";
import type { CiHistoryState } from "./ci-history.ts";
import type { CiEnding, CiHooks, CiHost } from "./ci-run.ts";
import type { Suite, SuiteCase } from "./suite.ts";

const CONFIDENCE = 0.95;

/** null: no such round. */
export function falseAlarmsOf(
  rounds: CiHistoryState["rounds"],
  key: string,
  fingerprint: string,
): FalseAlarms | null {
  const own = rounds.filter((round) => round.key === key && round.fingerprint === fingerprint);
  const [first] = own;
  if (first === undefined) return null;
  const flagged = own.filter((round) => round.flagged.length > 0).length;
  return {
    rounds: own.length,
    flagged,
    atMost: clopperPearsonUpper({ events: flagged, n: own.length }, CONFIDENCE),
    firstAt: new Date(first.at).toISOString(),
    lastAt: new Date(own.at(-1)!.at).toISOString(),
    fingerprint,
  };
}

/**
 * Adds rounds, as many as fit into the budget.
 * @throws SUITE_NOT_CALIBRATED
 */
export async function calibrate(
  suite: Suite,
  host: CiHost,
  rounds: number,
  hooks: CiHooks = {},
): Promise<CiEnding> {
  const history = await CiHistory.open(host.journal);
  const begunAt = host.clock.monotonic();
  const isOver = (): boolean => suite.budgetMs !== null && host.clock.monotonic() - begunAt >= suite.budgetMs;
  let stopped = false;
  for (let round = 0; round < rounds && !stopped && !isOver(); round++) {
    const rows = await runRound(suite, host, { round, of: rounds }, hooks);
    stopped = rows === null;
    if (rows === null) break;
    const flagged = (rows.length === 0 ? [] : decide(rows))
      .filter(({ verdict }) => verdict === "regressed" || verdict === "improved")
      .map(({ caseId }) => caseId);
    await history.add({
      kind: "aa_round",
      key: suite.key,
      fingerprint: host.environment.fingerprint,
      at: host.clock.now(),
      flagged: [...new Set(flagged)],
    });
  }
  const falseAlarms = falseAlarmsOf(history.state.rounds, suite.key, host.environment.fingerprint);
  const fault: Fault | null = stopped ? "interrupted" : null;
  const document: CiDocument = {
    ...emptyCiDocument(host.environment),
    suite: suite.file,
    success: !stopped,
    error: stopped ? documentError({ ...encodeError(stoppedCalibration()) }) : null,
    wallMs: host.clock.monotonic() - begunAt,
    budgetMs: suite.budgetMs,
    falseAlarms,
  };
  return { document, fault };
}

function stoppedCalibration(): Error {
  return actorError("INTERRUPTED", "the calibration was interrupted; finished rounds are kept", {
    hint: "myriad ci --calibrate adds rounds to those that are kept",
  });
}

interface RoundPlace {
  readonly round: number;
  readonly of: number;
}

/** null: stopped from outside. */
async function runRound(
  suite: Suite,
  host: CiHost,
  { round, of }: RoundPlace,
  hooks: CiHooks,
): Promise<readonly ComparisonRow[] | null> {
  const rows: ComparisonRow[] = [];
  for (const one of suite.cases) {
    if (hooks.signal?.aborted === true) return null;
    const measured = await againstItself(one, host, { round, of }, hooks);
    if (measured === null) return null;
    rows.push(...measured);
  }
  return rows;
}

async function againstItself(
  { task, screenRuns }: SuiteCase,
  host: CiHost,
  { round, of }: RoundPlace,
  hooks: CiHooks,
): Promise<readonly ComparisonRow[] | null> {
  const { commands } = task;
  const own = {
    ...task,
    candidate: task.subject,
    ...(commands === undefined ? {} : { commands: { ...commands, candidate: commands.subject } }),
    goal: "the same as itself",
    runs: screenRuns,
    seed: host.drawSeed(),
  };
  const step = { look: "calibration", caseId: task.id, number: round + 1, of } as const;
  hooks.onStep?.({ ...step, phase: null });
  const { document, fault } = await host.start("compare", own, {
    ...(hooks.signal === undefined ? {} : { signal: hooks.signal }),
    onPhase: (phase) => hooks.onStep?.({ ...step, phase }),
    onProgress: (note) => hooks.onProgress?.(note),
  });
  if (fault === "interrupted") return null;
  if (document.error === null && document.comparisons.length > 0) {
    return (document.withheld ?? null) === null ? document.comparisons : [];
  }
  const { error } = document;
  throw actorError(
    "SUITE_NOT_CALIBRATED",
    `${task.id}: ${error === null ? "it was rejected against itself" : `${error.code}: ${error.message}`}`,
    { location: error?.location ?? refName(task.subject) },
  );
}
