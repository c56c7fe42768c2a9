/** Where this room's fixtures stand, and projects made for one test. */
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";

export function fixture(name: string): string {
  let directory = path.dirname(fileURLToPath(import.meta.url));
  while (!existsSync(path.join(directory, "package.json"))) directory = path.dirname(directory);
  return path.join(directory, "test", "fixtures", "syntax", name);
}

/** Writes the files into a new folder, which goes when the tests of the caller are over; gives its path. */
export function temporaryProject(files: Readonly<Record<string, string>>): string {
  const directory = realpathSync(mkdtempSync(path.join(tmpdir(), "myriad-syntax-")));
  after(() => rmSync(directory, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(directory, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return directory;
}
