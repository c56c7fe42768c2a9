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

/** bubblewrap's first process, which is one of the group, too. */
export const OWN_PIDS = 1;

/** Of address space, beyond memory: runtimes reserve what they never use. */
const RESERVED_MB = 1024;

/**
 * The command behind a shell that lowers its own limits: CPU time always (the process is sent SIGXCPU, and killed a
 * second later), memory and processes where no group holds them.
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
  return ["/bin/sh", "-c", `${lowered.join("; ")}; exec "$@"`, "sh", ...command];
}

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
