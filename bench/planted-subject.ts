/**
 * The function that `aa` and `power` measure, and slower versions of it. `unique` of the bundled examples: its
 * time is spent in its own loop, not in decoding its inputs, so a burst of 10,000 sandboxes is short.
 *
 * A slower version does the same work first on a share of its input, keeps what comes out of that so that no
 * compiler leaves it out, and then calls the very same function. Modules are written into a folder of the
 * bench's own, since the share is found by measuring.
 */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

export const SUBJECT_NAME = "examples/src/unique.ts#unique";

/** One third of the inputs is sealed, and that is the batch of an iteration. */
const INPUTS = 36;

const ROOT = findRoot(import.meta.dirname);

function findRoot(folder: string): string {
  const parent = dirname(folder);
  if (existsSync(join(folder, "package.json")) || parent === folder) return folder;
  return findRoot(parent);
}

function example(name: string): string {
  return join(ROOT, "examples", "src", name);
}

export const SUBJECT: string = `${example("unique.ts")}#unique`;

/** @returns a reference to a generator of few inputs. */
export async function writeFewInputs(folder: string): Promise<string> {
  const file = join(folder, "few-inputs.mjs");
  await writeFile(
    file,
    `import { generate as all } from ${JSON.stringify(example("unique-inputs.ts"))};
export function generate(random) {
  return all(random, ${INPUTS});
}
`,
  );
  return `${file}#generate`;
}

/** @param share of the input that is worked on twice, in [0, 1]. @returns a reference to the slower version. */
export async function writeSlower(folder: string, share: number): Promise<string> {
  const file = join(folder, `slower-${share}.mjs`);
  await writeFile(
    file,
    `import { unique as subject } from ${JSON.stringify(example("unique.ts"))};
let repeated = 0;
export function unique(values) {
  repeated += subject(values.slice(0, Math.round(values.length * ${share}))).length;
  return subject(values);
}
`,
  );
  return `${file}#unique`;
}
