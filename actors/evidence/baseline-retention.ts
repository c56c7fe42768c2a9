/**
 * How long raw samples are kept: 90 days, or what the state directory was told. Older ones go at the first opening
 * of a day, from the database and from the journal; what they said stays for ever (forks, summaries, baselines,
 * comparisons, documents of sessions), and the samples of current and released baselines stay, too. The two are pruned
 * one after the other, each by its own rules, and each can be stopped anywhere and pruned again.
 */
import type { Analytics, OwnedJournal } from "../../storage/index.ts";
import { MyriadError } from "../../runtime/contracts/index.ts";
import type { PrunedSummary } from "../workflow/session-document.ts";
import type { EvidenceStore } from "./evidence-store.ts";
import { pruneJournal } from "./journal-retention.ts";

export const DAY_MS = 86_400_000;
export const DEFAULT_RETENTION_DAYS = 90;

const RETENTION = "samples.retention_days";
const PRUNED_AT = "samples.pruned_at";

interface Keeping {
  readonly analytics: Analytics;
  readonly evidence: EvidenceStore;
  readonly journal: OwnedJournal;
}

/** What is to be removed. */
export interface PruneRequest {
  /** Age in days from which samples go; null: as the state directory was told. `Infinity`: none ever. */
  readonly olderThanDays: number | null;
  /** Count only. */
  readonly dryRun: boolean;
  /** Tell the state directory to keep to this age from now on. */
  readonly remember: boolean;
}

export async function pruneSamples(
  { olderThanDays, dryRun, remember }: PruneRequest,
  { analytics, evidence, journal }: Keeping,
  now: number,
): Promise<PrunedSummary> {
  const asked = olderThanDays ?? (await retentionDays(analytics));
  const days = Number.isFinite(asked) ? asked : null;
  if (remember && !dryRun) await evidence.recordSetting(RETENTION, days ?? "never");
  // Nothing was recorded before the epoch, so nothing is older.
  const before = days === null ? 0 : now - days * DAY_MS;
  const removed = await evidence.pruneSamples(before, dryRun);
  const thinned = await pruneJournal(before, dryRun, { journal, analytics });
  return { ...removed, olderThanDays: days, dryRun, journal: thinned };
}

/** Once a day at most. What cannot be removed is no reason not to open: it is said, and tried tomorrow. */
export async function pruneWhenDue(keeping: Keeping, now: number): Promise<string | null> {
  const { analytics, evidence } = keeping;
  try {
    const last = await analytics.setting(PRUNED_AT);
    if (typeof last === "number" && now - last < DAY_MS && now >= last) return null;
    await evidence.recordSetting(PRUNED_AT, now);
    await pruneSamples({ olderThanDays: null, dryRun: false, remember: false }, keeping, now);
    return null;
  } catch (error) {
    const told = error instanceof MyriadError ? `${error.code}: ${error.message}` : String(error);
    return `old samples could not be removed (${told})`;
  }
}

async function retentionDays(analytics: Analytics): Promise<number> {
  const kept = await analytics.setting(RETENTION);
  if (kept === "never") return Infinity;
  return typeof kept === "number" ? kept : DEFAULT_RETENTION_DAYS;
}
