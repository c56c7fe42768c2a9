/**
 * A fork server in a sandbox: start-up is paid once, and every run still gets processes, mounts, IPC and a tmpfs of
 * its own, and ends with all of them.
 *
 *   parent                            server (in bubblewrap)
 *   spawns it                     <-  { ready }
 *   length, job                   ->  makes a sandbox inside its own, runs the program there
 *                                 <-  length, answer, what is kept of both streams
 *
 * One job at a time. The server is ours and is trusted; the programs are not: they have neither its descriptors nor
 * its rights and cannot see it. What they use is watched from here, too. A server whose program went beyond what
 * only this side can see, or that ended, is not used again.
 */
import { constants } from "node:os";
import type { Clock } from "../../runtime/contracts/index.ts";
import { Box } from "./process-box.ts";
import type { BoxOptions } from "./process-box.ts";
import type { Cgroup } from "./process-cgroups.ts";
import { KeptStream } from "./process-output.ts";
import type { ProcessLimitName, ProcessLimits, ProcessOutcome } from "./process-protocol.ts";
import type { RunResult } from "./process-run.ts";
import { usageOfTree } from "./process-watch.ts";

/** What the server is told, as JSON; bytes in base64. */
export interface ServerJob {
  /** Null for a snippet. */
  readonly command: readonly string[] | null;
  readonly source: string;
  readonly env: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
  readonly stdin: string;
  /** Numbers of the kernel's, soft and hard. */
  readonly limits: readonly (readonly [resource: number, soft: number, hard: number])[];
  /** The program's filter; the server's own is wider. */
  readonly filter: string;
  readonly diskBytes: number;
  readonly wallMs: number;
  readonly outputBytes: number;
  readonly keepBytes: number;
}

interface Told {
  readonly unstarted?: string;
  /** As wait(2) gives it. */
  readonly status: number;
  readonly wallNs: number;
  readonly cpuMs: number;
  readonly peakKb: number;
  readonly diskBytes: number;
  readonly diskFull: boolean;
}

interface Answer {
  readonly ready?: boolean;
  readonly breach: "wall" | "output" | null;
  /** Null when the sandbox was killed as a whole. */
  readonly told: Told | null;
  /** Of the two bodies that follow; a server that is ready has none. */
  readonly sizes?: readonly [stdout: number, stderr: number];
  readonly seen: readonly [stdout: number, stderr: number];
}

export interface ServerOptions extends Pick<
  BoxOptions,
  "command" | "filter" | "shielded" | "group" | "clock"
> {
  readonly limits: ProcessLimits;
}

const WATCH_EVERY_MS = 20;
/** The server sees to the wall limit; it is given so long to say so. */
const GRACE_MS = 5000;
const MB = 1024 * 1024;
const COMPLAINT_BYTES = 4096;

export class ForkServer {
  readonly #limits: ProcessLimits;
  readonly #group: Cgroup | null;
  readonly #clock: Clock;
  readonly #box: Box;
  readonly #complaint = new KeptStream(COMPLAINT_BYTES);
  #read = Buffer.alloc(0);
  #pid = 0;
  #base = { cpuMs: 0, residentMb: 0 };
  #onAnswer: (answer: Answer | null, bodies: Buffer) => void = () => undefined;
  #cancels: (() => void)[] = [];
  #why: ProcessLimitName | "abort" | null = null;
  #gone = false;

