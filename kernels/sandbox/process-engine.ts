/**
 * The `process` level: any command, many times, each run in a sandbox of its own that bubblewrap makes and the
 * kernel holds. There is no way without bubblewrap: nothing here ever runs a command unsandboxed.
 *
 * A sandbox that does not start is tried again, twice; an iteration that never gets one is an `infra_error`. When no
 * iteration of a request gets one, the request fails with SANDBOX_INFRA.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, isAbsolute, join, normalize } from "node:path";
import type { Clock, MyriadError } from "../../runtime/contracts/index.ts";
import { systemClock } from "../../runtime/contracts/index.ts";
import { sandboxError } from "./errors.ts";
import { boxCommand } from "./process-bubblewrap.ts";
import type { Cgroup, Cgroups } from "./process-cgroups.ts";
import { findCgroups } from "./process-cgroups.ts";
import { checkProcessLimits, enforcedBy, limitedCommand, OWN_PIDS } from "./process-limits.ts";
import { isOrphan, ownedName } from "./process-owner.ts";
import type {
  ProcessIsolation,
  ProcessLimits,
  ProcessReport,
  ProcessRequest,
  ProcessSample,
} from "./process-protocol.ts";
import { KEPT_BYTES } from "./process-protocol.ts";
import type { RunResult } from "./process-run.ts";
import { runProcess } from "./process-run.ts";
import { machineHere, seccompFilter } from "./process-seccomp.ts";
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
  readonly clock?: Clock;
}

export interface ProcessEngine {
  readonly isolation: ProcessIsolation;
  /** @throws SANDBOX_ABORTED, SANDBOX_INFRA, SANDBOX_LIMITS, SANDBOX_PROGRAM */
  run(request: ProcessRequest, options?: SandboxCallOptions): Promise<ProcessReport>;
}

