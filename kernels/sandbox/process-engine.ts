/**
 * The `process` level: any command, many times, each run in a sandbox of its own that bubblewrap makes and the
 * kernel holds. There is no way without bubblewrap: nothing here ever runs a command unsandboxed.
 *
 * A sandbox that does not start is tried again, twice; an iteration that never gets one is an `infra_error`. When no
 * iteration of a request gets one, the request fails with SANDBOX_INFRA.
 */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, isAbsolute, join, normalize } from "node:path";
import type { Clock, MyriadError } from "../../runtime/contracts/index.ts";
import { systemClock } from "../../runtime/contracts/index.ts";
import { sandboxError } from "./errors.ts";
import type { BurstParts } from "./process-burst.ts";
import { runBurst } from "./process-burst.ts";
import { findCgroups } from "./process-cgroups.ts";
import { checkProcessLimits, enforcedBy } from "./process-limits.ts";
import { isOrphan } from "./process-owner.ts";
import type { ProcessIsolation, ProcessLimits, ProcessReport, ProcessRequest } from "./process-protocol.ts";
import { machineHere, seccompFilter } from "./process-seccomp.ts";
import { findKoffi } from "./process-zygotes.ts";
import type { SandboxCallOptions } from "./protocol.ts";

export interface ProcessOptions {
  /** Sandboxes at the same time. */
  readonly workers: number;
  /** Folders and files of the host that commands can read, at the same path; the system's programs always can be. */
  readonly readable?: readonly string[];
  /** Default: the one in PATH. */
  readonly bubblewrap?: string;
  /** Control groups for limits, where they can be had. Default: true. */
  readonly cgroups?: boolean;
  /** Sandboxes by fork servers, where they can be had. Default: true. */
  readonly forks?: boolean;
  /** Where koffi is, by which Node can be forked, when it cannot be found from here. */
  readonly koffi?: string;
  readonly clock?: Clock;
}

export interface ProcessEngine {
  readonly isolation: ProcessIsolation;
  /** @throws SANDBOX_ABORTED, SANDBOX_INFRA, SANDBOX_LIMITS, SANDBOX_PROGRAM */
  run(request: ProcessRequest, options?: SandboxCallOptions): Promise<ProcessReport>;
}

const NEVER_WITHOUT =
  "Install bubblewrap (`apt-get install bubblewrap`) and allow user namespaces: no command runs without it.";

const PROBE_LIMITS: ProcessLimits = {
  memoryMb: 64,
  cpuSeconds: 5,
  diskMb: 1,
  wallSeconds: 10,
  pids: 8,
  outputMb: 1,
};

/**
 * Runs a first command in a sandbox, to see that sandboxes can be had.
 * @throws SANDBOX_ISOLATION when they cannot.
 */
export async function processEngine(options: ProcessOptions): Promise<ProcessEngine> {
  const bubblewrap = process.platform === "linux" ? (options.bubblewrap ?? findProgram("bwrap")) : null;
  const machine = machineHere();
  if (bubblewrap === null || machine === null) {
    throw sandboxError(
      "SANDBOX_ISOLATION",
      `commands run in bubblewrap on Linux (x86-64, arm64), and it is not here`,
      { hint: NEVER_WITHOUT },
    );
  }
  removeOrphans();
  const groups = options.cgroups === false ? null : findCgroups();
  const { workers, readable = [], clock = systemClock } = options;
  const engine = new Engine({
    bubblewrap,
    filter: seccompFilter({ machine }),
    serverFilter: seccompFilter({ machine, forkServer: true }),
    forks: options.forks ?? true,
    koffi: options.koffi ?? findKoffi(),
    groups,
    workers,
    readable,
    clock,
  });
  const probe = { programs: [{ command: ["/bin/sh", "-c", "exit 7"] }], order: [0], limits: PROBE_LIMITS };
  const failure = await engine.run(probe).then(
    ({ samples }) => (samples[0]!.outcome.kind === "exited" ? null : JSON.stringify(samples[0]!.outcome)),
    (thrown: unknown) => (thrown as MyriadError).message,
  );
  if (failure === null) return engine;
  throw sandboxError("SANDBOX_ISOLATION", `bubblewrap is here and makes no sandbox: ${failure}`, {
    hint: NEVER_WITHOUT,
  });
}

/** Folders of processes that were killed. */
function removeOrphans(): void {
  for (const name of readdirSync(tmpdir()).filter(isOrphan)) {
    try {
      rmSync(join(tmpdir(), name), { recursive: true });
    } catch {
      // Of another user, who will see to it.
    }
  }
}

class Engine implements ProcessEngine {
  readonly isolation: ProcessIsolation;
  readonly #parts: BurstParts;

  constructor(parts: BurstParts) {
    this.#parts = parts;
    const held = parts.groups?.controllers ?? new Set();
    this.isolation = {
      level: "process",
      carrier: "bubblewrap",
      enforced: enforcedBy(parts.groups?.version ?? null, held),
      missing: [],
    };
  }

  async run(request: ProcessRequest, options: SandboxCallOptions = {}): Promise<ProcessReport> {
    checkProcessLimits(request.limits);
    checkPrograms(request);
    return { ...(await runBurst(this.#parts, request, options)), isolation: this.isolation };
  }
}

/** @throws SANDBOX_PROGRAM */
function checkPrograms({ programs, order }: ProcessRequest): void {
  for (const { command, files = {} } of programs) {
    if ("length" in command && command.length === 0) throw badProgram("a command has no words");
    for (const path of Object.keys(files)) {
      const inside =
        path !== "" && !isAbsolute(path) && !normalize(path).startsWith("..") && !path.endsWith("/");
      if (!inside) throw badProgram(`the file ${path} does not lie in the working folder`);
    }
  }
  const unknown = order.find((program) => programs[program] === undefined);
  if (unknown !== undefined)
    throw badProgram(`the order names program ${unknown}, and there are ${programs.length}`);
}

function badProgram(message: string): MyriadError {
  return sandboxError("SANDBOX_PROGRAM", message);
}

function findProgram(name: string): string | null {
  const found = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, name));
  return found.find((path) => existsSync(path)) ?? null;
}
