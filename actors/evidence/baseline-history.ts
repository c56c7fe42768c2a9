/**
 * All kept versions of a case in time: one series a metric, unit, environment, level and carrier, since figures of
 * different machines, levels or tools are no series. A version whose carrier is not kept goes with those of its level
 * where they are of one carrier; of several it may be any, and stands apart. In each series e-divisive looks for changes
 * of level, with a chance of 5 % to find any where there is none.
 */
import { changePoints } from "../../kernels/statistics/index.ts";
import type { Analytics } from "../../storage/index.ts";
import { actorError } from "../errors.ts";
import type { BaselineSeries, BaselineShift, BaselineSummary } from "../workflow/session-document.ts";
import type { SessionState } from "../workflow/session-state.ts";
import { environmentOf, summariesOf } from "./baseline-list.ts";
import { OWN_METRIC_MEANS } from "./measured-by.ts";
import type { MeasuredBy } from "./measured-by.ts";

/** Oldest first, in the order of their first entries. @throws BASELINE_UNKNOWN */
export async function baselineHistory(
  caseId: string,
  metric: string | null,
  analytics: Analytics,
): Promise<readonly BaselineSeries[]> {
  const rows = await analytics.baselines({ caseId });
  const wanted = rows.filter((row) => metric === null || row.metric === metric);
  if (wanted.length === 0) throw unknownCase(caseId, metric, new Set(rows.map((row) => row.metric)));
  return seriesAmong(await summariesOf(analytics, wanted));
}

/**
 * What a session's own figures can be seen beside: of its machine, runtime, level and carrier, measured by Myriad, two
 * versions or more. What is not kept, of a version or of the session, is taken for the same.
 */
export async function historyBeside(
  { start, outputs }: Pick<SessionState, "start" | "outputs">,
  analytics: Analytics,
): Promise<readonly BaselineSeries[]> {
  const { task, environment } = start!;
  const isolation = outputs.burst?.isolation;
  const timed = { level: isolation?.engine ?? task.level ?? "isolate", carrier: isolation?.carrier ?? null };
  const rows = await analytics.baselines({ caseId: task.id });
  const alike = rows.filter(
    (row) => row.tool === null && environmentOf(row).fingerprint === environment.fingerprint,
  );
  const summaries = await summariesOf(analytics, alike);
  return task.metrics.flatMap(({ name, unit, of }) => {
    const own = of === undefined ? timed : OWN_METRIC_MEANS;
    const beside = summaries.filter((one) => one.metric === name && one.unit === unit && mayBeOf(one, own));
    return seriesAmong(beside).findLast(({ entries }) => entries.length > 1) ?? [];
  });
}

function mayBeOf({ level, carrier }: Partial<MeasuredBy>, own: MeasuredBy): boolean {
  return (
    (level ?? own.level) === own.level && (carrier == null || own.carrier === null || carrier === own.carrier)
  );
}

function seriesAmong(summaries: readonly BaselineSummary[]): readonly BaselineSeries[] {
  const carriers = new Map<string, ReadonlySet<string>>();
  for (const summary of summaries) {
    if (summary.carrier == null) continue;
    const kind = kindOf(summary);
    carriers.set(kind, new Set([...(carriers.get(kind) ?? []), summary.carrier]));
  }
  const series = new Map<string, BaselineSummary[]>();
  for (const summary of summaries) {
    const kind = kindOf(summary);
    const [only = null, ...others] = carriers.get(kind) ?? [];
    const key = JSON.stringify([kind, summary.carrier ?? (others.length === 0 ? only : null)]);
    series.set(key, [...(series.get(key) ?? []), summary]);
  }
  return [...series.values()].map(seriesOf);
}

/** What the versions of a series have alike, the carrier aside. */
function kindOf({ metric, unit, fingerprint, level, tool }: BaselineSummary): string {
  return JSON.stringify([metric, unit, fingerprint, level ?? null, tool]);
}

function seriesOf(entries: readonly BaselineSummary[]): BaselineSeries {
  const { metric, unit, direction, fingerprint, level = null, tool } = entries[0]!;
  const carrier = entries.find((entry) => entry.carrier != null)?.carrier ?? null;
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
