/** What people do with kept baselines, beside listing them: `openSystem` gives it as `register`. */
import type { Clock } from "../../runtime/contracts/index.ts";
import type { Analytics, BaselineRole, OwnedJournal } from "../../storage/index.ts";
import { actorError } from "../errors.ts";
import type {
  BaselineSeries,
  BaselineSummary,
  KeptComparison,
  PrunedSummary,
} from "../workflow/session-document.ts";
import { compareKept } from "./baseline-comparison.ts";
import { exportBaselines } from "./baseline-export.ts";
import type { BaselineExport, ExportRequest } from "./baseline-export.ts";
import { baselineHistory } from "./baseline-history.ts";
import { importBaselines } from "./baseline-import.ts";
import { summariesOf } from "./baseline-list.ts";
import { requirePromotable } from "./baseline-promotion.ts";
import { pruneSamples } from "./baseline-retention.ts";
import type { PruneRequest } from "./baseline-retention.ts";
import type { EvidenceStore } from "./evidence-store.ts";

export interface RegisterParts {
  readonly analytics: Analytics;
  readonly evidence: EvidenceStore;
  readonly journal: OwnedJournal;
  readonly clock: Clock;
}

/** The register of kept baselines: promotion, labels, history, comparison, import, export, retention. */
export class BaselineRegister {
  readonly #parts: RegisterParts;

  constructor(parts: RegisterParts) {
    this.#parts = parts;
  }

  /**
   * Gives the tag the role in its case: `current` is what bursts compare with, `release` what was shipped last.
   * @param acceptLoss also where it is worse than the last release
   * @returns how it stands against the last release before; null: there was none
   * @throws BASELINE_UNKNOWN, BASELINE_NOT_PROMOTABLE
   */
  async promote(
    tag: string,
    role: BaselineRole = "current",
    acceptLoss = false,
  ): Promise<KeptComparison | null> {
    const { analytics, evidence } = this.#parts;
    const against = await requirePromotable({ tag, role, acceptLoss }, analytics);
    await evidence.promote(tag, role);
    return against;
  }

  /** Writes a label on the tag in place of the one before; null: takes it off. @throws BASELINE_UNKNOWN */
  label(tag: string, label: string | null): Promise<void> {
    return this.#mark(tag, { label });
  }

  /** The same of a note. @throws BASELINE_UNKNOWN */
  note(tag: string, note: string | null): Promise<void> {
    return this.#mark(tag, { note });
  }

  /** All kept versions of the case in time. @param metric null: every one. @throws BASELINE_CASE_UNKNOWN */
  history(caseId: string, metric: string | null): Promise<readonly BaselineSeries[]> {
    return baselineHistory(caseId, metric, this.#parts.analytics);
  }

  /**
   * The tag against another by kept samples; by default against the current and the released one of its case.
   * @param foreign across machines, runtimes, levels, carriers and tools, too
   * @throws BASELINE_UNKNOWN; BASELINE_INCOMPARABLE when the other one was named
   */
  async compare(tag: string, other: string | null, foreign: boolean): Promise<readonly KeptComparison[]> {
    const { analytics } = this.#parts;
    const after = await analytics.requireBaseline(tag);
    if (other !== null) {
      const compared = await compareKept(await analytics.requireBaseline(other), after, analytics, foreign);
      if (compared.refusal === null) return [compared];
      throw actorError("BASELINE_INCOMPARABLE", `"${tag}" and "${other}": ${compared.refusal}`, {
        location: other,
        hint: `myriad burst <task> --against ${other} measures both, interleaved; --foreign compares what is kept all the same`,
      });
    }
    const { caseId } = after[0]!;
    const [current, release] = [
      await analytics.currentBaseline(caseId),
      await analytics.releaseBaseline(caseId),
    ];
    const others = new Map(
      [current, release].flatMap((rows) => (rows.length === 0 ? [] : [[rows[0]!.tag, rows]])),
    );
    others.delete(tag);
    return await Promise.all(
      [...others.values()].map((rows) => compareKept(rows, after, analytics, foreign)),
    );
  }

  /**
   * Keeps what another tool measured: Criterion.rs, hyperfine, JMH, Google Benchmark, tinybench.
   * @param path a file, or a folder of Criterion's
   * @param caseId of the one benchmark in it; null: each by its own name
   * @throws BASELINE_IMPORT_INVALID
   */
  async import(path: string, caseId: string | null = null): Promise<readonly BaselineSummary[]> {
    const { analytics, evidence, clock } = this.#parts;
    const tags = await importBaselines(path, { caseId }, { analytics, evidence, now: clock.now() });
    const rows = await Promise.all(tags.map((tag) => analytics.requireBaseline(tag)));
    return await summariesOf(analytics, rows.flat());
  }

  /** Baselines as CSV, JSON, Parquet or OpenMetrics. @throws BASELINE_UNKNOWN, BASELINE_EXPORT_REFUSED */
  export(request: ExportRequest): Promise<BaselineExport> {
    return exportBaselines(request, this.#parts.analytics);
  }

  /** Removes old raw samples, of the measurements and of the journal's ended sessions. */
  prune(request: PruneRequest): Promise<PrunedSummary> {
    return pruneSamples(request, this.#parts, this.#parts.clock.now());
  }

  async #mark(
    tag: string,
    change: { readonly label: string | null } | { readonly note: string | null },
  ): Promise<void> {
    const { analytics, evidence, clock } = this.#parts;
    const before = (await analytics.baselineMarks()).find((marks) => marks.tag === tag);
    const { label = null, note = null } = before ?? {};
    await evidence.markBaseline({ tag, label, note, ...change, changedAt: clock.now() });
  }
}
