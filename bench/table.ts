/** Rows for people: one line a row, its note below. */
import type { BenchRow } from "./bench-row.ts";

export function tableOf(rows: readonly BenchRow[]): string {
  const cells = rows.map((row) => [row.name, `${figure(row.value)} ${row.unit}`, targetOf(row), metOf(row)]);
  const widths = [0, 1, 2].map((column) => Math.max(0, ...cells.map((line) => line[column]!.length)));
  const lines = cells.flatMap((line, index) => {
    const text = line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
    const { note } = rows[index]!;
    return note === undefined ? [text] : [text, `    ${note}`];
  });
  return `${lines.join("\n")}\n`;
}

/** The bound in the row's own unit, or as a ratio where a rival is the measure. */
function targetOf({ target, peers, ratios }: BenchRow): string {
  if (target === null) return "";
  const [sign, bound] = "atLeast" in target ? ["≥", target.atLeast] : ["≤", target.atMost];
  const peer = peers[target.than];
  if (target.than === "required" && peer !== undefined) return `${sign} ${figure(bound * peer)}`;
  const ratio = ratios[target.than];
  return `${sign} ${figure(bound)} × ${target.than}${ratio === undefined ? "" : ` (is ${figure(ratio)})`}`;
}

function metOf({ met }: BenchRow): string {
  if (met === null) return "";
  return met ? "met" : "MISSED";
}

function figure(value: number): string {
  return value.toLocaleString("en-US", { maximumSignificantDigits: 4 });
}
