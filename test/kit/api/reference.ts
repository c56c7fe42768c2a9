/** The reference of the public API as Markdown: one page a door, one section a module, and a table of doors. */
import { posix } from "node:path";
import { format } from "prettier";
import { readSource } from "../repository.ts";
import { declaredNames, headerOf, publicDoors, type Door, type PublicExport } from "./public-exports.ts";

export const FOLDER = "docs/api";

const MOST_LINES = 40;
const NOTE = "Generated from the sources by `npm run api`; do not edit.";

/** The text of each page by its path in the repository. */
export async function renderReference(): Promise<ReadonlyMap<string, string>> {
  const doors = publicDoors();
  const pages = new Map([
    ["README.md", index(doors)],
    ...doors.map((door) => [pageOf(door), page(door, doors)] as const),
  ]);
  const options = { ...(JSON.parse(readSource(".prettierrc.json")) as object), parser: "markdown" };
  const formatted = [...pages].map(
    async ([name, text]) => [posix.join(FOLDER, name), await format(text, options)] as const,
  );
  return new Map(await Promise.all(formatted));
}

const pageOf = ({ specifier }: Door): string => `${posix.basename(specifier)}.md`;

function index(doors: readonly Door[]): string {
  const lists = doors.flatMap((door) => {
    const links = (wanted: (one: PublicExport) => boolean): string =>
      door.exports
        .filter(wanted)
        .map((one) => link(one, doors))
        .toSorted((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))
        .join(" · ");
    const types = links(isType);
    return [
      `## [${door.specifier}](${pageOf(door)})`,
      links((one) => !isType(one)),
      ...(types === "" ? [] : [`Types: ${types}`]),
    ];
  });
  return ["# Reference", NOTE, "All that the package exports, by the door it comes through.", ...lists].join(
    "\n\n",
  );
}

const isType = ({ kind }: PublicExport): boolean => kind === "interface" || kind === "type";

function link(one: PublicExport, doors: readonly Door[]): string {
  return `[\`${one.name}\`](${home(one, doors)}#${one.name.toLowerCase()}-${one.kind})`;
}

/** What several doors export is described once, at the widest of them. */
function home({ file, name }: PublicExport, doors: readonly Door[]): string {
  const all = doors.filter((door) => door.exports.some((one) => one.file === file && one.name === name));
  const [widest] = all.toSorted((a, b) => b.exports.length - a.exports.length);
  return pageOf(widest!);
}

function page(door: Door, doors: readonly Door[]): string {
  const own = door.exports.filter((one) => home(one, doors) === pageOf(door));
  const others = door.exports.filter((one) => !own.includes(one));
  const byFile = new Map<string, PublicExport[]>();
  for (const one of own) byFile.set(one.file, [...(byFile.get(one.file) ?? []), one]);
  return [
    `# ${door.specifier}`,
    NOTE,
    ...(others.length === 0
      ? []
      : [`Also exported here: ${others.map((one) => link(one, doors)).join(", ")}.`]),
    ...[...byFile].map(([file, exports]) => section(file, exports)),
  ].join("\n\n");
}

function section(file: string, exports: readonly PublicExport[]): string {
  // Where a module has more than it gives to users, its header speaks to those who change it.
  const isPublic = declaredNames(file).every((name) => exports.some((one) => one.name === name));
  const header = isPublic ? headerOf(file) : "";
  return [`## ${file}`, ...(header === "" ? [] : [prose(header)]), ...exports.map(entry)].join("\n\n");
}

function entry({ name, kind, doc, declaration }: PublicExport): string {
  return [`### ${name} (${kind})`, prose(doc), `\`\`\`ts\n${shortened(declaration)}\n\`\`\``].join("\n\n");
}

function prose(doc: string): string {
  return doc
    .replaceAll(/(?:^|\s+)@throws\s+\(rejects\)\s*/g, "\n\n**Rejects** with ")
    .replaceAll(/(?:^|\s+)@throws\s*/g, "\n\n**Throws** ")
    .replaceAll(/(?:^|\s+)@returns\s*/g, "\n\n**Returns** ")
    .replaceAll(/(?:^|\s+)@param\s+(\S+)\s*/g, "\n\n**`$1`**: ")
    .trim();
}

/** A table of data, say of error codes, is shown by its keys. */
function shortened(declaration: string): string {
  const lines = declaration.split("\n");
  if (!declaration.startsWith("const ") || lines.length < MOST_LINES)
    return declaration.replaceAll(/^ +#private;\n/gm, "");
  const keys = lines.flatMap((line) => /^ {4}(?:readonly )?(\w+):/.exec(line)?.[1] ?? []);
  return `${lines[0]!}\n${keys.map((key) => `    ${key}: …;`).join("\n")}\n};`;
}
