/**
 * The burst runner as an agent: finds out by pilot forks how long the versions warm up, runs the forks that the
 * journal does not hold yet with a look at the machine before each, until all are run or a burst that may end early
 * is decided, and compares every fork's proof with what the version was checked to do, so that what was timed is
 * what was checked.
 */
import { seededRandom } from "../../runtime/contracts/index.ts";
import type { MyriadError } from "../../runtime/contracts/index.ts";
import type { Observation, SandboxProgram } from "../../kernels/sandbox/index.ts";
import type { MetricSamples } from "../../storage/index.ts";
import { phaseAgent } from "../agent/agent.ts";
import type { Agent, AgentCall, AgentTask } from "../agent/agent.ts";
import type { Services } from "../agent/services.ts";
import { actorError } from "../errors.ts";
import { limitHint } from "../command/command-outcome.ts";
import { watchingRuns } from "../command/run-watch.ts";
import type { Level } from "../workflow/level.ts";
import type { Task } from "../workflow/task.ts";
import { comparedVersions, countedForks } from "../workflow/session-state.ts";
import type { BurstOutcome, KeptFork, SessionState } from "../workflow/session-state.ts";
import { runBurst } from "./burst.ts";
import type { FinishedFork } from "./burst.ts";
import { sameObservation } from "./equivalence.ts";
import { forksByName, nameOf, PairLooks } from "./early-stop.ts";
import { keptFork, readingsOf } from "./fork-conditions.ts";
import { mostIterationsOf, planCounts, planForks } from "./fork-plan.ts";
import type { Version } from "./fork-plan.ts";
import { machineNoiseNow, MachineWatch } from "./machine-noise.ts";
import type { MachineReading } from "./machine-noise.ts";
import { figuresOf } from "./own-metric.ts";
import type { Figures } from "./own-metric.ts";
import { LEAST_WARM_UP, runPilot } from "./pilot.ts";
import type { MeasureSettings } from "./pilot.ts";

export const burstRunner: Agent<"burst"> = phaseAgent(
  "burst-runner",
  "burst",
  async (task, services, call) =>
    task.session.start!.task.commands === undefined
      ? await runBurstPhase(task, services, call)
      : await watchingRuns(services.clock, call, (watched) => runBurstPhase(task, services, watched)),
);

async function runBurstPhase(
  { session }: AgentTask,
  services: Services,
  call: AgentCall,
): Promise<BurstOutcome> {
  const { task, seed, command } = session.start!;
  const { sealedBatch, sandboxSeed } = session.outputs.prepare!;
  const sources = comparedVersions(session);
  const versions = (["baseline", "candidate"] as const).filter((version) => sources[version] !== undefined);
  const counts = task.level === "realm";
  const random = seededRandom(seed).fork(`burst/${session.attempt}`);
  const plan = counts ? planCounts(versions) : planForks(task.runs, versions, random, mostIterationsOf(task));
  const { iterationsPerFork } = plan;
  const kept = forksByName(session.forks);
  const programs = Object.fromEntries(versions.map((version) => [version, sources[version]!.program]));
  const figures = await ownFigures(programs, session, services, call.signal);
  const mayStop = task.stopEarly === true && !counts && versions.length === 2;
  const looks = mayStop ? new PairLooks(task, command, figures) : null;
  const missing = looks?.look(kept) === true ? [] : plan.forks.filter((fork) => !kept.has(nameOf(fork)));
  const record = async (fork: KeptFork): Promise<void> =>
    services.evidence.recordFork(session.start!.session, task.id, fork, ownSamples(fork, figures));
  // A kill may have come between the journal and the database; recording a fork again changes nothing.
  if (looks === null) for (const fork of session.forks) await record(fork);
  const expected = await expectedProofs(programs, session, services, call.signal);
  const asked = { programs, batch: sealedBatch, seed: sandboxSeed, limits: task.limits };
  const settings =
    FIXED_SETTINGS[task.level ?? "isolate"] ??
    settingsOf(session.forks) ??
    (await runPilot(asked, services.measuring, call.signal));
  const before = machineNoiseNow();
  const machine = new MachineWatch(readingsOf(session.forks));
  const begunAt = services.clock.monotonic();
  const total = plan.forks.length * iterationsPerFork;
  const alreadyDone = total - missing.length * iterationsPerFork;
  const listener = {
    forkStarts: (): void => machine.probe(),
    progress: (iterations: number): void =>
      call.progress({ done: alreadyDone + iterations, total, unit: "sandboxes", text: null }),
    async forkFinished(finished: FinishedFork): Promise<"enough" | undefined> {
      const fork = keep(finished, expected[finished.version]!, machine.read());
      await call.keepFork(fork);
      kept.set(nameOf(fork), fork);
      if (looks === null) await record(fork);
      return looks?.look(kept) === true ? "enough" : undefined;
    },
  };
  const request = { ...asked, ...settings, forks: missing, iterationsPerFork, workers: services.workers };
  await runBurst(request, services.measuring, listener, call.signal);
  const forks = [...kept.values()];
  const broken = falseProof(forks, session);
  const earlyStop = looks === null || broken !== null ? {} : { earlyStop: looks.summary(forks.length) };
  // Which forks count is known only now: a stored baseline is made of those alone.
  if (looks !== null) for (const fork of countedForks(forks, earlyStop)) await record(fork);
  return {
    isolation: forks[0]!.isolation,
    infraErrors: forks.reduce((sum, fork) => sum + fork.startFailures, 0),
    wallMs: services.clock.monotonic() - begunAt,
    measured: (forks.length - session.forks.length) * iterationsPerFork,
    iterationsPerFork,
    batch: sealedBatch.length,
    machine: { before, during: machine.noise() },
    figures,
    ...earlyStop,
    falseProof: broken,
  };
}

