/**
 * One child process from start to end.
 *
 *   parent                                      child
 *   spawns it, sends script and job        ->   makes itself ready, stands still
 *   reads its size, closes the job's pipe  <-   `ready`
 *                                          ->   runs
 *   reads its peak, kills it               <-   frames on descriptor 3, `done`; stands still
 *
 * Every frame that follows `ready` ends a run (or several): memory is watched all the time, CPU and wall
 * time from one frame to the next, and no limit is judged before all frames that wait in the pipe are read.
 * Time in which this process itself did not run counts for no run. Whatever breaks a limit, breaks the protocol
 * or is aborted is killed with SIGKILL, and the promise resolves once the process is gone. Nothing that a child
 * does rejects it.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { Clock } from "../../runtime/contracts/index.ts";
import type { Carrier } from "./isolate-carrier.ts";
import type { ChildRequest } from "./isolate-child.ts";
import type { Frame } from "./isolate-frames.ts";
import { FrameError, FrameReader } from "./isolate-frames.ts";
import type { Job } from "./isolate-host.ts";
import { childScripts } from "./isolate-scripts.ts";
import { peakResidentMb, usageOf } from "./isolate-usage.ts";
import type { SandboxLimits } from "./protocol.ts";
import type { WebPart } from "./web-parts.ts";

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
  /** As seen from outside, now and then; the child's own figure is better when it lives to give it. */
  readonly cpuMs: number;
  /** The most memory above where it stood before the program was loaded; null where that cannot be seen. */
  readonly peakMb: number | null;
}

export interface ChildOptions {
  readonly carrier: Carrier;
  readonly clock: Clock;
  readonly limits: SandboxLimits;
  readonly job: Job;
  /** Of the web, what its harness brings. */
  readonly parts: readonly WebPart[];
  /** How many runs the job has: bounds its CPU time over all. */
  readonly runs: number;
  /** Throws FrameError for what makes no sense: the child is killed. */
  readonly onFrame: (frame: Frame) => void;
  readonly signal: AbortSignal | undefined;
}

