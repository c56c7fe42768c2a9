/**
 * Commands behind the interface of the sandbox engines, so that a session measures them as it measures functions.
 *
 *   input       stands for one run of the command as it is; what it holds is not looked at
 *   observation `returned` for exit code 0, `threw` for another one or a signal; the text is what was seen of it
 *   fork        a block: runs of one version, one after the other, each in a sandbox of its own
 *
 * A run that ends otherwise than the first of its block did becomes the block's proof, which then proves nothing.
 */
import { createHash } from "node:crypto";
import { sandboxError } from "../../kernels/sandbox/index.ts";
import type {
  ForkMeasurement,
  Isolation,
  MeasureRequest,
  Observation,
  ObserveRequest,
  ObserveResult,
  ProcessEngine,
  ProcessIsolation,
  ProcessLimits,
  ProcessProgram,
  ProcessSample,
  ProcessStream,
  SandboxCallOptions,
  SandboxEngine,
  SandboxLimits,
  SandboxProgram,
} from "../../kernels/sandbox/index.ts";
import { storedCommand } from "./command-program.ts";
import type { Compared } from "./command-program.ts";

export interface CommandEngine extends SandboxEngine {
  readonly isolation: Isolation;
}

/** Opens an engine whose commands can read these paths of the host. */
export type OpenProcesses = (readable: readonly string[]) => Promise<ProcessEngine>;

const MOST_PIDS = 512;
const MOST_OUTPUT_MB = 4;
const KEPT_BYTES = MOST_OUTPUT_MB * 1024 * 1024;
/** At a time, since the output of all of them is held. */
const MOST_AT_ONCE = 25;
const SHOWN_CHARACTERS = 2_000;

/** @throws SANDBOX_ISOLATION where no sandbox for commands can be had */
export async function commandEngine(open: OpenProcesses): Promise<CommandEngine> {
  return new Engine(await open([]), open);
}

class Engine implements CommandEngine {
  readonly name = "process";
  readonly isolation: Isolation;
  readonly #open: OpenProcesses;
  readonly #engines = new Map<string, Promise<ProcessEngine>>();

  constructor(plain: ProcessEngine, open: OpenProcesses) {
    this.isolation = isolationOf(plain.isolation);
    this.#open = open;
    this.#engines.set("", Promise.resolve(plain));
  }

  async observe(request: ObserveRequest, options: SandboxCallOptions = {}): Promise<ObserveResult> {
    const { program, inputs, limits } = request;
    const { compared } = storedCommand(program);
    const samples = await this.#run(program, inputs.length, limits, options);
    return { observations: samples.map((sample) => observed(sample, compared)), isolation: this.isolation };
  }

  async measure(request: MeasureRequest, options: SandboxCallOptions = {}): Promise<ForkMeasurement> {
    const { program, iterations, warmUpIterations, limits } = request;
    const { compared } = storedCommand(program);
    const all = await this.#run(program, warmUpIterations + iterations, limits, options);
    const samples = all.slice(warmUpIterations);
    const seen = all.map((sample) => observed(sample, compared));
    const proof = seen.find(({ text }) => text !== seen[0]!.text) ?? seen[0]!;
    return {
      wallNs: Float64Array.from(samples, ({ wallNs }) => wallNs),
      ticks: new Float64Array(0),
      failures: samples.filter(({ outcome }) => outcome.kind === "limit_exceeded").length,
      // NaN where this machine lets nobody see it.
      cpuMs: samples.reduce((sum, { cpuMs }) => sum + (cpuMs ?? Number.NaN), 0),
      peakMb: samples.reduce((most, { peakMb }) => Math.max(most, peakMb ?? Number.NaN), 0),
      proof: [proof],
      isolation: this.isolation,
    };
  }

  async #run(
    program: SandboxProgram,
    count: number,
    limits: SandboxLimits,
    options: SandboxCallOptions,
  ): Promise<readonly ProcessSample[]> {
    const { words: command, readable, stdin, env, files } = storedCommand(program);
    const run: ProcessProgram = {
      command,
      env,
      files: Object.fromEntries(
        Object.entries(files).map(([path, content]) => [path, Buffer.from(content, "base64")]),
      ),
      ...(stdin === null ? {} : { stdin }),
    };
    const engine = await this.#engineFor(readable);
    const samples: ProcessSample[] = [];
    while (samples.length < count) {
      const done = samples.length;
      const order = new Array<number>(Math.min(MOST_AT_ONCE, count - done)).fill(0);
      const request = { programs: [run], order, limits: processLimits(limits), keepBytes: KEPT_BYTES };
      const report = await engine.run(request, {
        ...options,
        onProgress: (iterations) => options.onProgress?.(done + iterations),
      });
      samples.push(...report.samples);
    }
    return samples;
  }

  #engineFor(readable: readonly string[]): Promise<ProcessEngine> {
    const key = readable.join("\0");
    const engine = this.#engines.get(key) ?? this.#open(readable);
    this.#engines.set(key, engine);
    engine.catch(() => this.#engines.delete(key));
    return engine;
  }
}

function processLimits(limits: SandboxLimits): ProcessLimits {
  return { ...limits, pids: MOST_PIDS, outputMb: MOST_OUTPUT_MB };
}

/** What holds a command where no control group can be had is named as missing that group. */
function isolationOf({ carrier, enforced, missing }: ProcessIsolation): Isolation {
  const ungrouped = ["memory", "pids"].filter((limit) => enforced[limit]?.startsWith("RLIMIT") === true);
  return {
    engine: "process",
    carrier,
    enforced: Object.keys(enforced),
    missing: [...missing, ...ungrouped.map((limit) => `control group for ${limit} (held by RLIMIT)`)],
  };
}

/** @throws SANDBOX_INFRA */
function observed({ outcome, stdout, stderr }: ProcessSample, compared: Compared): Observation {
  switch (outcome.kind) {
    case "infra_error":
      throw sandboxError("SANDBOX_INFRA", `a sandbox for the command did not start: ${outcome.reason}`);
    case "limit_exceeded":
      return { outcome: "limit_exceeded", text: outcome.limit };
    case "killed":
      return { outcome: "threw", text: `killed by ${outcome.signal}${said("stderr", stderr)}` };
    case "exited": {
      const shown = compared === "output" ? said("stdout", stdout) : "";
      return outcome.code === 0
        ? { outcome: "returned", text: `exit code 0${shown}` }
        : { outcome: "threw", text: `exit code ${outcome.code}${shown}${said("stderr", stderr)}` };
    }
  }
}

/** Equal texts mean equal bytes: a digest stands for what is too long to be shown, or is no text. */
function said(name: string, { bytes }: ProcessStream): string {
  if (bytes.length === 0) return "";
  const text = Buffer.from(bytes).toString("utf8");
  const isWhole = text.length <= SHOWN_CHARACTERS && Buffer.from(text).equals(bytes);
  if (isWhole) return `, ${name}: ${text}`;
  const digest = createHash("sha256").update(bytes).digest("hex");
  return `, ${name} of ${bytes.length} bytes (SHA-256 ${digest}): ${text.slice(0, SHOWN_CHARACTERS)}…`;
}
