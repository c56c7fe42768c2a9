/** Writes a proved change into the subject's file, whole or not at all. */
import { access, chmod, chown, constants, open, realpath, rename, rm, stat } from "node:fs/promises";
import { actorError } from "../errors.ts";
import { documentOf } from "./document.ts";
import { otherVersion } from "./session-state.ts";
import type { SessionState } from "./session-state.ts";
import { readSourceText, requireSameSource, sourceChanged } from "./source-check.ts";

/**
 * Does nothing where the change stands in the file already. Mode, owner, byte order mark and line endings of
 * the file are kept; a hard link to it is not followed, a symbolic one is.
 * @throws CHANGE_NOT_PROVED when the session has not ended as a run that is better, or its candidate is a
 *   hand-written one, which lives in its own file; SESSION_SOURCE_CHANGED when the file, or one that it
 *   imports, is no longer what was measured; CHANGE_NOT_WRITTEN.
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
  const standing = await readSourceText(ref.file);
  const proved = withLineEndingsOf(source, otherVersion(state)!.source);
  if (standing?.text === proved) return;
  if (standing?.text !== source) throw sourceChanged(ref.file);
  await requireSameSource(state);
  await replaceWhole(ref.file, standing.byteOrderMark + proved, session);
}

/** What a rewrite adds ends its lines with LF; in a file of CRLF alone it is to be CRLF as well. */
function withLineEndingsOf(source: string, proved: string): string {
  const isCrlf = source.includes("\r\n") && !/(^|[^\r])\n/.test(source);
  return isCrlf ? proved.replaceAll(/\r?\n/g, "\r\n") : proved;
}

/** Under another name first, so that a full disk, a kill or a loss of power leaves the file as it was. */
async function replaceWhole(link: string, text: string, session: string): Promise<void> {
  const file = await realpath(link);
  const beside = `${file}.myriad-${session}`;
  try {
    await access(file, constants.W_OK);
    const { mode, uid, gid } = await stat(file);
    const handle = await open(beside, "w");
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await chmod(beside, mode);
    // Only root may give a file away; whoever else runs this owns what is made.
    await chown(beside, uid, gid).catch(() => undefined);
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
