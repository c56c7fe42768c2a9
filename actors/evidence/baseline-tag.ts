/** A tag is `<case>@<n>`, n counting from 1. */
import type { BaselineRow } from "../../storage/index.ts";

/**
 * The next tag of the case; what has a tag already keeps it, so that a session or an import may say again what it
 * is not sure of having said.
 * @param known all baselines of the case
 */
export function tagFor(
  caseId: string,
  known: readonly BaselineRow[],
  samplesSession: string,
  samplesVersion: string,
): string {
  const own = known.find(
    (row) => row.samplesSession === samplesSession && row.samplesVersion === samplesVersion,
  );
  return own?.tag ?? `${caseId}@${new Set(known.map((row) => row.tag)).size + 1}`;
}
