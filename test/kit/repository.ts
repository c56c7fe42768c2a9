/** Where the repository stands, and which sources it holds: the same from sources and from the built copy. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

export const ROOT: string = findRoot(import.meta.dirname);

function findRoot(folder: string): string {
  if (existsSync(join(folder, "package.json")) && existsSync(join(folder, "tsconfig.json"))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error("no package.json above the tests");
  return findRoot(parent);
}

/** Paths relative to the root, with forward slashes. */
export function sourceFiles(folder: string): readonly string[] {
  const start = join(ROOT, folder);
  if (!existsSync(start)) return [];
  return readdirSync(start, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .toSorted();
}

export function readSource(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}
