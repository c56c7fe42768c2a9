/**
 * The iterations of all forks in the order in which they ran: what was still warming up, or drifts, slopes or steps
 * here. Each point sums up a window of neighbouring iterations over all forks of a version, so one disturbed fork
 * hardly moves it.
 */
import {
  areaY,
  axisX,
  axisY,
  gridY,
  line,
  ruleY,
  text,
  type Markish,
  type PlotOptions,
} from "@observablehq/plot";
import type { SessionDocument, VersionMeasurement } from "../workflow/session-document.ts";
import { LEAST_DRIFT_ITERATIONS } from "./fork-conditions.ts";
import {
  formatChange,
  formatCount,
  formatNumber,
  formatPercent,
  formatPercentTick,
  formatTick,
  type Pair,
} from "./report-format.ts";
import { colourOf, type Chart, type Width } from "./report-plot.ts";
import { valueAt, type DrawnVersion } from "./report-samples.ts";

const WINDOWS: Readonly<Record<Width, number>> = { wide: 60, narrow: 30 };
/** Fewer have no course to be seen. */
const LEAST_ITERATIONS = 20;
/** Less reads as no change. */
const LEAST_DRIFT = 0.0005;

/** Of a session, or of anything else that was timed by forks. */
export interface Timed {
  readonly burst: Pick<NonNullable<SessionDocument["burst"]>, "runs" | "measurement"> | null;
  readonly withheld?: SessionDocument["withheld"];
}

type Course = Pick<DrawnVersion, "version" | "iterations"> & { readonly median: number };

/** Null where no fork has a course: of metrics that a process has one figure of. */
export function runOrderChart(versions: readonly DrawnVersion[], document: Timed): Chart | null {
  const courses = versions
    .filter(({ iterations }) => longestOf(iterations) >= LEAST_ITERATIONS)
    .map(({ version, iterations, sorted }) => ({ version, iterations, median: valueAt(sorted, 0.5) }))
    .filter(({ median }) => median !== 0);
  if (courses.length === 0) return null;
  const sentences = runOrderSentences(document).join(" ");
  return {
    title: "Iterations in run order",
    alt: courses.map(altOf).join(" "),
    caption:
      `Line: median over all forks of neighbouring iterations, as a deviation from the version’s median; band: their middle half. ${sentences}`.trimEnd(),
    options: (width) => optionsFor(courses, document.burst?.measurement?.warmUpIterations ?? 0, width),
  };
}

/** Whether it was warm when it was timed, and whether it drifted then: a sentence a version. */
export function runOrderSentences({ burst, withheld }: Timed): readonly string[] {
  const measurement = burst?.measurement ?? null;
  if (measurement === null) return [];
  const { versions, warmUpIterations } = measurement;
  return [
    ...versions.map(
      (version) =>
        `The ${version.version} ${steadyWords(version, warmUpIterations)}; ${driftWords(version, burst!.runs)}.`,
    ),
    ...(withheld === "unsteady"
      ? ["So a version still changed while it was timed, and no verdict was given."]
      : []),
  ];
}

function steadyWords(
  { forks, unsteadyForks, steadyAfter }: VersionMeasurement,
  warmUpIterations: number,
): string {
  if (steadyAfter === null) return "was never steady";
  const inTime = `${formatNumber(forks - unsteadyForks)} of ${formatCount(forks, "fork")}`;
  const after =
    steadyAfter === 0 ? "from its first iteration on" : `after ${formatCount(steadyAfter, "iteration")}`;
  return `was typically steady ${after}, ${inTime} before the ${formatNumber(warmUpIterations)} of the warm-up were over`;
}

/** @param runs of this version, in all its forks */
function driftWords({ drift, forks }: VersionMeasurement, runs: number): string {
  if (runs / forks < LEAST_DRIFT_ITERATIONS)
    return `whether it drifted cannot be told from fewer than ${LEAST_DRIFT_ITERATIONS} timed iterations a fork`;
  const size = formatPercent(Math.abs(drift));
  const later =
    Math.abs(drift) < LEAST_DRIFT
      ? "as long as"
      : drift > 0
        ? `${size} longer than`
        : `${size} less time than`;
  return `the second half of its timed iterations took ${later} the first`;
}

