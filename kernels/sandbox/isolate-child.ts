/**
 * The sandbox process: reads its job from standard input, locks its own main context down and runs the job
 * there. Bundled to one script and handed over on standard input, so that nothing of the project needs to
 * be readable inside.
 */
import type { Host, Job, Step } from "./isolate-host.ts";
import type { Harness } from "./harness-script.ts";
import { evaluate, importErrors, webInstances } from "./isolate-evaluate.ts";
import { heapHere } from "./isolate-heap.ts";
import { jobRunner } from "./isolate-jobs.ts";
import { cpuMs, emit, finish } from "./isolate-output.ts";

export interface ChildRequest {
  /** Source of an expression: the harness. */
  readonly harness: string;
  /** Source of an expression: `start` of isolate-inside. */
  readonly inside: string;
  /** Path of isolated-vm; empty where it is not used. */
  readonly isolatedVm: string;
  readonly memoryMb: number;
  readonly job: Job;
}

const now: () => bigint = process.hrtime.bigint.bind(process.hrtime);

/** @param load the runtime's `require`. */
export function runChild(request: ChildRequest, load: (name: string) => unknown): void {
  // A rejection that the program leaves unhandled is its own affair.
  process.on("unhandledRejection", () => undefined);
  const runJobs = jobRunner(load);
  const start = evaluate(request.inside, "inside") as (host: Host, job: Job) => () => Step;
  const harness = evaluate(request.harness, "harness") as Harness;
  const web = request.job.globals.length === 0 ? [] : webInstances();
  const foreign = [...importErrors(runJobs), ...web];
  const host: Host = {
    harness,
    now,
    cpuMs,
    heap: heapHere(load),
    emit,
    foreign,
    evaluate: (code) => evaluate(code, "program"),
  };
  const step = start(host, request.job);
  while (step() === "more") runJobs();
  finish();
}
