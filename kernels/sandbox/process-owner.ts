/**
 * Names for what a process leaves on the machine (control groups, folders) that tell later whether it still lives:
 * `myriad-<pid>.<start>-<n>`. With its start a pid names one process, also when the pid is used again.
 */
import { readFileSync } from "node:fs";

const NAME = /^myriad-(\d+)\.(\d+)-\d+$/;
let made = 0;

export function ownedName(): string {
  return `myriad-${process.pid}.${startOf(process.pid) ?? 0}-${made++}`;
}

/** True for what a process made that is gone. */
export function isOrphan(name: string): boolean {
  const [, pid, start] = NAME.exec(name) ?? [];
  return pid !== undefined && startOf(Number(pid)) !== start;
}

function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]!;
  } catch {
    return null;
  }
}
