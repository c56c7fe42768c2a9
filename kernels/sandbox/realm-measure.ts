/** The kernel that measures one fork: run by pool workers, called by `realm-engine.ts` only. */
import type { Kernel, KernelContext } from "../../runtime/contracts/index.ts";
import type { MeasureRequest, Observation } from "./protocol.ts";
import type { Ended, Snapshot, Value } from "./realm-machine.ts";
import { observeInRealm } from "./realm-observe.ts";
import type { Watch } from "./realm-observe.ts";
import { ask, closeRoom, openRoom, runMs } from "./realm-room.ts";
import type { Room } from "./realm-room.ts";

export interface MeasureJob {
  readonly request: MeasureRequest;
  readonly meterScript: string;
  readonly harnessScript: string;
  readonly watch: Watch;
}

export interface Measured {
  readonly wallNs: Float64Array;
  readonly ticks: Float64Array;
  readonly failures: number;
  readonly cpuMs: number;
  readonly peakMb: number;
  readonly proof: readonly Observation[];
}

export const measureInRealmKernel: Kernel<MeasureJob, Measured, number> = {
  name: "sandbox.realm.measure",
  module: import.meta.url,
  export: "measureInRealm",
};

const FUNCTIONS = ["prepare", "probe", "endings", "run", "runAsync", "poll", "stalled"];
const REPORT_MS = 50;
const BYTES_PER_MB = 1024 * 1024;
const NS_PER_MS = 1e6;

/** A room whose memory already holds the loaded program and the decoded batch: a run is one call. */
interface Meter {
  readonly room: Room;
  readonly ready: Snapshot;
  readonly run: Value;
  readonly async: boolean;
  /** Where a run writes how its calls ended. */
  readonly endingsAddress: number;
  /** The engine's poll counter before a run. */
  readonly counter: number;
  readonly runMs: number;
}

export async function measureInRealm(job: MeasureJob, context: KernelContext<number>): Promise<Measured> {
  const started = performance.now();
  const meter = await openMeter(job);
  const timed = meter === null ? noneTimed(job.request.iterations) : timeAll(job, meter, context);
  const peakMb = (meter?.room.machine.peakBytes ?? 0) / BYTES_PER_MB;
  if (meter !== null) closeRoom(meter.room);
  const proof = await prove(job);
  return {
    ...timed,
    proof,
    // The thread does nothing else and never waits: its CPU time is the time that went by.
    cpuMs: performance.now() - started,
    peakMb,
  };
}

/** Null when the program cannot be loaded or the batch breaks a limit: the proof says which. */
async function openMeter({ request, meterScript, watch }: MeasureJob): Promise<Meter | null> {
  const { program, seed, limits } = request;
  const room = await openRoom({ program, seed, limits, script: meterScript, make: "makeMeter" }, FUNCTIONS);
  const { machine } = room;
  const inputs = JSON.stringify(request.batch);
  const prepare = (): boolean => {
    Atomics.add(watch, 0, 1);
    machine.restore(room.fresh);
    machine.begin(performance.now() + runMs(limits));
    return machine.call(room.functions.get("prepare")!, machine.text(inputs)).how === "returned";
  };
  if (!prepare()) return null;
  const probed = ask(room, "probe");
  if (typeof probed !== "string" || !prepare()) return null;
  const endings = machine.call(room.functions.get("endings")!);
  if (endings.how !== "returned") return null;
  const endingsAddress = machine.bytesAddress(machine.property(endings.value, "buffer"));
  const async = probed === "async";
  const run = room.functions.get(async ? "runAsync" : "run")!;
  const counter = machine.counter();
  return { room, ready: machine.snapshot(), run, async, endingsAddress, counter, runMs: runMs(limits) };
}

type Timed = Pick<Measured, "wallNs" | "ticks" | "failures">;

function noneTimed(iterations: number): Timed {
  const unknown = new Float64Array(iterations).fill(NaN);
  return { wallNs: unknown, ticks: unknown.slice(), failures: iterations };
}

/** A limit that one iteration meets, all would meet: the first ends the fork, and those not run are failures. */
function timeAll(job: MeasureJob, meter: Meter, context: KernelContext<number>): Timed {
  const { iterations, warmUpIterations, batch } = job.request;
  const { machine } = meter.room;
  const { wallNs, ticks, failures: all } = noneTimed(iterations);
  let failures = all;
  let expected: Uint8Array | null = null;
  let reported = performance.now();
  for (let index = -warmUpIterations; index < iterations; index++) {
    Atomics.add(job.watch, 0, 1);
    const elapsedMs = timeOne(meter);
    if (elapsedMs === null) break;
    expected ??= machine.bytes(meter.endingsAddress, batch.length);
    if (index < 0) continue;
    wallNs[index] = elapsedMs * NS_PER_MS;
    ticks[index] = machine.polls(meter.counter);
    if (machine.holds(meter.endingsAddress, expected)) failures--;
    if (performance.now() - reported < REPORT_MS) continue;
    reported = performance.now();
    context.progress(index + 1);
  }
  return { wallNs, ticks, failures };
}

/** Of one iteration's calls, in ms; null when it met a limit. */
function timeOne(meter: Meter): number | null {
  const { machine } = meter.room;
  machine.restore(meter.ready);
  const start = performance.now();
  machine.begin(start + meter.runMs);
  try {
    const result = machine.callUnguarded(meter.run);
    if (!meter.async) {
      const elapsed = performance.now() - start;
      return machine.ended(result).how === "returned" ? elapsed : null;
    }
    return runJobs(meter, machine.ended(result)) ? performance.now() - start : null;
  } catch (trap) {
    machine.trapped(trap);
    return null;
  }
}

/** Runs jobs until the batch is done; false when a limit was met. */
function runJobs({ room }: Meter, begun: Ended): boolean {
  const { machine, functions } = room;
  for (let last = begun; last.how === "returned"; last = machine.call(functions.get("stalled")!)) {
    const pumped = machine.pump();
    if (pumped.how !== "returned") return false;
    const polled = machine.call(functions.get("poll")!);
    if (polled.how !== "returned") return false;
    if (machine.read(polled.value) !== "") return true;
  }
  return false;
}

/** What was timed, observed: one more batch in a realm of its own. */
async function prove({ request, harnessScript, watch }: MeasureJob): Promise<readonly Observation[]> {
  const { program, seed, limits, batch: inputs } = request;
  const job = {
    request: { program, seed, limits, order: "sequence" } as const,
    script: harnessScript,
    inputs,
    watch,
  };
  const { observations } = await observeInRealm(job, { progress: () => undefined });
  return observations;
}
