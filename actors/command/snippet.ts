/**
 * A snippet: a text in Python or JavaScript that runs as the main module, like what is given to `python3 -c` or
 * `node -e`. Its language is told by its file's ending. Its runs are forked of an interpreter that runs already,
 * where that can be had, so that start-up is paid once.
 */
import { readFile, stat } from "node:fs/promises";
import { basename, extname } from "node:path";
import type { ProcessSnippet } from "../../kernels/sandbox/index.ts";
import { actorError } from "../errors.ts";

/** What a snippet is written in. */
export type SnippetLanguage = "python" | "node";

/** A snippet of a task: its file, with what is told by the file's ending. */
export interface TaskSnippet {
  readonly language: SnippetLanguage;
  /** Absolute. */
  readonly file: string;
}

/** What runs, and what has to lie in the working folder for it. */
export interface SnippetText {
  readonly snippet: ProcessSnippet;
  readonly files: Readonly<Record<string, Uint8Array>>;
}

const LANGUAGES: Readonly<Record<string, SnippetLanguage>> = {
  ".py": "python",
  ".js": "node",
  ".cjs": "node",
  ".mjs": "node",
};
const ENDINGS = Object.keys(LANGUAGES).join(", ");
/** Given to the interpreter as one word where nothing is forked, and the kernel takes words of less than 128 KiB. */
const MOST_KIBIBYTES = 100;

/** @throws TASK_INVALID for an ending that is of neither language */
export function taskSnippet(file: string): TaskSnippet {
  const language = LANGUAGES[extname(file)];
  if (language !== undefined) return { language, file };
  throw invalid(`the snippet ${basename(file)} ends in none of ${ENDINGS}`, file);
}

/**
 * @param place where a JavaScript module lies in the working folder
 * @throws TASK_INVALID for a file that is not there, too large, or no UTF-8
 */
export async function readSnippet({ language, file }: TaskSnippet, place: string): Promise<SnippetText> {
  const bytes = await contentOf(file);
  const source = textOf(bytes, file);
  if (extname(file) !== ".mjs") return { snippet: { language, source }, files: {} };
  // What is evaluated is a script; a script can import a module, and there it imports as ever.
  const imports = `import(require("node:path").resolve(${JSON.stringify(place)}));`;
  return { snippet: { language, source: imports }, files: { [place]: bytes } };
}

async function contentOf(file: string): Promise<Uint8Array> {
  const found = await stat(file).catch((cause: unknown) => {
    throw invalid(`there is no file ${file}`, file, cause);
  });
  if (!found.isFile()) throw invalid(`the snippet ${file} is no file`, file);
  if (found.size <= MOST_KIBIBYTES * 1024) return await readFile(file);
  throw invalid(
    `the snippet ${basename(file)} is larger than ${MOST_KIBIBYTES} KiB: take its modules along as files, or measure it as a command`,
    file,
  );
}

function textOf(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw invalid(`the snippet ${basename(file)} is not UTF-8`, file, cause);
  }
}

function invalid(message: string, location: string, cause?: unknown): Error {
  return actorError("TASK_INVALID", message, {
    location,
    hint: "a snippet is a file of Python or JavaScript: work.py, work.js, work.cjs, or work.mjs for a module",
    ...(cause === undefined ? {} : { cause }),
  });
}
