/** Stored baselines as a listing shows them. */
import type { Analytics, BaselineMarks, BaselineRow } from "../../storage/index.ts";
import type { BaselineSummary, Environment } from "../workflow/session-document.ts";
import { allMeasuredBy } from "./measured-by.ts";
import type { MeasuredBy } from "./measured-by.ts";

/** What is said of a tag beside its rows. */
interface Standing {
  readonly current: ReadonlySet<string>;
  readonly released: ReadonlySet<string>;
  readonly marks: ReadonlyMap<string, BaselineMarks>;
}

/** One entry a row, in the rows' order. */
export async function summariesOf(
  analytics: Analytics,
  rows: readonly BaselineRow[],
): Promise<readonly BaselineSummary[]> {
  const cases = [...new Set(rows.map((row) => row.caseId))];
  const current = await Promise.all(cases.map((id) => analytics.currentBaseline(id)));
  const released = await Promise.all(cases.map((id) => analytics.releaseBaseline(id)));
  const standing: Standing = {
    current: new Set(current.flat().map(({ tag }) => tag)),
    released: new Set(released.flat().map(({ tag }) => tag)),
    marks: new Map((await analytics.baselineMarks()).map((marks) => [marks.tag, marks])),
  };
  const means = await allMeasuredBy(rows, analytics);
  return rows.map((row, at) => summaryOf(row, means[at]!, standing));
}

function summaryOf(
  row: BaselineRow,
  { level, carrier }: MeasuredBy,
  { current, released, marks }: Standing,
): BaselineSummary {
  const { tag, caseId, subject, metric, unit, direction, mean, stdDev, n, ciLow, ciHigh, tool } = row;
  const written = marks.get(tag);
  return {
    tag,
    caseId,
    subject,
    metric,
    unit,
    direction,
    mean,
    stdDev,
    n,
    ci99: [ciLow, ciHigh],
    current: current.has(tag),
    release: released.has(tag),
    createdAt: new Date(row.createdAt).toISOString(),
    fingerprint: environmentOf(row).fingerprint,
    runtime: environmentOf(row).runtime,
    level,
    carrier,
    label: written?.label ?? null,
    note: written?.note ?? row.note,
    tool,
  };
}

/** As it was when it was measured. */
export function environmentOf({ environment }: Pick<BaselineRow, "environment">): Environment {
  return environment as Environment;
}
