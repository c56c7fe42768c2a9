/**
 * Runs one program after another: by a fork server where there is one for it, else in a sandbox that is made from
 * nothing. A fork server that could not be started is not tried again in this burst.
 */
import { readFileSync } from "node:fs";
import type { Clock } from "../../runtime/contracts/index.ts";
import { BASE_ENV, boxCommand, SCRATCH } from "./process-bubblewrap.ts";
import type { Cgroup, Cgroups } from "./process-cgroups.ts";
import { limitedCommand, OWN_PIDS, resourceLimits, SERVER_PIDS } from "./process-limits.ts";
import type { ProcessProgram, ProcessRequest, ProcessSnippet } from "./process-protocol.ts";
import { KEPT_BYTES } from "./process-protocol.ts";
import type { RunResult } from "./process-run.ts";
import { runProcess } from "./process-run.ts";
import { ForkServer } from "./process-server.ts";
import type { ServerJob } from "./process-server.ts";
import type { Zygote } from "./process-zygotes.ts";
import { zygoteOf } from "./process-zygotes.ts";

export interface WorkerParts {
  readonly bubblewrap: string;
  readonly groups: Cgroups | null;
  readonly readable: readonly string[];
  readonly clock: Clock;
  /** False: everything is started from nothing. */
  readonly forks: boolean;
  /** Its main file, where it is installed. */
  readonly koffi: string | null;
}

/** What lies on the host for the burst. */
export interface BurstFiles {
  readonly filter: string;
  readonly serverFilter: string;
  /** Of each program, in the order of its `files`. */
  readonly programs: readonly (readonly string[])[];
  readonly shielded: readonly number[];
}

const SERVER_RIGHTS: readonly string[] = ["CAP_SYS_ADMIN", "CAP_SYS_CHROOT", "CAP_SETPCAP"];
/** Until a server is ready and says what it takes itself. */
const SERVER_MB = 256;
const MB = 1024 * 1024;

export class ProcessWorker {
  readonly #parts: WorkerParts;
  readonly #request: ProcessRequest;
  readonly #files: BurstFiles;
  readonly #signal: AbortSignal | undefined;
  readonly #groups = new Map<string, Cgroup>();
  /** Or why there is none. */
  readonly #servers = new Map<string, ForkServer | string>();

  constructor(
    parts: WorkerParts,
    request: ProcessRequest,
    files: BurstFiles,
    signal: AbortSignal | undefined,
  ) {
    this.#parts = parts;
    this.#request = request;
    this.#files = files;
    this.#signal = signal;
  }

  async run(index: number): Promise<RunResult> {
    const program = this.#request.programs[index]!;
    const server = await this.#serverFor(program.command);
    if (typeof server !== "string") return await server.run(this.#job(program), this.#signal);
    const result = await this.#spawn(index, program);
    if (result.kind !== "ran" || !("language" in program.command)) return result;
    return { kind: "ran", sample: { ...result.sample, unforked: server } };
  }

  async close(): Promise<void> {
    for (const server of this.#servers.values()) if (typeof server !== "string") await server.close();
    for (const group of this.#groups.values()) group.close();
  }

  /** Or why there is none. */
  async #serverFor(command: ProcessProgram["command"]): Promise<ForkServer | string> {
    const { forks, koffi, readable } = this.#parts;
    if (!forks) return "fork servers are switched off";
    // What a run mounts over a server's /tmp would cover what is to be read there.
    const covered = readable.find((path) => path.startsWith(`${SCRATCH}/`));
    if (covered !== undefined)
      return `${covered} is to be read, and what is forked has a ${SCRATCH} of its own`;
    const zygote = zygoteOf(command, koffi);
    return zygote === null ? "Node is forked by koffi, which is not installed" : await this.#serverOf(zygote);
  }

  async #serverOf(zygote: Zygote): Promise<ForkServer | string> {
    const held = this.#servers.get(zygote.name);
    if (typeof held === "string" || held?.lives === true) return held;
    const { limits } = this.#request;
    const server = await ForkServer.start({
      command: this.#box({ readable: zygote.readable, rights: SERVER_RIGHTS, command: zygote.command }),
      filter: this.#files.serverFilter,
      shielded: this.#files.shielded,
      group: this.#group(zygote.name, limits.memoryMb + SERVER_MB, limits.pids + SERVER_PIDS),
      clock: this.#parts.clock,
      limits,
    });
    // One that has worked before is worth another try.
    if (typeof server !== "string" || held === undefined) this.#servers.set(zygote.name, server);
    return server;
  }

  #group(name: string, memoryMb: number, pids: number): Cgroup | null {
    const held = this.#groups.get(name);
    const group = held ?? this.#parts.groups?.open({ memoryMb, pids }) ?? null;
    if (group !== null) this.#groups.set(name, group);
    return group;
  }

  #box(part: {
    readonly readable?: readonly string[];
    readonly rights?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly files?: readonly string[];
    readonly command: readonly string[];
  }): readonly string[] {
    const { bubblewrap, readable } = this.#parts;
    const { diskMb } = this.#request.limits;
    const nothing = { env: {}, files: [], rights: [] };
    return boxCommand({
      bubblewrap,
      diskMb,
      ...nothing,
      ...part,
      readable: [...readable, ...(part.readable ?? [])],
    });
  }

  #spawn(index: number, { command, env = {}, files = {}, stdin }: ProcessProgram): Promise<RunResult> {
    const { limits, keepBytes = KEPT_BYTES } = this.#request;
    const group = this.#group("", limits.memoryMb, limits.pids + OWN_PIDS);
    const words = "language" in command ? interpreted(command) : command;
    return runProcess({
      command: this.#box({
        env,
        files: Object.keys(files),
        command: limitedCommand(words, limits, group?.controllers ?? new Set()),
      }),
      files: this.#files.programs[index]!,
      filter: this.#files.filter,
      shielded: this.#files.shielded,
      stdin: stdin === undefined ? null : Buffer.from(stdin),
      limits,
      keepBytes,
      group,
      clock: this.#parts.clock,
      signal: this.#signal,
    });
  }

  #job({ command, env = {}, files = {}, stdin = "" }: ProcessProgram): ServerJob {
    const { limits, keepBytes = KEPT_BYTES } = this.#request;
    const base64 = (content: string | Uint8Array): string => Buffer.from(content).toString("base64");
    return {
      command: "language" in command ? null : command,
      source: "language" in command ? command.source : "",
      env: { ...BASE_ENV, ...env },
      files: Object.fromEntries(Object.entries(files).map(([path, content]) => [path, base64(content)])),
      stdin: base64(stdin),
      limits: resourceLimits(limits, this.#parts.groups?.controllers ?? new Set()),
      filter: base64(readFileSync(this.#files.filter)),
      diskBytes: Math.floor(limits.diskMb * MB),
      wallMs: limits.wallSeconds * 1000,
      outputBytes: limits.outputMb * MB,
      keepBytes,
    };
  }
}

function interpreted({ language, source }: ProcessSnippet): readonly string[] {
  return language === "python" ? ["python3", "-c", source] : ["node", "-e", source];
}
