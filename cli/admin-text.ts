/** What an operator reads: nodes and types as tables, actors as a tree. */
import type { ActorView, LetterView } from "../runtime/index.ts";
import type { NodeReport } from "../cluster/index.ts";

type Cell = string | number;

/** Columns as wide as they need be; numbers to the right. */
export function tableText(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const all = [head, ...rows.map((row) => row.map(String))];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const isNumber = head.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === "number"),
  );
  return all
    .map((row) =>
      row
        .map((cell, column) =>
          isNumber[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

const MB = 1_048_576;

export function nodesText(nodes: readonly NodeReport[]): string {
  const head = [
    "node",
    "up",
    "threads",
    "actors",
    "handled",
    "failed",
    "dead letters",
    "memory MB",
    "reaches",
  ];
  return tableText(
    head,
    nodes.map(({ node, uptimeMs, threads, types, deadLetters, rssBytes, nodes: others }) => [
      node,
      durationText(uptimeMs),
      threads,
      sumOf(types.map(({ alive }) => alive)),
      sumOf(types.map(({ handled }) => handled)),
      sumOf(types.map(({ failed }) => failed)),
      deadLetters,
      Math.round(rssBytes / MB),
      reachedText(others),
    ]),
  );
}

export function nodeText(report: NodeReport): string {
  const types = report.types.toSorted((a, b) => b.handled - a.handled);
  const head = ["type", "alive", "handled", "failed", "waiting", "waits ms", "takes ms"];
  const rows = types.map(({ type, alive, handled, failed, waiting, waitMs, handlingMs }) => [
    type,
    alive,
    handled,
    failed,
    waiting,
    meanOf(waitMs, handled),
    meanOf(handlingMs, handled),
  ]);
  return `${nodesText([report])}\n${report.runtime}\n\n${tableText(head, rows)}`;
}

const LEVEL = "  ";

export function actorsText(actors: readonly ActorView[], total: number): string {
  const head = ["actor", "type", "thread", "status", "waiting", "unanswered"];
  const rows = actors.map(({ path, type, thread, status, waiting, unanswered }) => {
    const names = path.split("/");
    const shown = `${LEVEL.repeat(names.length - 1)}${names.at(-1)!}`;
    return [shown, type, thread, status, waiting ?? "?", unanswered ?? "?"] as const;
  });
  const left = total - actors.length;
  const more = left > 0 ? `\n… and ${left} more: name what is above them` : "";
  return actors.length === 0 ? "no actors" : `${tableText(head, rows)}${more}`;
}

export function lettersText(letters: readonly LetterView[], total: number): string {
  if (letters.length === 0) return "no dead letters";
  const rows = letters.map(({ at, target, reason, text }) => [
    new Date(at).toISOString(),
    target,
    reason,
    text,
  ]);
  return `${tableText(["at", "to", "why", "message"], rows)}\n${letters.length} of ${total}`;
}

export function durationText(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m${seconds % 60}s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h${minutes % 60}m` : `${Math.floor(hours / 24)}d${hours % 24}h`;
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const meanOf = (sum: number, count: number): string => (count === 0 ? "–" : (sum / count).toPrecision(2));

function reachedText(others: NodeReport["nodes"]): string {
  const reached = others.filter((other) => other.reached).map(({ node }) => node);
  return reached.length === 0 ? "–" : reached.join(" ");
}
