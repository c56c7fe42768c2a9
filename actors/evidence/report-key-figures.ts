/** The handful of figures that a reader wants before the rest. */
import type { ComparisonRow, SessionDocument } from "../workflow/session-document.ts";
import {
  formatCount,
  formatName,
  formatNumber,
  formatQuantity,
  formatQuantityInterval,
} from "./report-format.ts";
import type { ReportInput, VersionSamples } from "./report-input.ts";
import { drawnVersions } from "./report-samples.ts";
import { typicalOf } from "./report-comparisons.ts";
import { changeInWords, changeIntervalInWords, decidingRow } from "./report-verdict.ts";

export interface KeyFigure {
  readonly value: string;
  readonly name: string;
  readonly note: string | null;
}

export function keyFigures({ document, samples }: ReportInput): readonly KeyFigure[] {
  return [
    ...(document.comparisons.length === 0 ? meanFigures(samples, document) : []),
    ...comparisonFigures(document),
    ...equivalenceFigure(document),
    ...burstFigure(document),
  ];
}

function comparisonFigures(document: SessionDocument): readonly KeyFigure[] {
  const row = decidingRow(document);
  if (row === null) return [];
  const [value, ...words] = changeInWords(row).split(/(?<= [×%]) /);
  const interval = changeIntervalInWords(row);
  const noise = document.noise === null ? "" : `, ${document.noise.label}`;
  return [
    { value: value!, name: words.join(" "), note: interval === null ? null : `99 % interval ${interval}` },
    {
      value: meansOf(row),
      name: `mean ${formatName(row.metric)}`,
      note: `${formatCount(row.forks, "fork")} a version${noise}`,
    },
  ];
}

/** Of what was measured without being compared. */
function meanFigures(samples: readonly VersionSamples[], { subject }: SessionDocument): readonly KeyFigure[] {
  return drawnVersions(samples).map(({ mean, ci99, unit, version }) => ({
    value: formatQuantity(mean, unit),
    name: `mean ${formatName(subject?.goal ?? "value")}, ${version}`,
    note: ci99 === null ? null : `99 % interval ${formatQuantityInterval(ci99, unit, mean)}`,
  }));
}

/** `1.25 → 0.365 ms`: one unit for both. */
function meansOf(row: ComparisonRow): string {
  const [before, after] = [row.baseline, row.candidate].map(({ mean }) =>
    formatQuantity(mean, row.unit, typicalOf(row)),
  );
  const unit = before!.slice(before!.indexOf(" "));
  return `${before!.slice(0, -unit.length)} → ${after!}`;
}

function equivalenceFigure({ equivalence }: SessionDocument): readonly KeyFigure[] {
  if (equivalence === null) return [];
  const { inputs, sealed, disagreements } = equivalence;
  const name = disagreements === 1 ? "disagreement" : "disagreements";
  return [
    {
      value: formatNumber(disagreements),
      name,
      note: `on ${formatCount(inputs, "input")}, ${formatNumber(sealed)} sealed`,
    },
  ];
}

function burstFigure({ burst }: SessionDocument): readonly KeyFigure[] {
  if (burst === null) return [];
  return [
    {
      value: formatNumber(burst.runs),
      name: "sandboxes a version",
      note: formatCount(burst.failures, "failure"),
    },
  ];
}
