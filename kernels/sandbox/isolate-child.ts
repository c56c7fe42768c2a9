/**
 * The sandbox process: reads its job from standard input, locks its own main context down and runs the job
 * there. Bundled to one script and handed over on standard input, so that nothing of the project needs to
 * be readable inside.
 */
import { Script } from "node:vm";
import type { Host, Job, Step } from "./isolate-inside.ts";
import type { Harness } from "./harness-script.ts";
import { jobRunner } from "./isolate-jobs.ts";
import { emit, finish } from "./isolate-output.ts";

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
  const foreign = importErrors(runJobs);
  const host: Host = { harness, now, emit, foreign, evaluate: (code) => evaluate(code, "program") };
  const step = start(host, request.job);
  while (step() === "more") runJobs();
  finish();
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

/** Without a callback for imports, `import()` in the evaluated code is refused. */
function evaluate(code: string, name: string): unknown {
  return new Script(code, { filename: `${name}.js` }).runInThisContext();
}
