import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { basename } from "node:path";

import { systemCode } from "./errors.ts";

/**
 * One life of a process, for records that it leaves on the disk. Pids come round, in a container that starts
 * again at once, so the kernel's word for the moment of its birth goes with the pid.
 *
 * A life is only called over when that is certain; where the system does not tell (no /proc, a process of
 * another host or in other namespaces) it may be going on. What is over stays over.
 *
 * A pid means something in its own namespace only, and a birth by its own namespace of the clock: one kernel and
 * one name of a host may have many of both, a container or a sandbox each. A number of a namespace may come
 * round as well, but never while somebody lives in it: whose numbers are ours is in ours, or dead.
 */
export interface ProcessLife {
  readonly pid: number;
  readonly host: string;
  /** The kernel's clock ticks since it was booted, and which boot that was; null where it does not tell. */
  readonly birth: string | null;
  /** Of pids and of the clock, by the kernel's names; null where it does not tell. Versions before left it out. */
  readonly namespaces?: string | null;
}

export function ownLife(): ProcessLife {
  return { pid: process.pid, host: hostname(), birth: birthOf("self"), namespaces: ownNamespaces() };
}

/** What was read back from a record; null when it is none. */
export function parseLife(value: unknown): ProcessLife | null {
  if (typeof value !== "object" || value === null) return null;
  const { pid, host, birth = null, namespaces } = value as Partial<Record<keyof ProcessLife, unknown>>;
  if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid < 1) return null;
  if (typeof host !== "string" || (birth !== null && typeof birth !== "string")) return null;
  if (namespaces === undefined) return { pid, host, birth };
  return { pid, host, birth, namespaces: typeof namespaces === "string" ? namespaces : null };
}

export function mayBeAlive(life: ProcessLife): boolean {
  if (!canBeAsked(life)) return true;
  return isRunning(life.pid) && isSameLife(life) && !isEnding(life.pid);
}

/** Whether its pid means the same process here. Of a record without namespaces that is taken for granted. */
export function canBeAsked({ host, namespaces }: ProcessLife): boolean {
  return host === hostname() && (namespaces === undefined || namespaces === ownNamespaces());
}

/** Where it is, for a person: empty when it is here. */
export function whereabouts(life: ProcessLife): string {
  if (canBeAsked(life)) return "";
  return life.host === hostname() ? " in another pid or time namespace" : ` on ${life.host}`;
}

/** The kernel's id of the calling thread; null where it does not tell. */
export function ownThread(): number | null {
  try {
    const thread = Number(basename(readlinkSync("/proc/thread-self")));
    return Number.isSafeInteger(thread) ? thread : null;
  } catch {
    return null;
  }
}

/**
 * Whether a thread of this process may still do something. A worker's thread ends when the reads and writes
 * that it had begun have ended, so of one that is gone nothing is on its way to the disk.
 */
export function threadMayBeAlive(thread: number | null): boolean {
  if (thread === null) return true;
  const task = readTask(`self/task/${thread}`);
  return task !== "none" && (task === "unknown" || !task.isExiting);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
}

function isSameLife({ pid, birth }: ProcessLife): boolean {
  const now = procIsOurs() ? birthOf(String(pid)) : null;
  return birth === null || now === null || birth === now;
}

function birthOf(process: string): string | null {
  const task = readTask(process);
  return typeof task === "string" ? null : `${task.startTicks}@${bootId()}`;
}

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  } catch {
    return "";
  }
}

function ownNamespaces(): string | null {
  const pids = namespace("pid");
  return pids === null ? null : `${pids} ${namespace("time") ?? ""}`;
}

/** Null where the kernel does not tell, or has none of the kind. */
function namespace(kind: "pid" | "time"): string | null {
  try {
    return readlinkSync(`/proc/self/ns/${kind}`);
  } catch {
    return null;
  }
}

/** A process may have come to pids of its own and still see the /proc of the pids around it: it has several there. */
function procIsOurs(): boolean {
  try {
    const pids = /^NSpid:(.*)$/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1];
    return pids === undefined || Number(pids) === process.pid;
  } catch {
    return false;
  }
}

/**
 * Killed, and not yet buried by its parent: the pid is still there. Every thread must be on its way out, since
 * one that hangs on the disk may still write when the first thread is gone.
 */
function isEnding(pid: number): boolean {
  if (!procIsOurs()) return false;
  try {
    return readdirSync(`/proc/${pid}/task`).every((thread) => {
      const task = readTask(`${pid}/task/${thread}`);
      return task === "none" || (task !== "unknown" && task.isExiting);
    });
  } catch {
    return false;
  }
}

interface Task {
  readonly startTicks: string;
  /** It runs no code of ours any more, and has no call to the kernel under way. */
  readonly isExiting: boolean;
}

/** PF_EXITING of the kernel's own flags. */
const EXITING = 0x4;

/** Linux' stat line. The second field, the program's name in parentheses, may hold anything. */
function readTask(name: string): Task | "none" | "unknown" {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${name}/stat`, "latin1");
  } catch (error) {
    const code = systemCode(error);
    return code === "ENOENT" || code === "ESRCH" ? "none" : "unknown";
  }
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [flags, startTicks] = [fields[6], fields[19]];
  if (flags === undefined || startTicks === undefined) return "unknown";
  return { startTicks, isExiting: (Number(flags) & EXITING) !== 0 };
}
