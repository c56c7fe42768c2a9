/** The child's way out: frames on descriptor 3. It ends itself when its parent stops listening. */
import { writeSync } from "node:fs";
import { frameBytes } from "./isolate-frames.ts";
import type { FrameKind } from "./isolate-frames.ts";

const FRAMES_FD = 3;
const host: NodeJS.Process = process;

export function emit(kind: FrameKind, text: string): void {
  const bytes = frameBytes(kind, text);
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(FRAMES_FD, bytes, at);
  } catch {
    host.exit(1);
  }
}

/** Says `done` and leaves. */
export function finish(): void {
  const { userCPUTime, systemCPUTime, maxRSS } = host.resourceUsage();
  emit("done", `${(userCPUTime + systemCPUTime) / 1000} ${maxRSS / 1024}`);
  host.exit(0);
}
