/**
 * One command in one sandbox, from start to end.
 *
 *   parent                                        bubblewrap
 *   spawns it                                 ->  makes namespaces, mounts, files; stands still
 *   moves it to its control group, lets it go <-  the id of its inner process
 *                                             ->  runs the command
 *   watches, reads both streams               <-  exit code, when the command was really started
 *
 * The inner process is the first of its process namespace: killing it is killing all that the command started. It
 * is also killed by the kernel when this process, or bubblewrap, is gone. The promise resolves when no process of
 * the sandbox is left; nothing that a command does rejects it.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, openSync, statfsSync } from "node:fs";
import { constants } from "node:os";
import type { Readable, Writable } from "node:stream";
import type { Clock } from "../../runtime/contracts/index.ts";
import { FILTER_FD, NOBODY, SCRATCH, START_FD, STATUS_FD } from "./process-bubblewrap.ts";
import type { Cgroup } from "./process-cgroups.ts";
import { KeptStream } from "./process-output.ts";
import type { ProcessLimitName, ProcessLimits, ProcessOutcome, ProcessSample } from "./process-protocol.ts";
import { usageOfTree } from "./process-watch.ts";

export interface RunOptions {
  /** The whole command line, of boxCommand. */
  readonly command: readonly string[];
  /** Host files that become FIRST_FILE_FD and on. */
  readonly files: readonly string[];
  readonly filter: string;
  /** Descriptors that this process would hand on without knowing: the sandbox finds /dev/null there. */
  readonly shielded: readonly number[];
  readonly stdin: Uint8Array | null;
  readonly limits: ProcessLimits;
  readonly keepBytes: number;
  readonly group: Cgroup | null;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

export type RunResult =
  | { readonly kind: "ran"; readonly sample: Omit<ProcessSample, "iteration" | "program"> }
  | { readonly kind: "unstarted"; readonly reason: string }
  | { readonly kind: "aborted" };

const WATCH_EVERY_MS = 20;
/** Of the time in which bubblewrap sets up: so often it is tried to get hold of what is being mounted. */
const MOUNTED_EVERY_MS = 1;
/** How long bubblewrap is given to start the command, whatever the limits. */
const SETUP_MS = 10_000;
const MB = 1024 * 1024;
const MAX_STATUS_CHARACTERS = 10_000;

export function runProcess(options: RunOptions): Promise<RunResult> {
  return new Promise((resolve) => new Run(options, resolve).begin());
}

class Run {
  readonly #options: RunOptions;
  readonly #resolve: (result: RunResult) => void;
  readonly #stdout: KeptStream;
  readonly #stderr: KeptStream;
  readonly #onAbort = (): void => this.#kill("abort");
  readonly #cancels: (() => void)[] = [];
  #process: ChildProcess | null = null;
  #status = "";
  /** Of the sandbox's first process, as this process sees it. */
  #pid: number | null = null;
  #why: ProcessLimitName | "abort" | "setup" | null = null;
  #startedNs = 0n;
  #endedNs = 0n;
  #ended = false;
  #cpuMs: number | null = null;
  #peakMb: number | null = null;
  /** Open on the sandbox's tmpfs: it tells how full it was also when the sandbox is gone. */
  #scratchFd: number | null = null;

  constructor(options: RunOptions, resolve: (result: RunResult) => void) {
    this.#options = options;
    this.#resolve = resolve;
    this.#stdout = new KeptStream(options.keepBytes);
    this.#stderr = new KeptStream(options.keepBytes);
  }

