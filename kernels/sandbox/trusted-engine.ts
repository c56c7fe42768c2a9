/**
 * The `trusted` level: a plain worker thread, for one's own code. **No boundary**: a program that looks for a way to
 * the process, its files or the network finds one, and `isolation.enforced` is empty. It is fresh like the isolate
 * engine (frozen intrinsics, a fresh closure a run). A run that takes longer than its wall limit ends with its thread;
 * so does one during which the whole process grows by more than the memory limit, whoever made it grow. There is no
 * CPU limit beside the wall limit.
 *
 * Processes are not started and nothing needs to be installed: this is all that it has over `isolate`.
 */
import { Worker } from "node:worker_threads";
import type { Clock } from "../../runtime/contracts/index.ts";
import { systemClock } from "../../runtime/contracts/index.ts";
import { checkLimits } from "./check-limits.ts";
import { notJavaScript, sandboxAborted } from "./errors.ts";
import { broken, Fork } from "./isolate-fork.ts";
import type { Frame, FrameKind } from "./isolate-frames.ts";
import { parseObservation } from "./isolate-frames.ts";
import type { Job } from "./isolate-host.ts";
import { jobOf } from "./isolate-job.ts";
import { childScripts } from "./isolate-scripts.ts";
import { Slots } from "./isolate-slots.ts";
import type {
  ForkMeasurement,
  Isolation,
  MeasureRequest,
  Observation,
  ObserveRequest,
  ObserveResult,
  SandboxCallOptions,
  SandboxEngine,
  SandboxLimits,
} from "./protocol.ts";
import { askedFor } from "./protocol.ts";
import { timedPartsOf } from "./web-parts.ts";
import type { TrustedRequest } from "./trusted-child.ts";

export interface TrustedOptions {
  /** Threads at the same time. */
  readonly workers: number;
  readonly clock?: Clock;
}

export interface TrustedEngine extends SandboxEngine {
  readonly name: "trusted";
  readonly isolation: Isolation;
}

const ISOLATION: Isolation = {
  engine: "trusted",
  carrier: "worker-thread",
  enforced: [],
  missing: ["memory", "cpu", "wall", "disk", "network", "filesystem", "processes"],
};
/** Of a thread's stack; calls that are nested deeper end in an error of the stack. */
const STACK_MB = 4;

export function trustedEngine({ workers, clock = systemClock }: TrustedOptions): TrustedEngine {
  return new Engine(workers, clock);
}

type ThreadEnd = "done" | "spoiled" | "memory" | "wall" | "crash";

class Engine implements TrustedEngine {
  readonly name = "trusted";
  readonly isolation = ISOLATION;
  readonly #slots: Slots;
  readonly #clock: Clock;

  constructor(workers: number, clock: Clock) {
    this.#slots = new Slots(workers);
    this.#clock = clock;
  }

