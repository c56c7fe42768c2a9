/** The kept versions of the case in time, with their intervals, and where their level changed. */
import {
  axisX,
  axisY,
  dot,
  gridY,
  line,
  ruleX,
  ruleY,
  text,
  type Markish,
  type PlotOptions,
} from "@observablehq/plot";
import type { BaselineSeries, BaselineShift, BaselineSummary } from "../workflow/session-document.ts";
import {
  formatChange,
  formatCount,
  formatMoment,
  formatName,
  formatProbability,
  formatQuantity,
  formatTick,
  scaleFor,
  type Pair,
  type Scale,
} from "./report-format.ts";
import { shorten, showHidden } from "./report-markup.ts";
import type { Chart, Width } from "./report-plot.ts";

/** The latest ones; more would merge. */
const SHOWN: Readonly<Record<Width, number>> = { wide: 60, narrow: 24 };
/** Ticks that a tag has room below. */
const TICKS: Readonly<Record<Width, number>> = { wide: 14, narrow: 6 };

export function historyChart(series: BaselineSeries): Chart {
  const { metric, direction, entries } = series;
  return {
    title: `Kept versions: ${formatName(metric)}`,
    alt: `${formatCount(entries.length, "kept version")}, ${historyWords(series)}`,
    caption: `Each dot is a kept baseline, oldest left: its mean and 99 % interval, ${direction} is better. They were measured one after the other, not interleaved, on this machine and runtime. Dashed: a change of level, with the levels on both sides. ${historyWords(series)}`,
    options: (width) => optionsFor(series, width),
  };
}

/** From what to what it went, and where its level changed. */
export function historyWords({ unit, entries, shifts }: BaselineSeries): string {
  const [first, last] = [entries[0]!, entries.at(-1)!];
  const typical = Math.max(first.mean, last.mean);
  const [from, to] = [first, last].map(
    ({ tag, mean, createdAt }) =>
      `${formatQuantity(mean, unit, typical)} (${shortTag(tag)}, ${formatMoment(createdAt)})`,
  );
  const course = `It went from ${from!} to ${to!}.`;
  if (shifts === null) return `${course} Changes of level can be told from six versions on.`;
  if (shifts.length === 0) return `${course} No change of level was found.`;
  return `${course} Its level changed ${shifts.map(shiftWords).join(", ")} (e-divisive; where nothing changes it finds something in 5 % of histories).`;
}

function shiftWords({ tag, relDelta, p }: BaselineShift): string {
  const size = relDelta === null ? "" : ` by ${formatChange(relDelta)}`;
  return `with ${shortTag(tag)}${size}, p ${formatProbability(p)}`;
}

/** Without the case's name, which all have: `@12`. */
export function shortTag(tag: string): string {
  return shorten(showHidden(tag.slice(Math.max(0, tag.lastIndexOf("@")))), 12);
}

/** What it is to the case, if anything: `current`, `last release`, or both. */
export function standingOf({ current, release }: BaselineSummary): string {
  return [current ? "current" : "", release ? "last release" : ""].filter(Boolean).join(", ");
}

interface Place {
  readonly x: number;
  readonly entry: BaselineSummary;
}

interface Level {
  readonly from: number;
  readonly to: number;
  readonly mean: number;
}

function optionsFor({ unit, entries, shifts }: BaselineSeries, width: Width): PlotOptions {
  const places = entries.slice(-SHOWN[width]).map((entry, index) => ({ x: index + 1, entry }));
  const scale = scaleFor(Math.max(...places.map(({ entry }) => Math.abs(entry.mean))), unit);
  const every = Math.ceil(places.length / TICKS[width]);
  return {
    height: 250,
    marginLeft: 56,
    marginRight: 20,
    marginTop: 26,
    marginBottom: 40,
    x: { domain: [0.5, places.length + 0.5] },
    y: { domain: domainOf(places, scale) },
    marks: [
      gridY({ stroke: "var(--grid)", strokeOpacity: 1, ticks: 6 }),
      axisY({
        ticks: 6,
        tickFormat: formatTick,
        label: scale.unit,
        labelArrow: "none",
        tickSize: 0,
        color: "var(--muted)",
      }),
      axisX(
        places.filter(({ x }) => (places.length - x) % every === 0).map(({ x }) => x),
        {
          tickFormat: (x: number) => shortTag(places[x - 1]!.entry.tag),
          label: "kept version",
          labelArrow: "none",
          labelAnchor: "right",
          tickSize: 4,
          color: "var(--muted)",
        },
      ),
      ...levelMarks(places, shifts ?? [], scale),
      ...versionMarks(places, scale),
    ],
  };
}

function versionMarks(places: readonly Place[], { factor }: Scale): readonly Markish[] {
  const stroke = "var(--baseline)";
  const mean = ({ entry }: Place): number => entry.mean * factor;
  return [
    line(places, { x: "x", y: mean, stroke, strokeOpacity: 0.5 }),
    ruleX(places, {
      x: "x",
      y1: ({ entry }: Place) => entry.ci99[0] * factor,
      y2: ({ entry }: Place) => entry.ci99[1] * factor,
      stroke,
      strokeWidth: 1.5,
    }),
    dot(places, { x: "x", y: mean, r: 3.2, fill: stroke }),
    ...places
      .filter(({ entry }) => standingOf(entry) !== "")
      .flatMap((place) => [
        dot([place], {
          x: "x",
          y: mean,
          r: 5.5,
          fill: "var(--surface)",
          stroke: "currentColor",
          strokeWidth: 2,
        }),
        text([standingOf(place.entry)], {
          x: place.x,
          y: place.entry.ci99[1] * factor,
          dy: -10,
          fill: "currentColor",
          stroke: "var(--surface)",
          strokeWidth: 4,
          fontWeight: 600,
        }),
      ]),
  ];
}

/** Changes among the versions that are shown. */
function levelMarks(
  places: readonly Place[],
  shifts: readonly BaselineShift[],
  { factor }: Scale,
): readonly Markish[] {
  const found = shifts.flatMap((shift) => {
    const place = places.find(({ entry }) => entry.tag === shift.tag);
    return place === undefined ? [] : [{ shift, at: place.x - 0.5 }];
  });
  const stroke = "var(--inconclusive)";
  const levels = found.flatMap(({ shift, at }, index): readonly Level[] => [
    { from: found[index - 1]?.at ?? 0.5, to: at, mean: shift.before },
    ...(index === found.length - 1 ? [{ from: at, to: places.length + 0.5, mean: shift.after }] : []),
  ]);
  return [
    ruleY(levels, {
      x1: "from",
      x2: "to",
      y: ({ mean }: Level) => mean * factor,
      stroke,
      strokeWidth: 1.5,
    }),
    ruleX(found, { x: "at", stroke, strokeDasharray: "4 3" }),
    text(found, {
      x: "at",
      frameAnchor: "top",
      dy: -14,
      text: ({ shift }: { readonly shift: BaselineShift }) => formatChange(shift.relDelta),
      fill: stroke,
      fontWeight: 600,
    }),
  ];
}

/** Every interval, with room for the words above. */
function domainOf(places: readonly Place[], { factor }: Scale): Pair {
  const ends = places.flatMap(({ entry }) => [...entry.ci99, entry.mean]).map((end) => end * factor);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const room = high > low ? high - low : Math.abs(high) || 1;
  return [low - room * 0.08, high + room * 0.16];
}
