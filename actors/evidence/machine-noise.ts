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

/** Looks at the machine for one stretch of time. */
export class MachineWatch {
  readonly #times: number[] = [];
  readonly #processorsAtStart = processorTimes();
  #runMs = 0;
  #waitMs = 0;

  /** Takes about a millisecond of this thread. */
  probe(): void {
    const before = scheduling();
    this.#times.push(timeOfLoop());
    const after = scheduling();
    if (before === null || after === null) return;
    this.#runMs += after.runMs - before.runMs;
    this.#waitMs += after.waitMs - before.waitMs;
  }

  /** Null when there was no probe. */
  noise(): MachineNoise | null {
    if (this.#times.length === 0) return null;
    const figures = {
      variation: variationOf(this.#times),
      waiting: this.#runMs === 0 ? null : this.#waitMs / (this.#runMs + this.#waitMs),
      steal: stealBetween(this.#processorsAtStart, processorTimes()),
    };
    const processors = cpus();
    return {
      label: machineLabel(figures),
      probes: this.#times.length,
      loopNs: medianOf(Float64Array.from(this.#times)),
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

function stealBetween(before: readonly number[] | null, after: readonly number[] | null): number | null {
  if (before === null || after === null) return null;
  const passed = after.map((ticks, index) => ticks - before[index]!);
  const total = passed.reduce((sum, ticks) => sum + ticks, 0);
  return total === 0 ? 0 : passed[STEAL]! / total;
}

function readNumbers(file: string, pattern: RegExp): readonly number[] | null {
  try {
    return pattern.exec(readFileSync(file, "latin1"))?.slice(1).map(Number) ?? null;
  } catch {
    return null;
  }
}
