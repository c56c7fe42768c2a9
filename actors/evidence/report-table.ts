/** Tables with a caption and headed rows; a wide one scrolls inside its own region, never the page. */
import { markup, type Content, type Markup } from "./report-markup.ts";

export interface Column<Row> {
  readonly title: string;
  /** Figures are set right-aligned in tabular digits, and never wrap. */
  readonly numeric?: boolean;
  cell(row: Row): Content;
}

/** The first column heads its row. */
export function table<Row>(caption: string, columns: readonly Column<Row>[], rows: readonly Row[]): Markup {
  return markup`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table>
<caption>${caption}</caption>
<thead><tr>${columns.map((column) => markup`<th scope="col"${numericClass(column)}>${column.title}</th>`)}</tr></thead>
<tbody>
${rows.map((row) => markup`<tr>${columns.map((column, index) => cell(column, row, index === 0))}</tr>\n`)}</tbody>
</table></div>`;
}

function cell<Row>(column: Column<Row>, row: Row, heads: boolean): Markup {
  if (heads) return markup`<th scope="row"${numericClass(column)}>${column.cell(row)}</th>`;
  return markup`<td${numericClass(column)}>${column.cell(row)}</td>`;
}

function numericClass<Row>(column: Column<Row>): Markup | null {
  return column.numeric === true ? markup` class="n"` : null;
}

export type Fact = readonly [name: string, value: Content];

/** A list of names and values, side by side or, where values are long, one a row; without a value a fact is left out. */
export function facts(list: readonly Fact[], form: "grid" | "rows" = "grid"): Markup {
  const known = list.filter(([, value]) => value !== null && value !== "");
  if (known.length === 0) return markup``;
  return markup`<dl class="facts ${form}">${known.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

export function code(text: string): Markup {
  return markup`<code>${text}</code>`;
}

/** Prose, its command-line options (`--runs 10000`) set as code that no line is broken in. */
export function prose(text: string): Content {
  return text
    .split(/(--[a-z]+(?:-[a-z]+)*(?: (?:\d+|release))?)/)
    .map((part, index) => (index % 2 === 1 ? markup`<code class="option">${part}</code>` : part));
}

/** `<details>` whose content is folded away until asked for; print opens nothing, so keep what matters outside. */
export function folded(summary: Content, content: Content): Markup {
  return markup`<details><summary>${summary}</summary>
${content}
</details>`;
}
