/**
 * One workload of this project's sandboxes in a process of its own: `node child.js <workload> <size>`. Prints
 * `{done, seconds, check, figure?}`, where `check` is how many iterations were proved.
 */
import { openPool } from "../../kernels/pool/index.ts";
import { isolateEngine, realmEngine } from "../../kernels/sandbox/index.ts";
import type { ForkMeasurement, MeasureRequest, SandboxEngine } from "../../kernels/sandbox/index.ts";
import { harnessScript, meterScript } from "../../kernels/sandbox/harness-script.ts";
import { medianOf } from "../spread.ts";
import { LIMITS, programOf, SEED, SORTING, TRIVIAL } from "./bodies.ts";
import type { Body } from "./bodies.ts";
import { iterationAndCopy } from "./iteration-and-copy.ts";
import type { Result } from "./result.ts";

const WORKERS = 2;
const ISOLATE_FORKS = 20;
const LOOK_MS = 20;
const WARM_UP = 10_000;
/** After it one fork in fifteen still runs code that was compiled on too little, a third slower. */
const SHORT_WARM_UP = 100;
const LONG_WARM_UP = 500;

function request(body: Body, iterations: number, warmUpIterations: number): MeasureRequest {
  return {
    program: programOf(body),
    batch: [body.input],
    iterations,
    warmUpIterations,
    seed: SEED,
    limits: LIMITS,
  };
}

/** Iterations that ended as the first did, in a fork whose proof is right. */
function proved(fork: ForkMeasurement, body: Body): number {
  const isRight = fork.proof[0]?.text.split("\n")[0] === body.observation;
  return isRight ? fork.wallNs.length - fork.failures : 0;
}

interface Burst {
  readonly forks: number;
  readonly warmUp?: number;
  /** Forks at the same time. */
  readonly lanes?: number;
}

async function burst(
  engine: SandboxEngine,
  body: Body,
  size: number,
  { forks, warmUp = 0, lanes = WORKERS }: Burst,
): Promise<ForkMeasurement[]> {
  const each = Math.ceil(size / forks);
  const sizes = Array.from({ length: forks }, (_, index) => Math.min(each, size - index * each));
  const done: ForkMeasurement[] = [];
  const next = async (): Promise<void> => {
    for (let iterations = sizes.pop(); iterations !== undefined; iterations = sizes.pop()) {
      done.push(await engine.measure(request(body, iterations, warmUp)));
    }
  };
  await Promise.all(Array.from({ length: lanes }, next));
  return done;
}

function checkOf(forks: readonly ForkMeasurement[], body: Body): number {
  return forks.reduce((sum, fork) => sum + proved(fork, body), 0);
}

/** The scripts are bundled before: whoever runs a program has bundled it, and has the bundler at hand. */
async function inRealm(body: Body, size: number, timesPoolStart: boolean): Promise<Result> {
  meterScript();
  harnessScript();
  let start = performance.now();
  const pool = openPool({ workers: WORKERS });
  try {
    const engine = realmEngine(pool);
    if (!timesPoolStart) {
      // A pool that is up has served before: its threads have the engine compiled, and optimised where it is hot.
      await burst(engine, body, Math.min(size, WARM_UP), { forks: WORKERS });
      start = performance.now();
    }
    const forks = await burst(engine, body, size, { forks: WORKERS });
    const seconds = (performance.now() - start) / 1_000;
    return { done: size, seconds, check: checkOf(forks, body) };
  } finally {
    await pool.close();
  }
}

/** The most memory that the whole process was seen to hold, MB. */
async function memoryOfMany(size: number): Promise<Result> {
  let most = 0;
  const look = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, LOOK_MS);
  const result = await inRealm(TRIVIAL, size, false);
  clearInterval(look);
  return { ...result, figure: most / 2 ** 20 };
}

/** Median of the forks' medians, µs, and their coefficient of variation. */
async function inIsolate(size: number, lanes: number, warmUp: number): Promise<Result> {
  const engine = await isolateEngine({ workers: lanes });
  const start = performance.now();
  const forks = await burst(engine, SORTING, size, { forks: ISOLATE_FORKS, warmUp, lanes });
  const seconds = (performance.now() - start) / 1_000;
  const medians = forks.map(({ wallNs }) => medianOf([...wallNs]) / 1_000);
  const mean = medians.reduce((sum, one) => sum + one, 0) / medians.length;
  const variance = medians.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (medians.length - 1);
  const other = Math.sqrt(variance) / mean;
  return { done: size, seconds, check: checkOf(forks, SORTING), figure: medianOf(medians), other };
}

const workloads: Readonly<Record<string, (size: number) => Promise<Result>>> = {
  trivial: (size) => inRealm(TRIVIAL, size, false),
  "trivial-with-start": (size) => inRealm(TRIVIAL, size, true),
  sort: (size) => inRealm(SORTING, size, false),
  memory: memoryOfMany,
  copy: iterationAndCopy,
  isolate: (size) => inIsolate(size, WORKERS, SHORT_WARM_UP),
  "isolate-alone": (size) => inIsolate(size, 1, LONG_WARM_UP),
};

const [workload = "", size = ""] = process.argv.slice(2);
const result = await workloads[workload]!(Number(size));
process.stdout.write(`\n${JSON.stringify(result)}\n`, () => process.exit(0));