const ATTEMPTS = 3;
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
    );
  }
  removeOrphans();
  const groups = options.cgroups === false ? null : findCgroups();
  const { workers, readable = [], clock = systemClock } = options;
  const engine = new Engine({
    bubblewrap,
    filter: seccompFilter({ machine }),
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
  throw sandboxError("SANDBOX_ISOLATION", `bubblewrap is here and makes no sandbox: ${failure}`);
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

interface EngineParts {
  readonly bubblewrap: string;
  readonly filter: Uint8Array;
  readonly groups: Cgroups | null;
  readonly workers: number;
  readonly readable: readonly string[];
  readonly clock: Clock;
}

class Engine implements ProcessEngine {
  readonly isolation: ProcessIsolation;
  readonly #parts: EngineParts;

  constructor(parts: EngineParts) {
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
    const burst = new Burst(this.#parts, request, options);
    try {
      const { samples, infraErrors } = await burst.run();
      return { samples, infraErrors, isolation: this.isolation };
    } finally {
      burst.close();
    }
  }
}

/** One request: its files on the host, its groups, its workers. */
class Burst {
  readonly #parts: EngineParts;
  readonly #request: ProcessRequest;
  readonly #options: SandboxCallOptions;
  readonly #folder: string;
  readonly #samples: ProcessSample[] = [];
  readonly #shielded = inheritable();
  readonly #open: Cgroup[] = [];
  #next = 0;
  #done = 0;
  #infraErrors = 0;

  constructor(parts: EngineParts, request: ProcessRequest, options: SandboxCallOptions) {
    this.#parts = parts;
    this.#request = request;
    this.#options = options;
    this.#folder = join(tmpdir(), ownedName());
    mkdirSync(this.#folder, { mode: 0o700 });
    writeFileSync(this.#filterFile, parts.filter);
    request.programs.forEach(({ files = {} }, program) =>
      Object.values(files).forEach((content, at) => writeFileSync(this.#hostFile(program, at), content)),
    );
  }

  async run(): Promise<Pick<ProcessReport, "samples" | "infraErrors">> {
    const { order } = this.#request;
    const workers = Math.min(this.#parts.workers, order.length);
    await Promise.all(Array.from({ length: workers }, () => this.#work()));
    if (this.#options.signal?.aborted === true) throw aborted();
    const reasons = this.#samples.map(({ outcome }) =>
      outcome.kind === "infra_error" ? outcome.reason : null,
    );
    if (order.length > 0 && !reasons.includes(null)) {
      throw sandboxError("SANDBOX_INFRA", `No sandbox could be started: ${reasons[0]!}`);
    }
    return { samples: this.#samples, infraErrors: this.#infraErrors };
  }

  close(): void {
    for (const group of this.#open) group.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #filterFile(): string {
    return join(this.#folder, "filter");
  }

  #hostFile(program: number, at: number): string {
    return join(this.#folder, `${program}-${at}`);
  }

  async #work(): Promise<void> {
    const { order, limits } = this.#request;
    const group = this.#parts.groups?.open({ ...limits, pids: limits.pids + OWN_PIDS }) ?? null;
    if (group !== null) this.#open.push(group);
    while (this.#next < order.length && this.#options.signal?.aborted !== true) {
      const iteration = this.#next++;
      this.#samples[iteration] = await this.#iterate(iteration, group);
      this.#options.onProgress?.(++this.#done);
    }
  }

  async #iterate(iteration: number, group: Cgroup | null): Promise<ProcessSample> {
    const program = this.#request.order[iteration]!;
    let reason = "";
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const result = await this.#start(program, group);
      if (result.kind === "ran") return { iteration, program, ...result.sample };
      if (result.kind === "aborted") break;
      reason = result.reason;
      this.#infraErrors++;
    }
    return { iteration, program, ...unstarted(reason) };
  }

  #start(program: number, group: Cgroup | null): Promise<RunResult> {
    const { limits, programs, keepBytes = KEPT_BYTES } = this.#request;
    const { bubblewrap, readable, clock } = this.#parts;
    const { command, env = {}, files = {}, stdin } = programs[program]!;
    const paths = Object.keys(files);
    return runProcess({
      command: boxCommand({
        bubblewrap,
        diskMb: limits.diskMb,
        env,
        readable,
        files: paths,
        waits: true,
        rights: [],
        command: limitedCommand(command, limits, group?.controllers ?? new Set()),
      }),
      files: paths.map((_, at) => this.#hostFile(program, at)),
      filter: this.#filterFile,
      shielded: this.#shielded,
      stdin: stdin === undefined ? null : Buffer.from(stdin),
      limits,
      keepBytes,
      group,
      clock,
      signal: this.#options.signal,
    });
  }
}

function unstarted(reason: string): Omit<ProcessSample, "iteration" | "program"> {
  const nothing = { bytes: new Uint8Array(), truncated: false };
  return {
    outcome: { kind: "infra_error", reason },
    stdout: nothing,
    stderr: nothing,
    wallNs: Number.NaN,
    cpuMs: null,
    peakMb: null,
    diskMb: null,
  };
}

/** @throws SANDBOX_PROGRAM */
function checkPrograms({ programs, order }: ProcessRequest): void {
  for (const { command, files = {} } of programs) {
    if (command.length === 0) throw badProgram("a command has no words");
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

function aborted(): MyriadError {
  return sandboxError("SANDBOX_ABORTED", "The sandboxes were stopped before all had run.");
}

/** Descriptors of this process that its children would get, the three streams aside: whoever started it left them open. */
function inheritable(): readonly number[] {
  const CLOSE_ON_EXEC = 0o2000000;
  return readdirSync("/proc/self/fdinfo")
    .map(Number)
    .filter((fd) => {
      try {
        const flags = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "latin1"))?.[1];
        return fd > 2 && flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
      } catch {
        return false;
      }
    });
}

function findProgram(name: string): string | null {
  const found = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, name));
  return found.find((path) => existsSync(path)) ?? null;
}
