/** Where the iterations of both versions lie: a histogram a version on one axis, over a box and the mean. */
import {
  areaY,
  axisX,
  dot,
  gridX,
  rect,
  ruleX,
  text,
  type Markish,
  type PlotOptions,
} from "@observablehq/plot";
import {
  formatTick,
  formatNumber,
  formatPercent,
  formatQuantity,
  scaleFor,
  type Scale,
} from "./report-format.ts";
import { shorten, showHidden } from "./report-markup.ts";
import { colourOf, type Chart, type Width } from "./report-plot.ts";
import { valueAt, type DrawnVersion } from "./report-samples.ts";

const BINS: Readonly<Record<Width, number>> = { wide: 140, narrow: 70 };
/** Beyond this factor between the medians a linear axis flattens the smaller version against its edge. */
const LOG_FROM = 1.8;
/** Left out at either end of the axis, in each version. */
const TAIL = 0.01;
const BOX = { top: -0.16, bottom: -0.44, middle: -0.3 } as const;

interface Axis {
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
  /** In the samples' unit; its suitable unit is the axis's. */
  readonly typical: number;
  readonly scale: Scale;
}

/** @param versions not empty; in the same unit */
export function distributionChart(versions: readonly DrawnVersion[]): Chart {
  const axis = axisOf(versions);
  return {
    title: "Distribution of all iterations",
    alt: versions.map((version) => altOf(version)).join(" "),
    caption: captionOf(versions, axis),
    options: (width) => optionsFor(versions, axis, width),
  };
}

function axisOf(versions: readonly DrawnVersion[]): Axis {
  const low = Math.min(...versions.map(({ sorted }) => valueAt(sorted, TAIL)));
  const high = Math.max(...versions.map(({ sorted }) => valueAt(sorted, 1 - TAIL)));
  const spare = high > low ? (high - low) * 0.08 : Math.abs(high) * 0.05 || 1;
  const medians = versions.map(({ sorted }) => valueAt(sorted, 0.5));
  const log = low > 0 && Math.max(...medians) / Math.min(...medians) > LOG_FROM;
  const typical = (low + high) / 2;
  const scale = scaleFor(typical, versions[0]!.unit);
  return log
    ? { low: low / 1.06, high: high * 1.06, log, typical, scale }
    : { low: low >= 0 ? Math.max(0, low - spare) : low - spare, high: high + spare, log, typical, scale };
}

function altOf({ label, sorted, unit }: DrawnVersion): string {
  const [p1, median, p99] = [0.01, 0.5, 0.99].map((p) => formatQuantity(valueAt(sorted, p), unit));
  return `${label}: ${formatNumber(sorted.length)} iterations, median ${median!}, 98 % of them between ${p1!} and ${p99!}.`;
}

function captionOf(versions: readonly DrawnVersion[], axis: Axis): string {
  const outside = versions.map(
    ({ sorted }) => sorted.filter((value) => value < axis.low || value > axis.high).length,
  );
  const total = versions.reduce((sum, { sorted }) => sum + sorted.length, 0);
  const left = outside.reduce((sum, count) => sum + count, 0);
  const beyond =
    left === 0
      ? ""
      : ` ${formatNumber(left)} of ${formatNumber(total)} iterations (${formatPercent(left / total)}) lie beyond the axis.`;
  const scaleNote = axis.log ? " The axis is logarithmic." : "";
  return `Heights are relative to each version’s own peak. Box: middle half; tick: median; line: 1st to 99th percentile; diamond: mean of the fork means.${scaleNote}${beyond}`;
}

