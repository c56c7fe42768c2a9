/**
 * The worker thread of the trusted engine: the isolate engine's work in a thread's own realm. It tells its parent the
 * same frames, as messages.
 */
import { parentPort, workerData } from "node:worker_threads";
import { createRequire } from "node:module";
import type { FrameKind } from "./isolate-frames.ts";
import { evaluate, importErrors, webInstances } from "./isolate-evaluate.ts";
import { heapHere } from "./isolate-heap.ts";
import type { Host, Job, Step } from "./isolate-host.ts";
import { jobRunner } from "./isolate-jobs.ts";
import type { Harness } from "./harness-script.ts";

export interface TrustedRequest {
  /** Source of an expression: the harness. */
  readonly harness: string;
  /** Source of an expression: `start` of isolate-inside. */
  readonly inside: string;
  readonly job: Job;
}

const port = parentPort!;
const post = port.postMessage.bind(port);
const now: () => bigint = process.hrtime.bigint.bind(process.hrtime);
const memory: () => NodeJS.MemoryUsage = process.memoryUsage.bind(process);
const toText = String;
const startedUsage = process.cpuUsage();
const usage: typeof process.cpuUsage = process.cpuUsage.bind(process);

/** Of the whole process: a thread's own is not to be had. */
function cpuMs(): number {
  const { user, system } = usage(startedUsage);
  return (user + system) / 1000;
}

function run({ harness, inside, job }: TrustedRequest): void {
  // A rejection that the program leaves unhandled is its own affair.
  process.on("unhandledRejection", () => undefined);
  const load = createRequire(import.meta.url);
  const runJobs = jobRunner(load);
  const start = evaluate(inside, "inside") as (host: Host, job: Job) => () => Step;
  const host: Host = {
    harness: evaluate(harness, "harness") as Harness,
    now,
    cpuMs,
    heap: heapHere(load),
    emit: (kind: FrameKind, text: string) => post([kind, text]),
    foreign: [...importErrors(runJobs), ...(job.globals.length === 0 ? [] : webInstances())],
    evaluate: (code) => evaluate(code, "program"),
  };
  const step = start(host, job);
  while (step() === "more") runJobs();
  const heldMb = memory().heapUsed / (1024 * 1024);
  post(["done", toText(cpuMs()) + " " + toText(heldMb)]);
}

// In a turn of its own: while a module is evaluated, promise jobs cannot be run.
setImmediate(run, workerData as TrustedRequest);
