/** The report's charts, in reading order; a chart whose data is missing is left out. */
import { distributionChart } from "./report-distribution.ts";
import { estimatesChart } from "./report-estimates.ts";
import { forksChart } from "./report-forks.ts";
import type { ReportInput, VersionSamples } from "./report-input.ts";
import type { Markup } from "./report-markup.ts";
import { runOrderChart, type Timed } from "./report-run-order.ts";
import { renderChart, type Chart } from "./report-plot.ts";
import { drawnVersions } from "./report-samples.ts";

export function renderCharts({ samples, document }: ReportInput): readonly Markup[] {
  return renderMeasured(samples, document, estimatesChart(document.comparisons));
}

/** Of the versions that were timed; what they came to stands behind. */
export function renderMeasured(
  samples: readonly VersionSamples[],
  timed: Timed,
  estimates: Chart | null = null,
): readonly Markup[] {
  const versions = drawnVersions(samples);
  const comparable = versions.filter(({ unit }) => unit === versions[0]?.unit);
  const centred = versions.filter(({ mean }) => mean !== 0);
  return [
    comparable.length === 0 ? null : distributionChart(comparable),
    runOrderChart(versions, timed),
    centred.length === 0 ? null : forksChart(centred),
    estimates,
  ]
    .filter((chart) => chart !== null)
    .map(renderChart);
}
