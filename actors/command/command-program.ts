/**
 * A command as the program of a session: its words with the content of its files, a snippet's own among them, so that
 * a baseline that is kept runs again what was measured, whatever became of the files. What it may read where it lies is
 * not kept.
 */
import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, isAbsolute, join, normalize, sep } from "node:path";
import { sandboxError } from "../../kernels/sandbox/index.ts";
import type { ProcessSnippet, SandboxProgram } from "../../kernels/sandbox/index.ts";
import { actorError } from "../errors.ts";
import type { TaskCommand } from "./command.ts";
import { readSnippet } from "./snippet.ts";
import type { SnippetText } from "./snippet.ts";

/** What of a run is looked at: exit code and standard output, or the exit code alone. */
export type Compared = "output" | "exit_code";

export function comparedOf({ behaviour }: { readonly behaviour: "same" | "may_change" }): Compared {
  return behaviour === "may_change" ? "exit_code" : "output";
}

export interface StoredCommand extends Pick<TaskCommand, "words" | "readable" | "stdin" | "env"> {
  /** Content in Base64, by path. */
  readonly files: Readonly<Record<string, string>>;
  readonly compared: Compared;
  /** What runs in the place of the words; absent of a command. */
  readonly snippet?: ProcessSnippet;
}

const ENTRY = "command";
const MOST_FILES = 200;
const MOST_MEBIBYTES = 8;

/** @throws TASK_INVALID for files that are not there, too many, or outside of the task's folder */
export async function commandProgram(command: TaskCommand, compared: Compared): Promise<SandboxProgram> {
  const { words, readable, stdin, env } = command;
  const text = await snippetOf(command);
  const stored: StoredCommand = {
    words,
    readable,
    stdin,
    env,
    files: { ...(await contentOf(await filesOf(command), command)), ...base64(text?.files ?? {}) },
    compared,
    ...(text === null ? {} : { snippet: text.snippet }),
  };
  const code = JSON.stringify(stored);
  return { code, entry: ENTRY, digest: createHash("sha256").update(`${code}\0${ENTRY}`).digest("hex") };
}

export function isCommand({ entry }: SandboxProgram): boolean {
  return entry === ENTRY;
}

/** @throws SANDBOX_PROGRAM of a function's program */
export function storedCommand({ code, entry }: SandboxProgram): StoredCommand {
  if (entry === ENTRY) return JSON.parse(code) as StoredCommand;
  throw sandboxError("SANDBOX_PROGRAM", `a function, ${entry}, cannot be run as a command`);
}

async function snippetOf({ snippet, words: [path] }: TaskCommand): Promise<SnippetText | null> {
  if (snippet === undefined) return null;
  return await readSnippet(snippet, isInside(path!) ? normalize(path!) : basename(snippet.file));
}

function base64(files: Readonly<Record<string, Uint8Array>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(files).map(([path, content]) => [path, Buffer.from(content).toString("base64")]),
  );
}

/**
 * Paths of the files that are taken along, a snippet's own aside.
 * @throws TASK_INVALID
 */
export async function filesOf({ words, snippet, files, folder }: TaskCommand): Promise<readonly string[]> {
  const mayName = snippet === undefined ? words : [];
  const named = await Promise.all(mayName.map(async (word) => ((await isFile(word, folder)) ? [word] : [])));
  const added = await Promise.all(files.map((path) => filesBelow(path, folder)));
  return [...new Set([...named.flat(), ...added.flat()].map((path) => normalize(path)))].toSorted();
}

function isInside(path: string): boolean {
  return path !== "" && !isAbsolute(path) && !/^\.\.(\/|$)/.test(normalize(path));
}

async function isFile(word: string, folder: string): Promise<boolean> {
  if (!isInside(word)) return false;
  const found = await stat(join(folder, word)).catch(() => null);
  return found?.isFile() === true;
}

/** Not the command's, and other after every commit or session. */
function isBookkeeping(path: string): boolean {
  return path.split(sep).some((name) => name === ".git" || name === ".myriad");
}

async function filesBelow(path: string, folder: string): Promise<readonly string[]> {
  if (!isInside(path)) throw invalid(`the file ${path} does not lie in ${folder}`, path);
  const found = await stat(join(folder, path)).catch((cause: unknown) => {
    throw invalid(`there is no file ${join(folder, path)}`, path, cause);
  });
  if (!found.isDirectory()) return [path];
  const entries = await readdir(join(folder, path), { recursive: true });
  const below = entries.map((entry) => join(path, entry)).filter((entry) => !isBookkeeping(entry));
  const isFiles = await Promise.all(below.map((entry) => isFile(entry, folder)));
  return below.filter((_, at) => isFiles[at]);
}

async function contentOf(
  paths: readonly string[],
  { folder }: TaskCommand,
): Promise<Readonly<Record<string, string>>> {
  if (paths.length > MOST_FILES) {
    throw invalid(
      `the command takes ${paths.length} files along, and ${MOST_FILES} are the most: name a folder as readable instead`,
      folder,
    );
  }
  const files: Record<string, string> = {};
  let bytes = 0;
  for (const path of paths) {
    const content = await readFile(join(folder, path));
    bytes += content.length;
    if (bytes > MOST_MEBIBYTES * 1024 * 1024) {
      throw invalid(
        `the command's files hold more than ${MOST_MEBIBYTES} MiB: name a folder as readable instead`,
        path,
      );
    }
    files[path] = content.toString("base64");
  }
  return files;
}

function invalid(message: string, location: string, cause?: unknown): Error {
  return actorError("TASK_INVALID", message, { location, ...(cause === undefined ? {} : { cause }) });
}
