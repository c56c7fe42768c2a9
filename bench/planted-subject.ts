/**
 * The function that `aa` and `power` measure, and slower versions of it. `textReport` of the bundled examples:
 * it takes strings, which are decoded in no time, so that a burst of 10,000 sandboxes is short; and its speed
 * differs little between processes, which cannot be said of tight loops that V8 compiles now so, now so.
 *
 * A slower version, every fourth time it is called, first does the same work on a share of its input, keeps
 * what comes out of that so that no compiler leaves it out, and then calls the very same function. Modules
 * are written into a folder of the bench's own, since the share is found by measuring.
 */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

export const SUBJECT_NAME = "examples/src/text-report.ts#textReport";

/** One third of the inputs is sealed, and that is the batch of an iteration. */
const INPUTS = 24;
const CHARACTERS = 160;

const ROOT = findRoot(import.meta.dirname);

function findRoot(folder: string): string {
  const parent = dirname(folder);
  if (existsSync(join(folder, "package.json")) || parent === folder) return folder;
  return findRoot(parent);
}

function example(name: string): string {
  return join(ROOT, "examples", "src", name);
}

export const SUBJECT: string = `${example("text-report.ts")}#textReport`;

/** @returns a reference to a generator of few and short inputs. */
export async function writeFewInputs(folder: string): Promise<string> {
  const file = join(folder, "few-inputs.mjs");
  await writeFile(
    file,
    `import { generate as all } from ${JSON.stringify(example("text-report-inputs.ts"))};
export function generate(random) {
  return all(random, ${INPUTS}).map(([text]) => [text.slice(0, ${CHARACTERS})]);
}
`,
  );
  return `${file}#generate`;
}

/** @param share of every fourth input that is worked on twice, in [0, 1]. @returns a reference to that version. */
export async function writeSlower(folder: string, share: number): Promise<string> {
  const file = join(folder, `slower-${share}.mjs`);
  await writeFile(
    file,
    `import { textReport as subject } from ${JSON.stringify(example("text-report.ts"))};
let calls = 0;
let repeated = 0;
export function textReport(text) {
  if (calls++ % 4 === 0) repeated += subject(text.slice(0, Math.round(text.length * ${share}))).words;
  return subject(text);
}
`,
  );
  return `${file}#textReport`;
}
