/**
 * What is to be measured: every case with the same function at the base commit, or the same command with the files of
 * that commit. Both become programs first; where they are the same program there is nothing to measure, and no noise can
 * say otherwise.
 */
import { createHash } from "node:crypto";
import { existsSync, realpathSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { bundleFunction } from "../../kernels/syntax/index.ts";
import type { FunctionRef } from "../../kernels/syntax/index.ts";
import { actorError } from "../errors.ts";
import type { Task } from "../workflow/task.ts";
import { planCommand } from "./ci-plan-command.ts";
import type { GitSource } from "./git-source.ts";
import type { Suite, SuiteCase } from "./suite.ts";

export interface PlannedCase extends SuiteCase {
  readonly id: string;
  /** `path#export`, the path relative to the suite file, or the line of a command. */
  readonly subject: string;
  /** What of the task is otherwise at the base commit; null: a file of it is not in that commit. */
  readonly before: Pick<Task, "subject" | "commands"> | null;
  /** What is not in the base commit, where something is not. */
  readonly absent: string | null;
  /** Digest of the present program; null when it cannot be bundled, which its session will say. */
  readonly program: string | null;
  readonly same: boolean;
}

/** @throws SUITE_INVALID where a subject is no file of the repository */
export async function planCases(
  suite: Suite,
  source: GitSource,
  checkout: string,
): Promise<readonly PlannedCase[]> {
  const planned: PlannedCase[] = [];
  for (const one of suite.cases) planned.push(await planCase(one, suite, source, checkout));
  return planned;
}

async function planCase(
  one: SuiteCase,
  suite: Suite,
  source: GitSource,
  checkout: string,
): Promise<PlannedCase> {
  const { task } = one;
  if (task.commands !== undefined)
    return await planCommand(one, task.commands.subject, suite, source, checkout);
  const { file, exportName } = task.subject;
  const place = source.inCheckout(file, checkout);
  if (place === null) {
    throw actorError("SUITE_INVALID", `${task.id}: ${file} is no file of the repository ${source.root}`, {
      location: `${suite.file} (${task.id})`,
    });
  }
  const subject = existsSync(place) ? { file: place, exportName } : null;
  if (subject !== null) await source.linkPackages(file, checkout);
  const program = await digestOf(task.subject);
  const earlier = subject === null ? null : await digestOf(subject);
  return {
    ...one,
    id: task.id,
    subject: `${relative(dirname(suite.file), file)}#${exportName}`,
    before: subject === null ? null : { subject },
    absent: subject === null ? "its file" : null,
    program,
    same: program !== null && program === earlier,
  };
}

/** What cannot be bundled is said by the session that prepares it, with its place. */
async function digestOf(ref: FunctionRef): Promise<string | null> {
  return await bundleFunction({ ref, source: null }).then(
    ({ code, entry }) =>
      createHash("sha256")
        .update(`${withRealPackages(code, dirname(realpathSync(ref.file)))}\0${entry}`)
        .digest("hex"),
    () => null,
  );
}

/** The two places in which the bundler writes where a module lies: a comment before it, and its wrapper's name. */
const MODULE_PLACE = /^([ \t]*(?:\/\/ |"))([^"\n]*node_modules\/[^"\n]+)(?=$|"\(exports)/gm;

/** Both versions have the same packages, but do not see them from the same place. */
function withRealPackages(code: string, folder: string): string {
  return code.replace(MODULE_PLACE, (whole, before: string, path: string) => {
    const file = resolve(folder, path);
    return existsSync(file) ? before + realpathSync(file) : whole;
  });
}
