/**
 * What a kept version was measured by: the level, and what carried the code there. Both stand with its forks, which are
 * kept for ever. Levels and carriers are different clocks and different compilers: figures of two of them are as
 * little comparable as those of two machines, and only a re-run beside each other settles anything.
 *
 *   level     null: another tool measured it, or nothing of its forks is kept
 *   carrier   null also of forks that were recorded before it was kept
 */
import type { Analytics, BaselineRow } from "../../storage/index.ts";
import { METRIC_NAMES } from "../workflow/task.ts";

export interface MeasuredBy {
  readonly level: string | null;
  readonly carrier: string | null;
}

type Measured = Pick<BaselineRow, "samplesSession" | "samplesVersion" | "caseId" | "tool">;

export async function measuredBy(
  { samplesSession, samplesVersion, caseId, tool }: Measured,
  analytics: Analytics,
): Promise<MeasuredBy> {
  if (tool !== null) return { level: null, carrier: null };
  const [fork] = await analytics.forksOf(samplesSession, caseId, samplesVersion);
  return { level: fork?.engine ?? null, carrier: fork?.carrier ?? null };
}

/** In the order of the rows: of its session, but for a metric of the task's own, which is always asked in `realm`. */
export async function allMeasuredBy(
  rows: readonly (Measured & Pick<BaselineRow, "metric">)[],
  analytics: Analytics,
): Promise<readonly MeasuredBy[]> {
  const asked = new Map<string, Promise<MeasuredBy>>();
  const answers = rows.map(async (row) => {
    if (isOwnMetric(row)) return OWN_METRIC_MEANS;
    const key = JSON.stringify([row.samplesSession, row.samplesVersion, row.caseId]);
    const answer = asked.get(key) ?? measuredBy(row, analytics);
    asked.set(key, answer);
    return await answer;
  });
  return await Promise.all(answers);
}

export const OWN_METRIC_MEANS: MeasuredBy = { level: "realm", carrier: "quickjs-wasm" };

/** What another tool calls its metrics says nothing. */
export function isOwnMetric({ metric, tool }: Pick<BaselineRow, "metric" | "tool">): boolean {
  return tool === null && !METRIC_NAMES.some((name) => name === metric);
}

/** What differs, e.g. `level isolate there, trusted here`. A level that is known of one alone differs. */
export function differingMeans(there: MeasuredBy, here: MeasuredBy): readonly string[] {
  if (there.level !== here.level) {
    return [`level ${there.level ?? "not known"} there, ${here.level ?? "not known"} here`];
  }
  if (there.carrier === null || here.carrier === null || there.carrier === here.carrier) return [];
  return [`carrier ${there.carrier} there, ${here.carrier} here`];
}
