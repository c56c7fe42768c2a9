/** What a process uses, read from /proc; null where there is none (other systems, or the process is gone). */
import { readFileSync } from "node:fs";

export interface Usage {
  readonly residentMb: number;
  readonly cpuMs: number;
}

/** Linux reports CPU time in hundredths of a second and memory in pages, on every machine that runs us. */
const MS_PER_TICK = 10;
const MB_PER_PAGE = 4096 / (1024 * 1024);

export function usageOf(pid: number): Usage | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field, the name, may hold blanks and parentheses: count from the last one.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { cpuMs: ticks * MS_PER_TICK, residentMb: Number(fields[21]) * MB_PER_PAGE };
  } catch {
    return null;
  }
}

/** The most resident memory that it ever had, MB; null where that cannot be read. */
export function peakResidentMb(pid: number): number | null {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) / 1024;
  } catch {
    return null;
  }
}