interface Window {
  /** Place of its middle iteration, from 1. */
  readonly at: number;
  /** Quartiles of its iterations in all forks, as deviations in percent. */
  readonly low: number;
  readonly middle: number;
  readonly high: number;
}

/** Windows in which nothing finite lies are left out. */
function windowsOf({ iterations, median }: Course, most: number): readonly Window[] {
  const longest = longestOf(iterations);
  const count = Math.min(most, longest);
  const startOf = (window: number): number => Math.floor((window * longest) / count);
  return Array.from({ length: count }, (_, window) => {
    const [from, to] = [startOf(window), startOf(window + 1)];
    const values = iterations.flatMap((fork) => [...fork.subarray(from, to)]).filter(Number.isFinite);
    const sorted = Float64Array.from(values).sort();
    const deviation = (p: number): number => (valueAt(sorted, p) / median - 1) * 100;
    const at = (from + 1 + to) / 2;
    return sorted.length === 0
      ? []
      : [{ at, low: deviation(0.25), middle: deviation(0.5), high: deviation(0.75) }];
  }).flat();
}

function longestOf(iterations: readonly Float64Array[]): number {
  return Math.max(0, ...iterations.map((fork) => fork.length));
}

function altOf(course: Course): string {
  const windows = windowsOf(course, WINDOWS.wide);
  const [first, last] = [windows[0]!, windows.at(-1)!].map(({ middle }) => formatChange(middle / 100));
  const middles = windows.map(({ middle }) => middle / 100);
  const range = `${formatChange(Math.min(...middles))} and ${formatChange(Math.max(...middles))}`;
  return `${course.version}: ${formatCount(longestOf(course.iterations), "iteration")} a fork; their median begins at ${first!} of the version’s, ends at ${last!}, and lies between ${range}.`;
}

function optionsFor(courses: readonly Course[], warmUpIterations: number, width: Width): PlotOptions {
  const drawn = courses.map((course) => ({ ...course, windows: windowsOf(course, WINDOWS[width]) }));
  const longest = Math.max(...courses.map(({ iterations }) => longestOf(iterations)));
  const warm = warmUpIterations === 0 ? "" : `, after ${formatNumber(warmUpIterations)} of warm-up`;
  const wide = width === "wide";
  return {
    height: 58 + courses.length * 118,
    marginLeft: 50,
    marginRight: 12,
    marginTop: 22,
    marginBottom: 40,
    x: { domain: [0, longest + 1] },
    y: { domain: rangeOf(drawn.flatMap(({ windows }) => windows)) },
    fy: { axis: null, domain: courses.map(({ version }) => version), padding: 0.2 },
    marks: [
      gridY({ stroke: "var(--grid)", strokeOpacity: 1, ticks: 5 }),
      axisY({ ticks: 5, tickFormat: formatPercentTick, label: null, tickSize: 0, color: "var(--muted)" }),
      axisX({
        anchor: "bottom",
        ticks: wide ? 10 : 5,
        tickFormat: formatTick,
        label: wide ? `timed iteration of its fork${warm}` : "timed iteration of its fork",
        labelArrow: "none",
        labelAnchor: "right",
        tickSize: 4,
        color: "var(--muted)",
      }),
      ...drawn.flatMap(marksOf),
    ],
  };
}

function marksOf({ version, windows }: Course & { readonly windows: readonly Window[] }): readonly Markish[] {
  const fy = (): string => version;
  const stroke = colourOf(version);
  return [
    areaY(windows, { x: "at", y1: "low", y2: "high", fy, fill: stroke, fillOpacity: 0.18 }),
    ruleY([0], { fy, stroke, strokeOpacity: 0.5, strokeDasharray: "3 3" }),
    line(windows, { x: "at", y: "middle", fy, stroke, strokeWidth: 1.75 }),
    text([version], {
      fy,
      frameAnchor: "top-left",
      dy: -14,
      fontWeight: 600,
      fill: stroke,
      textAnchor: "start",
    }),
  ];
}

/** Every band and zero, with 8 % of room, and at least half a percent each way. */
function rangeOf(windows: readonly Window[]): Pair {
  const ends = windows.flatMap(({ low, high }) => [low, high]);
  const [low, high] = [Math.min(...ends, -0.5), Math.max(...ends, 0.5)];
  const room = (high - low) * 0.08;
  return [low - room, high + room];
}
