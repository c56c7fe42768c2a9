/**
 * What a session does otherwise where its task is about commands: there are no inputs, so a command is prepared by
 * running it, and two of them behave the same when their first runs do.
 */
import type { EncodedInput, Observation, SandboxProgram } from "../../kernels/sandbox/index.ts";
import type { AgentCall } from "../agent/agent.ts";
import type { Services } from "../agent/services.ts";
import { actorError } from "../errors.ts";
import { baselineTag, storedBaseline } from "../evidence/baseline-store.ts";
import { sameObservation } from "../evidence/equivalence.ts";
import type { Equivalence } from "../workflow/session-document.ts";
import { comparedVersions } from "../workflow/session-state.ts";
import type { Prepared, SessionStart, SessionState, VersionSource } from "../workflow/session-state.ts";
import { commandLine } from "./command.ts";
import type { TaskCommand, TaskCommands } from "./command.ts";
import { insideHint, limitHint } from "./command-outcome.ts";
import { commandProgram, comparedOf, storedCommand } from "./command-program.ts";
import type { Compared } from "./command-program.ts";
import { watchingRuns } from "./run-watch.ts";

/** Stands for one run of a command as it is. */
const RUN = "[[]]" as EncodedInput;
const FIRST_RUNS: readonly EncodedInput[] = [RUN, RUN, RUN];
const SHOWN_CHARACTERS = 500;

type Call = Pick<AgentCall, "signal" | "progress">;

/** @throws SUBJECT_COMMAND_FAILED, SUBJECT_LIMIT_EXCEEDED, SUBJECT_NONDETERMINISTIC, TASK_INVALID */
export async function prepareCommands(
  start: SessionStart,
  commands: TaskCommands,
  services: Services,
  call: Call,
): Promise<Prepared> {
  const { task } = start;
  const subject = await versionOf(commands.subject, comparedOf(start.task));
  const other = await otherVersion(start, commands, services);
  const line = commandLine(commands.subject);
  requireSteady(
    commands.subject,
    subject.program,
    start,
    await firstRuns(subject.program, start, services, call),
  );
  const currentBaseline = await baselineTag(task.id, task.baseline, services);
  await services.evidence.recordSession(start, null);
  return {
    info: {
      ref: task.subject,
      source: "",
      functionText: line,
      startLine: 1,
      endLine: 1,
      async: false,
      parameters: [],
      returnType: "",
    },
    subject,
    other,
    search: [],
    sealed: [],
    searchBatch: [],
    sealedBatch: [RUN],
    inputOrigin: "The command as it is, each run in a sandbox of its own.",
    sandboxSeed: { random: 0, epochMs: 0 },
    currentBaseline,
  };
}

/** The first runs of both, one by one; behind a broken limit none is waited for. */
export async function examineCommands(
  session: SessionState,
  services: Services,
  call: Call,
): Promise<Equivalence> {
  const start = session.start!;
  const { baseline, candidate } = comparedVersions(session);
  const before = await firstRuns(baseline!.program, start, services, call);
  const after = await firstRuns(candidate!.program, start, services, call);
  const both = before.length < after.length ? before : after;
  const differing = [...both.keys()].filter((run) => !sameObservation(before[run], after[run]));
  const [first] = differing;
  const { name: engine } = services.measuring;
  return {
    inputs: both.length,
    sealed: 0,
    disagreements: differing.length,
    engines: [engine],
    clean: after.every(({ outcome }) => outcome !== "limit_exceeded"),
    ...(comparedOf(start.task) === "exit_code" ? { exitCodesAlone: true } : {}),
    counterexamples:
      first === undefined
        ? []
        : [
            {
              input: `run ${first + 1}`,
              engine,
              subject: before[first]!.text,
              candidate: after[first]!.text,
              shrunkFrom: 0,
              shrunkTo: 0,
            },
          ],
  };
}

/** Whether a command with its files is still what was measured. */
export async function isSameCommand(
  command: TaskCommand,
  start: SessionStart,
  { digest }: SandboxProgram,
): Promise<boolean> {
  const now = await commandProgram(command, comparedOf(start.task)).catch(() => null);
  return now?.digest === digest;
}

async function versionOf(command: TaskCommand, compared: Compared): Promise<VersionSource> {
  return { program: await commandProgram(command, compared), source: "", label: commandLine(command) };
}

async function otherVersion(
  start: SessionStart,
  { candidate }: TaskCommands,
  services: Services,
): Promise<VersionSource | null> {
  const { task, command } = start;
  if (command !== "burst")
    return candidate === null ? null : await versionOf(candidate, comparedOf(start.task));
  const stored = await storedBaseline(task.id, task.baseline, services);
  return stored === null ? null : { program: stored.program, source: "", label: stored.tag };
}

async function firstRuns(
  program: SandboxProgram,
  { task }: SessionStart,
  { measuring, clock }: Services,
  call: Call,
): Promise<readonly Observation[]> {
  const asked = { program, inputs: FIRST_RUNS, order: "alone", limits: task.limits } as const;
  const request = { ...asked, seed: { random: 0, epochMs: 0 }, untilLimit: true };
  return await watchingRuns(clock, call, async ({ signal, progress }) => {
    const onProgress = (done: number): void =>
      progress({ done, total: FIRST_RUNS.length, unit: "runs", text: null });
    onProgress(0);
    const { observations } = await measuring.observe(request, { signal, onProgress });
    return observations;
  });
}

/** Each fault says what is to be done about this command. */
function requireSteady(
  command: TaskCommand,
  program: SandboxProgram,
  { task }: SessionStart,
  observations: readonly Observation[],
): void {
  // The one that broke a limit, or ended otherwise than well; else the first.
  const odd = observations.find(({ outcome }) => outcome !== "returned") ?? observations[0]!;
  const message = `the command ended with ${odd.text.slice(0, SHOWN_CHARACTERS)}`;
  const location = `${commandLine(command)} (in ${command.folder})`;
  if (odd.outcome === "limit_exceeded") {
    throw actorError("SUBJECT_LIMIT_EXCEEDED", message, { location, hint: limitHint(odd.text, task.limits) });
  }
  if (odd.outcome !== "returned") {
    throw actorError("SUBJECT_COMMAND_FAILED", message, {
      location,
      hint: insideHint(storedCommand(program)),
    });
  }
  if (observations.every((observation) => sameObservation(observation, odd))) return;
  throw actorError("SUBJECT_NONDETERMINISTIC", "two runs of the command gave different output", {
    location,
    hint: "behaviour: may_change (--behaviour may_change) looks at the exit code alone",
  });
}
