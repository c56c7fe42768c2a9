/**
 * The preparer: reads the subject, makes the inputs, and shows that the function can be judged at all. In the
 * order of trust: first a clean pass in `realm`, only then a run at the level that measures. Refuses with a coded error a
 * function that breaks a limit, needs the platform, returns what cannot be compared, or depends on chance.
 */
import { seededRandom } from "../../runtime/contracts/index.ts";
import type {
  EncodedInput,
  Observation,
  SandboxEngine,
  SandboxProgram,
  SandboxSeed,
} from "../../kernels/sandbox/index.ts";
import { bundleFunction, inspectKernel, showInput } from "../../kernels/syntax/index.ts";
import type { FunctionRef } from "../../kernels/syntax/index.ts";
import { phaseAgent } from "../agent/agent.ts";
import type { Agent, AgentCall } from "../agent/agent.ts";
import type { Services } from "../agent/services.ts";
import { prepareCommands } from "../command/command-phases.ts";
import { actorError } from "../errors.ts";
import { chooseBatch } from "../evidence/batch.ts";
import { baselineTag, storedBaseline } from "../evidence/baseline-store.ts";
import { sameObservation } from "../evidence/equivalence.ts";
import { makeTaskInputs, sandboxSeed } from "../generation/task-inputs.ts";
import type { Task } from "./task.ts";
import type { Prepared, SessionStart, VersionSource } from "./session-state.ts";

const SEARCH_ITERATION_NS = 500_000;
const BURST_ITERATION_NS = 1_000_000;

export const preparer: Agent<"prepare"> = phaseAgent(
  "preparer",
  "prepare",
  async ({ session }, services, call) => {
    const start = session.start!;
    const { task } = start;
    if (task.commands !== undefined) return await prepareCommands(start, task.commands, services, call);
    const info = await services.executor.run(inspectKernel, task.subject, { signal: call.signal });
    const subject = {
      program: await bundleFunction({ ref: task.subject, source: null }),
      source: info.source,
      label: task.subject.exportName,
    };
    const other = await otherVersion(start, services, call.signal);
    const random = seededRandom(start.seed);
    const inputs = await makeTaskInputs(task, random, services, call.signal);
    const seed = sandboxSeed(random);
    const all = [...inputs.sealed, ...inputs.search];
    const question = { program: subject.program, inputs: all, seed, limits: task.limits };
    await requireJudgeable(question, services, call);
    // A batch that depended on how fast this machine is would not count the same on the next one.
    const batchOf = async (chosen: readonly EncodedInput[], targetNs: number) =>
      task.level === "realm"
        ? chosen
        : await chooseBatch({ ...question, inputs: chosen, targetNs }, services.measuring, call.signal);
    const prepared = {
      info,
      subject,
      other,
      search: inputs.search,
      sealed: inputs.sealed,
      searchBatch: await batchOf(inputs.search, SEARCH_ITERATION_NS),
      sealedBatch: await batchOf(inputs.sealed, BURST_ITERATION_NS),
      inputOrigin: inputs.origin,
      sandboxSeed: seed,
      metricPrograms: await metricPrograms(task),
      currentBaseline: await baselineTag(task.id, task.baseline, services),
    } satisfies Prepared;
    await services.evidence.recordSession(start, null);
    return prepared;
  },
);

async function metricPrograms({ metrics }: Task): Promise<Readonly<Record<string, SandboxProgram>>> {
  const own = metrics.flatMap(({ name, of }) => (of === undefined ? [] : [{ name, ref: of }]));
  const bundled = own.map(
    async ({ name, ref }) => [name, await bundleFunction({ ref, source: null })] as const,
  );
  return Object.fromEntries(await Promise.all(bundled));
}

