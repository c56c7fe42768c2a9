import { storageError } from "../errors.ts";
import type { BaselineRow, MetricSamples } from "./rows.ts";

/** What both keepers of measurements refuse, in the same words. */

/** @throws ANALYTICS_ROW_INVALID */
export function requireMeasured({ metric, values }: MetricSamples): void {
  const index = values.findIndex((value) => value === Infinity || value === -Infinity);
  if (index === -1) return;
  const message = `Iteration ${index} of ${metric} is ${values[index]}, which is no measurement.`;
  throw storageError("ANALYTICS_ROW_INVALID", message, { location: `samples.${metric}` });
}

/** A baseline has one row a case and metric. @throws ANALYTICS_ROW_INVALID */
export function requireDistinct(rows: readonly BaselineRow[]): void {
  const seen = new Set<string>();
  for (const { caseId, metric } of rows) {
    const key = JSON.stringify([caseId, metric]);
    if (seen.has(key)) {
      const message = `A baseline cannot have ${metric} of ${caseId} twice.`;
      throw storageError("ANALYTICS_ROW_INVALID", message, { location: "baselines.metric" });
    }
    seen.add(key);
  }
}

/** The rows of a tag that is to be there. @throws BASELINE_UNKNOWN */
export function requireThere<Row>(tag: string, rows: readonly Row[]): readonly Row[] {
  if (rows.length > 0) return rows;
  throw storageError("BASELINE_UNKNOWN", `There is no baseline "${tag}".`, { location: tag });
}

/** A tag is established again only by what it was made of. @throws BASELINE_EXISTS */
export function requireSame(
  tag: string,
  present: readonly BaselineRow[],
  given: readonly BaselineRow[],
): void {
  if (originsOf(present) === originsOf(given)) return;
  throw storageError("BASELINE_EXISTS", `The baseline "${tag}" exists already.`, { location: tag });
}

/** What a baseline was made of: two that agree in this are the same baseline. */
function originsOf(rows: readonly BaselineRow[]): string {
  const origins = rows.map(({ caseId, metric, samplesSession, samplesVersion, programDigest }) =>
    JSON.stringify([caseId, metric, samplesSession, samplesVersion, programDigest]),
  );
  return origins.sort().join("\n");
}
