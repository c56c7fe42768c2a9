/** What the forks of a burst were timed under: what is kept of each, and what it comes to for each version. */
import type { ForkConditions, ForkMeasurement } from "../../kernels/sandbox/index.ts";
import type { MeasurementSummary, VersionMeasurement } from "../workflow/session-document.ts";
import type { KeptFork } from "../workflow/session-state.ts";
import type { FinishedFork } from "./burst.ts";
import type { Version } from "./fork-plan.ts";
import type { MachineReading } from "./machine-noise.ts";
import { medianOf, steadyAfter } from "./steadiness.ts";

export interface KeptConditions extends Omit<ForkConditions, "warmUpNs"> {
  readonly warmUpIterations: number;
  /** Of the fork's iterations, those of the warm-up first; null: it never was. */
  readonly steadyAfter: number | null;
}

const NS_PER_MS = 1_000_000;
/** Halves of fewer iterations tell nothing: the very first one is often off. */
export const LEAST_DRIFT_ITERATIONS = 100;

/** @param proved it did what it was checked to do */
export function keptFork(
  { measurement, ...planned }: FinishedFork,
  proved: boolean,
  machine: MachineReading,
): KeptFork {
  const { wallNs, ticks, failures, cpuMs, peakMb, isolation, proof, start } = measurement;
  const conditions = keptConditions(measurement);
  const broken = proof.find(({ outcome }) => outcome === "limit_exceeded");
  return {
    ...planned,
    wallNs,
    failures,
    cpuMs,
    peakMb,
    isolation,
    proved,
    machine,
    ...(ticks.length === 0 ? {} : { ticks }),
    ...(conditions === undefined ? {} : { conditions }),
    ...(start === undefined ? {} : { start }),
    ...(broken === undefined ? {} : { brokenLimit: broken.text }),
  };
}

/** How the machine was while these forks ran. */
export function readingsOf(forks: readonly KeptFork[]): readonly MachineReading[] {
  return forks.flatMap(({ machine }) => machine ?? []);
}

/** Undefined where the engine told none. */
export function keptConditions({ conditions, wallNs }: ForkMeasurement): KeptConditions | undefined {
  if (conditions === undefined) return undefined;
  const { warmUpNs, ...kept } = conditions;
  const all = new Float64Array(warmUpNs.length + wallNs.length);
  all.set(warmUpNs.map((ns) => Math.max(1, ns - kept.timer.overheadNs)));
  all.set(wallNs, warmUpNs.length);
  return { ...kept, warmUpIterations: warmUpNs.length, steadyAfter: steadyAfter(all) };
}

/** How much longer the second half of a fork's iterations took than the first, by their medians; 0 of few iterations, and of a difference that the clock cannot tell. */
export function driftOf({
  wallNs,
  conditions,
  thinned,
}: Pick<KeptFork, "wallNs" | "conditions" | "thinned">): number {
  if (thinned !== undefined) return thinned.drift;
  if (wallNs.length < LEAST_DRIFT_ITERATIONS) return 0;
  const middle = wallNs.length >> 1;
  const [first, second] = [medianOf(wallNs.subarray(0, middle)), medianOf(wallNs.subarray(middle))];
  return Math.abs(second - first) <= clockGrainNs(conditions) ? 0 : second / first - 1;
}

/** Of one iteration: what lies below is the clock's. */
function clockGrainNs(conditions: KeptConditions | undefined): number {
  if (conditions === undefined) return 0;
  return Math.max(conditions.timer.resolutionNs, conditions.timer.overheadNs) / conditions.stretch;
}

/** Null where no fork has conditions: of an engine that tells none, or a journal of before they were told. */
export function measurementOf(forks: readonly KeptFork[]): MeasurementSummary | null {
  const told = forks.flatMap(({ conditions }) => conditions ?? []);
  const [first] = told;
  if (first === undefined) return null;
  const versions = [...new Set(forks.map(({ version }) => version))].toSorted();
  return {
    warmUpIterations: first.warmUpIterations,
    stretch: Math.max(...told.map(({ stretch }) => stretch)),
    timer: {
      resolutionNs: middleOf(told.map(({ timer }) => timer.resolutionNs)),
      overheadNs: middleOf(told.map(({ timer }) => timer.overheadNs)),
    },
    versions: versions.map((version) => versionMeasurement(version, forks)),
  };
}

function versionMeasurement(version: Version, all: readonly KeptFork[]): VersionMeasurement {
  const forks = all.filter((fork) => fork.version === version && fork.conditions !== undefined);
  const told = forks.map(({ conditions }) => conditions!);
  const took = told.flatMap(({ steadyAfter: iterations }) => iterations ?? []);
  const collections = told.flatMap((one) => one.collections ?? []);
  const allocated = told.flatMap(({ allocatedBytes }) => allocatedBytes ?? []);
  return {
    version,
    forks: forks.length,
    unsteadyForks: told.filter((one) => !wasWarm(one)).length,
    steadyAfter: took.length === 0 ? null : middleOf(took),
    drift: middleOf(forks.map(driftOf)),
    collections: collections.length === 0 ? null : meanOf(collections.map(({ count }) => count)),
    collectionMs: collections.length === 0 ? null : meanOf(collections.map(({ ms }) => ms)),
    allocatedBytes: allocated.length === 0 ? null : middleOf(allocated),
    cpuNs: middleOf(forks.map(cpuNsOf)),
  };
}

/** Steady before its first timed iteration. */
function wasWarm({ steadyAfter: iterations, warmUpIterations }: KeptConditions): boolean {
  return iterations !== null && iterations <= warmUpIterations;
}

/** Timed ones. */
export function iterationsOf({ wallNs, thinned }: Pick<KeptFork, "wallNs" | "thinned">): number {
  return thinned?.iterations ?? wallNs.length;
}

type CpuOf = Pick<KeptFork, "conditions" | "wallNs" | "thinned" | "cpuMs" | "isolation">;

/** CPU time an iteration, the work between the calls with it; of a command all of it. NaN where nothing is known. */
export function cpuNsOf(fork: CpuOf): number {
  const { conditions, cpuMs, isolation } = fork;
  const iterations = iterationsOf(fork);
  if (isolation.engine === "process") return (cpuMs * NS_PER_MS) / iterations;
  if (conditions === undefined) return Number.NaN;
  return (conditions.cpuMs * NS_PER_MS) / (iterations * conditions.stretch);
}

/** What a reader of the figures should know beside them. */
export function measurementWarnings(measurement: MeasurementSummary | null): readonly string[] {
  return (measurement?.versions ?? [])
    .filter(({ forks, unsteadyForks }) => unsteadyForks > forks / 2)
    .map(
      ({ version, forks, unsteadyForks }) =>
        `${unsteadyForks} of ${forks} forks of the ${version} were not steady before they were timed: ` +
        "its times may hold some of its warm-up, or of the machine's unrest",
    );
}

function middleOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : medianOf(Float64Array.from(values));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
