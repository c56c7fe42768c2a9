/** What the report of a run of bench files is drawn from, and what it says in words. */
import { relative } from "node:path";
import type { VersionSamples } from "../evidence/report-input.ts";
import { formatName } from "../evidence/report-format.ts";
import { tagOf, verdictClass } from "../evidence/report-verdict-tag.ts";
import type { ComparisonRow } from "../workflow/session-document.ts";
import type { BenchDocument, BenchGroup, BenchTaskResult, BenchVerdict } from "./bench-document.ts";
import type { BenchStart } from "./bench-journal.ts";
import { samplesOf } from "./bench-judge.ts";
import type { JudgedTask } from "./bench-judge.ts";

export interface BenchReportInput {
  readonly document: BenchDocument;
  readonly start: BenchStart;
  /** Those that were measured, by id. */
  readonly tasks: ReadonlyMap<string, JudgedTask>;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

/** A verdict on a task as a word with its mark; `of` names its colour. */
export interface BenchTag {
  readonly word: string;
  readonly mark: string;
  readonly of: string;
}

export function benchTag(verdict: BenchVerdict | null): BenchTag {
  if (verdict === "unchanged") return { word: "Unchanged", mark: "=", of: verdictClass("non_inferior") };
  if (verdict === "failed") return { word: "Failed", mark: "✗", of: verdictClass("rejected") };
  return { ...tagOf(verdict), of: verdictClass(verdict) };
}

/** `a.bench.ts › sums`. */
export function groupName({ file, name }: BenchGroup, { directory }: BenchStart): string {
  const place = relative(directory, file);
  return name === null ? place : `${place} › ${name}`;
}

export function titleOf({ files, directory }: BenchStart): string {
  const [first] = files;
  return files.length === 1 ? relative(directory, first!) : `${files.length} bench files`;
}

/** Worst first, else in their order. */
export function worstFirst(tasks: readonly BenchTaskResult[]): readonly BenchTaskResult[] {
  const order: readonly BenchVerdict[] = ["regressed", "failed", "inconclusive", "improved"];
  const rank = ({ verdict }: BenchTaskResult): number =>
    order.includes(verdict) ? order.indexOf(verdict) : order.length;
  return tasks.toSorted((left, right) => rank(left) - rank(right));
}

/** The comparison as it was decided: with the interval that its tests leave. */
export function decidedRow(
  judged: JudgedTask | undefined,
  against: "baseline" | "reference",
): readonly ComparisonRow[] {
  const row = against === "baseline" ? judged?.comparison : judged?.referenceRow;
  if (judged === undefined || row == null) return [];
  const { task } = judged.measured;
  const ratio = judged.againstReference?.interval ?? null;
  const interval =
    against === "baseline" ? judged.interval : ratio && ([ratio[0] - 1, ratio[1] - 1] as const);
  return [{ ...row, caseId: task.name, ci99: interval }];
}

export function samplesFor(judged: JudgedTask): readonly VersionSamples[] {
  const { measured } = judged;
  const versions =
    measured.baseline === null ? (["candidate"] as const) : (["baseline", "candidate"] as const);
  return versions.map((version) => ({
    version,
    label: version === "candidate" ? measured.task.name : "its baseline",
    unit: "ns",
    forks: samplesOf(measured, version),
  }));
}

/** Of the baseline's cell: `@3`, or the whole tag where it is of another case. */
export function verdictWords({ verdict, withheld, baseline }: BenchTaskResult): string {
  const why = withheld === null ? "" : withheld === "noise" ? ", too noisy" : ", never steady";
  const from = baseline.from === null ? "" : ` against ${shortTag(baseline.from)}`;
  const to = baseline.to === null ? "" : `, stored as ${shortTag(baseline.to)}`;
  return `${formatName(verdict)}${why}${from}${to}`;
}

function shortTag(tag: string): string {
  return tag.slice(tag.lastIndexOf("@"));
}

/** The command that does it again. */
export function commandOf({ files, directory, ...start }: BenchStart): string {
  const { runs, seed, filter, against, accept, allowNoise, tolerance } = start;
  const quoted = (text: string): string =>
    /^[\w./@%+=:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
  return [
    "myriad bench",
    ...files.map((file) => quoted(relative(directory, file))),
    ...(filter === null ? [] : ["--filter", quoted(filter.source)]),
    `--runs ${runs} --seed ${seed}`,
    ...(against === null ? [] : ["--against", quoted(against)]),
    ...(accept ? ["--accept"] : []),
    ...(tolerance === null ? [] : [`--tolerance ${tolerance}`]),
    ...(allowNoise ? ["--allow-noise"] : []),
  ].join(" ");
}
