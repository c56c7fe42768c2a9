/**
 * The child's way out: frames on descriptor 3. It ends itself when its parent stops listening. After `ready` and
 * after `done` it stands still, for its parent to read in peace what it uses.
 */
import { readSync, writeSync } from "node:fs";
import { frameBytes } from "./isolate-frames.ts";
import type { FrameKind } from "./isolate-frames.ts";

const JOB_FD = 0;
const FRAMES_FD = 3;
/** A parent that does not kill a child that is done is no longer there, or about to leave. */
const DONE_MS = 2000;
const host: NodeJS.Process = process;
let startMb = 0;

/** Frames of the work; after `ready` it returns when the parent has closed the pipe that the job came by. */
export function emit(kind: FrameKind, text: string): void {
  const bytes = frameBytes(kind, text);
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(FRAMES_FD, bytes, at);
    if (kind === "ready") begin();
  } catch {
    host.exit(1);
  }
}

function begin(): void {
  readSync(JOB_FD, new Uint8Array(1));
  startMb = mostMb();
}

function mostMb(): number {
  return host.resourceUsage().maxRSS / 1024;
}

/** CPU time of this process so far. */
export function cpuMs(): number {
  const { userCPUTime, systemCPUTime } = host.resourceUsage();
  return (userCPUTime + systemCPUTime) / 1000;
}

/** Says `done` and waits to be killed. */
export function finish(): void {
  emit("done", `${cpuMs()} ${mostMb() - startMb}`);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, DONE_MS);
  host.exit(0);
}