  begin(): void {
    const { command, stdin, signal, group } = this.#options;
    group?.begin();
    const opened = this.#openFiles();
    const child = spawn(command[0]!, command.slice(1), {
      // bubblewrap's own environment, outside of the sandbox.
      env: {},
      stdio: [stdin === null ? "ignore" : "pipe", "pipe", "pipe", "pipe", "pipe", ...opened.stdio],
      ...(process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}),
      // A session of its own: what a terminal sends to this process is not the sandbox's affair.
      detached: true,
    });
    for (const fd of opened.fds) closeSync(fd);
    this.#process = child;
    child.once("error", (error) => this.#closed(error.message));
    child.once("exit", () => this.#exited());
    child.once("close", () => this.#closed(""));
    this.#listen(child);
    if (stdin !== null) child.stdin!.end(stdin);
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (signal?.aborted === true) this.#onAbort();
    this.#later(SETUP_MS, () => {
      if (this.#startedNs !== 0n) return;
      this.#why = "setup";
      this.#shoot();
    });
  }

  #openFiles(): { readonly fds: readonly number[]; readonly stdio: readonly (number | "ignore")[] } {
    const { filter, files, shielded } = this.#options;
    const given = [filter, ...files].map((path) => openSync(path, "r"));
    const nothing = shielded.length === 0 ? [] : [openSync("/dev/null", "r+")];
    const last = Math.max(FILTER_FD + given.length - 1, ...shielded);
    const stdio = Array.from({ length: last - FILTER_FD + 1 }, (_, at) => {
      return given[at] ?? (shielded.includes(FILTER_FD + at) ? nothing[0]! : "ignore");
    });
    return { fds: [...given, ...nothing], stdio };
  }

  #listen(child: ChildProcess): void {
    const streams = child.stdio as unknown as readonly (Readable | Writable | null)[];
    // Whatever breaks in a pipe is told of by the end of the process.
    for (const stream of streams) stream?.on("error", () => undefined);
    child.stdout!.on("data", (piece: Buffer) => this.#read(this.#stdout, piece));
    child.stderr!.on("data", (piece: Buffer) => this.#read(this.#stderr, piece));
    (streams[STATUS_FD] as Readable).setEncoding("latin1").on("data", (text: string) => {
      if (this.#status.length < MAX_STATUS_CHARACTERS) this.#status += text;
      if (this.#pid === null) this.#made();
    });
  }

  #read(stream: KeptStream, piece: Uint8Array): void {
    stream.push(piece);
    const { outputMb } = this.#options.limits;
    if (this.#stdout.seenBytes + this.#stderr.seenBytes > outputMb * MB) this.#kill("output");
  }

  /** The inner process is there and waits. */
  #made(): void {
    const pid = /"child-pid":\s*(\d+)/.exec(this.#status)?.[1];
    if (pid === undefined) return;
    this.#pid = Number(pid);
    if (this.#why !== null) this.#shoot();
    else if (this.#isLimited(this.#pid)) this.#letGo();
    // Without its limits it must not run.
    else this.#kill("setup");
  }

  #isLimited(pid: number): boolean {
    try {
      this.#options.group?.add(pid);
      return true;
    } catch {
      return false;
    }
  }

  #letGo(): void {
    this.#startedNs = process.hrtime.bigint();
    (this.#process!.stdio[START_FD] as Writable).end("x");
    this.#later(this.#options.limits.wallSeconds * 1000, () => this.#kill("wall"));
    this.#watch();
    this.#holdScratch();
  }

  /** Before all is mounted the sandbox's process still sees the host's root. */
  #holdScratch(): void {
    if (this.#ended || this.#scratchFd !== null) return;
    try {
      const fd = openSync(`/proc/${this.#pid}/root${SCRATCH}/shm/..`, "r");
      if (this.#isScratch(fd)) this.#scratchFd = fd;
      else closeSync(fd);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === "EACCES") return;
    }
    this.#later(MOUNTED_EVERY_MS, () => this.#holdScratch());
  }

  #isScratch(fd: number): boolean {
    const { bsize, blocks } = statfsSync(`/proc/self/fd/${fd}`);
    return Math.abs(bsize * blocks - this.#options.limits.diskMb * MB) < bsize;
  }

  #watch(): void {
    this.#later(WATCH_EVERY_MS, () => {
      this.#look();
      this.#watch();
    });
  }

  /** What a control group counts or holds is left to it. */
  #look(): void {
    const { group, limits } = this.#options;
    const holdsMemory = group?.controllers.has("memory") === true;
    const countedMs = group?.cpuMs() ?? null;
    const seen = this.#pid === null || (holdsMemory && countedMs !== null) ? null : usageOfTree(this.#pid);
    if (seen !== null) this.#cpuMs = seen.cpuMs;
    if (seen !== null) this.#peakMb = Math.max(this.#peakMb ?? 0, seen.residentMb);
    if ((countedMs ?? seen?.cpuMs ?? 0) > limits.cpuSeconds * 1000) this.#kill("cpu");
    else if (!holdsMemory && (seen?.residentMb ?? 0) > limits.memoryMb) this.#kill("memory");
  }

