/** The kernels that observe and generate: run by pool workers, called by `realm-engine.ts` only. */
import type { Kernel, KernelContext } from "../../runtime/contracts/index.ts";
import type { GenerateRequest, Observation, ObserveRequest, Outcome } from "./protocol.ts";
import { ask, closeRoom, isWornOut, limitObservation, openRoom, runMs } from "./realm-room.ts";
import type { Room } from "./realm-room.ts";

/** What the host watches while a job runs: the number of the run (from 1 on) that is going on. */
export type Watch = Int32Array;

export interface ObserveJob {
  readonly request: Omit<ObserveRequest, "inputs">;
  /** Made by the host once, so that workers need no bundler. */
  readonly script: string;
  readonly inputs: readonly string[];
  readonly watch: Watch;
}

/** Observations of the inputs from `from` on. */
export interface ObserveProgress {
  readonly from: number;
  readonly observations: readonly Observation[];
}

export interface GenerateJob {
  readonly request: GenerateRequest;
  readonly script: string;
  readonly watch: Watch;
}

/** As the harness writes it: `["inputs", …]`, `[kind, text, path]`; or the limit that was met. */
export type GenerateAnswer = readonly string[] | Observation;

export const observeInRealmKernel: Kernel<ObserveJob, ObserveProgress, ObserveProgress> = {
  name: "sandbox.realm.observe",
  module: import.meta.url,
  export: "observeInRealm",
};

export const generateInRealmKernel: Kernel<GenerateJob, GenerateAnswer> = {
  name: "sandbox.realm.generate",
  module: import.meta.url,
  export: "generateInRealm",
};

const FUNCTIONS = ["observe", "observeSequence", "generate", "poll", "stalled"];
const FLUSH_MS = 100;

function openHarness(
  request: Pick<ObserveRequest, "program" | "seed" | "limits">,
  script: string,
): Promise<Room> {
  const { program, seed, limits } = request;
  return openRoom({ program, seed, limits, script, make: "makeDriver" }, FUNCTIONS);
}

export function observeInRealm(
  job: ObserveJob,
  context: KernelContext<ObserveProgress>,
): Promise<ObserveProgress> {
  return job.request.order === "alone" ? observeAlone(job, context) : observeInOrder(job);
}

/** Each input in fresh memory. What is finished is sent on now and then: a killed worker loses little. */
async function observeAlone(
  job: ObserveJob,
  context: KernelContext<ObserveProgress>,
): Promise<ObserveProgress> {
  const { limits } = job.request;
  let room = await openHarness(job.request, job.script);
  let [from, flushed] = [0, performance.now()];
  let observations: Observation[] = [];
  for (let index = 0; index < job.inputs.length; index++) {
    Atomics.store(job.watch, 0, index + 1);
    if (isWornOut(room)) room = await openHarness(job.request, job.script);
    room.machine.restore(room.fresh);
    const started = performance.now();
    room.machine.begin(started + runMs(limits));
    const answer = ask(room, "observe", job.inputs[index]!);
    const observation = typeof answer === "string" ? readOne(answer) : limitObservation(answer, limits);
    observations.push(observation);
    if (job.request.untilLimit === true && observation.outcome === "limit_exceeded") break;
    if (started - flushed < FLUSH_MS) continue;
    context.progress({ from, observations });
    [from, observations, flushed] = [index + 1, [], started];
  }
  closeRoom(room);
  return { from, observations };
}

/** One sandbox: a limit that is met there is met by the whole sequence. */
async function observeInOrder(job: ObserveJob): Promise<ObserveProgress> {
  const { limits } = job.request;
  const room = await openHarness(job.request, job.script);
  Atomics.store(job.watch, 0, 1);
  room.machine.restore(room.fresh);
  room.machine.begin(performance.now() + runMs(limits));
  const answer = ask(room, "observeSequence", JSON.stringify(job.inputs));
  closeRoom(room);
  if (typeof answer === "string") return { from: 0, observations: readMany(answer) };
  const limited = limitObservation(answer, limits);
  return { from: 0, observations: job.inputs.map(() => limited) };
}

export async function generateInRealm(job: GenerateJob): Promise<GenerateAnswer> {
  const { count, seed, limits } = job.request;
  const room = await openHarness(job.request, job.script);
  Atomics.store(job.watch, 0, 1);
  room.machine.restore(room.fresh);
  room.machine.begin(performance.now() + runMs(limits));
  const answer = ask(room, "generate", String(count), String(seed.random));
  closeRoom(room);
  return typeof answer === "string" ? (JSON.parse(answer) as string[]) : limitObservation(answer, limits);
}

function readOne(answer: string): Observation {
  return readMany(answer)[0]!;
}

/** `[outcome, text, outcome, text, …]` */
function readMany(answer: string): Observation[] {
  const texts = JSON.parse(answer) as readonly string[];
  const observations: Observation[] = [];
  for (let index = 0; index < texts.length; index += 2) {
    observations.push({ outcome: texts[index] as Outcome, text: texts[index + 1]! });
  }
  return observations;
}
