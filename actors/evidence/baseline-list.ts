/** Stored baselines as a listing shows them. */
import type { Analytics, BaselineRow } from "../../storage/index.ts";
import type { BaselineSummary, Environment } from "../workflow/session-document.ts";

/** One entry a row, in the rows' order. */
export async function summariesOf(
  analytics: Analytics,
  rows: readonly BaselineRow[],
): Promise<readonly BaselineSummary[]> {
  const cases = [...new Set(rows.map((row) => row.caseId))];
  const current = await Promise.all(cases.map((id) => analytics.currentBaseline(id)));
  const tags = new Set(current.flat().map(({ tag }) => tag));
  return rows.map((row) => summaryOf(row, tags.has(row.tag)));
}

function summaryOf(row: BaselineRow, current: boolean): BaselineSummary {
  const { tag, caseId, subject, metric, unit, mean, stdDev, n, ciLow, ciHigh, createdAt, environment } = row;
  return {
    tag,
    caseId,
    subject,
    metric,
    unit,
    mean,
    stdDev,
    n,
    ci99: [ciLow, ciHigh],
    current,
    createdAt: new Date(createdAt).toISOString(),
    fingerprint: (environment as Environment).fingerprint,
  };
}