const WATCH_EVERY_MS = 20;
/** Looks that lie further apart say that this process was suspended, or was too busy to look. */
const LOOK_GAP_MS = 1000;
/** How long a process is given to say that it is ready: starting it is no part of any run. */
const START_MS = 30_000;
/** How long bubblewrap is given to name its child before it is killed itself. */
const SETUP_MS = 2000;
const FILTER_FD = 5;
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
  #lookedAt = 0;
  #cpuMsAtRunStart = 0;
  #cpuMs = 0;
  #peakMb: number | null = null;
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
      stdio: [
        "pipe",
        "ignore",
        "pipe",
        "pipe",
        "pipe",
        ...(carrier.filter === null ? [] : ["pipe" as const]),
      ],
      // A session of its own: what a terminal sends to this process (to stop, to end) is not the child's affair.
      detached: true,
    });
    this.#process = child;
    if (!carrier.reportsPid) this.#pid = child.pid ?? null;
    child.once("error", (error) => this.#closed(null, error.message));
    child.once("close", (code, killedBy) => this.#closed(code, killedBy ?? ""));
    this.#listen(child);
    this.#send(child);
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (signal?.aborted === true) this.#onAbort();
    this.#runStartedAt = this.#lookedAt = this.#options.clock.monotonic();
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
    const { carrier, job, parts } = this.#options;
    const scripts = childScripts(carrier.child, parts);
    const filter = (child.stdio as readonly unknown[])[FILTER_FD] as Writable | undefined;
    filter?.on("error", () => undefined).end(carrier.filter);
    const request: ChildRequest = {
      harness: scripts.harness,
      inside: scripts.inside,
      isolatedVm: carrier.isolatedVm,
      memoryMb: this.#options.limits.memoryMb,
      job,
    };
    // A child that died before it read its job is told of by its exit.
    child.stdin!.on("error", () => undefined);
    child.stdin!.write(Buffer.concat([lengthAndText(scripts.child), lengthAndText(JSON.stringify(request))]));
  }

  #read(piece: Buffer): void {
    if (this.#end !== null) return;
    try {
      this.#outputBytes += piece.length;
      if (this.#outputBytes > MAX_OUTPUT_BYTES) throw new Error("too much output");
      const frames = this.#reader.push(piece);
      if (frames.length > 0) this.#residentMb();
      for (const frame of frames) this.#take(frame);
    } catch {
      this.#kill({ kind: "breach", breach: "output" });
    }
  }

  #take(frame: Frame): void {
    if (this.#end !== null) return;
    if (!this.#ready) this.#begun(frame);
    else this.#options.onFrame(frame);
    if (frame.kind === "done") this.#done();
    this.#runStartedAt = this.#options.clock.monotonic();
    this.#cpuMsAtRunStart = this.#cpuMs;
  }

  #begun({ kind }: Frame): void {
    if (kind !== "ready") throw new FrameError("not ready");
    this.#ready = true;
    if (this.#pid !== null) this.#letGo();
  }

  #letGo(): void {
    this.#startMb = this.#residentMb() ?? 0;
    this.#process!.stdin!.end();
  }

  #done(): void {
    this.#residentMb();
    const mostMb = this.#pid === null ? null : peakResidentMb(this.#pid);
    if (mostMb !== null) this.#peakMb = mostMb - this.#startMb;
    this.#kill({ kind: "ended" });
  }

  #watch(): void {
    if (this.#end !== null) return;
    this.#stopWatching = this.#options.clock.schedule(WATCH_EVERY_MS, () => {
      this.#forgetGap();
      // What the child has said by now is read first: it may have ended the run long ago.
      setImmediate(() => {
        this.#look();
        this.#watch();
      });
    });
  }

  /** Wall time counts only while there is someone to read what the child says. */
  #forgetGap(): void {
    const now = this.#options.clock.monotonic();
    const gapMs = now - this.#lookedAt;
    // A frame may have been read since the gap, and has begun another run.
    if (gapMs > LOOK_GAP_MS) this.#runStartedAt = Math.min(now, this.#runStartedAt + gapMs);
    this.#lookedAt = now;
  }

  #look(): void {
    if (this.#end !== null) return;
    const { limits } = this.#options;
    // By the clock of before the child was read: a gap since then is found at the next look.
    const wallMs = this.#ready ? limits.wallSeconds * 1000 : START_MS;
    if (this.#lookedAt - this.#runStartedAt > wallMs) this.#break("wall");
    const residentMb = this.#residentMb();
    if (!this.#ready || residentMb === null) return;
    const usedMb = residentMb - this.#startMb;
    this.#peakMb = Math.max(this.#peakMb ?? 0, usedMb);
    if (usedMb > limits.memoryMb) this.#break("memory");
    else if (this.#cpuMs - this.#cpuMsAtRunStart > limits.cpuSeconds * 1000) this.#break("cpu");
  }

  /** Notes the CPU time, too; null where nothing can be seen of the process. */
  #residentMb(): number | null {
    const usage = this.#pid === null ? null : usageOf(this.#pid);
    if (usage === null) return null;
    this.#cpuMs = usage.cpuMs;
    return usage.residentMb;
  }

  #break(breach: Breach): void {
    this.#kill(
      this.#ready
        ? { kind: "breach", breach }
        : { kind: "unstarted", reason: `no answer in ${START_MS / 1000} s` },
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
    else if (this.#ready) this.#letGo();
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

function lengthAndText(text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
}

const SIGNALS: ReadonlyMap<number, string> = new Map([
  [4, "SIGILL"],
  [5, "SIGTRAP"],
  [6, "SIGABRT"],
  [9, "SIGKILL"],
  [11, "SIGSEGV"],
  [24, "SIGXCPU"],
]);
