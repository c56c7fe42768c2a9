/** Tables as text. CSV is that of RFC 4180; a null is an empty field, an empty text two quotes. */
import type { TableColumn, TableRow } from "../../storage/index.ts";
import type { ExportTable } from "./baseline-export-table.ts";

export async function* csvText({ columns, rows }: ExportTable): AsyncGenerator<string> {
  yield csvLine(columns.map(({ name }) => name));
  for await (const row of rows) yield csvLine(row.map((cell, at) => plain(cell, columns[at]!)));
}

function csvLine(cells: TableRow): string {
  return `${cells.map(csvCell).join(",")}\r\n`;
}

function csvCell(cell: TableRow[number]): string {
  if (cell === null) return "";
  const text = String(cell);
  return text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A list of objects, one a line. */
export async function* jsonText({ columns, rows }: ExportTable): AsyncGenerator<string> {
  let before = "[\n";
  for await (const row of rows) {
    const fields = columns.map((column, at) => [column.name, plain(row[at] ?? null, column)]);
    yield `${before}${JSON.stringify(Object.fromEntries(fields))}`;
    before = ",\n";
  }
  yield before === "[\n" ? "[]\n" : "\n]\n";
}

/** Times as people and other programs read them. */
function plain(cell: TableRow[number], { type }: TableColumn): TableRow[number] {
  return type === "time" && typeof cell === "number" ? new Date(cell).toISOString() : cell;
}
