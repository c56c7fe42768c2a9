/**
 * One program in one machine: booted, with the harness or the meter in it, and the ways to run it. Each run
 * starts from the same memory, and ends by itself, at its deadline or at a limit; a machine that trapped or grew
 * large is replaced before the next. A thread keeps its machines between jobs, as they were before any program.
 */
import { sandboxError } from "./errors.ts";
import { SANDBOX_CAPS } from "./protocol.ts";
import type { Observation, SandboxLimits, SandboxProgram, SandboxSeed } from "./protocol.ts";
import { realmLayout } from "./realm-layout.ts";
import type { Ended, Machine, Snapshot, Value } from "./realm-machine.ts";
import { bootMachine } from "./realm-machine.ts";

export type Limited = Extract<Ended, { readonly how: "limit" }>;

export interface RoomPlan {
  readonly program: SandboxProgram;
  readonly seed: SandboxSeed;
  readonly limits: SandboxLimits;
  /** Source of an expression: what `make` is called on. */
  readonly script: string;
  /** Called as `kit[make](factory, entry)`; gives the object whose functions are run. */
  readonly make: "makeDriver" | "makeMeter";
}

/** A machine as it is before every run. */
export interface Room {
  readonly machine: Machine;
  /** The driver's or meter's functions, by name. */
  readonly functions: ReadonlyMap<string, Value>;
  readonly fresh: Snapshot;
  /** What it was made of, to be given back. */
  readonly blank: Blank;
}

export function runMs(limits: SandboxLimits): number {
  return Math.min(limits.cpuSeconds, limits.wallSeconds) * 1000;
}

/** @throws SANDBOX_PROGRAM when the program's code is not one expression. */
export async function openRoom(plan: RoomPlan, functionNames: readonly string[]): Promise<Room> {
  const blank = takeBlank(plan) ?? (await makeBlank(plan));
  const { machine, kit } = blank;
  machine.restore(blank.fresh);
  machine.forgetPeak();
  // Nothing of the program runs yet: its limits begin with its runs.
  machine.begin(performance.now() + SANDBOX_CAPS.wallSeconds * 1000);
  const { random, epochMs } = plan.seed;
  const chance = machine.evaluate(`({ random: ${random}, epochMs: ${epochMs} })`, "seed.js");
  const prepareWorld = machine.property(kit, "prepareWorld");
  returned(machine.call(prepareWorld, returned(chance, "SANDBOX_INFRA")), "SANDBOX_INFRA");
  const factory = returned(machine.evaluate(`(${plan.program.code}\n)`, "program.js"), "SANDBOX_PROGRAM");
  const make = machine.property(kit, plan.make);
  const made = returned(machine.call(make, factory, machine.text(plan.program.entry)), "SANDBOX_INFRA");
  const functions = new Map(functionNames.map((name) => [name, machine.property(made, name)]));
  return { machine, functions, fresh: machine.snapshot(), blank };
}

// --- machines that are kept ------------------------------------------------------------------------------

/** A machine that holds a script and nothing of any program or seed. */
interface Blank {
  readonly key: string;
  readonly machine: Machine;
  readonly kit: Value;
  readonly fresh: Snapshot;
}

/** A machine that once grew holds what it grew by until it is thrown away. */
const LARGEST_KEPT_BYTES = 32 * 1024 * 1024;
const MOST_KEPT = 4;

/** Of this thread, least recently used first: most of what a short burst takes would be making them. */
const kept: Blank[] = [];

function blankKey({ limits, make, script }: RoomPlan): string {
  return `${limits.memoryMb} ${make} ${script}`;
}

/** Nobody else has it until it is given back. */
function takeBlank(plan: RoomPlan): Blank | null {
  const key = blankKey(plan);
  const at = kept.findIndex((blank) => blank.key === key);
  return at < 0 ? null : kept.splice(at, 1)[0]!;
}

async function makeBlank(plan: RoomPlan): Promise<Blank> {
  const machine = await bootMachine(plan.limits.memoryMb, await realmLayout());
  machine.begin(performance.now() + SANDBOX_CAPS.wallSeconds * 1000);
  const kit = returned(machine.evaluate(plan.script, "harness.js"), "SANDBOX_INFRA");
  return { key: blankKey(plan), machine, kit, fresh: machine.snapshot() };
}

/** Whether a run may still begin here: not after a trap, and not where it would keep much memory from others. */
export function isWornOut({ machine }: Room): boolean {
  return machine.broken || machine.sizeBytes > LARGEST_KEPT_BYTES;
}

/** Gives the machine back to the thread. The room is not to be used any more. */
export function closeRoom(room: Room): void {
  if (isWornOut(room)) return;
  kept.push(room.blank);
  if (kept.length > MOST_KEPT) kept.shift();
}

function returned(ended: Ended, code: "SANDBOX_INFRA" | "SANDBOX_PROGRAM"): Value {
  if (ended.how === "returned") return ended.value;
  const why = ended.how === "threw" ? ended.text : `limit: ${ended.limit}`;
  throw sandboxError(code, `the realm could not be made ready: ${why}`);
}

/** Calls a function that answers with a text, at once or after its promises; null answers are limits. */
export function ask(room: Room, name: string, ...args: readonly string[]): string | Limited {
  const { machine } = room;
  const texts = args.map((text) => machine.text(text));
  // A machine too full to take its input has met its memory limit like any other.
  if (texts.includes(0 as Value)) return { how: "limit", limit: "memory" };
  const answer = answerOf(machine, machine.call(room.functions.get(name)!, ...texts));
  return answer === "" ? waitFor(room) : answer;
}

/** Runs jobs; when none is left and the answer is still missing, what is waited for will never come. */
function waitFor(room: Room): string | Limited {
  const { machine } = room;
  for (;;) {
    const pumped = machine.pump();
    if (pumped.how === "limit") return pumped;
    const polled = answerOf(machine, machine.call(room.functions.get("poll")!));
    if (polled !== "") return polled;
    const stalled = machine.call(room.functions.get("stalled")!);
    if (stalled.how === "limit") return stalled;
  }
}

function answerOf(machine: Machine, ended: Ended): string | Limited {
  if (ended.how === "limit") return ended;
  if (ended.how === "returned") return machine.read(ended.value);
  // The engine could not even make an error object: out of memory without a refused growth.
  if (ended.text === "null") return { how: "limit", limit: "memory" };
  throw sandboxError("SANDBOX_INFRA", `the harness itself failed: ${ended.text}`);
}

/** What a limit is called in an observation. */
export function limitObservation(limited: Limited, limits: SandboxLimits): Observation {
  return { outcome: "limit_exceeded", text: limited.limit === "time" ? timeLimit(limits) : limited.limit };
}

/** A run that computes uses both clocks up alike: the lower limit is the one that was met. */
export function timeLimit(limits: SandboxLimits): "cpu" | "wall" {
  return limits.cpuSeconds <= limits.wallSeconds ? "cpu" : "wall";
}
