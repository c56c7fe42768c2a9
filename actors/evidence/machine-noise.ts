/**
 * How quiet the machine is, by work of this process's own: the same loop again and again, before a burst and
 * before each of its forks. It knows nothing of the versions that are compared, so what it says cannot depend on
 * how they differ.
 *
 *   probe       nine rounds of one loop (about 0.1 ms each); its time is their median
 *   variation   robust standard deviation (1.4826 · MAD) ÷ median of the probes' times: frequency, a shared core,
 *               other tenants; the first few probes, which the compiler has not reached yet, do not move it
 *   waiting     share of the probes' time in which this thread was ready to run and another one ran (Linux); this
 *               process's own threads are among those others, so it never makes a machine unusable by itself
 *   steal       share of all processors' time that the host gave to other machines, over the whole stretch (Linux)
 *
 *              variation   waiting   steal
 *   quiet      < 0.05      < 0.05    < 0.02
 *   noisy      < 0.3                 < 0.2
 *   unusable   all else
 *
 * What a watch has seen is read with every fork and kept with it, so that one that goes on after a stop knows under
 * what noise the earlier forks ran.
 */
import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import type { MachineNoise, Noise } from "../workflow/session-document.ts";
import { MAD_TO_DEVIATION, medianOf } from "./steadiness.ts";

const ROUNDS = 9;
const TURNS = 80_000;
const WARM_UP_PROBES = 5;
const PROBES_BEFORE = 20;
const NS_PER_MS = 1_000_000;

const LIMITS = {
  quiet: { variation: 0.05, waiting: 0.05, steal: 0.02 },
  noisy: { variation: 0.3, waiting: Number.POSITIVE_INFINITY, steal: 0.2 },
} as const;

/** What a watch saw between two looks at it. */
export interface MachineReading {
  /** One a probe. */
  readonly loopNs: readonly number[];
  /** Of the probing thread, while it probed; 0 both where the system does not tell. */
  readonly runMs: number;
  readonly waitMs: number;
  /** Of all processors, in the system's ticks; null where it does not tell. */
  readonly processors: { readonly ticks: number; readonly stolen: number } | null;
}

/** Looks at the machine for one stretch of time, or for several with stops between them. */
export class MachineWatch {
  readonly #readings: MachineReading[];
  #processors = processorTimes();
  #loopNs: number[] = [];
  #runMs = 0;
  #waitMs = 0;

  /** @param earlier what was read before a stop */
  constructor(earlier: readonly MachineReading[] = []) {
    this.#readings = [...earlier];
  }

  /** Takes about a millisecond of this thread. */
  probe(): void {
    const before = scheduling();
    this.#loopNs.push(timeOfLoop());
    const after = scheduling();
    if (before === null || after === null) return;
    this.#runMs += after.runMs - before.runMs;
    this.#waitMs += after.waitMs - before.waitMs;
  }

  /** What was seen since the last reading. */
  read(): MachineReading {
    const now = processorTimes();
    const reading: MachineReading = {
      loopNs: this.#loopNs,
      runMs: this.#runMs,
      waitMs: this.#waitMs,
      processors: ticksBetween(this.#processors, now),
    };
    this.#processors = now;
    this.#loopNs = [];
    [this.#runMs, this.#waitMs] = [0, 0];
    this.#readings.push(reading);
    return reading;
  }

  /** Over all readings, one of now with them. Null when there was no probe. */
  noise(): MachineNoise | null {
    this.read();
    const times = this.#readings.flatMap(({ loopNs }) => loopNs);
    if (times.length === 0) return null;
    const figures = {
      variation: variationOf(times),
      waiting: waitingIn(this.#readings),
      steal: stealIn(this.#readings),
    };
    const processors = cpus();
    return {
      label: machineLabel(figures),
      probes: times.length,
      loopNs: medianOf(Float64Array.from(times)),
      ...figures,
      loadPerCore: loadavg()[0]! / Math.max(1, processors.length),
      clockMhz: processors[0]?.speed || null,
    };
  }
}

/** What the machine is like before anything is measured. */
export function machineNoiseNow(): MachineNoise {
  for (let probe = 0; probe < WARM_UP_PROBES; probe++) timeOfLoop();
  const watch = new MachineWatch();
  for (let probe = 0; probe < PROBES_BEFORE; probe++) watch.probe();
  return watch.noise()!;
}

export function machineLabel(figures: Pick<MachineNoise, "variation" | "waiting" | "steal">): Noise["label"] {
  const { variation, waiting, steal } = figures;
  const within = (limits: (typeof LIMITS)[keyof typeof LIMITS]): boolean =>
    variation < limits.variation && (waiting ?? 0) < limits.waiting && (steal ?? 0) < limits.steal;
  if (within(LIMITS.quiet)) return "quiet";
  return within(LIMITS.noisy) ? "noisy" : "unusable";
}

const ORDER = ["quiet", "noisy", "unusable"] as const;

export function worseLabel(one: Noise["label"], other: Noise["label"]): Noise["label"] {
  return ORDER.indexOf(one) > ORDER.indexOf(other) ? one : other;
}

/** Read by nobody, but no compiler knows that. */
let spun = 0;

function timeOfLoop(): number {
  const rounds = Float64Array.from({ length: ROUNDS }, () => {
    const before = process.hrtime.bigint();
    let value = spun;
    for (let turn = 0; turn < TURNS; turn++) value = (Math.imul(value, 1_103_515_245) + turn) | 0;
    spun = value;
    return Number(process.hrtime.bigint() - before);
  });
  return medianOf(rounds);
}

function variationOf(times: readonly number[]): number {
  const middle = medianOf(Float64Array.from(times));
  return (MAD_TO_DEVIATION * medianOf(Float64Array.from(times, (time) => Math.abs(time - middle)))) / middle;
}

interface Scheduling {
  readonly runMs: number;
  readonly waitMs: number;
}

/** Of this thread, so far; null where the system does not tell. */
function scheduling(): Scheduling | null {
  const [run, wait] = readNumbers("/proc/thread-self/schedstat", /^(\d+) (\d+)/) ?? [];
  return run === undefined || wait === undefined
    ? null
    : { runMs: run / NS_PER_MS, waitMs: wait / NS_PER_MS };
}

/** Of all processors: user, nice, system, idle, iowait, irq, softirq, steal. */
function processorTimes(): readonly number[] | null {
  return readNumbers("/proc/stat", /^cpu +(\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)/);
}

const STEAL = 7;

function ticksBetween(
  before: readonly number[] | null,
  after: readonly number[] | null,
): MachineReading["processors"] {
  if (before === null || after === null) return null;
  const passed = after.map((ticks, index) => ticks - before[index]!);
  return { ticks: sumOf(passed), stolen: passed[STEAL]! };
}

function waitingIn(readings: readonly MachineReading[]): number | null {
  const runMs = sumOf(readings.map((reading) => reading.runMs));
  const waitMs = sumOf(readings.map((reading) => reading.waitMs));
  return runMs === 0 ? null : waitMs / (runMs + waitMs);
}

function stealIn(readings: readonly MachineReading[]): number | null {
  const told = readings.flatMap(({ processors }) => processors ?? []);
  const ticks = sumOf(told.map((one) => one.ticks));
  if (told.length === 0) return null;
  return ticks === 0 ? 0 : sumOf(told.map(({ stolen }) => stolen)) / ticks;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function readNumbers(file: string, pattern: RegExp): readonly number[] | null {
  try {
    return pattern.exec(readFileSync(file, "latin1"))?.slice(1).map(Number) ?? null;
  } catch {
    return null;
  }
}