/**
 * What needs no pilot: a realm's memory is written back before every iteration and it compiles nothing; a command
 * begins anew in each, but the first run after one of the other version finds that one's files in the caches.
 */
const FIXED_SETTINGS: Readonly<Partial<Record<Level, MeasureSettings>>> = {
  realm: { warmUpIterations: 0, stretch: 1 },
  process: { warmUpIterations: 1, stretch: 1 },
};

/** Exact, and made anew when a burst goes on. */
async function ownFigures(
  versions: Readonly<Partial<Record<Version, SandboxProgram>>>,
  session: AgentTask["session"],
  services: Services,
  signal: AbortSignal,
): Promise<Readonly<Record<string, Figures>>> {
  const { sealed, sandboxSeed: seed, metricPrograms = {} } = session.outputs.prepare!;
  const { limits } = session.start!.task;
  const asked = Object.entries(metricPrograms).map(async ([name, metric]) => {
    const question = { name, metric, versions, inputs: sealed, seed, limits };
    return [name, await figuresOf(question, services.realm, signal)] as const;
  });
  return Object.fromEntries(await Promise.all(asked));
}

/** Kept with the first fork of each version. */
function ownSamples(
  { fork, version }: KeptFork,
  figures: Readonly<Record<string, Figures>>,
): readonly MetricSamples[] {
  if (fork !== 0) return [];
  return Object.entries(figures).flatMap(([metric, { [version]: values }]) =>
    values === undefined ? [] : [{ metric, values }],
  );
}

function keep(fork: FinishedFork, expected: readonly Observation[], machine: MachineReading): KeptFork {
  const { proof } = fork.measurement;
  const proved =
    proof.length === expected.length &&
    proof.every((observation, index) => sameObservation(observation, expected[index]));
  return keptFork(fork, proved, machine);
}

/** Of a burst that goes on: as it began. Null: it has not begun. */
function settingsOf(forks: readonly KeptFork[]): MeasureSettings | null {
  if (forks.length === 0) return null;
  const told = forks.flatMap(({ conditions }) => conditions ?? []);
  return {
    warmUpIterations: told[0]?.warmUpIterations ?? LEAST_WARM_UP,
    stretch: Math.max(1, ...told.map(({ stretch }) => stretch)),
  };
}

/** What each version does with the batch in sequence, in the engine that times it. */
async function expectedProofs(
  programs: Readonly<Partial<Record<Version, SandboxProgram>>>,
  session: AgentTask["session"],
  services: Services,
  signal: AbortSignal,
): Promise<Readonly<Partial<Record<Version, readonly Observation[]>>>> {
  const { sealedBatch, sandboxSeed } = session.outputs.prepare!;
  const { limits } = session.start!.task;
  const entries = await Promise.all(
    Object.entries(programs).map(async ([version, program]) => {
      const request = { program, inputs: sealedBatch, order: "sequence", seed: sandboxSeed, limits } as const;
      const { observations } = await services.measuring.observe(request, { signal });
      return [version, observations] as const;
    }),
  );
  return Object.fromEntries(entries);
}

/**
 * A fork counts for its version only when no sandbox failed in it and its proof held. Only a candidate is
 * judged by it.
 * @throws SUBJECT_LIMIT_EXCEEDED, SUBJECT_NONDETERMINISTIC when it is the user's own present code that did not;
 *   BASELINE_INCOMPARABLE when it is the stored version.
 */
function falseProof(forks: readonly KeptFork[], session: SessionState): Version | null {
  const first = forks.find((fork) => fork.failures > 0 || !fork.proved);
  if (first === undefined) return null;
  const isBurst = session.start!.command === "burst";
  if (isBurst && first.version === "baseline") throw brokenBaseline(first, session);
  if (!isBurst && first.version === "candidate") return first.version;
  throw brokenSubject(first, session.start!.task);
}

function brokenSubject(fork: KeptFork, { commands, limits }: Task): MyriadError {
  const what = commands === undefined ? "the function" : "the command";
  if (fork.failures === 0) {
    const message = `${what} gave another result after many runs than at first`;
    return actorError(
      "SUBJECT_NONDETERMINISTIC",
      message,
      commands === undefined ? {} : { hint: STEADY_HINT },
    );
  }
  const { brokenLimit } = fork;
  return actorError(
    "SUBJECT_LIMIT_EXCEEDED",
    `${failedSandboxes(fork)} in the burst`,
    commands === undefined ? {} : { hint: limitHint(brokenLimit ?? "", limits) },
  );
}

const STEADY_HINT = "behaviour: may_change (--behaviour may_change) looks at the exit code alone";

/** With the limit that was broken where it is known. */
function failedSandboxes({ failures, brokenLimit }: KeptFork): string {
  const why = brokenLimit === undefined ? "" : `: ${brokenLimit}`;
  return `${failures} sandboxes of one fork failed${why}`;
}

function brokenBaseline(fork: KeptFork, session: SessionState): MyriadError {
  const { label } = comparedVersions(session).baseline!;
  const what = fork.failures > 0 ? failedSandboxes(fork) : "it gave another result than at first";
  return actorError("BASELINE_INCOMPARABLE", `baseline "${label}" does not run here: ${what}`, {
    location: label,
  });
}