  #later(delayMs: number, act: () => void): void {
    if (!this.#ended) this.#cancels.push(this.#options.clock.schedule(delayMs, () => this.#ended || act()));
  }

  #kill(why: ProcessLimitName | "abort" | "setup"): void {
    if (this.#ended || this.#why !== null) return;
    this.#why = why;
    this.#shoot();
  }

  /**
   * The inner process, so that bubblewrap reaps it. While nobody knows the inner one it is waited for: without its
   * bubblewrap it might wait for ever. Only when the time for setting up is over, bubblewrap is killed.
   */
  #shoot(): void {
    try {
      if (this.#pid !== null) process.kill(this.#pid, "SIGKILL");
      else if (this.#why === "setup") this.#process?.kill("SIGKILL");
    } catch {
      // Gone already.
    }
  }

  #exited(): void {
    this.#endedNs = process.hrtime.bigint();
    this.#ended = true;
    for (const cancel of this.#cancels) cancel();
  }

  #closed(reason: string): void {
    this.#ended = true;
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#emptied(() => this.#resolve(this.#result(reason)));
  }

  /** The kernel takes a moment to end what the command left behind; this is awaited without leaving the thread. */
  #emptied(then: () => void): void {
    if ((this.#options.group?.processes().length ?? 0) === 0) then();
    else setImmediate(() => this.#emptied(then));
  }

  #result(reason: string): RunResult {
    const disk = this.#disk();
    if (this.#why === "abort") return { kind: "aborted" };
    const code = /"exit-code":\s*(\d+)/.exec(this.#status)?.[1];
    if (this.#why === "setup" || (this.#why === null && code === undefined)) {
      const complaint = Buffer.from(this.#stderr.finish().bytes).toString("utf8").trim();
      return {
        kind: "unstarted",
        reason: reason || complaint || "bubblewrap did not start the command in time",
      };
    }
    const use = this.#options.group?.use() ?? null;
    const cpuMs = use?.cpuMs ?? this.#cpuMs;
    return {
      kind: "ran",
      sample: {
        outcome: this.#outcome(Number(code), cpuMs, disk?.full === true),
        stdout: this.#stdout.finish(),
        stderr: this.#stderr.finish(),
        wallNs: Number(this.#endedNs - this.#startedNs),
        cpuMs,
        peakMb: use?.peakMb ?? this.#peakMb,
        diskMb: disk?.usedMb ?? null,
      },
    };
  }

  #outcome(code: number, cpuMs: number | null, diskFull: boolean): ProcessOutcome {
    const limit = this.#limit(code, cpuMs, diskFull);
    if (limit !== null) return { kind: "limit_exceeded", limit };
    const signal = SIGNALS.get(code - 128);
    return signal === undefined ? { kind: "exited", code } : { kind: "killed", signal };
  }

  #limit(code: number, cpuMs: number | null, diskFull: boolean): ProcessLimitName | null {
    if (this.#why !== null) return this.#why as ProcessLimitName;
    const use = this.#options.group?.use();
    const { cpuSeconds } = this.#options.limits;
    if (use?.outOfMemory === true) return "memory";
    if (SIGNALS.get(code - 128) === "SIGXCPU" || (cpuMs ?? 0) > cpuSeconds * 1000) return "cpu";
    if (use?.outOfPids === true) return "pids";
    return diskFull ? "disk" : null;
  }

  #disk(): { readonly usedMb: number; readonly full: boolean } | null {
    if (this.#scratchFd === null) return null;
    try {
      const { bsize, blocks, bfree } = statfsSync(`/proc/self/fd/${this.#scratchFd}`);
      return { usedMb: ((blocks - bfree) * bsize) / MB, full: bfree === 0 };
    } finally {
      closeSync(this.#scratchFd);
      this.#scratchFd = null;
    }
  }
}

const SIGNALS: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.signals).map(([name, number]) => [number, name]),
);