  observe(request: ObserveRequest, options: SandboxCallOptions = {}): Promise<ObserveResult> {
    return this.#slots.with(async () => {
      checkLimits(request.limits);
      const observations = await this.#observe(request, options);
      return { observations: askedFor(request, observations), isolation: ISOLATION };
    });
  }

  measure(request: MeasureRequest, options: SandboxCallOptions = {}): Promise<ForkMeasurement> {
    return this.#slots.with(async () => {
      checkLimits(request.limits);
      return await this.#measure(request, options);
    });
  }

  /** One thread runs the inputs; one that breaks a limit costs its own, and another thread runs the others. */
  async #observe(request: ObserveRequest, options: SandboxCallOptions): Promise<readonly Observation[]> {
    const { inputs, order, untilLimit = false } = request;
    const observations: Observation[] = [];
    while (observations.length < inputs.length) {
      const before = observations.length;
      const parts = timedPartsOf(request.program.code);
      const job = jobOf(request, inputs.slice(before), { kind: order }, parts);
      const end = await this.#run(request.limits, job, options, ({ kind, text }) => {
        if (kind === "observation") observations.push(parseObservation(text));
      });
      if (observations.length === inputs.length) break;
      // A realm that was spoiled has made progress; one that has not, broke down.
      if (end !== "spoiled" || observations.length === before) observations.push(broken(end));
      if (order === "sequence") return inputs.map(() => broken(end));
      if (untilLimit && observations.at(-1)!.outcome === "limit_exceeded") break;
    }
    return observations;
  }

  async #measure(request: MeasureRequest, options: SandboxCallOptions): Promise<ForkMeasurement> {
    const { iterations, warmUpIterations, stretch = 1, batch, limits } = request;
    const fork = new Fork(request, options.onProgress);
    const parts = timedPartsOf(request.program.code);
    const job = jobOf(request, batch, { kind: "measure", iterations, warmUpIterations, stretch }, parts);
    const end = await this.#run(limits, job, options, (frame) => fork.take(frame));
    return { ...fork.measurement(request, end, { cpuMs: 0, peakMb: null }), isolation: ISOLATION };
  }

  /** @throws SANDBOX_ABORTED, SANDBOX_PROGRAM */
  async #run(
    limits: SandboxLimits,
    job: Job,
    { signal }: SandboxCallOptions,
    onFrame: (frame: Frame) => void,
  ): Promise<ThreadEnd> {
    if (signal?.aborted === true) throw sandboxAborted();
    const thread = startThread(limits, job);
    let isAborted = false;
    const onAbort = (): void => {
      isAborted = true;
      void thread.terminate();
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      const { end, problem } = await this.#watch(thread, limits, onFrame);
      if (isAborted as boolean) throw sandboxAborted();
      if (problem !== null) throw notJavaScript(problem);
      return end;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  #watch(thread: Worker, limits: SandboxLimits, onFrame: (frame: Frame) => void): Promise<Watched> {
    return new Promise((resolve) => new Watch(thread, limits, this.#clock, onFrame, resolve));
  }
}

interface Watched {
  readonly end: ThreadEnd;
  /** Of a program that is no JavaScript. */
  readonly problem: string | null;
}

/** A run ends with its frame: the limits start anew at each. */
class Watch {
  readonly #thread: Worker;
  readonly #limits: SandboxLimits;
  readonly #clock: Clock;
  #end: ThreadEnd | null = null;
  #problem: string | null = null;
  #startedAt: number;
  #limitMs = START_MS;
  #startMb = residentMb();
  #cancel: () => void = () => undefined;

  constructor(
    thread: Worker,
    limits: SandboxLimits,
    clock: Clock,
    onFrame: (frame: Frame) => void,
    resolve: (watched: Watched) => void,
  ) {
    this.#thread = thread;
    this.#limits = limits;
    this.#clock = clock;
    this.#startedAt = clock.monotonic();
    thread.on("message", ([kind, text]: readonly [FrameKind, string]) => this.#take({ kind, text }, onFrame));
    thread.on("error", (error) => {
      const full = (error as NodeJS.ErrnoException).code === "ERR_WORKER_OUT_OF_MEMORY";
      this.#end ??= full ? "memory" : "crash";
    });
    thread.once("exit", () => {
      this.#cancel();
      resolve({ end: this.#end ?? "crash", problem: this.#problem });
    });
    this.#look();
  }

  #take(frame: Frame, onFrame: (frame: Frame) => void): void {
    if (this.#end !== null) return;
    this.#startedAt = this.#clock.monotonic();
    this.#limitMs = this.#limits.wallSeconds * 1000;
    if (frame.kind === "program") this.#problem = frame.text;
    if (frame.kind === "ready") {
      this.#startMb = residentMb();
      return;
    }
    if (frame.kind === "done" || frame.kind === "spoiled") this.#end = frame.kind;
    try {
      onFrame(frame);
    } catch {
      // A frame that no child of ours would send.
      this.#stop("crash");
    }
  }

  #look(): void {
    this.#cancel = this.#clock.schedule(WATCH_EVERY_MS, () => {
      // What the thread has said by now is read first: it may have ended the run long ago.
      setImmediate(() => {
        if (residentMb() - this.#startMb > this.#limits.memoryMb) this.#stop("memory");
        else if (this.#clock.monotonic() - this.#startedAt > this.#limitMs) this.#stop("wall");
        else if (this.#end === null) this.#look();
      });
    });
  }

  #stop(end: ThreadEnd): void {
    this.#end ??= end;
    void this.#thread.terminate();
  }
}

const MB = 1024 * 1024;
const WATCH_EVERY_MS = 20;

function residentMb(): number {
  return process.memoryUsage.rss() / MB;
}

/** A thread is given so long to load what it runs. */
const START_MS = 20_000;

function startThread({ memoryMb }: SandboxLimits, job: Job): Worker {
  const { harness, inside } = childScripts("main-context", timedPartsOf(job.code));
  const workerData: TrustedRequest = { harness, inside, job };
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new Worker(new URL(`./trusted-child.${extension}`, import.meta.url), {
    workerData,
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: Math.ceil(memoryMb), stackSizeMb: STACK_MB },
  });
}
