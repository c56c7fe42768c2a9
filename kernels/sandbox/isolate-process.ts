/**
 * One child process from start to end.
 *
 *   spawn  ->  job on standard input  ->  frames on descriptor 3  ->  exit
 *
 * Every frame that follows `ready` ends a run (or several): memory is watched all the time, CPU and wall
 * time from one frame to the next. Whatever breaks a limit, breaks the protocol or is aborted is killed
 * with SIGKILL, and the promise resolves once the process is gone. Nothing that a child does rejects it.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import type { Clock } from "../../runtime/contracts/index.ts";
import type { Carrier } from "./isolate-carrier.ts";
import type { ChildRequest } from "./isolate-child.ts";
import type { Frame } from "./isolate-frames.ts";
import { FrameReader } from "./isolate-frames.ts";
import type { Job } from "./isolate-inside.ts";
import { childScripts } from "./isolate-scripts.ts";
import { usageOf } from "./isolate-usage.ts";
import type { SandboxLimits } from "./protocol.ts";

/** Which limit ended a run; `output`: it broke the protocol; `crash`: the process died of itself. */
export type Breach = "memory" | "cpu" | "wall" | "output" | "crash";

export type ChildEnd =
  /** It closed its pipe and left with exit code 0. */
  | { readonly kind: "ended" }
  | { readonly kind: "breach"; readonly breach: Breach }
  | { readonly kind: "aborted" }
  /** It was gone before it said `ready`. */
  | { readonly kind: "unstarted"; readonly reason: string };

export interface ChildReport {
  readonly end: ChildEnd;
  /** As seen from outside, now and then; the child's own figures are better when it lives to give them. */
  readonly cpuMs: number;
  readonly peakMb: number;
}

export interface ChildOptions {
  readonly carrier: Carrier;
  readonly clock: Clock;
  readonly limits: SandboxLimits;
  readonly job: Job;
  /** How many runs the job has: bounds its CPU time over all. */
  readonly runs: number;
  /** Throws FrameError for what makes no sense: the child is killed. */
  readonly onFrame: (frame: Frame) => void;
  readonly signal: AbortSignal | undefined;
}

const WATCH_EVERY_MS = 20;
/** How long bubblewrap is given to name its child before it is killed itself. */
const SETUP_MS = 2000;
const MAX_OUTPUT_BYTES = 1024 * 1024 * 1024;
const MAX_COMPLAINT_CHARACTERS = 2000;

export function runChildProcess(options: ChildOptions): Promise<ChildReport> {
  return new Promise((resolve) => new Supervision(options, resolve).begin());
}

class Supervision {
  readonly #options: ChildOptions;
  readonly #resolve: (report: ChildReport) => void;
  readonly #reader = new FrameReader();
  readonly #onAbort = (): void => this.#kill({ kind: "aborted" });
  #process: ChildProcess | null = null;
  /** The process that runs the code: the spawned one, or bubblewrap's child. */
  #pid: number | null = null;
  #end: ChildEnd | null = null;
  #ready = false;
  #complaint = "";
  #outputBytes = 0;
  #stopWatching: () => void = () => undefined;
  #runStartedAt = 0;
  #cpuMsAtRunStart = 0;
  #cpuMs = 0;
  #peakMb = 0;
  #startMb = 0;

  constructor(options: ChildOptions, resolve: (report: ChildReport) => void) {
    this.#options = options;
    this.#resolve = resolve;
  }

