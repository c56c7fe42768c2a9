/** Writes a proved change into the subject's file, whole or not at all. */
import { chmod, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { actorError } from "../errors.ts";
import { documentOf } from "./document.ts";
import { otherVersion } from "./session-state.ts";
import type { SessionState } from "./session-state.ts";

/**
 * A hand-written candidate lives in its own file and is not written anywhere.
 * @throws CHANGE_NOT_PROVED when the session has not ended as a run that is better;
 *   SESSION_SOURCE_CHANGED when the file is no longer the one that was measured.
 */
export async function applyChange(state: SessionState): Promise<void> {
  const { task, session, command } = state.start!;
  if (task.candidate !== null) return;
  if (command !== "run" || state.ended === null || !documentOf(state).success) {
    throw actorError("CHANGE_NOT_PROVED", `session ${session} has no change that is proved better`);
  }
  const { ref, source } = state.outputs.prepare!.info;
  if ((await readFile(ref.file, "utf8").catch(() => null)) !== source) {
    throw actorError("SESSION_SOURCE_CHANGED", `${ref.file} was changed while it was measured`, {
      location: ref.file,
    });
  }
  await replaceWhole(await realpath(ref.file), otherVersion(state)!.source, session);
}

/** Under another name first, so that a full disk or a kill leaves the file as it was; its mode is kept. */
async function replaceWhole(file: string, text: string, session: string): Promise<void> {
  const beside = `${file}.myriad-${session}`;
  try {
    await writeFile(beside, text);
    await chmod(beside, (await stat(file)).mode);
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
