/**
 * Observable Plot drawn on the server: linkedom is its document, the result is inline SVG text. Colours are
 * the page's custom properties, so that one drawing serves light, dark and print. Text that reaches a chart
 * is escaped by linkedom's serialiser; what a chart says to a screen reader is given here as `alt`.
 */
import { plot, type PlotOptions } from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { markup, Markup } from "./report-markup.ts";

/** Drawn twice, since text in a scaled SVG shrinks with it; the style sheet shows the one that fits. */
const WIDTHS = { wide: 820, narrow: 356 } as const;

export type Width = keyof typeof WIDTHS;

export const BASELINE_COLOUR = "var(--baseline)";
export const CANDIDATE_COLOUR = "var(--candidate)";

export function colourOf(version: "baseline" | "candidate"): string {
  return version === "baseline" ? BASELINE_COLOUR : CANDIDATE_COLOUR;
}

export interface Chart {
  readonly title: string;
  /** The chart in a sentence or two, for who cannot see it. */
  readonly alt: string;
  /** How to read it. */
  readonly caption: string;
  options(width: Width): PlotOptions;
}

export function renderChart(chart: Chart): Markup {
  return markup`<figure class="chart">
<h3>${chart.title}</h3>
<div class="wide" role="img" aria-label="${chart.alt}">${draw(chart, "wide")}</div>
<div class="narrow" role="img" aria-label="${chart.alt}">${draw(chart, "narrow")}</div>
<figcaption>${chart.caption}</figcaption>
</figure>`;
}

function draw(chart: Chart, width: Width): Markup {
  const page: unknown = parseHTML("<!doctype html><html><body></body></html>");
  const drawing: unknown = plot({
    ...chart.options(width),
    width: WIDTHS[width],
    document: documentOf(page),
    style: { fontSize: "12px", background: "none" },
  });
  return new Markup(compact(outerHtmlOf(drawing)));
}

/** Two decimals of a pixel are finer than any screen: shorter paths, and text that is stable across runs. */
function compact(svg: string): string {
  return svg.replace(
    /\b(d|x|y|x1|x2|y1|y2|cx|cy|r|width|height|transform)="([^"]*)"/g,
    (_, name: string, value: string) =>
      `${name}="${value.replace(/-?\d+\.\d{3,}/g, (digits) => String(Number(Number(digits).toFixed(2))))}"`,
  );
}

function documentOf(page: unknown): unknown {
  return (page as { readonly document: unknown }).document;
}

function outerHtmlOf(drawing: unknown): string {
  return (drawing as { readonly outerHTML: string }).outerHTML;
}
