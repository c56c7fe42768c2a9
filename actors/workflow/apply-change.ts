/** Writes a proved change into the subject's file, whole or not at all. */
import { chmod, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { actorError } from "../errors.ts";
import { documentOf } from "./document.ts";
import { otherVersion } from "./session-state.ts";
import type { SessionState } from "./session-state.ts";

/**
 * Does nothing where the change stands in the file already.
 * @throws CHANGE_NOT_PROVED when the session has not ended as a run that is better, or its candidate is a
 *   hand-written one, which lives in its own file; SESSION_SOURCE_CHANGED when the file is no longer the one
 *   that was measured; CHANGE_NOT_WRITTEN.
 */
export async function applyChange(state: SessionState): Promise<void> {
  const { task, session, command } = state.start!;
  if (task.candidate !== null) {
    throw actorError(
      "CHANGE_NOT_PROVED",
      `session ${session} judged a hand-written candidate, which is not applied`,
    );
  }
  if (command !== "run" || state.ended === null || !documentOf(state).success) {
    throw actorError("CHANGE_NOT_PROVED", `session ${session} has no change that is proved better`);
  }
  const { ref, source } = state.outputs.prepare!.info;
  const proved = otherVersion(state)!.source;
  const standing = await readFile(ref.file, "utf8").catch(() => null);
  if (standing === proved) return;
  if (standing !== source) {
    throw actorError("SESSION_SOURCE_CHANGED", `${ref.file} is not what was measured`, {
      location: ref.file,
    });
  }
  await replaceWhole(ref.file, proved, session);
}

/** Under another name first, so that a full disk or a kill leaves the file as it was; its mode is kept. */
async function replaceWhole(link: string, text: string, session: string): Promise<void> {
  const file = await realpath(link);
  const beside = `${file}.myriad-${session}`;
  try {
    await writeFile(beside, text);
    await chmod(beside, (await stat(file)).mode);
    await rename(beside, file);
  } catch (cause) {
    await rm(beside, { force: true });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw actorError("CHANGE_NOT_WRITTEN", `${file} could not be written: ${reason}`, {
      location: file,
      cause,
    });
  }
}
