/** Calls the library for a parsed command and derives the exit code. */
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import {
  commandTask,
  compareTask,
  documentError,
  interrupted,
  openSystem,
  readTask,
  snippetTask,
} from "../actors/index.ts";
import type { MyriadSystem, SessionEnding, SessionHooks, Task, TaskOverrides } from "../actors/index.ts";
import { encodeError, systemClock } from "../runtime/contracts/index.ts";
import { performBaseline } from "./baseline-perform.ts";
import { usageError } from "./errors.ts";
import { EXIT_OK, exitCodeOf, exitCodeOfFault } from "./exit-code.ts";
import type { CommandDocument, Streams } from "./output.ts";
import { performBench } from "./perform-bench.ts";
import { performCi } from "./perform-ci.ts";
import { plainProgress, silentProgress, terminalProgress } from "./progress.ts";
import type { Progress } from "./progress.ts";
import type { CommonOptions, Invocation, SessionOptions } from "./program.ts";

export interface Performed {
  readonly document: CommandDocument;
  readonly exitCode: number;
}

export type PerformHooks = Required<Pick<SessionHooks, "signal" | "onSession">>;

/**
 * @param hooks its signal is aborted by the first signal to stop: a session then ends in order, what is short
 *   ends at once.
 * @throws USAGE, and what the library throws before a session has begun
 */
export async function perform(
  invocation: Invocation,
  streams: Streams,
  hooks: PerformHooks,
): Promise<Performed> {
  switch (invocation.command) {
    case "run":
    case "burst":
    case "compare":
      return await performSession(invocation, streams, hooks);
    case "ci":
      return await performCi(
        invocation,
        streams,
        hooks.signal,
        (use) => withSystem(invocation.options, use),
        progressFor(invocation.options, streams),
      );
    case "bench":
      return await performBench(
        invocation,
        streams,
        hooks,
        (use) => withSystem(invocation.options, use),
        progressFor(invocation.options, streams),
      );
    case "baseline":
      return await unlessStopped(
        hooks.signal,
        withSystem(invocation.options, (system) => performBaseline(invocation.action, system, streams)),
      );
    case "report":
      return await unlessStopped(
        hooks.signal,
        withSystem(invocation.options, (system) => performReport(invocation, system)),
      );
  }
}

async function unlessStopped(signal: AbortSignal, work: Promise<Performed>): Promise<Performed> {
  const [ended] = await Promise.allSettled([work]);
  if (signal.aborted) throw interrupted();
  if (ended.status === "rejected") throw ended.reason;
  return ended.value;
}

type SessionInvocation = Extract<Invocation, { readonly command: "run" | "burst" | "compare" }>;

async function performSession(
  invocation: SessionInvocation,
  streams: Streams,
  given: PerformHooks,
): Promise<Performed> {
  const { options } = invocation;
  const begin = beginning(invocation);
  const progress = progressFor(options, streams);
  const hooks: SessionHooks = {
    ...given,
    onPhase: (phase) => progress.phase(phase),
    onProgress: (note) => progress.note(note),
  };
  try {
    const { document, fault } = await withSystem(options, async (system) => {
      const ending = await begin(system, hooks);
      return options.apply && ending.document.success ? await applied(system, ending) : ending;
    });
    return { document, exitCode: fault === null ? exitCodeOf(document) : exitCodeOfFault(fault) };
  } finally {
    progress.end();
  }
}

type Beginning = (system: MyriadSystem, hooks: SessionHooks) => Promise<SessionEnding>;

/** Reads the task before anything is opened, so that a wrong one costs nothing. */
function beginning(invocation: SessionInvocation): Beginning {
  const { command, options } = invocation;
  const { resume, apply } = options;
  if (resume !== undefined) {
    // One that has ended can no longer go on, but its change can still be applied.
    return async (system, hooks) =>
      (apply ? await system.ended(resume) : null) ?? (await system.resume(resume, hooks));
  }
  const task = taskOf(invocation);
  if (apply && task.candidate !== null) {
    throw usageError("--apply writes what the search found; a hand-written candidate stands in its own file");
  }
  return (system, hooks) => system.start(command, task, hooks);
}

