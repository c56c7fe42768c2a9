/** Writes a proved change into the subject's file, whole or not at all. */
import { readFile, rename, writeFile } from "node:fs/promises";
import { actorError } from "../errors.ts";
import { otherVersion } from "./session-state.ts";
import type { SessionState } from "./session-state.ts";

/**
 * A hand-written candidate lives in its own file and is not written anywhere.
 * @throws SESSION_SOURCE_CHANGED when the file is no longer the one that was measured.
 */
export async function applyChange(state: SessionState): Promise<void> {
  const { task } = state.start!;
  const known = state.outputs.prepare?.info;
  const change = known === undefined ? null : otherVersion(state);
  if (known === undefined || change === null || task.candidate !== null) return;
  const { file } = known.ref;
  if ((await readFile(file, "utf8")) !== known.source) {
    throw actorError("SESSION_SOURCE_CHANGED", `${file} was changed while it was measured`, {
      location: file,
    });
  }
  const beside = `${file}.myriad-${state.start!.session}`;
  await writeFile(beside, change.source);
  await rename(beside, file);
}