  private constructor({ limits, ...options }: ServerOptions) {
    this.#limits = limits;
    this.#group = options.group;
    this.#clock = options.clock;
    this.#box = new Box({
      ...options,
      input: "pipe",
      files: [],
      answers: true,
      onStart: (pid) => {
        this.#pid = pid;
      },
      onExit: () => undefined,
      onClose: () => this.#ended(),
    });
    this.#box.process.stderr!.on("data", (piece: Buffer) => this.#complaint.push(piece));
    this.#box.process.stdout!.resume();
    this.#box.answers.on("data", (piece: Buffer) => this.#take(piece));
  }

  /** @returns why there is none, when there is none. */
  static start(options: ServerOptions): Promise<ForkServer | string> {
    const server = new ForkServer(options);
    return new Promise((resolve) => {
      server.#onAnswer = (answer) => {
        // Limits hold for programs: what the server itself takes comes on top.
        if (answer?.ready === true) server.#group?.holdOnTop(options.limits.memoryMb);
        resolve(answer?.ready === true ? server : server.#lastWords());
      };
    });
  }

  /** False when it has ended: another one must be started. */
  get lives(): boolean {
    return !this.#gone && this.#why === null;
  }

  run(job: ServerJob, signal: AbortSignal | undefined): Promise<RunResult> {
    return new Promise((resolve) => {
      const startedNs = process.hrtime.bigint();
      const onAbort = (): void => this.#kill("abort");
      this.#onAnswer = (answer, bodies) => {
        this.#onAnswer = () => undefined;
        for (const cancel of this.#cancels) cancel();
        this.#cancels = [];
        signal?.removeEventListener("abort", onAbort);
        resolve(this.#result(answer, bodies, Number(process.hrtime.bigint() - startedNs)));
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      if (this.#gone) this.#ended();
      else this.#begin(job);
      if (signal?.aborted === true) onAbort();
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#onAnswer = () => {
        resolve();
      };
      if (this.#gone) resolve();
      else this.#box.kill();
    });
  }

  #begin(job: ServerJob): void {
    this.#group?.begin();
    this.#base = this.#group === null ? (usageOfTree(this.#pid) ?? this.#base) : this.#base;
    const text = Buffer.from(JSON.stringify(job));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    this.#box.process.stdin!.write(Buffer.concat([length, text]));
    this.#later(job.wallMs + GRACE_MS, () => this.#kill("wall"));
    this.#watch();
  }

  #watch(): void {
    this.#later(WATCH_EVERY_MS, () => {
      this.#look();
      this.#watch();
    });
  }

  #look(): void {
    const holdsMemory = this.#group?.controllers.has("memory") === true;
    const countedMs = this.#group?.cpuMs() ?? null;
    const seen = holdsMemory && countedMs !== null ? null : usageOfTree(this.#pid);
    const cpuMs = countedMs ?? (seen?.cpuMs ?? 0) - this.#base.cpuMs;
    if (cpuMs > this.#limits.cpuSeconds * 1000) this.#kill("cpu");
    else if (!holdsMemory && (seen?.residentMb ?? 0) - this.#base.residentMb > this.#limits.memoryMb) {
      this.#kill("memory");
    }
  }

  #later(delayMs: number, act: () => void): void {
    this.#cancels.push(this.#clock.schedule(delayMs, act));
  }

  #kill(why: ProcessLimitName | "abort"): void {
    this.#why ??= why;
    this.#box.kill();
  }

  #ended(): void {
    this.#gone = true;
    this.#onAnswer(null, Buffer.alloc(0));
  }

  #take(piece: Buffer): void {
    this.#read = Buffer.concat([this.#read, piece]);
    if (this.#read.length < 4) return;
    const bodiesAt = 4 + this.#read.readUInt32LE(0);
    if (this.#read.length < bodiesAt) return;
    const answer = JSON.parse(this.#read.toString("utf8", 4, bodiesAt)) as Answer;
    const [out, err] = answer.sizes ?? [0, 0];
    if (this.#read.length < bodiesAt + out + err) return;
    const bodies = this.#read.subarray(bodiesAt);
    this.#read = Buffer.alloc(0);
    if (this.#why === null) this.#onAnswer(answer, bodies);
  }

  #lastWords(): string {
    const said = Buffer.from(this.#complaint.finish().bytes).toString("utf8").trim();
    return this.#box.complaint || said || "the fork server ended without a word";
  }

  #result(answer: Answer | null, bodies: Buffer, passedNs: number): RunResult {
    if (this.#why === "abort") return { kind: "aborted" };
    const told = answer?.told ?? null;
    const use = this.#group?.use() ?? null;
    const limit = this.#limit(answer, use?.outOfMemory === true, use?.outOfPids === true);
    if (told?.unstarted !== undefined) return { kind: "unstarted", reason: told.unstarted };
    if (told === null && limit === null) return { kind: "unstarted", reason: this.#lastWords() };
    const [out, err] = answer?.sizes ?? [0, 0];
    const stream = (from: number, size: number, seen: number) => ({
      bytes: Uint8Array.from(bodies.subarray(from, from + size)),
      truncated: seen > size,
    });
    return {
      kind: "ran",
      sample: {
        start: "forked",
        outcome: limit === null ? outcomeOf(told!.status) : { kind: "limit_exceeded", limit },
        stdout: stream(0, out, answer?.seen[0] ?? 0),
        stderr: stream(out, err, answer?.seen[1] ?? 0),
        wallNs: told?.wallNs ?? passedNs,
        cpuMs: told?.cpuMs ?? use?.cpuMs ?? null,
        peakMb: use?.peakMb ?? (told === null ? null : told.peakKb / 1024),
        diskMb: told === null ? null : told.diskBytes / MB,
      },
    };
  }

  #limit(answer: Answer | null, outOfMemory: boolean, outOfPids: boolean): ProcessLimitName | null {
    if (this.#why !== null) return this.#why as ProcessLimitName;
    if (outOfMemory) return "memory";
    if (answer?.breach != null) return answer.breach;
    const told = answer?.told ?? null;
    if (told === null) return null;
    if ((told.status & 127) === constants.signals.SIGXCPU) return "cpu";
    if (told.cpuMs > this.#limits.cpuSeconds * 1000) return "cpu";
    if (outOfPids) return "pids";
    return told.diskFull ? "disk" : null;
  }
}

function outcomeOf(status: number): ProcessOutcome {
  const number = status & 127;
  if (number === 0) return { kind: "exited", code: (status >> 8) & 255 };
  const name = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  return { kind: "killed", signal: name ?? `signal ${number}` };
}
