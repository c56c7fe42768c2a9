/**
 * A case about a command at the base commit: the command as the suite has it, with the files of that commit. What it
 * reads where it lies (`readable`, named by an absolute path) is the same for both, as packages and inputs are of
 * functions.
 *
 * What is named (a snippet, by a word, in `files`) has to be in both; below a folder files may come and go, and those
 * that git ignores are of neither version.
 */
import { existsSync, realpathSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { commandLine } from "../command/command.ts";
import type { TaskCommand } from "../command/command.ts";
import { commandProgram, comparedOf, filesOf } from "../command/command-program.ts";
import { actorError } from "../errors.ts";
import type { PlannedCase } from "./ci-plan.ts";
import type { GitSource } from "./git-source.ts";
import type { Suite, SuiteCase } from "./suite.ts";

/** @throws SUITE_INVALID where what the command names is none of the repository, or ignored by git */
export async function planCommand(
  one: SuiteCase,
  written: TaskCommand,
  suite: Suite,
  source: GitSource,
  checkout: string,
): Promise<PlannedCase> {
  const { task } = one;
  const refuse = refuser(one, suite);
  const placeOf = (path: string): string => {
    // A folder itself may be reached through a link, as the files in it may.
    const place = source.inCheckout(path === written.folder ? realpathSync(path) : path, checkout);
    if (place === null) throw refuse(`${path} is no file of the repository ${source.root}`);
    return place;
  };
  const before = { ...written, ...placed(written, placeOf) };
  const absent = (await namedBy(written)).find((path) => !existsSync(placeOf(path))) ?? null;
  if (absent !== null && (await source.ignored([absent])).length > 0) {
    throw refuse(`git ignores ${absent}, so no commit has it`);
  }
  const command = { ...written, files: await keptFiles(written, source) };
  const program = await digestOf(command, one);
  const earlier = absent === null ? await digestOf(before, one) : null;
  return {
    ...one,
    task: { ...task, commands: { subject: command, candidate: null } },
    id: task.id,
    subject: commandLine(command),
    before:
      absent === null ? { subject: task.subject, commands: { subject: before, candidate: command } } : null,
    absent: absent === null ? null : relative(dirname(suite.file), absent),
    program,
    same: program !== null && program === earlier,
  };
}

function refuser({ task }: SuiteCase, { file }: Suite): (message: string) => Error {
  return (message) =>
    actorError("SUITE_INVALID", `${task.id}: ${message}`, {
      location: `${file} (${task.id})`,
      // A relative word is a file of the version, whatever can be read beside it.
      hint: "what no commit has can be shown to both versions where it lies: name its folder in readable, and it in the command by its absolute path",
    });
}

function placed(
  { folder, snippet }: TaskCommand,
  placeOf: (path: string) => string,
): Pick<TaskCommand, "folder" | "snippet"> {
  const place = { folder: placeOf(folder) };
  return snippet === undefined ? place : { ...place, snippet: { ...snippet, file: placeOf(snippet.file) } };
}

/** Absolute. */
async function namedBy(command: TaskCommand): Promise<readonly string[]> {
  const { folder, files, snippet } = command;
  const words = await filesOf({ ...command, files: [] });
  const paths = [...words, ...files].map((path) => resolve(folder, path));
  return snippet === undefined ? paths : [snippet.file, ...paths];
}

/** Of `files`, folders unfolded. What cannot be read is said by the session. */
async function keptFiles(command: TaskCommand, source: GitSource): Promise<readonly string[]> {
  const { folder, files } = command;
  const paths = await filesOf({ ...command, words: [] }).catch(() => null);
  if (paths === null) return files;
  const ignored = new Set(await source.ignored(paths.map((path) => resolve(folder, path))));
  return paths.filter((path) => !ignored.has(resolve(folder, path)));
}

async function digestOf(command: TaskCommand, { task }: SuiteCase): Promise<string | null> {
  return await commandProgram(command, comparedOf(task)).then(
    ({ digest }) => digest,
    () => null,
  );
}
