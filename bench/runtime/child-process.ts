/** Runs one workload in a fresh process and believes it only if its work is proved. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { benchError } from "../errors.ts";
import type { Measured } from "../myriad/measuring.ts";
import type { Command } from "./contenders.ts";

const TIMEOUT_MS = 180_000;
const MAX_OUTPUT_BYTES = 2 ** 20;
const run = promisify(execFile);

export type RunChild = (command: Command, signal: AbortSignal) => Promise<string>;

/** @returns what the process printed. @throws BENCH_WORK_INVALID, BENCH_INTERRUPTED */
export async function runChild({ file, args }: Command, signal: AbortSignal): Promise<string> {
  try {
    const options = {
      timeout: TIMEOUT_MS,
      killSignal: "SIGKILL",
      maxBuffer: MAX_OUTPUT_BYTES,
      signal,
    } as const;
    const { stdout } = await run(file, args, options);
    return stdout;
  } catch (cause) {
    if (signal.aborted) throw benchError("BENCH_INTERRUPTED", "Stopped between two measurements", { cause });
    const why = cause instanceof Error ? cause.message : String(cause);
    throw benchError("BENCH_WORK_INVALID", `A child process failed: ${why}`, { cause });
  }
}

export interface Proof {
  readonly done: number;
  readonly check: number;
}

/** @throws BENCH_WORK_INVALID when the output is no result, or one of other work than was asked for. */
export function provedResult(output: string, of: string, wanted: Proof): Measured {
  const measured = resultIn(output);
  if (measured === null) {
    throw benchError("BENCH_WORK_INVALID", `${of}: no result in ${JSON.stringify(output)}`);
  }
  if (measured.done !== wanted.done || measured.check !== wanted.check) {
    throw benchError("BENCH_WORK_INVALID", `${of}: ${proofText(measured)} instead of ${proofText(wanted)}`);
  }
  return measured;
}

const proofText = ({ done, check }: Proof): string => `${done} done, check ${check}`;

/** @returns null where this contender's process gives no such figure. */
export function figureOf({ done, seconds, figure }: Measured, measure: "rate" | "figure"): number | null {
  return measure === "rate" ? done / seconds : (figure ?? null);
}

/** The last line that is not empty: libraries greet before. */
function resultIn(output: string): Measured | null {
  const line = output.trimEnd().split("\n").at(-1)!;
  try {
    const parsed = JSON.parse(line) as Partial<Measured> | null;
    const parts = [parsed?.done, parsed?.seconds, parsed?.check, parsed?.figure ?? 0];
    return parts.every(Number.isFinite) ? (parsed as Measured) : null;
  } catch {
    return null;
  }
}