function optionsFor(versions: readonly DrawnVersion[], axis: Axis, width: Width): PlotOptions {
  const { factor, unit } = axis.scale;
  return {
    height: 62 + versions.length * (width === "wide" ? 132 : 118),
    marginLeft: 8,
    marginRight: 12,
    marginTop: 8,
    marginBottom: 40,
    x: { type: axis.log ? "log" : "linear", domain: [axis.low * factor, axis.high * factor] },
    y: { axis: null, domain: [-0.5, 1.42] },
    fy: { axis: null, domain: versions.map(({ version }) => version), padding: 0.04 },
    marks: [
      gridX({ stroke: "var(--grid)", strokeOpacity: 1, ticks: width === "wide" ? 9 : 4 }),
      axisX({
        anchor: "bottom",
        ticks: width === "wide" ? 9 : 4,
        tickFormat: formatTick,
        label: `one iteration, ${unit}`,
        labelArrow: "none",
        tickSize: 4,
        color: "var(--muted)",
      }),
      ...versions.flatMap((version) => marksOf(version, axis, width)),
    ],
  };
}

function marksOf(version: DrawnVersion, axis: Axis, width: Width): readonly Markish[] {
  const { factor } = axis.scale;
  const fy = (): string => version.version;
  const stroke = colourOf(version.version);
  const at = (p: number): number => valueAt(version.sorted, p) * factor;
  const inside = (value: number): number => Math.min(Math.max(value, axis.low * factor), axis.high * factor);
  return [
    areaY(histogram(version.sorted, axis, BINS[width]), {
      x: "x",
      y: "y",
      fy,
      curve: "step",
      fill: stroke,
      fillOpacity: 0.22,
      stroke,
      strokeWidth: 1.25,
    }),
    rect([0], {
      fy,
      x1: inside(at(0.01)),
      x2: inside(at(0.99)),
      y1: BOX.middle - 0.008,
      y2: BOX.middle + 0.008,
      fill: stroke,
    }),
    rect([0], {
      fy,
      x1: inside(at(0.25)),
      x2: inside(at(0.75)),
      y1: BOX.bottom,
      y2: BOX.top,
      fill: "var(--surface)",
      stroke,
      strokeWidth: 1.5,
    }),
    ruleX([0], { fy, x: inside(at(0.5)), y1: BOX.bottom, y2: BOX.top, stroke, strokeWidth: 2.5 }),
    dot([0], {
      fy,
      x: inside(version.mean * factor),
      y: BOX.middle,
      symbol: "diamond",
      r: 4,
      fill: "var(--surface)",
      stroke,
      strokeWidth: 1.75,
    }),
    text([labelOf(version, axis, width)], {
      fy,
      frameAnchor: "top-left",
      dx: 2,
      dy: 2,
      fontWeight: 600,
      fill: stroke,
      textAnchor: "start",
    }),
  ];
}

function labelOf({ label, sorted, unit }: DrawnVersion, { typical }: Axis, width: Width): string {
  const name = shorten(showHidden(label), width === "wide" ? 70 : 26);
  return `${name} · median ${formatQuantity(valueAt(sorted, 0.5), unit, typical)}`;
}

interface Bin {
  readonly x: number;
  readonly y: number;
}

/** Equal bins of the axis as it is drawn, each at its middle, the fullest 1 high; empty ones at the ends are left out. */
function histogram(sorted: Float64Array, { low, high, log, scale }: Axis, bins: number): readonly Bin[] {
  const place = log ? Math.log : (value: number): number => value;
  const back = log ? Math.exp : (value: number): number => value;
  const [from, step] = [place(low), (place(high) - place(low)) / bins];
  const counts = new Array<number>(bins).fill(0);
  for (const value of sorted) {
    const bin = Math.floor((place(value) - from) / step);
    if (bin >= 0 && bin < bins) counts[bin]!++;
  }
  const fullest = Math.max(1, ...counts);
  const [first, last] = [counts.findIndex(Boolean) - 1, counts.findLastIndex(Boolean) + 1];
  return counts
    .map((count, bin) => ({
      x: back(from + (bin + 0.5) * step) * scale.factor,
      y: count / fullest,
    }))
    .filter((_, bin) => bin >= first && bin <= last);
}
