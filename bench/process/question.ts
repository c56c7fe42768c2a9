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
/** With the command that does the same. */
const SNIPPETS: readonly (readonly [string, ProcessProgram, readonly string[]])[] = [
  [
    "a snippet in Python",
    { command: { language: "python", source: "print(6 * 7)" } },
    ["/usr/bin/python3", "-c", "print(6 * 7)"],
  ],
  [
    "a snippet in Node",
    { command: { language: "node", source: "console.log(6 * 7)" } },
    ["/usr/bin/node", "-e", "console.log(6 * 7)"],
  ],
];
const MOST_OVERHEAD = 1.6;
const MOST_SNIPPET_MS = 3;
const WORKERS = [1, 2];

export async function answerProcess(options: BenchOptions): Promise<readonly BenchRow[]> {
  return [...(await overheadRows(options)), ...(await snippetRows(options))];
}

async function overheadRows(options: BenchOptions): Promise<readonly BenchRow[]> {
  const engine = await processEngine({ workers: 1 });
  const [rounds, times] = options.quick ? [3, 20] : [20, 100];
  const rows: BenchRow[] = [];
  for (const [name, command] of Object.entries(COMMANDS).filter(([, [file]]) => existsSync(file!))) {
    options.progress(`${name}, bare and in a sandbox`);
    const { bare, sandbox } = await inTurns(engine, { command }, command, [rounds, times], options);
    rows.push({
      name: `${name} in a sandbox`,
      unit: "ms",
      value: sandbox,
      note: `bursts of ${times}, the server's start included`,
      peers: { [BARE]: bare },
      ratios: { [BARE]: sandbox / bare },
      target: { than: BARE, atMost: MOST_OVERHEAD },
      met: sandbox / bare <= MOST_OVERHEAD,
    });
  }
  return rows;
}

async function snippetRows(options: BenchOptions): Promise<readonly BenchRow[]> {
  const [rounds, times] = options.quick ? [1, 50] : [5, 500];
  const rows: BenchRow[] = [];
  for (const [name, program, command] of SNIPPETS) {
    for (const workers of WORKERS) {
      options.progress(`${name}, ${workers} at a time`);
      const engine = await processEngine({ workers });
      const { bare, sandbox, start } = await inTurns(engine, program, command, [rounds, times], options);
      rows.push({
        ...requiredRow(
          { name: `${name}, ${workers} at a time`, unit: "ms", value: sandbox },
          "atMost",
          MOST_SNIPPET_MS,
        ),
        peers: { required: MOST_SNIPPET_MS, [BARE]: bare },
        ratios: { required: sandbox / MOST_SNIPPET_MS, [BARE]: sandbox / bare },
        note:
          start === "forked"
            ? `forked, bursts of ${times}, the server's start included; a bare spawn takes ${bare.toPrecision(2)} ms`
            : "no fork server: koffi is missing",
      });
    }
  }
  return rows;
}

/**
 * Blocks of bare spawns and bursts take turns: what disturbs the machine disturbs both.
 * @returns medians of ms a run, and how ours were started.
 */
async function inTurns(
  engine: ProcessEngine,
  program: ProcessProgram,
  command: readonly string[],
  [rounds, times]: readonly [rounds: number, times: number],
  options: BenchOptions,
): Promise<{ readonly bare: number; readonly sandbox: number; readonly start: string }> {
  const found = { bare: [] as number[], sandbox: [] as number[] };
  let start = "";
  for (let round = 0; round < rounds; round++) {
    const bareMs = await millisecondsOf(async () => {
      for (let run = 0; run < times; run++) await spawnBare(command);
    });
    const sandboxMs = await millisecondsOf(async () => {
      start = await runAll(engine, program, times, options);
    });
    found.bare.push(bareMs / times);
    found.sandbox.push(sandboxMs / times);
  }
  return { bare: medianOf(found.bare), sandbox: medianOf(found.sandbox), start };
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
