/**
 * All processes of a sandbox as Linux tells of them in /proc: what they use where no control group counts it.
 * Now and then only: what a process used after the last look, and one that came and went between two, is not seen.
 */
import { readFileSync } from "node:fs";
import { usageOf } from "./isolate-usage.ts";
import type { Usage } from "./isolate-usage.ts";

/** Sums over a process and all below it; null when it is gone. */
export function usageOfTree(root: number): Usage | null {
  const first = usageOf(root);
  if (first === null) return null;
  let { cpuMs, residentMb } = first;
  const waiting = [...childrenOf(root)];
  for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
    const usage = usageOf(pid);
    cpuMs += usage?.cpuMs ?? 0;
    residentMb += usage?.residentMb ?? 0;
    waiting.push(...childrenOf(pid));
  }
  return { cpuMs, residentMb };
}

function childrenOf(pid: number): readonly number[] {
  try {
    // Those that its first thread started; what other threads started is below that thread in the same way.
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1")
      .trim()
      .split(" ")
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
}
