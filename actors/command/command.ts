/**
 * A command of a task: what is run, and what of the host it may read. Its working folder is private and begins with
 * the files that its words name, and those that the task names beside them, at the paths that they have here.
 * A snippet is a command in one of two languages, whose start-up is paid once.
 */
import { resolve } from "node:path";
import { lineOf, wordsOf } from "./command-words.ts";
import { taskSnippet } from "./snippet.ts";
import type { TaskSnippet } from "./snippet.ts";

/** As it is written. */
export type CommandText = CommandSurroundings &
  (
    | {
        /** A line, cut as a shell would, or the words themselves. */
        readonly command: string | readonly string[];
      }
    | {
        /** A file of Python or JavaScript, relative to the task's folder. */
        readonly snippet: string;
      }
  );

/** What is there when it runs. */
export interface CommandSurroundings {
  /** Files and folders to take along, relative to the task's folder. */
  readonly files?: readonly string[];
  /** Files and folders of the host to read where they lie. */
  readonly readable?: readonly string[];
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** With every default filled in. */
export interface TaskCommand {
  /** Of a snippet its path as it is written, alone. */
  readonly words: readonly string[];
  /** Absent of a command. */
  readonly snippet?: TaskSnippet;
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
  const { files = [], readable = [], stdin = null, env = {} } = text;
  return {
    ...("snippet" in text
      ? { words: [text.snippet], snippet: taskSnippet(resolve(folder, text.snippet)) }
      : { words: typeof text.command === "string" ? wordsOf(text.command) : text.command }),
    folder: resolve(folder),
    files,
    readable: readable.map((path) => resolve(folder, path)),
    stdin,
    env,
  };
}

/** Of a snippet its path. */
export function commandLine({ words }: Pick<TaskCommand, "words">): string {
  return lineOf(words);
}

/** Names the case of a command that no task file names. */
export function commandCase(line: string): string {
  const name = line.replace(/[^A-Za-z0-9._/#-]+/g, "-").replace(/^[^A-Za-z0-9]+|-+$/g, "");
  return name.slice(0, 200) || "command";
}
