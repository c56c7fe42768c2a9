/**
 * A job's task on this machine. Its paths are a stranger's: whatever they name must lie below the node's root, links
 * followed, and commands are refused unless the node allows them, for they read what they like of the machine.
 */
import { realpathSync } from "node:fs";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import type { JobRequest } from "../../cluster/index.ts";
import type { FunctionRef } from "../../kernels/syntax/index.ts";
import { actorError } from "../errors.ts";
import { parseTaskText } from "../workflow/task-text.ts";
import { completeTask } from "../workflow/task.ts";
import type { Task } from "../workflow/task.ts";

export interface JobPlace {
  /** Absolute. */
  readonly root: string;
  readonly commands: boolean;
}

/** @throws TASK_INVALID, JOB_PATH_REFUSED, JOB_COMMAND_REFUSED, SUBJECT_REFERENCE_INVALID */
export function jobTask(id: string, { task, directory, command }: JobRequest, place: JobPlace): Task {
  const base = inside(place.root, resolve(place.root, directory), directory);
  const written = parseTaskText(JSON.stringify(task), `job ${id}`);
  if (
    typeof written.subject !== "string" ||
    (written.candidate !== undefined && typeof written.candidate !== "string")
  ) {
    if (!place.commands) {
      throw actorError("JOB_COMMAND_REFUSED", `job ${id} is about a command`, { location: "task.subject" });
    }
  }
  const complete = completeTask(written, { source: null, base, directory: base });
  for (const path of pathsOf(complete)) inside(place.root, path, path);
  if (command === "compare" && complete.candidate === null && complete.commands?.candidate == null) {
    throw actorError("TASK_INVALID", "the task names no candidate to compare its subject with", {
      location: "task.candidate",
    });
  }
  return complete;
}

/** All that a task reads by name. */
function pathsOf({ subject, inputs, candidate, metrics, commands }: Task): readonly string[] {
  if (commands !== undefined) {
    const sides = [commands.subject, commands.candidate].filter((side) => side !== null);
    return sides.flatMap(({ words, folder, files, readable, snippet }) => [
      ...[...files, ...(snippet === undefined ? [] : words)].map((path) => resolve(folder, path)),
      ...readable,
    ]);
  }
  const refs: readonly (FunctionRef | null | undefined)[] = [
    subject,
    inputs,
    candidate,
    ...metrics.map(({ of }) => of),
  ];
  return refs.flatMap((ref) => (ref == null ? [] : [ref.file]));
}

/** @returns the path, with no link in it. @throws JOB_PATH_REFUSED */
function inside(root: string, path: string, given: string): string {
  const real = realOf(path);
  const way = relative(realpathSync(root), real);
  if (way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way)) {
    throw actorError("JOB_PATH_REFUSED", `${given} lies outside the folder that this node's jobs may use`, {
      location: given,
    });
  }
  return real;
}

/** Of what is not there: where it would be, links of the folders above followed. */
function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const above = join(path, "..");
    return above === path ? path : join(realOf(above), relative(above, path));
  }
}
