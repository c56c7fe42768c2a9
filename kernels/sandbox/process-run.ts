/**
 * One command in one sandbox, from start to end: watches it, reads its streams, and says how it ended and what it
 * used. The promise resolves when no process of the sandbox is left; nothing that a command does rejects it.
 */
import { closeSync, openSync, statfsSync } from "node:fs";
import { constants } from "node:os";
import type { Clock } from "../../runtime/contracts/index.ts";
import { Box } from "./process-box.ts";
import { SCRATCH } from "./process-bubblewrap.ts";
import type { Cgroup } from "./process-cgroups.ts";
import { KeptStream } from "./process-output.ts";
import type { ProcessLimitName, ProcessLimits, ProcessOutcome, ProcessSample } from "./process-protocol.ts";
import { usageOfTree } from "./process-watch.ts";

export interface RunOptions {
  /** The whole command line, of boxCommand. */
  readonly command: readonly string[];
  readonly files: readonly string[];
  readonly filter: string;
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
const MB = 1024 * 1024;

export function runProcess(options: RunOptions): Promise<RunResult> {
  return new Promise((resolve) => new Run(options, resolve));
}

class Run {
  readonly #options: RunOptions;
  readonly #resolve: (result: RunResult) => void;
  readonly #stdout: KeptStream;
  readonly #stderr: KeptStream;
  readonly #onAbort = (): void => this.#kill("abort");
  readonly #cancels: (() => void)[] = [];
  readonly #box: Box;
  /** Of the sandbox's first process, as this process sees it. */
  #pid: number | null = null;
  #why: ProcessLimitName | "abort" | null = null;
  #startedNs = 0n;
  #endedNs = 0n;
  #ended = false;
  #cpuMs: number | null = null;
  #peakMb: number | null = null;
  /** Open on the sandbox's tmpfs: it tells how full it was also when the sandbox is gone. */
  #scratchFd: number | null = null;

  constructor(options: RunOptions, resolve: (result: RunResult) => void) {
    const { stdin, signal, keepBytes, group } = options;
    this.#options = options;
    this.#resolve = resolve;
    this.#stdout = new KeptStream(keepBytes);
    this.#stderr = new KeptStream(keepBytes);
    group?.begin();
    this.#box = new Box({
      ...options,
      input: stdin === null ? "ignore" : "pipe",
      onStart: (pid) => this.#started(pid),
      onExit: () => this.#exited(),
      onClose: () => this.#closed(),
    });
    const { stdin: input, stdout, stderr } = this.#box.process;
    stdout!.on("data", (piece: Buffer) => this.#read(this.#stdout, piece));
    stderr!.on("data", (piece: Buffer) => this.#read(this.#stderr, piece));
    input?.end(stdin);
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (signal?.aborted === true) this.#onAbort();
  }

  #read(stream: KeptStream, piece: Uint8Array): void {
    stream.push(piece);
    const { outputMb } = this.#options.limits;
    if (this.#stdout.seenBytes + this.#stderr.seenBytes > outputMb * MB) this.#kill("output");
  }

  #started(pid: number): void {
    this.#pid = pid;
    this.#startedNs = process.hrtime.bigint();
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

  #kill(why: ProcessLimitName | "abort"): void {
    if (this.#ended || this.#why !== null) return;
    this.#why = why;
    this.#box.kill();
  }

  #exited(): void {
    this.#endedNs = process.hrtime.bigint();
    this.#ended = true;
    for (const cancel of this.#cancels) cancel();
  }

  #closed(): void {
    this.#ended = true;
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#resolve(this.#result());
  }

  #result(): RunResult {
    const disk = this.#disk();
    if (this.#why === "abort") return { kind: "aborted" };
    const code = this.#box.exitCode;
    if (this.#why === null && code === null) {
      const said = Buffer.from(this.#stderr.finish().bytes).toString("utf8").trim();
      return { kind: "unstarted", reason: this.#box.complaint || said || "bubblewrap ended without a word" };
    }
    const use = this.#options.group?.use() ?? null;
    const cpuMs = use?.cpuMs ?? this.#cpuMs;
    return {
      kind: "ran",
      sample: {
        start: "spawned",
        outcome: this.#outcome(code ?? 0, cpuMs, disk?.full === true),
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
