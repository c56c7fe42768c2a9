/**
 * The worker thread of the trusted engine: the isolate engine's work in a thread's own realm. It tells its parent the
 * same frames, as messages.
 */
import { parentPort, workerData } from "node:worker_threads";
import { createRequire } from "node:module";
import { Script } from "node:vm";
import type { FrameKind } from "./isolate-frames.ts";
import type { Host, Job, Step } from "./isolate-inside.ts";
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

function evaluate(code: string, name: string): unknown {
  return new Script(code, { filename: `${name}.js` }).runInThisContext();
}

/** `import()` is refused, by errors whose classes are the runtime's own. */
function importErrors(runJobs: () => void): readonly unknown[] {
  const errors: unknown[] = [];
  for (const specifier of ["node:fs", "fs", "./nowhere.js", "nowhere:"]) {
    const attempt = evaluate(`import(${JSON.stringify(specifier)})`, "import") as Promise<unknown>;
    attempt.catch((error: unknown) => errors.push(error));
  }
  runJobs();
  return errors;
}

function run({ harness, inside, job }: TrustedRequest): void {
  // A rejection that the program leaves unhandled is its own affair.
  process.on("unhandledRejection", () => undefined);
  const runJobs = jobRunner(createRequire(import.meta.url));
  const start = evaluate(inside, "inside") as (host: Host, job: Job) => () => Step;
  const host: Host = {
    harness: evaluate(harness, "harness") as Harness,
    now,
    emit: (kind: FrameKind, text: string) => post([kind, text]),
    foreign: importErrors(runJobs),
    evaluate: (code) => evaluate(code, "program"),
  };
  const step = start(host, job);
  while (step() === "more") runJobs();
  const { user, system } = usage(startedUsage);
  const heldMb = memory().heapUsed / (1024 * 1024);
  post(["done", toText((user + system) / 1000) + " " + toText(heldMb)]);
}

// In a turn of its own: while a module is evaluated, promise jobs cannot be run.
setImmediate(run, workerData as TrustedRequest);
