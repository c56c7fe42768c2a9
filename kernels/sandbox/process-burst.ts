/** One request of the `process` level: its files on the host, its workers, the order of its iterations. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sandboxError } from "./errors.ts";
import { ownedName } from "./process-owner.ts";
import type { ProcessReport, ProcessRequest, ProcessSample } from "./process-protocol.ts";
import type { BurstFiles, WorkerParts } from "./process-worker.ts";
import { ProcessWorker } from "./process-worker.ts";
import type { SandboxCallOptions } from "./protocol.ts";

export interface BurstParts extends WorkerParts {
  readonly workers: number;
  readonly filter: Uint8Array;
  readonly serverFilter: Uint8Array;
}

type BurstReport = Pick<ProcessReport, "samples" | "infraErrors">;

const ATTEMPTS = 3;

/** @throws SANDBOX_ABORTED, SANDBOX_INFRA */
export async function runBurst(
  parts: BurstParts,
  request: ProcessRequest,
  options: SandboxCallOptions,
): Promise<BurstReport> {
  const folder = join(tmpdir(), ownedName());
  mkdirSync(folder, { mode: 0o700 });
  try {
    return await new Burst(parts, request, options, writeFiles(folder, parts, request)).run();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeFiles(folder: string, parts: BurstParts, { programs }: ProcessRequest): BurstFiles {
  const put = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  return {
    filter: put("filter", parts.filter),
    serverFilter: put("server-filter", parts.serverFilter),
    programs: programs.map(({ files = {} }, program) =>
      Object.values(files).map((content, at) => put(`${program}-${at}`, content)),
    ),
    shielded: inheritable(),
  };
}

class Burst {
  readonly #parts: BurstParts;
  readonly #request: ProcessRequest;
  readonly #options: SandboxCallOptions;
  readonly #files: BurstFiles;
  readonly #samples: ProcessSample[] = [];
  #next = 0;
  #done = 0;
  #infraErrors = 0;

  constructor(parts: BurstParts, request: ProcessRequest, options: SandboxCallOptions, files: BurstFiles) {
    this.#parts = parts;
    this.#request = request;
    this.#options = options;
    this.#files = files;
  }

  async run(): Promise<BurstReport> {
    const { order } = this.#request;
    const workers = Math.min(this.#parts.workers, order.length);
    await Promise.all(Array.from({ length: workers }, () => this.#work()));
    if (this.#options.signal?.aborted === true) {
      throw sandboxError("SANDBOX_ABORTED", "The sandboxes were stopped before all had run.");
    }
    const reasons = this.#samples.map(({ outcome }) =>
      outcome.kind === "infra_error" ? outcome.reason : null,
    );
    if (order.length > 0 && !reasons.includes(null)) {
      throw sandboxError("SANDBOX_INFRA", `No sandbox could be started: ${reasons[0]!}`);
    }
    return { samples: this.#samples, infraErrors: this.#infraErrors };
  }

  async #work(): Promise<void> {
    const { order } = this.#request;
    const worker = new ProcessWorker(this.#parts, this.#request, this.#files, this.#options.signal);
    try {
      while (this.#next < order.length && this.#options.signal?.aborted !== true) {
        const iteration = this.#next++;
        this.#samples[iteration] = await this.#iterate(iteration, worker);
        this.#options.onProgress?.(++this.#done);
      }
    } finally {
      await worker.close();
    }
  }

  async #iterate(iteration: number, worker: ProcessWorker): Promise<ProcessSample> {
    const program = this.#request.order[iteration]!;
    let reason = "";
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const result = await worker.run(program);
      if (result.kind === "ran") return { iteration, program, ...result.sample };
      if (result.kind === "aborted") break;
      reason = result.reason;
      this.#infraErrors++;
    }
    return { iteration, program, ...unstarted(reason) };
  }
}

function unstarted(reason: string): Omit<ProcessSample, "iteration" | "program"> {
  const nothing = { bytes: new Uint8Array(), truncated: false };
  return {
    start: "spawned",
    outcome: { kind: "infra_error", reason },
    stdout: nothing,
    stderr: nothing,
    wallNs: Number.NaN,
    cpuMs: null,
    peakMb: null,
    diskMb: null,
  };
}

const CLOSE_ON_EXEC = 0o2000000;

/** Descriptors of this process that its children would get, the three streams aside: whoever started it left them open. */
function inheritable(): readonly number[] {
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
