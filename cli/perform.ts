/** Calls the library for a parsed command and derives the exit code. */
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { compareTask, describeEnvironment, emptyDocument, openSystem, readTask } from "../actors/index.ts";
import type {
  MyriadSystem,
  SessionDocument,
  SessionEnding,
  SessionHooks,
  TaskOverrides,
} from "../actors/index.ts";
import { systemClock } from "../runtime/contracts/index.ts";
import { EXIT_OK, exitCodeOf, exitCodeOfFault } from "./exit-code.ts";
import type { Streams } from "./output.ts";
import { plainProgress, silentProgress, terminalProgress } from "./progress.ts";
import type { Progress } from "./progress.ts";
import type { Invocation, SessionOptions } from "./program.ts";

export interface Performed {
  readonly document: SessionDocument;
  readonly exitCode: number;
}

export async function perform(invocation: Invocation, streams: Streams): Promise<Performed> {
  switch (invocation.command) {
    case "run":
    case "burst":
    case "compare":
      return await performSession(invocation, streams);
    case "baseline":
      return await withSystem({ state: invocation.options.state }, (system) =>
        performBaseline(invocation, system),
      );
    case "report":
      return await withSystem({ state: invocation.options.state }, (system) =>
        performReport(invocation, system),
      );
  }
}

type SessionInvocation = Extract<Invocation, { readonly command: "run" | "burst" | "compare" }>;

async function performSession(invocation: SessionInvocation, streams: Streams): Promise<Performed> {
  const { options } = invocation;
  const { workers, begin } = beginning(invocation);
  const progress = progressFor(options, streams);
  const interruption = onInterrupt();
  const hooks: SessionHooks = {
    signal: interruption.signal,
    onPhase: (phase) => progress.phase(phase),
    onProgress: (note) => progress.note(note),
  };
  const { state, requireIsolation } = options;
  try {
    const { document, fault } = await withSystem({ state, workers, requireIsolation }, (system) =>
      begin(system, hooks),
    );
    return { document, exitCode: fault === null ? exitCodeOf(document) : exitCodeOfFault(fault) };
  } finally {
    progress.end();
    interruption.stop();
  }
}

interface Beginning {
  /** null: as many as there are cores. */
  readonly workers: number | null;
  readonly begin: (system: MyriadSystem, hooks: SessionHooks) => Promise<SessionEnding>;
}

/** Reads the task before anything is opened, so that a wrong one costs nothing. */
function beginning(invocation: SessionInvocation): Beginning {
  const { command, options } = invocation;
  const { resume, apply, workers = null } = options;
  const applying =
    (begin: Beginning["begin"]): Beginning["begin"] =>
    async (system, hooks) => {
      const ending = await begin(system, hooks);
      if (apply && ending.document.success) await system.apply(ending.document.session!);
      return ending;
    };
  if (resume !== undefined)
    return { workers, begin: applying((system, hooks) => system.resume(resume, hooks)) };
  const task =
    invocation.command === "compare"
      ? compareTask(invocation.left!, invocation.right!, process.cwd(), overridesOf(options))
      : readTask(invocation.task!, process.cwd(), overridesOf(options));
  return { workers: task.workers, begin: applying((system, hooks) => system.start(command, task, hooks)) };
}

function overridesOf({ seed, runs, workers, inputs, candidate }: SessionOptions): TaskOverrides {
  return {
    ...(seed === undefined ? {} : { seed }),
    ...(runs === undefined ? {} : { runs }),
    ...(workers === undefined ? {} : { workers }),
    ...(inputs === undefined ? {} : { inputs }),
    ...(candidate === undefined ? {} : { candidate }),
  };
}

async function performBaseline(
  { action, tag }: Extract<Invocation, { readonly command: "baseline" }>,
  system: MyriadSystem,
): Promise<Performed> {
  if (action === "promote") await system.promote(tag!);
  const baselines = action === "list" ? await system.baselines(tag) : await system.baseline(tag!);
  const document = { ...emptyDocument("baseline", describeEnvironment()), success: true, baselines };
  return { document, exitCode: EXIT_OK };
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
  options: { readonly state: string; readonly workers?: number | null; readonly requireIsolation?: boolean },
  use: (system: MyriadSystem) => Promise<Result>,
): Promise<Result> {
  const { state, workers = null, requireIsolation = false } = options;
  const system = await openSystem({
    state: resolve(state),
    requireIsolation,
    ...(workers === null ? {} : { workers }),
  });
  try {
    return await use(system);
  } finally {
    await system.close();
  }
}

function progressFor({ json, quiet }: SessionOptions, streams: Streams): Progress {
  if (json || quiet) return silentProgress();
  return streams.stderr.isTTY === true ? terminalProgress(streams, systemClock) : plainProgress(streams);
}

/** The first signal stops the session in order; a second one ends the process at once. */
function onInterrupt(): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  return {
    signal: controller.signal,
    stop: () => void process.off("SIGINT", interrupt).off("SIGTERM", interrupt),
  };
}

function openInBrowser(file: string): void {
  const opener =
    process.platform === "darwin" ? "open" : process.platform === "win32" ? "explorer" : "xdg-open";
  spawn(opener, [file], { stdio: "ignore", detached: true })
    .on("error", () => undefined)
    .unref();
}
