/** A unified diff in lines with their numbers; text that is no unified diff is kept line by line as it is. */
import { parsePatch, type StructuredPatch } from "diff";
import { code, folded } from "./report-table.ts";
import { formatCount, formatNumber } from "./report-format.ts";
import { markup, shorten, type Markup } from "./report-markup.ts";

/** A longer diff is folded. */
const OPEN_LINES = 60;
/** And past this cut: the change itself is in the repository. */
const MAX_LINES = 1_500;
const MAX_LINE_CHARACTERS = 600;

export type DiffSide = "added" | "removed" | "same" | "hunk" | "file" | "note";

export interface DiffLine {
  readonly side: DiffSide;
  readonly before: number | null;
  readonly after: number | null;
  readonly text: string;
}

export function diffLines(diff: string): readonly DiffLine[] {
  const files = parsed(diff);
  if (files === null)
    return diff
      .trimEnd()
      .split("\n")
      .map((text) => line("same", text));
  return files.flatMap((file) => [...fileHeader(file), ...file.hunks.flatMap(hunkLines)]);
}

/** Null where it is no unified diff, or one without a change. */
function parsed(diff: string): readonly StructuredPatch[] | null {
  try {
    const files = parsePatch(diff);
    return files.some(({ hunks }) => hunks.length > 0) ? files : null;
  } catch {
    return null;
  }
}

function fileHeader({ oldFileName, newFileName }: StructuredPatch): readonly DiffLine[] {
  const [before, after] = [oldFileName ?? "", newFileName ?? ""].map((name) => name.replace(/^[ab]\//, ""));
  const name = before === after || after === "" ? before! : before === "" ? after! : `${before!} → ${after!}`;
  return name === "" ? [] : [line("file", name)];
}

function hunkLines({
  oldStart,
  oldLines,
  newStart,
  newLines,
  lines,
}: StructuredPatch["hunks"][number]): readonly DiffLine[] {
  let [before, after] = [oldStart, newStart];
  const heading = line("hunk", `@@ −${oldStart},${oldLines} +${newStart},${newLines} @@`);
  const body = lines.map((text): DiffLine => {
    const rest = text.slice(1);
    if (text.startsWith("+")) return { side: "added", before: null, after: after++, text: rest };
    if (text.startsWith("-")) return { side: "removed", before: before++, after: null, text: rest };
    if (text.startsWith("\\")) return line("note", rest.trim());
    return { side: "same", before: before++, after: after++, text: rest };
  });
  return [heading, ...body];
}

function line(side: DiffSide, text: string): DiffLine {
  return { side, before: null, after: null, text };
}

export function renderDiff(diff: string): Markup {
  const lines = diffLines(diff);
  const [added, removed] = (["added", "removed"] as const).map(
    (side) => lines.filter((entry) => entry.side === side).length,
  );
  const size = markup`<span class="added-count">+${added!}</span> <span class="removed-count">−${removed!}</span>`;
  const shown = markup`${diffTable(lines.slice(0, MAX_LINES))}${cutNote(lines.length)}`;
  if (lines.length <= OPEN_LINES) return markup`<p class="diff-size">${size} lines</p>${shown}`;
  return folded(markup`Show the diff: ${formatCount(lines.length, "line")}, ${size}`, shown);
}

function cutNote(total: number): Markup | null {
  return total <= MAX_LINES
    ? null
    : markup`<p class="note">${formatNumber(total - MAX_LINES)} further lines are not shown.</p>`;
}

function diffTable(lines: readonly DiffLine[]): Markup {
  return markup`<div class="scroll" role="region" aria-label="Diff" tabindex="0"><table class="diff">
<caption class="hidden">The change, line by line: line number before, line number after, text</caption>
<thead class="hidden"><tr><th scope="col">Before</th><th scope="col">After</th><th scope="col">Text</th></tr></thead>
<tbody>
${lines.map(diffRow)}</tbody></table></div>`;
}

const SIGNS: Readonly<Record<DiffSide, string>> = {
  added: "+",
  removed: "−",
  same: " ",
  hunk: "",
  file: "",
  note: "",
};

function diffRow({ side, before, after, text }: DiffLine): Markup {
  const shown = shorten(text, MAX_LINE_CHARACTERS);
  if (side === "hunk" || side === "file" || side === "note") {
    return markup`<tr class="${side}"><td colspan="3">${side === "file" ? code(shown) : shown}</td></tr>\n`;
  }
  return markup`<tr class="${side}"><td class="line">${before}</td><td class="line">${after}</td><td class="text"><span class="sign">${SIGNS[side]}</span>${shown}</td></tr>\n`;
}
