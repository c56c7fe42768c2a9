/** Bench files, and an engine that really evaluates their programs, with times that the tasks name themselves. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {
  ForkMeasurement,
  MeasureRequest,
  Observation,
  SandboxEngine,
  SandboxProgram,
} from "../../kernels/sandbox/index.ts";
import { ISOLATION, measurementOf } from "./session.ts";

/** A folder with these files, gone afterwards. */
export async function withBenchFiles<Answer>(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<Answer>,
): Promise<Answer> {
  const folder = await mkdtemp(join(tmpdir(), "myriad-bench-"));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

type Factory = () => Readonly<Record<string, () => unknown>>;

/** What an engine has of a program: called before every iteration. In this realm. */
export function factoryOf({ code }: SandboxProgram): Factory {
  return (eval as (text: string) => Factory)(code);
}

/** What a program's entry is. @throws what the file throws */
export function evaluated(program: SandboxProgram): () => unknown {
  return factoryOf(program)()[program.entry]!;
}

export interface BenchEngine extends SandboxEngine {
  readonly measured: readonly MeasureRequest[];
}

/** Each task returns the nanoseconds that a call of it takes; forks differ from each other by up to 1 %. */
export function benchEngine(
  change: (measurement: ForkMeasurement, request: MeasureRequest) => ForkMeasurement = (same) => same,
): BenchEngine {
  const measured: MeasureRequest[] = [];
  return {
    name: "isolate",
    measured,
    observe: async ({ program }) => ({
      observations: [await observed(program)],
      isolation: ISOLATION,
    }),
    measure(request, options) {
      options?.signal?.throwIfAborted();
      measured.push(request);
      const ns = Number(evaluated(request.program)()) * request.batch.length;
      const jitter = 1 + ((measured.length * 37) % 101) / 10_000;
      const wallNs = new Float64Array(request.iterations).fill(ns * jitter);
      const proof = request.batch.map((): Observation => ({ outcome: "incomparable", text: "" }));
      return Promise.resolve(change(measurementOf({ wallNs, proof }), request));
    },
  };
}

async function observed(program: SandboxProgram): Promise<Observation> {
  try {
    const value = await evaluated(program)();
    const text = typeof value === "string" ? `returned ${JSON.stringify(value)}\narguments` : "returned null";
    return { outcome: "returned", text };
  } catch (thrown) {
    const { name, message } = thrown as Error;
    return { outcome: "threw", text: `threw ${name}{"message": ${JSON.stringify(message)}}` };
  }
}
