/** What a command costs in a sandbox of its own beside a bare spawn, and a snippet that is forked. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { processEngine } from "../../kernels/sandbox/index.ts";
import type { ProcessEngine, ProcessLimits, ProcessProgram } from "../../kernels/sandbox/index.ts";
import type { BenchRow } from "../bench-row.ts";
import { requiredRow } from "../bench-row.ts";
import { benchError } from "../errors.ts";
import type { BenchOptions } from "../question.ts";
import { medianOf } from "../spread.ts";

const LIMITS: ProcessLimits = {
  memoryMb: 256,
  cpuSeconds: 10,
  diskMb: 8,
  wallSeconds: 60,
  pids: 32,
  outputMb: 4,
};
const BARE = "bare spawn";

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  "/bin/true": ["/bin/true"],
  "python3 -c 0": ["/usr/bin/python3", "-c", "0"],
  "node -e 0": ["/usr/bin/node", "-e", "0"],
};
const SNIPPETS: readonly (readonly [string, ProcessProgram])[] = [
  ["a snippet in Python", { command: { language: "python", source: "print(6 * 7)" } }],
  ["a snippet in Node", { command: { language: "node", source: "console.log(6 * 7)" } }],
];

export async function answerProcess(options: BenchOptions): Promise<readonly BenchRow[]> {
  const engine = await processEngine({ workers: 1 });
  return [...(await overheadRows(engine, options)), ...(await snippetRows(engine, options))];
}

/** Blocks of bare spawns and bursts take turns: what disturbs the machine disturbs both. */
async function overheadRows(engine: ProcessEngine, options: BenchOptions): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  const [rounds, times] = options.quick ? [3, 20] : [20, 100];
  for (const [name, command] of Object.entries(COMMANDS).filter(([, [file]]) => existsSync(file!))) {
    options.progress(`${name}, bare and in a sandbox`);
    const found = { bare: [] as number[], sandbox: [] as number[] };
    const turns = [
      async () => {
        for (let run = 0; run < times; run++) await spawnBare(command);
      },
      () => runAll(engine, { command }, times, options),
    ] as const;
    for (let round = 0; round < rounds; round++) {
      found.bare.push((await millisecondsOf(turns[0])) / times);
      found.sandbox.push((await millisecondsOf(turns[1])) / times);
    }
    const [bare, value] = [medianOf(found.bare), medianOf(found.sandbox)];
    rows.push({
      name: `${name} in a sandbox`,
      unit: "ms",
      value,
      note: `bursts of ${times}, the server's start included`,
      peers: { [BARE]: bare },
      ratios: { [BARE]: value / bare },
      target: { than: BARE, atMost: 1.6 },
      met: value / bare <= 1.6,
    });
  }
  return rows;
}

async function snippetRows(engine: ProcessEngine, options: BenchOptions): Promise<readonly BenchRow[]> {
  const times = options.quick ? 50 : 1000;
  const rows: BenchRow[] = [];
  for (const [name, program] of SNIPPETS) {
    options.progress(`${name}, ${times} times`);
    let start = "";
    const ms = await millisecondsOf(async () => {
      start = await runAll(engine, program, times, options);
    });
    const note =
      start === "forked" ? "forked, the server's start included" : "no fork server: koffi is missing";
    rows.push(requiredRow({ name, unit: "ms", value: ms / times, note }, "atMost", 3));
  }
  return rows;
}

async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function spawnBare([file, ...args]: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = { PATH: "/usr/local/bin:/usr/bin:/bin" };
    const child = spawn(file!, args, { stdio: ["ignore", "pipe", "pipe"], env });
    child.stdout.resume();
    child.stderr.resume();
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(benchError("BENCH_WORK_INVALID", `${file!} ended with ${code}`));
    });
  });
}

/** @returns how they were started. */
async function runAll(
  engine: ProcessEngine,
  program: ProcessProgram,
  times: number,
  { signal }: BenchOptions,
): Promise<string> {
  const order = Array.from({ length: times }, () => 0);
  const { samples } = await engine.run({ programs: [program], order, limits: LIMITS }, { signal });
  const failed = samples.find(({ outcome }) => outcome.kind !== "exited" || outcome.code !== 0);
  if (failed !== undefined) throw benchError("BENCH_WORK_INVALID", JSON.stringify(failed.outcome));
  return samples[0]!.start;
}
