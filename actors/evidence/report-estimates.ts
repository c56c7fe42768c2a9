/** The estimation plot: each comparison's change toward worse with its 99 % interval, against its tolerance. */
import {
  axisX,
  dot,
  gridX,
  rect,
  ruleX,
  ruleY,
  text,
  type Markish,
  type PlotOptions,
} from "@observablehq/plot";
import type { ComparisonRow } from "../workflow/session-document.ts";
import {
  formatChange,
  formatChangeInterval,
  formatPercentTick,
  formatName,
  formatPercent,
  type Pair,
} from "./report-format.ts";
import { shorten, showHidden } from "./report-markup.ts";
import type { Chart, Width } from "./report-plot.ts";

const MAX_ROWS = 24;

interface Estimate {
  readonly row: ComparisonRow;
  readonly name: string;
  readonly y: number;
  /** In percent, positive is worse. */
  readonly worsening: number;
  readonly ci99: Pair;
}

/** What is drawn, and what its lines are. */
export interface EstimateWords {
  readonly title: string;
  readonly interval: string;
  readonly intervalIs: string;
}

const CHANGES: EstimateWords = {
  title: "Estimated change",
  interval: "99 % interval",
  intervalIs: "its 99 % interval (BCa bootstrap of fork means)",
};

/** Null when no comparison has a relative change. */
export function estimatesChart(rows: readonly ComparisonRow[], words: EstimateWords = CHANGES): Chart | null {
  const estimates = rows
    .flatMap((row) => estimateOf(row, row.relDelta, row.ci99))
    .slice(0, MAX_ROWS)
    .map((estimate, y) => ({ ...estimate, y }));
  if (estimates.length === 0) return null;
  const left = rows.length - estimates.length;
  return {
    title: words.title,
    alt: estimates.map((estimate) => altOf(estimate, words)).join(" "),
    caption: `Dot: relative change of the mean, turned so that right is worse; line: ${words.intervalIs}; shaded: the tolerance, inside which a change does not count.${left === 0 ? "" : ` ${left} further comparisons are in the table.`}`,
    options: (width) => optionsFor(estimates, width),
  };
}

function estimateOf(
  row: ComparisonRow,
  relDelta: number | null,
  ci99: Pair | null,
): readonly Omit<Estimate, "y">[] {
  if (relDelta === null || !Number.isFinite(relDelta)) return [];
  const [low, high] = ci99 ?? [relDelta, relDelta];
  const name = `${formatName(row.metric)} · ${row.caseId}`;
  if (row.direction === "lower")
    return [{ row, name, worsening: relDelta * 100, ci99: [low * 100, high * 100] }];
  return [{ row, name, worsening: -relDelta * 100, ci99: [-high * 100, -low * 100] }];
}

function altOf({ row, name }: Estimate, { interval }: EstimateWords): string {
  return `${name}: ${formatChange(row.relDelta)}, ${interval} ${formatChangeInterval(row.ci99)}, tolerance ${formatPercent(row.tolerance)}: ${formatName(row.verdict)}.`;
}

function optionsFor(estimates: readonly Estimate[], width: Width): PlotOptions {
  const wide = width === "wide";
  return {
    height: 64 + estimates.length * 54,
    marginLeft: 12,
    marginRight: 12,
    marginTop: 8,
    marginBottom: 40,
    x: { domain: domainOf(estimates) },
    y: { type: "linear", domain: [estimates.length - 0.4, -0.7], axis: null },
    marks: [
      gridX({ stroke: "var(--grid)", strokeOpacity: 1, ticks: wide ? 8 : 4 }),
      rect(estimates, {
        x1: toleranceLow,
        x2: toleranceHigh,
        y1: (estimate: Estimate) => estimate.y - 0.3,
        y2: (estimate: Estimate) => estimate.y + 0.3,
        fill: "var(--tolerance)",
      }),
      ruleX([0], { stroke: "var(--muted)" }),
      axisX({
        ticks: wide ? 8 : 4,
        tickFormat: formatPercentTick,
        label: wide ? "← better       relative change       worse →" : "← better     change     worse →",
        labelAnchor: "center",
        labelArrow: "none",
        tickSize: 4,
        color: "var(--muted)",
      }),
      ...estimates.flatMap((estimate) => marksOf(estimate, wide)),
    ],
  };
}

function marksOf(estimate: Estimate, wide: boolean): readonly Markish[] {
  const { row, y, ci99, worsening } = estimate;
  const interval = wide && row.ci99 !== null ? ` (${formatChangeInterval(row.ci99)})` : "";
  const name = shorten(showHidden(estimate.name), wide ? 60 : 24);
  const label = `${name}: ${formatChange(row.relDelta)}${interval}`;
  const stroke = `var(--${row.verdict.replaceAll("_", "-")})`;
  return [
    ruleY([y], { y, x1: ci99[0], x2: ci99[1], stroke, strokeWidth: 2.25 }),
    ...ci99.map((end) => ruleX([end], { y1: y - 0.13, y2: y + 0.13, stroke, strokeWidth: 2.25 })),
    dot([y], { x: worsening, y, r: 4, fill: stroke, stroke: "var(--surface)", strokeWidth: 1 }),
    text([label], {
      y: y - 0.48,
      frameAnchor: "left",
      textAnchor: "start",
      fill: "currentColor",
      stroke: "var(--surface)",
      strokeWidth: 5,
      fontWeight: 600,
    }),
  ];
}

function toleranceLow({ row }: Estimate): number {
  return -row.tolerance * 100;
}

function toleranceHigh({ row }: Estimate): number {
  return row.tolerance * 100;
}

/** Zero, every interval and every tolerance band, with room at both ends. */
function domainOf(estimates: readonly Estimate[]): Pair {
  const ends = estimates
    .flatMap(({ ci99, worsening, row }) => [...ci99, worsening, row.tolerance * 100, -row.tolerance * 100])
    .filter(Number.isFinite);
  const [low, high] = [Math.min(...ends, 0), Math.max(...ends, 0)];
  const room = (high - low || 1) * 0.06;
  return [low - room, high + room];
}
