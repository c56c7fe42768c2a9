/**
 * How the limits of a command are held: by control groups where they can be had, else by what each process may use
 * and by looking. Says so by name; nothing is ever left to nothing.
 */
import { checkLimits } from "./check-limits.ts";
import { sandboxError } from "./errors.ts";
import type { Controller } from "./process-cgroups.ts";
import type { ProcessLimits } from "./process-protocol.ts";

/** @throws SANDBOX_LIMITS */
export function checkProcessLimits(limits: ProcessLimits): void {
  checkLimits(limits);
  const { pids, outputMb } = limits;
  if (!Number.isInteger(pids) || pids < 1 || pids > MAX_PIDS) {
    throw sandboxError(
      "SANDBOX_LIMITS",
      `the limit pids is ${pids}; it must be a whole number from 1 to ${MAX_PIDS}`,
    );
  }
  if (!(outputMb > 0 && outputMb <= MAX_OUTPUT_MB)) {
    throw sandboxError(
      "SANDBOX_LIMITS",
      `the limit outputMb is ${outputMb}; it must be above 0 and at most ${MAX_OUTPUT_MB}`,
    );
  }
}

const MAX_PIDS = 4096;
const MAX_OUTPUT_MB = 1024;

/** The shell that waits for the command, which is one of the group, too. */
export const OWN_PIDS = 1;

/** The server, and the first process of the sandbox inside. */
export const SERVER_PIDS = 2;

/** Of address space, beyond memory: runtimes reserve what they never use. */
const RESERVED_MB = 1024;

/** A subshell, so that no word of a command means one of the shell itself. */
const BELOW = 'exec 3>&2 2>/dev/null; (exec 2>&3 3>&-; exec "$@"); exit $?';

/**
 * The command below a shell, which is the first process of its namespace: it lowers its own limits (CPU time always,
 * where a process is sent SIGXCPU and killed a second later; memory and processes where no group holds them), waits
 * for the command, and says nothing of its own.
 */
export function limitedCommand(
  command: readonly string[],
  limits: ProcessLimits,
  held: ReadonlySet<Controller>,
): readonly string[] {
  const seconds = Math.ceil(limits.cpuSeconds);
  const kilobytes = Math.ceil(limits.memoryMb * 1024);
  const lowered = [
    `ulimit -c 0; ulimit -S -t ${seconds}; ulimit -H -t ${seconds + 1}`,
    ...(held.has("memory") ? [] : [`ulimit -d ${kilobytes}; ulimit -v ${kilobytes + RESERVED_MB * 1024}`]),
    // dash calls processes -p, bash -u.
    ...(held.has("pids")
      ? []
      : [`ulimit -u ${limits.pids + OWN_PIDS} 2>&- || ulimit -p ${limits.pids + OWN_PIDS}`]),
  ];
  return ["/bin/sh", "-c", `${lowered.join("; ")}; ${BELOW}`, "sh", ...command];
}

/** The same limits for a child of a fork server, by the kernel's numbers. What it begins with counts, too. */
export function resourceLimits(
  limits: ProcessLimits,
  held: ReadonlySet<Controller>,
): readonly (readonly [resource: number, soft: number, hard: number])[] {
  const seconds = Math.ceil(limits.cpuSeconds);
  const bytes = Math.ceil(limits.memoryMb * 1024 * 1024);
  const space = bytes + RESERVED_MB * 1024 * 1024;
  const pids = limits.pids + SERVER_PIDS;
  return [
    [CPU, seconds, seconds + 1],
    [CORE, 0, 0],
    ...(held.has("memory")
      ? []
      : ([
          [DATA, bytes, bytes],
          [AS, space, space],
        ] as const)),
    ...(held.has("pids") ? [] : ([[NPROC, pids, pids]] as const)),
  ];
}

const CPU = 0;
const DATA = 2;
const CORE = 4;
const NPROC = 6;
const AS = 9;

export function enforcedBy(
  version: string | null,
  held: ReadonlySet<Controller>,
): Readonly<Record<string, string>> {
  const group = (name: Controller, otherwise: string): string => (held.has(name) ? version! : otherwise);
  return {
    memory: group("memory", "RLIMIT_DATA and RLIMIT_AS of each process, the sum watched every 20 ms"),
    cpu: `RLIMIT_CPU of each process, the sum watched every 20 ms (${group("cpu", "/proc")})`,
    pids: group("pids", "RLIMIT_NPROC"),
    wall: "SIGKILL of the process namespace",
    disk: "size of the only writable tmpfs",
    output: "SIGKILL of the process namespace",
    network: "network namespace, seccomp",
    filesystem: "mount namespace, read-only",
    processes: "process, user and IPC namespaces",
    calls: "seccomp",
  };
}
