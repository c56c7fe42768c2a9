/** Baselines, or their raw samples, as a table: the one from which CSV, JSON and Parquet are written. */
import type { Analytics, BaselineRow, TableColumn, TableRow } from "../../storage/index.ts";
import type { BaselineSummary } from "../workflow/session-document.ts";
import { environmentOf } from "./baseline-list.ts";

export interface ExportTable {
  readonly columns: readonly TableColumn[];
  readonly rows: Iterable<TableRow> | AsyncIterable<TableRow>;
}

export interface ExportedBaseline {
  readonly row: BaselineRow;
  readonly summary: BaselineSummary;
}

type Cell = TableRow[number];
type Column = readonly [TableColumn, (baseline: ExportedBaseline) => Cell];

const text = (name: string, of: (baseline: ExportedBaseline) => Cell): Column => [{ name, type: "text" }, of];
const number = (name: string, of: (baseline: ExportedBaseline) => Cell): Column => [
  { name, type: "number" },
  of,
];
const integer = (name: string, of: (baseline: ExportedBaseline) => Cell): Column => [
  { name, type: "integer" },
  of,
];
const flag = (name: string, of: (baseline: ExportedBaseline) => Cell): Column => [{ name, type: "flag" }, of];

const BASELINE_COLUMNS: readonly Column[] = [
  text("tag", ({ row }) => row.tag),
  text("case_id", ({ row }) => row.caseId),
  text("subject", ({ row }) => row.subject),
  text("metric", ({ row }) => row.metric),
  text("unit", ({ row }) => row.unit),
  text("direction", ({ row }) => row.direction),
  number("mean", ({ row }) => row.mean),
  number("std_dev", ({ row }) => row.stdDev),
  integer("n", ({ row }) => row.n),
  number("ci99_low", ({ row }) => row.ciLow),
  number("ci99_high", ({ row }) => row.ciHigh),
  number("tolerance", ({ row }) => row.tolerance),
  flag("is_current", ({ summary }) => summary.current),
  flag("is_release", ({ summary }) => summary.release),
  text("label", ({ summary }) => summary.label),
  text("note", ({ summary }) => summary.note),
  text("tool", ({ row }) => row.tool),
  text("fingerprint", ({ summary }) => summary.fingerprint),
  text("level", ({ summary }) => summary.level ?? null),
  text("carrier", ({ summary }) => summary.carrier ?? null),
  text("runtime", ({ row }) => environmentOf(row).runtime),
  text("platform", ({ row }) => environmentOf(row).platform),
  text("cpu", ({ row }) => environmentOf(row).cpu),
  text("samples_session", ({ row }) => row.samplesSession),
  text("samples_version", ({ row }) => row.samplesVersion),
  text("program_digest", ({ row }) => row.programDigest),
  [{ name: "created_at", type: "time" }, ({ row }) => row.createdAt],
];

/** One row a baseline and metric. */
export function baselineTable(baselines: readonly ExportedBaseline[]): ExportTable {
  return { columns: BASELINE_COLUMNS.map(([column]) => column), rows: baselineRows(baselines) };
}

function* baselineRows(baselines: readonly ExportedBaseline[]): Generator<TableRow> {
  for (const baseline of baselines) yield BASELINE_COLUMNS.map(([, of]) => of(baseline));
}

/** One row a sample that is still kept, in the order of baselines, forks and iterations. */
export function sampleTable(baselines: readonly ExportedBaseline[], analytics: Analytics): ExportTable {
  return {
    columns: [
      { name: "tag", type: "text" },
      { name: "case_id", type: "text" },
      { name: "metric", type: "text" },
      { name: "unit", type: "text" },
      { name: "fork", type: "integer" },
      { name: "iteration", type: "integer" },
      { name: "value", type: "number" },
    ],
    rows: sampleRows(baselines, analytics),
  };
}

async function* sampleRows(
  baselines: readonly ExportedBaseline[],
  analytics: Analytics,
): AsyncGenerator<TableRow> {
  for (const { row } of baselines) {
    const { tag, caseId, metric, unit, samplesSession, samplesVersion } = row;
    const forks = await analytics.samplesOf(samplesSession, caseId, samplesVersion, metric);
    for (const [fork, values] of forks.entries()) {
      for (const [iteration, value] of values.entries()) {
        yield [tag, caseId, metric, unit, fork, iteration, value];
      }
    }
  }
}
