/** The processes that a process has started, as Linux tells of them in /proc. */
import { readdirSync, readFileSync } from "node:fs";
import { eventually } from "./eventually.ts";

export interface Seen {
  readonly pid: number;
  readonly parent: number;
  /** In clock ticks since boot: with the pid it names one process, also when the pid is used again. */
  readonly startedAt: string;
  readonly name: string;
}

/** Children, their children, and so on. */
export function descendantsOf(pid: number): readonly Seen[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => see(Number(name)));
  const found: Seen[] = [];
  let parents = new Set([pid]);
  while (parents.size > 0) {
    const children = all.filter((seen) => seen !== null && parents.has(seen.parent)) as readonly Seen[];
    found.push(...children);
    parents = new Set(children.map((child) => child.pid));
  }
  return found;
}

/** Resolves when none of them is alive any more. */
export async function allGone(processes: readonly Seen[]): Promise<void> {
  const left = (): readonly Seen[] => processes.filter((seen) => see(seen.pid)?.startedAt === seen.startedAt);
  await eventually(
    `${processes.map(({ name, pid }) => `${name} ${pid}`).join(", ")} gone`,
    () => left().length === 0,
    20_000,
  );
}

/** null when there is no such process, or only what its parent has not buried yet. */
function see(pid: number): Seen | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return null;
  }
  // pid (name) state parent …; the name may hold anything, brackets too.
  const end = text.lastIndexOf(")");
  const fields = text.slice(end + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return null;
  return {
    pid,
    parent: Number(fields[1]),
    startedAt: fields[19]!,
    name: text.slice(text.indexOf("(") + 1, end),
  };
}
