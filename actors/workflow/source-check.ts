/** Whether what was measured still stands in its files, imported ones too. */
import { readFile } from "node:fs/promises";
import { bundleFunction } from "../../kernels/syntax/index.ts";
import type { FunctionRef } from "../../kernels/syntax/index.ts";
import type { SandboxProgram } from "../../kernels/sandbox/index.ts";
import { commandLine } from "../command/command.ts";
import type { TaskCommand } from "../command/command.ts";
import { isSameCommand } from "../command/command-phases.ts";
import { actorError } from "../errors.ts";
import type { SessionStart, SessionState } from "./session-state.ts";

/** A module's text as it is written back. */
export interface SourceText {
  /** Without a byte order mark, as the checker reads it. */
  readonly text: string;
  readonly byteOrderMark: string;
}

const BYTE_ORDER_MARK = "\uFEFF";

/** @returns null when the file cannot be read. @throws CHANGE_NOT_WRITTEN when it is not UTF-8 */
export async function readSourceText(file: string): Promise<SourceText | null> {
  const bytes = await readFile(file).catch(() => null);
  if (bytes === null) return null;
  try {
    const whole = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const byteOrderMark = whole.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : "";
    return { text: whole.slice(byteOrderMark.length), byteOrderMark };
  } catch (cause) {
    throw actorError("CHANGE_NOT_WRITTEN", `${file} is not UTF-8, and would not survive`, {
      location: file,
      cause,
    });
  }
}

/** @throws SESSION_SOURCE_CHANGED when subject or hand-written candidate is no longer what was measured. */
export async function requireSameSource({ start, outputs }: SessionState): Promise<void> {
  if (outputs.prepare === undefined) return;
  const { info, subject, other } = outputs.prepare;
  const { commands } = start!.task;
  if (commands !== undefined) {
    await requireSameCommand(start!, commands.subject, subject.program);
    if (commands.candidate !== null && other !== null) {
      await requireSameCommand(start!, commands.candidate, other.program);
    }
    return;
  }
  await requireSameProgram(info.ref, subject.program);
  const { candidate } = start!.task;
  if (candidate !== null && other !== null) await requireSameProgram(candidate, other.program);
}

async function requireSameCommand(
  start: SessionStart,
  command: TaskCommand,
  program: SandboxProgram,
): Promise<void> {
  if (!(await isSameCommand(command, start, program))) throw sourceChanged(commandLine(command));
}

async function requireSameProgram(ref: FunctionRef, { digest }: SandboxProgram): Promise<void> {
  const now = await bundleFunction({ ref, source: null }).catch(() => null);
  if (now?.digest === digest) return;
  throw sourceChanged(ref.file);
}

export function sourceChanged(file: string): Error {
  const message = `${file}, or a file that it imports, is not what was measured`;
  return actorError("SESSION_SOURCE_CHANGED", message, { location: file });
}
