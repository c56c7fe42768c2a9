/** What the `baseline` commands print for people. */
import type {
  BaselineSeries,
  BaselineShift,
  BaselineSummary,
  KeptComparison,
  PrunedSummary,
  SessionDocument,
} from "../actors/index.ts";

/** `isolate in bubblewrap`; empty where nothing is known. */
function meansText({ level = null, carrier = null }: Pick<BaselineSummary, "level" | "carrier">): string {
  if (level === null) return "";
  return carrier === null ? level : `${level} in ${carrier}`;
}

/** null: the document is of another command. */
export function baselineText({
  command,
  baselines,
  history,
  keptComparisons,
  pruned,
  exported,
}: SessionDocument): string | null {
  if (command !== "baseline") return null;
  const parts = [
    baselines === undefined ? "" : baselinesText(baselines),
    history === undefined ? "" : history.map(seriesText).join("\n"),
    keptComparisons === undefined ? "" : comparisonsText(keptComparisons, baselines === undefined),
    pruned === undefined ? "" : prunedText(pruned),
    exported?.file == null
      ? ""
      : `${exported.baselines} rows of baselines as ${exported.format}: ${exported.file}\n`,
  ];
  return parts.join("");
}

/** One line a baseline and metric; a star marks what the case is compared with, R what was released last. */
function baselinesText(baselines: readonly BaselineSummary[]): string {
  if (baselines.length === 0) return "no baselines\n";
  return baselines.map((one) => `${lineOf(one)}\n`).join("");
}

function lineOf(one: BaselineSummary): string {
  const { tag, current, release, metric, mean, unit, createdAt, subject, tool, runtime } = one;
  const [low, high] = one.ci99.map(figure);
  const marks = `${current ? "*" : " "}${release ? "R" : " "}`;
  const written = [
    ...(one.tool === null ? [] : [`from ${one.tool}`]),
    ...(one.label === null ? [] : [`[${one.label}]`]),
    ...(one.note === null ? [] : [`"${one.note}"`]),
  ];
  const means = tool === null ? [meansText(one), runtime ?? ""].filter((part) => part !== "") : [];
  const end = written.length === 0 ? "" : `, ${written.join(" ")}`;
  return `${marks} ${tag}  ${metric} ${figure(mean)} ${unit} (99 % interval ${low} to ${high}), ${[...means, createdAt, subject].join(", ")}${end}`;
}

/** A row a version; each but the first with its change from the one before. */
function seriesText(series: BaselineSeries): string {
  const { metric, unit, fingerprint, tool, entries, shifts } = series;
  const rows = entries.map((one, at) => {
    const before = entries[at - 1];
    const change = before === undefined || before.mean === 0 ? "" : percent(one.mean / before.mean - 1);
    const [low, high] = one.ci99.map(figure);
    const marks = `${one.current ? "*" : " "}${one.release ? "R" : " "}`;
    return [
      marks,
      one.createdAt,
      one.tag,
      figure(one.mean),
      `${low} – ${high}`,
      change,
      one.label ?? "",
      shiftText(one, shifts ?? []),
    ];
  });
  const header = ["", "made", "tag", `mean ${unit}`, "99 % interval", "change", "label", ""];
  const where =
    tool === null ? [meansText(series), `machine and runtime ${fingerprint}`] : [`measured by ${tool}`];
  return `${[metric, ...where.filter((part) => part !== "")].join(", ")}\n${aligned([header, ...rows])}`;
}

/** At the first version of a new level. */
function shiftText({ tag }: BaselineSummary, shifts: readonly BaselineShift[]): string {
  const shift = shifts.find((one) => one.tag === tag);
  if (shift === undefined) return "";
  const change = shift.relDelta === null ? "" : ` by ${percent(shift.relDelta)}`;
  return `◀ the level shifts${change}, p ${shift.p.toPrecision(2)}`;
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column]!))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

function comparisonsText(comparisons: readonly KeptComparison[], isAsked: boolean): string {
  if (comparisons.length === 0)
    return isAsked ? "nothing to compare with: no other is current or released\n" : "";
  return comparisons.map(comparisonText).join("");
}

export function comparisonText(compared: KeptComparison): string {
  const { before, after, refusal, verdict, sameEnvironment, notes = [] } = compared;
  if (refusal !== null) return `${after} against ${before}: not compared, ${refusal}\n`;
  const place = sameEnvironment
    ? "kept samples of one machine, not interleaved"
    : "kept samples of different machines";
  const rows = compared.comparisons.map(
    (row) =>
      `  ${row.metric}: ${figure(row.baseline.mean)} → ${figure(row.candidate.mean)} ${row.unit}` +
      `${row.relDelta === null ? "" : ` (${percent(row.relDelta)})`}, tolerance ${percent(row.tolerance)}, ${row.verdict}\n`,
  );
  return `${after} against ${before}: ${verdict ?? ""} (${place})\n${rows.join("")}${notes.map((note) => `  ${note}\n`).join("")}`;
}

function prunedText({
  olderThanDays,
  dryRun,
  forks,
  samples,
  bytesBefore,
  bytesAfter,
  journal,
}: PrunedSummary): string {
  if (olderThanDays === null) return "samples are kept for ever\n";
  const what = `${samples.toLocaleString("en-US")} samples of ${forks} forks older than ${olderThanDays} days`;
  const done = (keeper: string, before: number, after: number): string =>
    dryRun
      ? `would be removed; ${keeper} uses ${megabytes(before)}\n`
      : `removed; ${keeper} uses ${megabytes(after)}, before ${megabytes(before)}\n`;
  const first = `${what} ${done("the database", bytesBefore, bytesAfter)}`;
  if (journal === undefined) return first;
  const { sessions, forks: thinned } = journal;
  const samplesThere = `${journal.samples.toLocaleString("en-US")} samples of ${thinned} forks`;
  const ended = `${sessions} ended session${sessions === 1 ? "" : "s"}`;
  const there = done("the journal", journal.bytesBefore, journal.bytesAfter);
  return `${first}in the journal ${samplesThere}, of ${ended}, ${there}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MiB`;
}

function percent(change: number): string {
  return `${change > 0 ? "+" : ""}${(change * 100).toFixed(1)} %`;
}

export function figure(value: number): string {
  return value.toLocaleString("en-US", { maximumSignificantDigits: 4 });
}
