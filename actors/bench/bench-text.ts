/** The table for people: a line a task in the order of the file, what is wrong below it. */
import { relative } from "node:path";
import { clean } from "../ci/ci-words.ts";
import {
  formatChange,
  formatChangeInterval,
  formatCount,
  formatDuration,
  formatFixed,
  formatName,
  formatNumber,
  formatQuantity,
  formatQuantityInterval,
  formatRange,
} from "../evidence/report-format.ts";
import type { Withheld } from "../workflow/session-document.ts";
import type { BenchDocument, BenchGroup, BenchTaskResult, BenchVerdict } from "./bench-document.ts";

export function benchText(document: BenchDocument, quiet = false): string {
  const first = headline(document);
  if (quiet) return `${first}\n`;
  const { report, session } = document;
  const places = [
    ...(report === null ? [] : [`report: ${report}`]),
    ...(session === null ? [] : [`session: ${session}`]),
  ];
  return `${["", ...document.benches.flatMap(benchLines), first, ...places].join("\n")}\n`;
}

/** `4 tasks: 1 regressed, 3 non inferior, 41.2 s, seed 7`, in one line. */
export function headline({ benches, wallMs, seed, isolation }: BenchDocument): string {
  const counts = new Map<BenchVerdict, number>();
  const tasks = benches.flatMap((bench) => bench.tasks);
  for (const { verdict } of tasks) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  const parts = [...counts].map(([verdict, count]) => `${count} ${formatName(verdict)}`);
  const inside = isolation === null ? "" : `, in ${isolation.carrier}`;
  return `${formatCount(tasks.length, "task")}: ${parts.join(", ")}, ${formatDuration(wallMs)}${inside}, seed ${seed ?? 0}`;
}

function benchLines({ file, name, reference, tasks }: BenchGroup): readonly string[] {
  const place = relative(process.cwd(), file);
  const title = name === null ? place : `${place} › ${name}`;
  const against = reference === null ? "" : `against ${reference.task}`;
  const rows = [
    ["task", "a call", "99 % interval", "calls/s", clean(against), "baseline"],
    ...tasks.map((task) => cells(task, reference)),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        isFigure(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join("  ")
      .trimEnd(),
  );
  return [clean(title), ...lines, ...tasks.flatMap(errorLine), ""];
}

const FIGURES: readonly number[] = [1, 2, 3];

function isFigure(column: number): boolean {
  return FIGURES.includes(column);
}

function cells(task: BenchTaskResult, reference: BenchGroup["reference"]): readonly string[] {
  const { name, time } = task;
  if (time === null) return [clean(name), "failed", "", "", "", ""];
  const { mean, ci99, unit, callsPerSecond } = time;
  return [
    clean(name),
    formatQuantity(mean, unit),
    formatQuantityInterval(ci99, unit, mean),
    callsPerSecond >= 100 ? formatNumber(Math.round(callsPerSecond)) : formatFixed(callsPerSecond, 2),
    againstText(task, reference),
    clean(baselineText(task)),
  ];
}

export function againstText(
  { name, againstReference }: BenchTaskResult,
  reference: BenchGroup["reference"],
): string {
  if (againstReference === null) {
    if (reference?.task !== name) return "";
    return reference.chosen === "fastest" ? "the fastest" : "the reference";
  }
  const { ratio, interval, verdict, withheld } = againstReference;
  const why = withheldText(withheld);
  if (ratio === null) return `${formatName(verdict)}${why}`;
  const decimals = ratio >= 100 ? 0 : 2;
  const left = interval === null ? "" : ` (${formatRange(interval, decimals)})`;
  return `${formatFixed(ratio, decimals)} ×${left} ${formatName(verdict)}${why}`;
}

function withheldText(withheld: Withheld | null): string {
  return withheld === null ? "" : ` (${WITHHELD[withheld]})`;
}

function baselineText({ verdict, comparison, interval, withheld, baseline }: BenchTaskResult): string {
  const stored = baseline.to === null ? "" : `stored as ${baseline.to}`;
  if (comparison === null) return verdict === "unchanged" ? `unchanged, ${baseline.from ?? ""}` : stored;
  const { relDelta } = comparison;
  const change = `${formatChange(relDelta)} (${formatChangeInterval(interval)})`;
  const told = `${formatName(verdict)}${withheldText(withheld)} ${change}`;
  return stored === "" ? told : `${told}, ${stored}`;
}

const WITHHELD = {
  noise: "the machine is too noisy",
  unsteady: "it never got steady",
} as const;

function errorLine({ error }: BenchTaskResult): readonly string[] {
  return error === null ? [] : [`error ${error.code}: ${clean(error.message)}`];
}
