/**
 * Commands behind the interface of the sandbox engines, so that a session measures them as it measures functions.
 *
 *   input       stands for one run of the command as it is; what it holds is not looked at
 *   observation `returned` for exit code 0, `threw` for another one or a signal; the text is what was seen of it
 *   fork        a block: runs of one version, one after the other, each in a sandbox of its own
 *
 * A run that ends otherwise than the first of its block did becomes the block's proof, which then proves nothing.
 */
import type {
  ForkMeasurement,
  Isolation,
  MeasureRequest,
  ObserveRequest,
  ObserveResult,
  ProcessEngine,
  ProcessIsolation,
  ProcessProgram,
  ProcessSample,
  SandboxCallOptions,
  SandboxEngine,
  SandboxLimits,
  SandboxProgram,
  SnippetStart,
} from "../../kernels/sandbox/index.ts";
import { observedRun, processLimits } from "./command-outcome.ts";
import { storedCommand } from "./command-program.ts";

export interface CommandEngine extends SandboxEngine {
  readonly isolation: Isolation;
}

/** Opens an engine whose commands can read these paths of the host. */
export type OpenProcesses = (readable: readonly string[]) => Promise<ProcessEngine>;

const MB = 1024 * 1024;
/** At a time, since the output of all of them is held. */
const MOST_AT_ONCE = 25;

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
    const { program, inputs, limits, untilLimit = false } = request;
    const command = storedCommand(program);
    const samples = await this.#run(program, { count: inputs.length, untilLimit }, limits, options);
    return {
      observations: samples.map((sample) => observedRun(sample, command, limits)),
      isolation: this.isolation,
    };
  }

  async measure(request: MeasureRequest, options: SandboxCallOptions = {}): Promise<ForkMeasurement> {
    const { program, iterations, warmUpIterations, limits } = request;
    const command = storedCommand(program);
    const count = warmUpIterations + iterations;
    const all = await this.#run(program, { count, untilLimit: false }, limits, options);
    const samples = all.slice(warmUpIterations);
    const seen = all.map((sample) => observedRun(sample, command, limits));
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
      ...(command.snippet === undefined ? {} : { start: startOf(all) }),
    };
  }

  async #run(
    program: SandboxProgram,
    { count, untilLimit }: { readonly count: number; readonly untilLimit: boolean },
    limits: SandboxLimits,
    options: SandboxCallOptions,
  ): Promise<readonly ProcessSample[]> {
    const { words, snippet, readable, stdin, env, files } = storedCommand(program);
    const run: ProcessProgram = {
      command: snippet ?? words,
      env,
      files: Object.fromEntries(
        Object.entries(files).map(([path, content]) => [path, Buffer.from(content, "base64")]),
      ),
      ...(stdin === null ? {} : { stdin }),
    };
    const held = processLimits(limits);
    const engine = await this.#engineFor(readable);
    const samples: ProcessSample[] = [];
    while (samples.length < count) {
      const done = samples.length;
      const order = new Array<number>(Math.min(untilLimit ? 1 : MOST_AT_ONCE, count - done)).fill(0);
      const request = { programs: [run], order, limits: held, keepBytes: held.outputMb * MB };
      const report = await engine.run(request, {
        ...options,
        onProgress: (iterations) => options.onProgress?.(done + iterations),
      });
      samples.push(...report.samples);
      if (untilLimit && report.samples.some(({ outcome }) => outcome.kind === "limit_exceeded")) break;
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

/** Of a block: forked when all of its runs were. */
function startOf(samples: readonly ProcessSample[]): SnippetStart {
  const spawned = samples.find(({ start }) => start === "spawned");
  return spawned === undefined
    ? { kind: "forked", why: null }
    : { kind: "spawned", why: spawned.unforked ?? null };
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
