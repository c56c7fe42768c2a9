/**
 * Gives functions and classes their own names back. The bundler puts all modules into one scope and renames
 * what collides (`Err` becomes `Err2`, or `class _Err`), and a name can be observed: an error's class is told by
 * it. The source map knows where each name came from, so only what was really renamed is touched, once, when
 * the program is evaluated. Functions inside functions are left: naming them would cost time in every call.
 */

interface SourceMap {
  readonly mappings: string;
  readonly sourcesContent: readonly string[];
}

interface Origin {
  readonly source: number;
  readonly line: number;
  readonly column: number;
}

/** A module-level declaration in the bundler's own layout: two spaces, then the keyword. */
const DECLARATION =
  /^ {2}(?:(?:async )?function\*? ([\w$]+)\(|(?:var|let|const) ([\w$]+) = (?=class\b|(?:async )?function\b|(?:async )?(?:\(|[\w$]+ =>))|class ([\w$]+)\b)/;

/** Statements that put the names right; empty when nothing was renamed. */
export function renamingStatements(code: string, mapText: string): string {
  const map = JSON.parse(mapText) as SourceMap;
  const origins = decodeMappings(map.mappings);
  const wrong = code.split("\n").flatMap((line, row) => {
    const found = DECLARATION.exec(line);
    const name = found?.[1] ?? found?.[2] ?? found?.[3];
    if (name === undefined) return [];
    const origin = origins.get(row)?.get(line.indexOf(name, 2));
    const written = origin === undefined ? undefined : identifierAt(map, origin);
    const shown = /= class (?!extends\b)([\w$]+)/.exec(line)?.[1] ?? name;
    return written === undefined || written === shown
      ? []
      : [`__myriadRename(${name}, ${JSON.stringify(written)});`];
  });
  return wrong.length === 0 ? "" : `${RENAME}\n${wrong.join("\n")}\n`;
}

/** Leaves a class alone that has a static member called `name`. */
const RENAME = `var __myriadRename = (value, name) => {
  var own = typeof value === "function" && Object.getOwnPropertyDescriptor(value, "name");
  if (own && typeof own.value === "string" && !own.writable) Object.defineProperty(value, "name", { value: name });
};`;

/** The original name, or undefined where the original has none (`export default function () {}`). */
function identifierAt(map: SourceMap, { source, line, column }: Origin): string | undefined {
  const text = map.sourcesContent[source]?.split("\n")[line]?.slice(column) ?? "";
  const name = /^[\p{ID_Start}$_][\p{ID_Continue}$]*/u.exec(text)?.[0];
  return name === undefined || KEYWORDS.has(name) ? undefined : name;
}

const KEYWORDS: ReadonlySet<string> = new Set([
  "class",
  "function",
  "async",
  "export",
  "default",
  "const",
  "let",
  "var",
]);

/** Row → column → origin; see the source map format, revision 3. */
function decodeMappings(mappings: string): ReadonlyMap<number, ReadonlyMap<number, Origin>> {
  let [source, line, column] = [0, 0, 0];
  const rows = new Map<number, ReadonlyMap<number, Origin>>();
  for (const [row, text] of mappings.split(";").entries()) {
    let generated = 0;
    const columns = new Map<number, Origin>();
    for (const segment of text === "" ? [] : text.split(",")) {
      const fields = decodeVlq(segment);
      generated += fields[0] ?? 0;
      if (fields.length < 4) continue;
      source += fields[1]!;
      line += fields[2]!;
      column += fields[3]!;
      columns.set(generated, { source, line, column });
    }
    if (columns.size > 0) rows.set(row, columns);
  }
  return rows;
}

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function decodeVlq(segment: string): readonly number[] {
  const values: number[] = [];
  let [value, shift] = [0, 0];
  for (const character of segment) {
    const digit = BASE64.indexOf(character);
    value |= (digit & 31) << shift;
    shift += 5;
    if (digit >= 32) continue;
    values.push((value & 1) === 1 ? -(value >> 1) : value >> 1);
    [value, shift] = [0, 0];
  }
  return values;
}
