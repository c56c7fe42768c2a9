/**
 * HTML that is safe by construction: every value put into a `markup` template is escaped unless it is itself
 * `Markup`. Characters that change how text is read without being seen (control and bidirectional marks)
 * are written out, so that a reader sees what a compiler sees.
 */
export type Content = Markup | string | number | null | readonly Content[];

export class Markup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** A template whose literal parts are HTML and whose values are text, `Markup`, lists of these, or null (nothing). */
export function markup(literals: TemplateStringsArray, ...values: readonly Content[]): Markup {
  let text = literals[0]!;
  for (const [index, value] of values.entries()) text += written(value) + literals[index + 1]!;
  return new Markup(text);
}

function written(value: Content): string {
  if (value === null) return "";
  if (value instanceof Markup) return value.toString();
  if (typeof value === "string" || typeof value === "number") return escapeHtml(String(value));
  return value.map(written).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export function escapeHtml(text: string): string {
  return showHidden(text).replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

// Controls save tab and line feed, marks that hide or reorder text, and lone halves of a surrogate pair.
const HIDDEN = /[^\P{Cc}\t\n]|[\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/gu;

/** Each hidden character as its escape, e.g. U+202E as `\u{202e}`. Carriage returns before a line feed go. */
export function showHidden(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replace(HIDDEN, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** At most `limit` characters, an ellipsis in place of the rest; never half a surrogate pair. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** All on one line: runs of white space become one space. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
