/**
 * What may be promoted, to `current` (what bursts compare with) or to `release` (what was shipped last):
 *
 *   - what Myriad measured: another tool's figures have no program that could be run again
 *   - of a session that has ended, and did not end as regressed or rejected; the code as it stood before a
 *     refused change is none of that change's
 *   - what did not lose against the last release, so that small losses, each within the tolerance, do not add up.
 *     Judged by kept samples, so only where they are of one machine; a loss that is wanted is accepted by name
 *
 * The first and last of these hold for what sessions promote by themselves, too.
 */
import type { Analytics, BaselineRole, BaselineRow } from "../../storage/index.ts";
import { actorError } from "../errors.ts";
import type { KeptComparison } from "../workflow/session-document.ts";
import { compareKept } from "./baseline-comparison.ts";
import type { KeptVersion } from "./baseline-comparison.ts";

export interface PromotionRequest {
  readonly tag: string;
  readonly role: BaselineRole;
  /** Promote what lost against the last release all the same. */
  readonly acceptLoss: boolean;
}

/** How the tag stands against the last release of its case; null: there is none, or it is the tag itself. */
export async function requirePromotable(
  { tag, acceptLoss }: PromotionRequest,
  analytics: Analytics,
): Promise<KeptComparison | null> {
  const rows = await analytics.requireBaseline(tag);
  await requirePassed(rows[0]!, analytics);
  const against = await againstRelease(rows, analytics);
  if (against?.verdict === "regressed" && !acceptLoss) {
    const told = lossesOf(against).join(", ");
    throw notPromotable(
      tag,
      `is worse than the last release, "${against.before}": ${told}; --accept-loss takes that`,
    );
  }
  return against;
}

/** @param version its tag is only a name: it need not be kept yet */
export async function againstRelease(
  version: KeptVersion,
  analytics: Analytics,
): Promise<KeptComparison | null> {
  const [first] = version;
  const released = await analytics.releaseBaseline(first!.caseId);
  if (released.length === 0 || released[0]!.tag === first!.tag) return null;
  return await compareKept(released, version, analytics);
}

async function requirePassed(
  { tag, tool, samplesSession, samplesVersion }: BaselineRow,
  analytics: Analytics,
): Promise<void> {
  if (tool !== null)
    throw notPromotable(tag, `was measured by ${tool}: there is no program of it to run again`);
  const session = await analytics.session(samplesSession);
  if (session?.verdict == null)
    throw notPromotable(tag, `is of session ${samplesSession}, which has not ended`);
  const isJudged = samplesVersion === "candidate";
  if (isJudged && (session.verdict === "regressed" || session.verdict === "rejected")) {
    throw notPromotable(tag, `is of session ${samplesSession}, which ended as ${session.verdict}`);
  }
}

/** e.g. `wall_time 4.1 %`. */
export function lossesOf({ comparisons }: KeptComparison): readonly string[] {
  return comparisons
    .filter(({ verdict }) => verdict === "regressed")
    .map(({ metric, relDelta }) =>
      relDelta === null ? metric : `${metric} ${(Math.abs(relDelta) * 100).toFixed(1)} %`,
    );
}

function notPromotable(tag: string, why: string): Error {
  return actorError("BASELINE_NOT_PROMOTABLE", `"${tag}" ${why}`, { location: tag });
}