  begin(): void {
    const { carrier, limits, runs, signal } = this.#options;
    const [file, ...args] = carrier.command(limits, runs);
    const child = spawn(file!, args, {
      // A known time zone and language, and nothing of the host's own settings or secrets.
      env: { TZ: "UTC", LANG: "en_US.UTF-8" },
      stdio: ["pipe", "ignore", "pipe", "pipe", "pipe"],
    });
    this.#process = child;
    if (!carrier.reportsPid) this.#pid = child.pid ?? null;
    child.once("error", (error) => this.#closed(null, error.message));
    child.once("close", (code, killedBy) => this.#closed(code, killedBy ?? ""));
    this.#listen(child);
    this.#send(child);
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (signal?.aborted === true) this.#onAbort();
    this.#runStartedAt = this.#options.clock.monotonic();
    this.#watch();
  }

  #listen(child: ChildProcess): void {
    const [, , complaints, frames, info] = child.stdio as unknown as readonly Readable[];
    complaints!.setEncoding("utf8").on("data", (text: string) => {
      if (this.#complaint.length < MAX_COMPLAINT_CHARACTERS) this.#complaint += text;
    });
    frames!.on("data", (piece: Buffer) => this.#read(piece));
    let report = "";
    info!.setEncoding("utf8").on("data", (text: string) => {
      if (report.length < MAX_COMPLAINT_CHARACTERS) report += text;
      const pid = /"child-pid":\s*(\d+)/.exec(report)?.[1];
      if (this.#options.carrier.reportsPid && this.#pid === null && pid !== undefined)
        this.#named(Number(pid));
    });
    for (const stream of [complaints!, frames!, info!]) stream.on("error", () => undefined);
  }

  #send(child: ChildProcess): void {
    const { carrier, job } = this.#options;
    const scripts = childScripts(carrier.child);
    const request: ChildRequest = {
      harness: scripts.harness,
      inside: scripts.inside,
      isolatedVm: carrier.isolatedVm,
      memoryMb: this.#options.limits.memoryMb,
      job,
    };
    const script = Buffer.from(scripts.child, "utf8");
    const length = Buffer.alloc(4);
    length.writeUInt32LE(script.length);
    // A child that died before it read its job is told of by its exit.
    child.stdin!.on("error", () => undefined);
    child.stdin!.end(Buffer.concat([length, script, Buffer.from(JSON.stringify(request), "utf8")]));
  }

  #read(piece: Buffer): void {
    if (this.#end !== null) return;
    try {
      this.#outputBytes += piece.length;
      if (this.#outputBytes > MAX_OUTPUT_BYTES) throw new Error("too much output");
      for (const frame of this.#reader.push(piece)) this.#take(frame);
    } catch {
      this.#kill({ kind: "breach", breach: "output" });
    }
  }

  #take(frame: Frame): void {
    this.#look();
    if (this.#end !== null) return;
    this.#runStartedAt = this.#options.clock.monotonic();
    this.#cpuMsAtRunStart = this.#cpuMs;
    if (this.#ready) this.#options.onFrame(frame);
    else if (frame.kind === "ready") this.#ready = true;
    else throw new Error("not ready");
    if (frame.kind === "ready") this.#startMb = this.#peakMb;
  }

  #watch(): void {
    if (this.#end !== null) return;
    this.#stopWatching = this.#options.clock.schedule(WATCH_EVERY_MS, () => {
      this.#look();
      this.#watch();
    });
  }

  #look(): void {
    if (this.#end !== null) return;
    const { limits, clock } = this.#options;
    if (clock.monotonic() - this.#runStartedAt > limits.wallSeconds * 1000) this.#break("wall");
    const usage = this.#pid === null ? null : usageOf(this.#pid);
    if (usage === null) return;
    this.#cpuMs = usage.cpuMs;
    this.#peakMb = Math.max(this.#peakMb, usage.residentMb);
    if (!this.#ready) return;
    if (usage.residentMb - this.#startMb > limits.memoryMb) this.#break("memory");
    else if (usage.cpuMs - this.#cpuMsAtRunStart > limits.cpuSeconds * 1000) this.#break("cpu");
  }

  #break(breach: Breach): void {
    this.#kill(
      this.#ready ? { kind: "breach", breach } : { kind: "unstarted", reason: `no answer (${breach})` },
    );
  }

  #kill(end: ChildEnd): void {
    if (this.#end !== null) return;
    this.#end = end;
    this.#shoot();
  }

  /**
   * The inner process, never bubblewrap itself as long as that can be helped: it reaps its child and leaves,
   * while a child whose bubblewrap died before it was set up would wait for it for ever.
   */
  #shoot(): void {
    const child = this.#process;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    if (this.#pid === null) {
      this.#stopWatching();
      this.#stopWatching = this.#options.clock.schedule(SETUP_MS, () => child.kill("SIGKILL"));
      return;
    }
    try {
      process.kill(this.#pid, "SIGKILL");
    } catch {
      // Gone already.
    }
  }

  /** bubblewrap names its child. */
  #named(pid: number): void {
    this.#pid = pid;
    if (this.#end !== null) this.#shoot();
  }

  #closed(code: number | null, detail: string): void {
    this.#stopWatching();
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#end ??= this.#judgeExit(code, detail);
    this.#resolve({ end: this.#end, cpuMs: this.#cpuMs, peakMb: this.#peakMb });
  }

  /** Of a process that was not killed by us. bubblewrap passes a signal on as 128 + its number. */
  #judgeExit(code: number | null, detail: string): ChildEnd {
    const cause = code === null ? detail : (SIGNALS.get(code - 128) ?? `exit code ${code}`);
    if (!this.#ready) return { kind: "unstarted", reason: `${cause} ${this.#complaint}`.trim() };
    if (code === 0) return { kind: "ended" };
    if (cause === "SIGKILL" || cause === "SIGXCPU") return { kind: "breach", breach: "cpu" };
    // How V8 ends a process whose heap is full; nothing else that plain JavaScript does ends one so.
    const aborted = ["SIGABRT", "SIGTRAP", "SIGILL", "SIGSEGV"].includes(cause);
    return { kind: "breach", breach: aborted ? "memory" : "crash" };
  }
}

const SIGNALS: ReadonlyMap<number, string> = new Map([
  [4, "SIGILL"],
  [5, "SIGTRAP"],
  [6, "SIGABRT"],
  [9, "SIGKILL"],
  [11, "SIGSEGV"],
  [24, "SIGXCPU"],
]);
