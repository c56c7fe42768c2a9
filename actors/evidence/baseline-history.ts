/**
 * All kept versions of a case in time: one series a metric, unit, environment, level and carrier, since figures of
 * different machines, levels or tools are no series. In each, e-divisive looks for changes of level, with a chance of 5 % to find any
 * where there is none.
 */
import { changePoints } from "../../kernels/statistics/index.ts";
import type { Analytics, BaselineRow } from "../../storage/index.ts";
import { actorError } from "../errors.ts";
import type { BaselineSeries, BaselineShift, BaselineSummary } from "../workflow/session-document.ts";
import type { SessionStart } from "../workflow/session-state.ts";
import { environmentOf, summariesOf } from "./baseline-list.ts";

/** Oldest first, in the order of their first entries. @throws BASELINE_UNKNOWN */
export async function baselineHistory(
  caseId: string,
  metric: string | null,
  analytics: Analytics,
): Promise<readonly BaselineSeries[]> {
  const rows = await analytics.baselines({ caseId });
  const wanted = rows.filter((row) => metric === null || row.metric === metric);
  if (wanted.length === 0) throw unknownCase(caseId, metric, new Set(rows.map((row) => row.metric)));
  return await seriesAmong(wanted, analytics);
}

/**
 * What a session's own figures can be seen beside: of its machine, runtime and level, measured by Myriad, two versions or
 * more; of several carriers the one that was taken up last.
 */
export async function historyBeside(
  { task, environment }: Pick<SessionStart, "task" | "environment">,
  analytics: Analytics,
): Promise<readonly BaselineSeries[]> {
  const rows = await analytics.baselines({ caseId: task.id });
  const alike = rows.filter(
    (row) => row.tool === null && environmentOf(row).fingerprint === environment.fingerprint,
  );
  const series = await seriesAmong(alike, analytics);
  return task.metrics
    .flatMap(({ name, unit, of }) => {
      const level = of === undefined ? (task.level ?? "isolate") : "realm";
      return (
        series.findLast(
          (one) => one.metric === name && one.unit === unit && (one.level ?? level) === level,
        ) ?? []
      );
    })
    .filter(({ entries }) => entries.length > 1);
}

async function seriesAmong(
  rows: readonly BaselineRow[],
  analytics: Analytics,
): Promise<readonly BaselineSeries[]> {
  const series = new Map<string, BaselineSummary[]>();
  for (const summary of await summariesOf(analytics, rows)) {
    const { metric, unit, fingerprint, level, carrier, tool } = summary;
    const key = JSON.stringify([metric, unit, fingerprint, level, carrier, tool]);
    series.set(key, [...(series.get(key) ?? []), summary]);
  }
  return [...series.values()].map(seriesOf);
}

function seriesOf(entries: readonly BaselineSummary[]): BaselineSeries {
  const { metric, unit, direction, fingerprint, level = null, carrier = null, tool } = entries[0]!;
  const of = { metric, unit, direction, fingerprint, level, carrier, tool };
  return { ...of, entries, shifts: shiftsOf(entries) };
}

/** Fewer versions of one level could not be told from outliers. */
const LEAST_LEVEL = 3;

function shiftsOf(entries: readonly BaselineSummary[]): readonly BaselineShift[] | null {
  if (entries.length < 2 * LEAST_LEVEL) return null;
  const { caseId, metric } = entries[0]!;
  const series = Float64Array.from(entries, ({ mean }) => mean);
  const found = changePoints({ series, seed: `${caseId}/${metric}`, leastSegment: LEAST_LEVEL });
  return found.map(({ index, ...change }) => ({ tag: entries[index]!.tag, ...change }));
}

function unknownCase(caseId: string, metric: string | null, known: ReadonlySet<string>): Error {
  const message =
    known.size === 0
      ? `There is no baseline of the case "${caseId}".`
      : `No baseline of the case "${caseId}" has the metric "${metric ?? ""}", but ${[...known].join(", ")}.`;
  return actorError("BASELINE_CASE_UNKNOWN", message, { location: caseId });
}
