/**
 * A command of a task: what is run, and what of the host it may read. Its working folder is private and begins with
 * the files that its words name, and those that the task names beside them, at the paths that they have here.
 */
import { resolve } from "node:path";
import { lineOf, wordsOf } from "./command-words.ts";

/** As it is written. */
export interface CommandText {
  /** A line, cut as a shell would, or the words themselves. */
  readonly command: string | readonly string[];
  /** Files and folders to take along, relative to the task's folder. */
  readonly files?: readonly string[];
  /** Files and folders of the host to read where they lie. */
  readonly readable?: readonly string[];
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** With every default filled in. */
export interface TaskCommand {
  readonly words: readonly string[];
  /** Absolute: what `files` and the words are relative to. */
  readonly folder: string;
  readonly files: readonly string[];
  /** Absolute. */
  readonly readable: readonly string[];
  readonly stdin: string | null;
  readonly env: Readonly<Record<string, string>>;
}

/** The commands of a task that is about commands. */
export interface TaskCommands {
  readonly subject: TaskCommand;
  readonly candidate: TaskCommand | null;
}

/** @throws TASK_INVALID */
export function completeCommand(text: CommandText, folder: string): TaskCommand {
  const { command, files = [], readable = [], stdin = null, env = {} } = text;
  return {
    words: typeof command === "string" ? wordsOf(command) : command,
    folder: resolve(folder),
    files,
    readable: readable.map((path) => resolve(folder, path)),
    stdin,
    env,
  };
}

export function commandLine({ words }: Pick<TaskCommand, "words">): string {
  return lineOf(words);
}

/** Names the case of a command that no task file names. */
export function commandCase(line: string): string {
  const name = line.replace(/[^A-Za-z0-9._/#-]+/g, "-").replace(/^[^A-Za-z0-9]+|-+$/g, "");
  return name.slice(0, 200) || "command";
}
