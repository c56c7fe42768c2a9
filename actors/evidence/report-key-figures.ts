/** The handful of figures that a reader wants before the rest. */
import type { SessionDocument } from "../workflow/session-document.ts";
import { formatNumber, formatPercent, formatQuantity, formatCount } from "./report-format.ts";
import { changeInWords, changeIntervalInWords, decidingRow } from "./report-verdict.ts";

export interface KeyFigure {
  readonly value: string;
  readonly name: string;
  readonly note: string | null;
}

export function keyFigures(document: SessionDocument): readonly KeyFigure[] {
  return [
    ...comparisonFigures(document),
    ...equivalenceFigure(document),
    ...burstFigure(document),
    ...noiseFigure(document),
  ];
}

function comparisonFigures(document: SessionDocument): readonly KeyFigure[] {
  const row = decidingRow(document);
  if (row === null) return [];
  const after = formatQuantity(row.candidate.mean, row.unit);
  const [value, ...words] = changeInWords(row).split(/(?<= [×%]) /);
  const interval = changeIntervalInWords(row);
  return [
    {
      value: value!,
      name: words.join(" ") || row.metric,
      note: interval === null ? null : `99 % interval ${interval}`,
    },
    {
      value: `${formatQuantity(row.baseline.mean, row.unit)} → ${after}`,
      name: `mean ${row.metric}`,
      note: `${formatNumber(row.forks)} forks a version`,
    },
  ];
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

function noiseFigure({ noise }: SessionDocument): readonly KeyFigure[] {
  if (noise === null) return [];
  return [
    { value: formatPercent(noise.coefficientOfVariation), name: "noise of fork means", note: noise.label },
  ];
}
