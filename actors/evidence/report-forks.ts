/** The fork means in run order, as deviations from their version's mean: drift and shared noise show here. */
import {
  axisX,
  axisY,
  dot,
  gridY,
  rect,
  ruleX,
  ruleY,
  text,
  type Markish,
  type PlotOptions,
} from "@observablehq/plot";
import {
  formatChange,
  formatCount,
  formatPercentTick,
  formatQuantity,
  formatQuantityInterval,
  type Pair,
} from "./report-format.ts";
import { colourOf, type Chart, type Width } from "./report-plot.ts";
import type { DrawnVersion } from "./report-samples.ts";

/** With more forks than this their own intervals are left out: they would merge. */
const INTERVALS_UP_TO = 60;

const INTERLEAVED =
  " Forks of the two versions were interleaved, so a slope or a step that both share is the machine’s.";

const OUTLYING =
  " A hollow dot is an outlier (modified z score beyond 3.5): it is shown, and counted like the others.";

/** @param versions not empty, each with a mean other than 0 */
export function forksChart(versions: readonly DrawnVersion[]): Chart {
  return {
    title: "Fork means in run order",
    alt: versions.map(altOf).join(" "),
    caption:
      "Each dot is one fresh process, as a deviation from its version’s mean; the thin line is the 99 % interval of that fork’s mean, the band the 99 % interval of the version’s mean." +
      (versions.length > 1 ? INTERLEAVED : "") +
      (versions.some(({ forks }) => forks.some(({ outlier }) => outlier)) ? OUTLYING : ""),
    options: (width) => optionsFor(versions, width),
  };
}

function altOf({ label, unit, mean, ci99, forks }: DrawnVersion): string {
  const deviations = forks.map((fork) => fork.mean / mean - 1);
  const interval = ci99 === null ? "" : `, 99 % interval ${formatQuantityInterval(ci99, unit, mean)}`;
  const range = `${formatChange(Math.min(...deviations))} to ${formatChange(Math.max(...deviations))}`;
  const outliers = forks.filter(({ outlier }) => outlier).length;
  const outlying = outliers === 0 ? "" : `, ${formatCount(outliers, "outlier")} among them`;
  return `${label}: ${formatCount(forks.length, "fork")}, mean ${formatQuantity(mean, unit)}${interval}; fork means deviate by ${range}${outlying}.`;
}

function optionsFor(versions: readonly DrawnVersion[], width: Width): PlotOptions {
  const last = Math.max(...versions.flatMap(({ forks }) => forks.map(({ run }) => run)));
  const typical = Math.max(...versions.map(({ mean }) => mean));
  const wide = width === "wide";
  return {
    height: 58 + versions.length * 128,
    marginLeft: 50,
    marginRight: 12,
    marginTop: 22,
    marginBottom: 40,
    x: { domain: [0.4, last + 0.6] },
    y: { domain: rangeOf(versions) },
    fy: { axis: null, domain: versions.map(({ version }) => version), padding: 0.22 },
    marks: [
      gridY({ stroke: "var(--grid)", strokeOpacity: 1, ticks: 4 }),
      axisY({ ticks: 4, tickFormat: formatPercentTick, label: null, tickSize: 0, color: "var(--muted)" }),
      axisX({
        anchor: "bottom",
        ticks: Math.min(last, wide ? 20 : 8),
        tickFormat: wholeTick,
        label: "fork, in run order",
        labelArrow: "none",
        labelAnchor: "right",
        tickSize: 4,
        color: "var(--muted)",
      }),
      ...versions.flatMap((version) => marksOf(version, last, typical)),
    ],
  };
}

function marksOf(
  { version, mean, ci99, forks, unit }: DrawnVersion,
  last: number,
  typical: number,
): readonly Markish[] {
  const fy = (): string => version;
  const stroke = colourOf(version);
  const relative = (value: number): number => (value / mean - 1) * 100;
  const bounded = forks.length > INTERVALS_UP_TO ? [] : forks.filter((fork) => fork.ci99 !== null);
  const [low, high] = ci99 ?? [mean, mean];
  return [
    rect([0], {
      fy,
      x1: 0.4,
      x2: last + 0.6,
      y1: relative(low),
      y2: relative(high),
      fill: stroke,
      fillOpacity: 0.14,
    }),
    ruleY([0], { fy, stroke, strokeWidth: 1 }),
    ruleX(bounded, {
      fy,
      x: "run",
      y1: (fork: { ci99: Pair }) => relative(fork.ci99[0]),
      y2: (fork: { ci99: Pair }) => relative(fork.ci99[1]),
      stroke,
      strokeOpacity: 0.55,
    }),
    dot(forks, {
      fy,
      x: "run",
      y: (fork: { mean: number }) => relative(fork.mean),
      r: 3.2,
      stroke,
      fill: (fork: { outlier: boolean }) => (fork.outlier ? "var(--surface)" : stroke),
    }),
    text([`${version} · ${meanOf({ mean, ci99, unit }, typical)}`], {
      fy,
      frameAnchor: "top-left",
      dy: -14,
      fontWeight: 600,
      fill: stroke,
      textAnchor: "start",
    }),
  ];
}

function meanOf({ mean, ci99, unit }: Pick<DrawnVersion, "mean" | "ci99" | "unit">, typical: number): string {
  const interval = ci99 === null ? "" : ` (${formatQuantityInterval(ci99, unit, mean, typical)})`;
  return `mean ${formatQuantity(mean, unit, typical)}${interval}`;
}

/** Fork means and the version's intervals, in percent, with 8 % of room; a fork's own interval may be cut. */
function rangeOf(versions: readonly DrawnVersion[]): Pair {
  const reaches = versions.flatMap(({ mean, ci99, forks }) =>
    [
      ...forks.flatMap((fork) => [fork.mean, ...(forks.length > INTERVALS_UP_TO ? [] : (fork.ci99 ?? []))]),
      ...(ci99 ?? []),
    ].map((value) => Math.abs(value / mean - 1) * 100),
  );
  const reach = Math.max(...reaches, 0.1) * 1.08;
  return [-reach, reach];
}

function wholeTick(value: number): string {
  return Number.isInteger(value) ? String(value) : "";
}
