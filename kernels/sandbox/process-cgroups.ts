/**
 * Control groups, where this process may make them: the limits that hold for all processes of a sandbox
 * together, and what they used. Version 1 has a hierarchy a controller, version 2 one for all; what a machine
 * lets us use of either is found out by trying. A group is used by one sandbox after another.
 *
 * What a process that is gone left behind is killed and removed when the next engine opens.
 */
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isOrphan, ownedName } from "./process-owner.ts";
import type { ProcessLimits } from "./process-protocol.ts";

export type Controller = "memory" | "pids" | "cpu";

/** What the groups of a machine can do. */
export interface Cgroups {
  readonly version: "cgroup v1" | "cgroup v2";
  readonly controllers: ReadonlySet<Controller>;
  open(limits: Pick<ProcessLimits, "memoryMb" | "pids">): Cgroup;
}

/** Since `begin`; null where no controller tells. */
export interface GroupUse {
  readonly cpuMs: number | null;
  readonly peakMb: number | null;
  readonly outOfMemory: boolean;
  readonly outOfPids: boolean;
}

export interface Cgroup {
  readonly controllers: ReadonlySet<Controller>;
  /** Counts anew. */
  begin(): void;
  /** The limit of memory is this much more than what is used now. */
  holdOnTop(memoryMb: number): void;
  /** @throws when the process is gone or may not be moved. */
  add(pid: number): void;
  cpuMs(): number | null;
  use(): GroupUse;
  /** Those that are still in it. */
  processes(): readonly number[];
  close(): void;
}

/** The files that a version keeps its figures in; how they are read differs, what they say does not. */
interface Dialect {
  readonly version: Cgroups["version"];
  readonly limits: Readonly<Record<"memory" | "pids", string>>;
  readonly swap: string;
  readonly peak: string;
  readonly now: string;
  readonly cpu: readonly [file: string, pattern: RegExp, perMs: number];
  readonly outOfMemory: readonly [file: string, pattern: RegExp];
}

const V1: Dialect = {
  version: "cgroup v1",
  limits: { memory: "memory.limit_in_bytes", pids: "pids.max" },
  swap: "memory.memsw.limit_in_bytes",
  peak: "memory.max_usage_in_bytes",
  now: "memory.usage_in_bytes",
  cpu: ["cpuacct.usage", /(\d+)/, 1_000_000],
  outOfMemory: ["memory.oom_control", /^oom_kill (\d+)/m],
};
const V2: Dialect = {
  version: "cgroup v2",
  limits: { memory: "memory.max", pids: "pids.max" },
  swap: "memory.swap.max",
  peak: "memory.peak",
  now: "memory.current",
  cpu: ["cpu.stat", /^usage_usec (\d+)/m, 1000],
  outOfMemory: ["memory.events", /^oom_kill (\d+)/m],
};

const MB = 1024 * 1024;

/** A folder below which groups can be made, by the controllers that it has. */
interface Place {
  readonly folder: string;
  readonly controllers: readonly Controller[];
}

/** @returns null where no group can be made, or none that could limit memory or processes. */
export function findCgroups(): Cgroups | null {
  for (const [dialect, places] of [
    [V1, placesOfV1()],
    [V2, placesOfV2()],
  ] as const) {
    const usable = places.filter((place) => works(dialect, place));
    const controllers = new Set(usable.flatMap((place) => place.controllers));
    if (!controllers.has("memory") && !controllers.has("pids")) continue;
    for (const { folder } of usable) removeOrphans(folder);
    return { version: dialect.version, controllers, open: (limits) => new Group(dialect, usable, limits) };
  }
  return null;
}

/** Mounts of control groups, with our own place in each: the mount's root is what we see as its top. */
function placesOfV1(): readonly Place[] {
  const names: readonly (readonly [string, Controller])[] = [
    ["memory", "memory"],
    ["pids", "pids"],
    ["cpuacct", "cpu"],
  ];
  const own = ownPaths();
  return mounts("cgroup").flatMap(({ root, at, options }) => {
    const held = names.filter(([name]) => options.includes(name));
    if (held.length === 0) return [];
    const path = own.get(held[0]![0]) ?? "/";
    return [{ folder: below(at, root, path), controllers: held.map(([, controller]) => controller) }];
  });
}

/** Beside our own group or below it: a group that holds processes may not hand controllers on. */
function placesOfV2(): readonly Place[] {
  const mount = mounts("cgroup2")[0];
  const path = ownPaths().get("");
  if (mount === undefined || path === undefined) return [];
  const own = below(mount.at, mount.root, path);
  for (const folder of own === mount.at ? [own] : [dirname(own), own]) {
    const controllers = handedOn(folder);
    if (controllers.length > 0) return [{ folder, controllers: [...controllers, "cpu"] }];
  }
  return [];
}

function handedOn(folder: string): readonly Controller[] {
  const control = join(folder, "cgroup.subtree_control");
  for (const name of ["memory", "pids"]) attempt(() => writeFileSync(control, `+${name}`));
  const held = read(control)?.trim().split(" ") ?? [];
  return (["memory", "pids"] as const).filter((name) => held.includes(name));
}

interface Mount {
  readonly root: string;
  readonly at: string;
  readonly options: readonly string[];
}

function mounts(kind: string): readonly Mount[] {
  const lines = (read("/proc/self/mountinfo") ?? "").trim().split("\n");
  return lines.flatMap((line) => {
    const [before, after] = line.split(" - ");
    const [, , , root, at] = before!.split(" ");
    const [type, , options] = after?.split(" ") ?? [];
    return type === kind ? [{ root: root!, at: at!, options: options?.split(",") ?? [] }] : [];
  });
}

