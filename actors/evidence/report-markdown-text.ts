/**
 * Text made safe for GitHub's Markdown: what comes from elsewhere is shown as it is, in one line, and can
 * neither format, link, mention, leave a table cell nor close a fence.
 */
import { formatNumber } from "./report-format.ts";
import { oneLine, shorten, showHidden } from "./report-markup.ts";

export type Lines = readonly string[];

const ZERO_WIDTH_SPACE = "\u200b";

/**
 * Prose, in a table too. Every mark that Markdown may read inside a line, or at its start, is escaped; the
 * zero-width spaces stop what GitHub reads after Markdown: mentions, references to issues and bare links.
 */
export function markdownText(text: string, limit = 300): string {
  return shorten(oneLine(showHidden(text)), limit)
    .replace(/[\\`*_{}[\]<>~&$^]/g, "\\$&")
    .replace(/^[#+=-]/, "\\$&")
    .replace(/^(\d+)([.)])(?=\s|$)/, "$1\\$2")
    .replaceAll("://", `:${ZERO_WIDTH_SPACE}//`)
    .replace(/\bwww\./gi, `www${ZERO_WIDTH_SPACE}.`)
    .replace(/@(?=\w)/g, `@${ZERO_WIDTH_SPACE}`)
    .replace(/#(?=\d)/g, `#${ZERO_WIDTH_SPACE}`)
    .replaceAll("|", "&#124;");
}

/** A code span, behind more backticks than the text holds in a row. */
export function markdownCode(text: string, limit = 160): string {
  const shown = shorten(oneLine(showHidden(text)), limit);
  if (shown === "") return "–";
  const fence = "`".repeat(longestRun(shown) + 1);
  const space = shown.startsWith("`") || shown.endsWith("`") ? " " : "";
  return `${fence}${space}${shown}${space}${fence}`;
}

/** Code inside a table: readers of tables disagree on a bar behind a backslash between backticks, so it has none. */
export function markdownCellCode(text: string, limit = 120): string {
  return text === "" ? "–" : `<code>${markdownText(text, limit)}</code>`;
}

/** A fenced block of at most `maxLines` lines, the fence longer than any in the text. */
export function markdownBlock(text: string, language: string, maxLines: number): readonly string[] {
  const lines = showHidden(text).trimEnd().split("\n");
  const left = lines.length - maxLines;
  const shown = lines.slice(0, maxLines).map((line) => shorten(line, 240));
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  const rest = left > 0 ? [`(${left} further lines are in the HTML report)`] : [];
  return [fence + language, ...shown, fence, ...rest];
}

/** Cells are Markdown already. Nothing without rows. */
export function markdownTable(head: Lines, align: Lines, rows: readonly Lines[]): Lines {
  if (rows.length === 0) return [];
  return [head, align, ...rows].map((cells) => `| ${cells.join(" | ")} |`).concat("");
}

/** Where the rest of a list is. */
export function further(total: number, shown: number): Lines {
  return total <= shown ? [] : [`${formatNumber(total - shown)} more in the HTML report.`, ""];
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}