function taskOf(invocation: SessionInvocation): Task {
  const { options } = invocation;
  const { command: lines, snippet: paths, file: files = [], readable = [] } = options;
  const overrides = overridesOf(options);
  if (lines !== undefined) return commandTask(lines, { files, readable }, process.cwd(), overrides);
  if (paths !== undefined) return snippetTask(paths, { files, readable }, process.cwd(), overrides);
  if (files.length > 0 || readable.length > 0) {
    throw usageError("--file and --readable go with --command or --snippet");
  }
  if (invocation.command !== "compare") return readTask(invocation.task!, process.cwd(), overrides);
  if (invocation.right !== null) {
    return compareTask(invocation.left!, invocation.right, process.cwd(), overrides);
  }
  const task = readTask(invocation.left!, process.cwd(), overrides);
  if (task.candidate === null) throw usageError("the task names no candidate to compare its subject with");
  return task;
}

/** What the session ended in stays told when its change cannot be written. */
async function applied(system: MyriadSystem, { document }: SessionEnding): Promise<SessionEnding> {
  try {
    const to = await system.apply(document.session!);
    const { baseline } = document;
    return {
      document: { ...document, baseline: baseline === null ? null : { ...baseline, to: to ?? baseline.to } },
      fault: null,
    };
  } catch (error) {
    const wire = encodeError(error);
    const told = { ...document, success: false, error: documentError(wire, document.session!) };
    return { document: told, fault: wire.fault };
  }
}

function overridesOf({
  seed,
  runs,
  workers,
  inputs,
  candidate,
  against,
  allowNoise,
  stopEarly,
  metric,
  level,
  behaviour,
}: SessionOptions): TaskOverrides {
  return {
    ...(seed === undefined ? {} : { seed }),
    ...(runs === undefined ? {} : { runs }),
    ...(workers === undefined ? {} : { workers }),
    ...(inputs === undefined ? {} : { inputs }),
    ...(candidate === undefined ? {} : { candidate }),
    ...(against === undefined ? {} : { baseline: against }),
    ...(allowNoise === undefined ? {} : { allowNoise }),
    ...(stopEarly === undefined ? {} : { stopEarly }),
    ...(metric === undefined ? {} : { metric }),
    ...(level === undefined ? {} : { level }),
    ...(behaviour === undefined ? {} : { behaviour }),
  };
}

async function performReport(
  { session, options }: Extract<Invocation, { readonly command: "report" }>,
  system: MyriadSystem,
): Promise<Performed> {
  const document = await system.report(session);
  if (options.open && document.report !== null) openInBrowser(document.report);
  return { document, exitCode: EXIT_OK };
}

async function withSystem<Result>(
  {
    state,
    workers,
    requireIsolation = false,
  }: CommonOptions & Partial<Pick<SessionOptions, "workers" | "requireIsolation">>,
  use: (system: MyriadSystem) => Promise<Result>,
): Promise<Result> {
  const system = await openSystem({
    state: resolve(state),
    requireIsolation,
    ...(workers === undefined ? {} : { workers }),
  });
  try {
    return await use(system);
  } finally {
    await system.close();
  }
}

function progressFor({ json, quiet }: CommonOptions, streams: Streams): Progress {
  if (json || quiet) return silentProgress();
  return streams.stderr.isTTY === true
    ? terminalProgress(streams, systemClock)
    : plainProgress(streams, systemClock);
}

function openInBrowser(file: string): void {
  const opener =
    process.platform === "darwin" ? "open" : process.platform === "win32" ? "explorer" : "xdg-open";
  spawn(opener, [file], { stdio: "ignore", detached: true })
    .on("error", () => undefined)
    .unref();
}