/** By controller; version 2 has the empty name. */
function ownPaths(): ReadonlyMap<string, string> {
  const lines = (read("/proc/self/cgroup") ?? "").trim().split("\n");
  return new Map(
    lines.flatMap((line) => {
      const [, names, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
      return (names ?? "").split(",").map((name) => [name, path ?? "/"] as const);
    }),
  );
}

function below(at: string, root: string, path: string): string {
  const relative = path.startsWith(root) ? path.slice(root.length) : "";
  const folder = join(at, relative);
  // A container may see the mount and not its own way in it.
  return read(join(folder, "cgroup.procs")) === null ? at : folder;
}

/** A group is made and a limit written to it: nothing else shows that it can be done. */
function works(dialect: Dialect, { folder, controllers }: Place): boolean {
  const trial = join(folder, ownedName());
  try {
    mkdirSync(trial);
    if (controllers.includes("memory")) writeFileSync(join(trial, dialect.limits.memory), String(64 * MB));
    if (controllers.includes("pids")) writeFileSync(join(trial, dialect.limits.pids), "64");
    writeFileSync(join(trial, "cgroup.procs"), "", { flag: "a" });
    return true;
  } catch {
    return false;
  } finally {
    attempt(() => rmdirSync(trial));
  }
}

function removeOrphans(folder: string): void {
  for (const name of readdirSync(folder).filter(isOrphan)) removeGroup(join(folder, name));
}

function removeGroup(folder: string): void {
  for (const pid of pidsIn(folder)) attempt(() => process.kill(pid, "SIGKILL"));
  // A group that still holds what was killed stays until the next engine opens.
  attempt(() => rmdirSync(folder));
}

function pidsIn(folder: string): readonly number[] {
  return (read(join(folder, "cgroup.procs")) ?? "").split("\n").filter(Boolean).map(Number);
}

class Group implements Cgroup {
  readonly #dialect: Dialect;
  readonly #folders: readonly string[];
  readonly #of: ReadonlyMap<Controller, string>;
  readonly controllers: ReadonlySet<Controller>;
  #startCpuMs: number | null = null;
  #startMb = 0;
  #startKills = 0;
  #startRefusals = 0;

  constructor(dialect: Dialect, places: readonly Place[], limits: Pick<ProcessLimits, "memoryMb" | "pids">) {
    this.#dialect = dialect;
    const name = ownedName();
    this.#folders = places.map(({ folder }) => join(folder, name));
    this.#of = new Map(
      places.flatMap(({ controllers }, at) => controllers.map((one) => [one, this.#folders[at]!])),
    );
    this.controllers = new Set(this.#of.keys());
    for (const folder of this.#folders) mkdirSync(folder);
    const bytes = Math.floor(limits.memoryMb * MB);
    this.#write("memory", dialect.limits.memory, bytes);
    // Where there is swap at all; without the file there is nothing to limit.
    attempt(() => this.#write("memory", dialect.swap, dialect === V1 ? bytes : 0));
    this.#write("pids", dialect.limits.pids, limits.pids);
  }

  begin(): void {
    this.#startCpuMs = this.#cpuMs();
    attempt(() => this.#write("memory", this.#dialect.peak, 0));
    this.#startMb = this.#memory(this.#dialect.now) ?? 0;
    this.#startKills = this.#kills();
    this.#startRefusals = this.#refusals();
  }

  holdOnTop(memoryMb: number): void {
    const bytes = Math.floor((memoryMb + (this.#memory(this.#dialect.now) ?? 0)) * MB);
    // Version 1 counts memory with swap: that one goes first when both rise, and last when they fall.
    const swap = (): void => this.#write("memory", this.#dialect.swap, this.#dialect === V1 ? bytes : 0);
    attempt(swap);
    this.#write("memory", this.#dialect.limits.memory, bytes);
    attempt(swap);
  }

  add(pid: number): void {
    for (const folder of this.#folders) writeFileSync(join(folder, "cgroup.procs"), String(pid));
  }

  cpuMs(): number | null {
    const now = this.#cpuMs();
    return now === null || this.#startCpuMs === null ? null : now - this.#startCpuMs;
  }

  use(): GroupUse {
    const peakMb = this.#memory(this.#dialect.peak);
    return {
      cpuMs: this.cpuMs(),
      peakMb: peakMb === null ? null : Math.max(0, peakMb - this.#startMb),
      outOfMemory: this.#kills() > this.#startKills,
      outOfPids: this.#refusals() > this.#startRefusals,
    };
  }

  processes(): readonly number[] {
    return this.#folders.flatMap(pidsIn);
  }

  close(): void {
    for (const folder of this.#folders) removeGroup(folder);
  }

  #cpuMs(): number | null {
    const [file, pattern, perMs] = this.#dialect.cpu;
    const count = this.#figure("cpu", file, pattern);
    return count === null ? null : count / perMs;
  }

  #memory(file: string): number | null {
    const bytes = this.#figure("memory", file, /(\d+)/);
    return bytes === null ? null : bytes / MB;
  }

  #kills(): number {
    return this.#figure("memory", ...this.#dialect.outOfMemory) ?? 0;
  }

  #refusals(): number {
    return this.#figure("pids", "pids.events", /^max (\d+)/m) ?? 0;
  }

  #figure(controller: Controller, file: string, pattern: RegExp): number | null {
    const folder = this.#of.get(controller);
    const found = folder === undefined ? null : pattern.exec(read(join(folder, file)) ?? "");
    return found === null ? null : Number(found[1]);
  }

  #write(controller: Controller, file: string, value: number): void {
    const folder = this.#of.get(controller);
    if (folder !== undefined) writeFileSync(join(folder, file), String(value));
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return null;
  }
}

function attempt(act: () => void): void {
  try {
    act();
  } catch {
    // Told by what is found there afterwards.
  }
}