async function otherVersion(
  start: SessionStart,
  services: Services,
  signal: AbortSignal,
): Promise<VersionSource | null> {
  const { task, command } = start;
  if (command === "burst") {
    const stored = await storedBaseline(task.id, task.baseline, services);
    return stored === null ? null : { program: stored.program, source: "", label: stored.tag };
  }
  return task.candidate === null ? null : await writtenVersion(task.candidate, services, signal);
}

async function writtenVersion(
  ref: FunctionRef,
  services: Services,
  signal: AbortSignal,
): Promise<VersionSource> {
  const info = await services.executor.run(inspectKernel, ref, { signal });
  return {
    program: await bundleFunction({ ref, source: null }),
    source: info.source,
    label: `${ref.file}#${ref.exportName}`,
  };
}

interface Question {
  readonly program: SandboxProgram;
  readonly inputs: readonly EncodedInput[];
  readonly seed: SandboxSeed;
  readonly limits: SessionStart["task"]["limits"];
}

async function requireJudgeable(question: Question, services: Services, call: AgentCall): Promise<void> {
  const otherSeed = {
    random: question.seed.random ^ 0x5bd1e995,
    epochMs: question.seed.epochMs + 86_400_000_000,
  };
  const twice = (engine: SandboxEngine): Promise<[readonly Observation[], readonly Observation[]]> =>
    Promise.all([observe(engine, question, call), observe(engine, { ...question, seed: otherSeed }, call)]);
  for (const engine of new Set([services.realm, services.measuring])) {
    const [first, second] = await twice(engine);
    requireClean(question, engine, first);
    requireSame(question.inputs, first, second);
  }
}

/** A limit by its name, with its size where it has one. */
function limitText(limit: string, { cpuSeconds, wallSeconds, memoryMb }: Question["limits"]): string {
  const sizes: Readonly<Record<string, string>> = {
    cpu: `cpu time, ${cpuSeconds} s`,
    wall: `wall time, ${wallSeconds} s`,
    memory: `memory, ${memoryMb} MB`,
  };
  return Object.hasOwn(sizes, limit) ? sizes[limit]! : limit.slice(0, 500);
}

async function observe(
  engine: SandboxEngine,
  question: Question,
  call: AgentCall,
): Promise<readonly Observation[]> {
  const { observations } = await engine.observe(
    { ...question, order: "alone", untilLimit: true },
    { signal: call.signal },
  );
  return observations;
}

function requireClean(
  { inputs, limits }: Question,
  { name: engine }: SandboxEngine,
  observations: readonly Observation[],
): void {
  const index = observations.findIndex(({ outcome }) => outcome !== "returned" && outcome !== "threw");
  if (index < 0) {
    if (observations.some(({ outcome }) => outcome === "returned")) return;
    const text = observations[0]?.text.split("\n", 1)[0]!.slice(0, 200) ?? "";
    throw actorError("SUBJECT_NOT_COMPARED", `the function throws on every input, e.g. ${text}`);
  }
  const { outcome, text } = observations[index]!;
  const location = `input ${showInput(inputs[index]!, 200)}`;
  switch (outcome) {
    case "limit_exceeded":
      throw actorError(
        "SUBJECT_LIMIT_EXCEEDED",
        `in ${engine} a limit was exceeded: ${limitText(text, limits)}`,
        {
          location,
        },
      );
    case "incomparable":
      throw actorError("SUBJECT_INCOMPARABLE", `the result cannot be compared: ${text.slice(0, 500)}`, {
        location,
      });
    default:
      throw actorError("SUBJECT_NEEDS_PLATFORM", `no sandbox gives ${text.slice(0, 500)}`, { location });
  }
}

function requireSame(
  inputs: readonly EncodedInput[],
  first: readonly Observation[],
  second: readonly Observation[],
): void {
  const index = first.findIndex((observation, at) => !sameObservation(observation, second[at]));
  if (index < 0) return;
  throw actorError("SUBJECT_NONDETERMINISTIC", "two runs on the same input differ", {
    location: `input ${showInput(inputs[index]!, 200)}`,
  });
}
