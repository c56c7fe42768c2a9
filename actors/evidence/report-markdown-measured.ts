/** What the Markdown report tells of samples, the last release and the history: its twin's charts in figures. */
import type {
  BaselineChange,
  BaselineSeries,
  BaselineSummary,
  SessionDocument,
} from "../workflow/session-document.ts";
import { typicalOf } from "./report-comparisons.ts";
import {
  formatChange,
  formatChangeInterval,
  formatMoment,
  formatName,
  formatNumber,
  formatQuantity,
  formatQuantityInterval,
} from "./report-format.ts";
import { historyWords, shortTag, standingOf } from "./report-history.ts";
import type { ReportInput } from "./report-input.ts";
import { further, markdownTable, markdownText, type Lines } from "./report-markdown-text.ts";
import { OUTLIER_CLASSES, OUTLIER_RULE } from "./report-outliers.ts";
import { RELEASE_RULE, releaseWords } from "./report-release.ts";
import { runOrderSentences } from "./report-run-order.ts";
import { drawnVersions, valueAt } from "./report-samples.ts";
import { settlingAdvice } from "./report-settling.ts";
import { tagOf } from "./report-verdict-tag.ts";

const MOST = { release: 3, series: 1, versions: 4 } as const;

export function settling(document: SessionDocument): Lines {
  const advice = settlingAdvice(document).map((sentence) => `- ${markdownText(sentence, 600)}`);
  return advice.length === 0 ? [] : ["What would settle it:", "", ...advice, ""];
}

/** Where the iterations lie, their outliers by class, and their course in the order in which they ran. */
export function measurements({ samples, document }: ReportInput): Lines {
  const versions = drawnVersions(samples);
  if (versions.length === 0) return [];
  const typical = Math.max(...versions.map(({ sorted }) => valueAt(sorted, 0.5)));
  const rows = versions.map(({ version, sorted, unit, outliers }) => [
    version,
    formatNumber(sorted.length),
    markdownText(formatQuantity(valueAt(sorted, 0.5), unit, typical), 60),
    markdownText(quarters(sorted, unit, typical), 60),
    ...OUTLIER_CLASSES.map(({ name }) => formatNumber(outliers.counts[name])),
  ]);
  const head = [
    "Version",
    "Iterations",
    "Median",
    "Middle half",
    ...OUTLIER_CLASSES.map(({ words }) => `Outliers ${words}`),
  ];
  const course = runOrderSentences(document);
  return [
    ...markdownTable(head, ["---", ...head.slice(1).map(() => "--:")], rows),
    markdownText(`${OUTLIER_RULE}.`),
    "",
    ...(course.length === 0 ? [] : [markdownText(course.join(" "), 700), ""]),
  ];
}

function quarters(sorted: Float64Array, unit: string, typical: number): string {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((p) => valueAt(sorted, p));
  return formatQuantityInterval([low!, high!], unit, middle!, typical);
}

export function release(baseline: BaselineChange | null): Lines {
  const compared = baseline?.release ?? null;
  if (compared === null) return [];
  const rows = compared.comparisons
    .slice(0, MOST.release)
    .map((row) => [
      markdownText(formatName(row.metric), 60),
      markdownText(formatQuantity(row.baseline.mean, row.unit, typicalOf(row)), 60),
      markdownText(formatQuantity(row.candidate.mean, row.unit, typicalOf(row)), 60),
      formatChange(row.relDelta),
      formatChangeInterval(row.ci99),
      tagOf(row.verdict).word.toLowerCase(),
    ]);
  const head = ["Metric", "Last release", "This version", "Change", "99 % interval", "Verdict"];
  return [
    markdownText(releaseWords(compared), 700),
    "",
    ...markdownTable(head, ["---", "--:", "--:", "--:", "--:", "---"], rows),
    ...further(compared.comparisons.length, MOST.release),
    ...(rows.length === 0 ? [] : [markdownText(RELEASE_RULE, 700), ""]),
  ];
}

/** The latest versions, by the first metric that has a history. */
export function history(all: readonly BaselineSeries[]): Lines {
  return all.slice(0, MOST.series).flatMap((series) => {
    const rows = series.entries.slice(-MOST.versions).map((entry) => versionCells(entry, series));
    const name = markdownText(formatName(series.metric), 60);
    return [
      ...markdownTable(
        ["Kept version", "Made", name, "99 % interval", ""],
        ["---", "---", "--:", "--:", "---"],
        rows,
      ),
      markdownText(historyWords(series), 700),
      "",
    ];
  });
}

function versionCells(entry: BaselineSummary, { unit, shifts }: BaselineSeries): Lines {
  const { tag, createdAt, mean, ci99 } = entry;
  const shift = (shifts ?? []).some((one) => one.tag === tag) ? "new level" : "";
  return [
    markdownText(shortTag(tag), 40),
    markdownText(formatMoment(createdAt), 40),
    markdownText(formatQuantity(mean, unit), 60),
    markdownText(formatQuantityInterval(ci99, unit, mean), 60),
    [standingOf(entry), shift].filter(Boolean).join(", "),
  ];
}
