/** Where the iterations of both versions lie: a histogram a version on one axis, over a box plot, its outliers by class, and the mean. */
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
import { OUTLIER_RULE, outlierWords, severityOf, whiskersOf } from "./report-outliers.ts";
import { colourOf, type Chart, type Width } from "./report-plot.ts";
import { valueAt, type DrawnVersion } from "./report-samples.ts";

const BINS: Readonly<Record<Width, number>> = { wide: 140, narrow: 70 };
/** Beyond this factor between the medians a linear axis flattens the smaller version against its edge. */
const LOG_FROM = 1.8;
/** Left out at either end of the axis, in each version. */
const TAIL = 0.01;
const ANCHOR = { left: "start", right: "end" } as const;
const BOX = { top: -0.16, bottom: -0.44, middle: -0.3, below: -0.64 } as const;

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

function altOf(version: DrawnVersion): string {
  const { label, sorted, unit } = version;
  const [p1, median, p99] = [0.01, 0.5, 0.99].map((p) => formatQuantity(valueAt(sorted, p), unit));
  return `${label}: ${formatNumber(sorted.length)} iterations, median ${median!}, 98 % of them between ${p1!} and ${p99!}; ${outlierWords(version)}.`;
}

function captionOf(versions: readonly DrawnVersion[], axis: Axis): string {
  const total = versions.reduce((sum, { sorted }) => sum + sorted.length, 0);
  const left = versions.flatMap(({ sorted }) => beyondOf(sorted, axis)).reduce((sum, count) => sum + count);
  const beyond =
    left === 0
      ? ""
      : ` ${formatNumber(left)} of ${formatNumber(total)} iterations (${formatPercent(left / total)}) lie beyond the axis.`;
  const scaleNote = axis.log ? " The axis is logarithmic." : "";
  const outliers = versions.map(outlierWords).join("; ");
  return `Heights are relative to each version’s own peak. Box: middle half; tick: median; line: to the furthest iteration that is no outlier; hollow dots: mild outliers, filled: severe; diamond: mean of the fork means. ${OUTLIER_RULE}: ${outliers}.${scaleNote}${beyond}`;
}

/** How many values the axis leaves out at its two ends. */
function beyondOf(sorted: Float64Array, { low, high }: Axis): readonly [below: number, above: number] {
  return [sorted.filter((value) => value < low).length, sorted.filter((value) => value > high).length];
}

function optionsFor(versions: readonly DrawnVersion[], axis: Axis, width: Width): PlotOptions {
  const { factor, unit } = axis.scale;
  return {
    height: 62 + versions.length * (width === "wide" ? 150 : 136),
    marginLeft: 8,
    marginRight: 12,
    marginTop: 8,
    marginBottom: 40,
    x: { type: axis.log ? "log" : "linear", domain: [axis.low * factor, axis.high * factor] },
    y: { axis: null, domain: [-0.8, 1.42] },
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
  const [lowest, highest] = whiskersOf(version);
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
      x1: inside(lowest * factor),
      x2: inside(highest * factor),
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
    ...outlierMarks(version, axis, width),
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

function outlierMarks(version: DrawnVersion, axis: Axis, width: Width): readonly Markish[] {
  const fy = (): string => version.version;
  const stroke = colourOf(version.version);
  const dots = outlierDots(version, axis, BINS[width]);
  const [below, above] = beyondOf(version.sorted, axis);
  const beyond = (count: number, anchor: "left" | "right", words: string): readonly Markish[] =>
    count === 0
      ? []
      : [
          text([words], {
            fy,
            frameAnchor: anchor,
            textAnchor: ANCHOR[anchor],
            y: BOX.below,
            fill: stroke,
          }),
        ];
  return [
    ...(["mild", "severe"] as const).map((severity) =>
      dot(
        dots.filter((one) => one.severity === severity),
        { x: "x", y: BOX.middle, fy, r: 2, stroke, fill: severity === "severe" ? stroke : "var(--surface)" },
      ),
    ),
    ...beyond(below, "left", `← ${formatNumber(below)} further`),
    ...beyond(above, "right", `${formatNumber(above)} further →`),
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

/** Each bin at its middle, the fullest 1 high; empty ones at the ends are left out. */
function histogram(sorted: Float64Array, axis: Axis, bins: number): readonly Bin[] {
  const { binOf, middleOf } = binsOf(axis, bins);
  const counts = new Array<number>(bins).fill(0);
  for (const value of sorted) {
    const bin = binOf(value);
    if (bin >= 0 && bin < bins) counts[bin]!++;
  }
  const fullest = Math.max(1, ...counts);
  const [first, last] = [counts.findIndex(Boolean) - 1, counts.findLastIndex(Boolean) + 1];
  return counts
    .map((count, bin) => ({ x: middleOf(bin), y: count / fullest }))
    .filter((_, bin) => bin >= first && bin <= last);
}

interface OutlierDot {
  readonly x: number;
  readonly severity: "mild" | "severe";
}

/** One dot for all outliers of a class in a bin: at its middle they would lie on each other. */
function outlierDots({ sorted, outliers }: DrawnVersion, axis: Axis, bins: number): readonly OutlierDot[] {
  const { binOf, middleOf } = binsOf(axis, bins);
  const dots = new Map<string, OutlierDot>();
  for (const value of sorted) {
    const severity = severityOf(value, outliers);
    const bin = binOf(value);
    if (severity !== null && bin >= 0 && bin < bins)
      dots.set(`${bin} ${severity}`, { x: middleOf(bin), severity });
  }
  return [...dots.values()];
}

interface Bins {
  readonly binOf: (value: number) => number;
  /** In the axis' unit. */
  readonly middleOf: (bin: number) => number;
}

/** Equal bins of the axis as it is drawn. */
function binsOf({ low, high, log, scale }: Axis, bins: number): Bins {
  const place = log ? Math.log : (value: number): number => value;
  const back = log ? Math.exp : (value: number): number => value;
  const [from, step] = [place(low), (place(high) - place(low)) / bins];
  return {
    binOf: (value) => Math.floor((place(value) - from) / step),
    middleOf: (bin) => back(from + (bin + 0.5) * step) * scale.factor,
  };
}
