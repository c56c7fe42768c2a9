/** Every figure of every comparison: one line each for the overview, and each in full, folded but the first. */
import type { ComparisonP, ForkSummary } from "../../kernels/statistics/index.ts";
import type { ComparisonRow } from "../workflow/session-document.ts";
import {
  formatChange,
  formatChangeInterval,
  formatCount,
  formatName,
  formatNumber,
  formatPercent,
  formatProbability,
  formatQuantity,
  formatQuantityInterval,
} from "./report-format.ts";
import { markup, type Content, type Markup } from "./report-markup.ts";
import { code, facts, table } from "./report-table.ts";
import { changeInWords } from "./report-verdict.ts";
import { verdictTag } from "./report-verdict-tag.ts";

export function renderComparisons(rows: readonly ComparisonRow[]): Markup {
  const caption = "Comparisons: means of the fork means, and the relative change with its 99 % interval";
  return markup`${comparisonTable(caption, ["Baseline", "Candidate"], rows)}
${rows.map((row, index) => inFull(row, index === 0))}`;
}

/** A line a comparison; the two titles head its means. */
export function comparisonTable(
  caption: string,
  [before, after]: readonly [before: string, after: string],
  rows: readonly ComparisonRow[],
): Markup {
  return table<ComparisonRow>(
    caption,
    [
      {
        title: "Metric",
        cell: (row) => markup`${formatName(row.metric)} <span class="soft">${row.caseId}</span>`,
      },
      {
        title: before,
        numeric: true,
        cell: (row) => formatQuantity(row.baseline.mean, row.unit, typicalOf(row)),
      },
      {
        title: after,
        numeric: true,
        cell: (row) => formatQuantity(row.candidate.mean, row.unit, typicalOf(row)),
      },
      { title: "Change", numeric: true, cell: (row) => formatChange(row.relDelta) },
      { title: "99 % interval", numeric: true, cell: (row) => formatChangeInterval(row.ci99) },
      { title: "Verdict", cell: (row) => verdictTag(row.verdict) },
    ],
    rows,
  );
}

function inFull(row: ComparisonRow, open: boolean): Markup {
  const summary = markup`${formatName(row.metric)} <span class="soft">${row.caseId}</span>: ${changeInWords(row)}, in full`;
  return markup`<details${open ? markup` open` : null}><summary>${summary}</summary>
<div class="pair">${sides(row)}${hypotheses(row)}</div>
${facts([
  ["Test", code(row.test)],
  ["Engine", row.engine],
  ["Better is", row.direction],
  ["Tolerance", formatPercent(row.tolerance)],
  ["Forks a version", formatNumber(row.forks)],
  ["Iterations a fork", formatNumber(row.iterationsPerFork)],
  ["Intra-fork correlation", formatNumber(row.intraForkCorrelation)],
  ["Hedges’ g", formatNumber(row.hedgesG)],
  ["Cliff’s δ", formatNumber(row.cliffsDelta)],
  ["Mann–Whitney p", formatProbability(row.mannWhitneyP)],
])}
<p class="note">p is one-sided, ${testInWords(row.test)}; q is p after Benjamini–Hochberg over all cases and metrics of its family. A verdict needs q below 0.05. Mann–Whitney and the effect sizes are reported, not decided on; g and δ are positive where the candidate’s values are larger.</p>
</details>`;
}

function testInWords(test: ComparisonRow["test"]): string {
  if (test === "paired-t-on-inputs") {
    return "by a t test on pairs of exact figures, one of each version an input";
  }
  return test === "always-valid-on-fork-pairs"
    ? "by an always-valid test (a mixture sequential probability ratio test) on pairs of forks, as is the interval of the change; those of the means are for a fixed number of forks, and reported only"
    : "by Welch’s test on fork means";
}

/** Both sides are shown in the unit of the larger mean. */
export function typicalOf({ baseline, candidate }: ComparisonRow): number {
  return Math.max(baseline.mean, candidate.mean);
}

interface Figure {
  readonly name: string;
  readonly value: (side: ForkSummary) => Content;
}

function sides(row: ComparisonRow): Markup {
  const quantity = (value: number): string => formatQuantity(value, row.unit, typicalOf(row));
  const spread = Math.max(row.baseline.stdDev, row.candidate.stdDev);
  const figures: readonly Figure[] = [
    { name: "Mean", value: (side) => quantity(side.mean) },
    {
      name: "99 % interval",
      value: (side) => formatQuantityInterval(side.ci99, row.unit, side.mean, typicalOf(row)),
    },
    { name: "Median", value: (side) => quantity(side.median) },
    { name: "Standard deviation", value: (side) => formatQuantity(side.stdDev, row.unit, spread) },
    {
      name: row.test === "paired-t-on-inputs" ? "Inputs (n)" : "Forks (n)",
      value: (side) => formatNumber(side.n),
    },
  ];
  return table<Figure>(
    row.test === "paired-t-on-inputs"
      ? `Exact figures, ${formatCount(row.iterationsPerFork, "input")}`
      : `Fork means, ${formatCount(row.forks, "fork")} of ${formatCount(row.iterationsPerFork, "iteration")}`,
    [
      { title: "Figure", cell: ({ name }) => name },
      { title: "Baseline", numeric: true, cell: ({ value }) => value(row.baseline) },
      { title: "Candidate", numeric: true, cell: ({ value }) => value(row.candidate) },
    ],
    figures,
  );
}

interface Hypothesis {
  readonly name: string;
  readonly family: keyof ComparisonP;
}

function hypotheses(row: ComparisonRow): Markup {
  const tolerance = formatPercent(row.tolerance);
  return table<Hypothesis>(
    "Hypotheses, fixed before the data was seen",
    [
      { title: "Shown if q < 0.05", cell: ({ name }) => name },
      { title: "p", numeric: true, cell: ({ family }) => formatProbability(row.p[family]) },
      { title: "q", numeric: true, cell: ({ family }) => formatProbability(row.q[family]) },
      { title: "Shown", cell: ({ family }) => (row.q[family] < 0.05 ? "yes" : "no") },
    ],
    [
      { name: `Regressed: worse by more than ${tolerance}`, family: "regressed" },
      { name: `Non-inferior: not worse by ${tolerance}`, family: "nonInferior" },
      { name: `Improved: better by more than ${tolerance}`, family: "improved" },
    ],
  );
}
