/**
 * How long are sharded actors away when their node dies, and when it is restarted in order? Nodes run in processes of
 * their own; one of this process, which owns hardly anything, asks all the time. An actor is back when it has answered from
 * another node, with all that it had kept.
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { extname, join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { seededRandom } from "../../runtime/index.ts";
import type { Reply } from "../../runtime/index.ts";
import { requiredRow, type BenchRow } from "../bench-row.ts";
import { benchError } from "../errors.ts";
import type { BenchOptions } from "../question.ts";
import { LEASE_MS, openShardNode, type ShardNode } from "./shard-node.ts";

const KEYS = 50;
const RUNS = 10;
const QUICK_RUNS = 2;
const BOUND_MS = LEASE_MS + 2_000;
const DRAIN_BOUND_MS = 500;
const DRAIN_MS = 3_000;
const LOOK_MS = 5;

interface Answer {
  readonly node: string;
  readonly sum: number;
}

/** @throws BENCH_WORK_INVALID, BENCH_INTERRUPTED */
export async function answerTakeover(url: string, options: BenchOptions): Promise<readonly BenchRow[]> {
  const asker = await openShardNode("asker", url, 1e-9);
  const children: ChildProcess[] = [];
  const start = async (name: string): Promise<ChildProcess> => {
    const file = join(import.meta.dirname, `shard-node${extname(import.meta.filename)}`);
    const child = fork(file, [name, url], { stdio: "inherit" });
    children.push(child);
    await once(child, "message");
    await until(() => ownsShards(asker, name), `${name} owns shards`, options.signal);
    return child;
  };
  try {
    await start("stays");
    const runs = options.quick ? QUICK_RUNS : RUNS;
    const away = await takeovers(asker, start, runs, options);
    const waits = await drained(asker, start, options);
    const note = `${away.length} actors in ${runs} runs, lease ${LEASE_MS} ms; the longest ${Math.round(away.at(-1)!)} ms`;
    return [
      requiredRow(
        {
          name: "takeover of a dead node's sharded actors, p95",
          unit: "ms",
          value: quantile(away, 0.95),
          note,
        },
        "atMost",
        BOUND_MS,
      ),
      requiredRow(
        {
          name: "planned restart of a node: p99 of asks meanwhile",
          unit: "ms",
          value: quantile(waits, 0.99),
          note: `${waits.length} asks, none failed; the longest ${Math.round(waits.at(-1)!)} ms`,
        },
        "atMost",
        DRAIN_BOUND_MS,
      ),
    ];
  } finally {
    for (const child of children) child.kill("SIGKILL");
    await asker.leave();
  }
}

/** @returns how long each actor was away, the shortest first. */
async function takeovers(
  asker: ShardNode,
  start: (name: string) => Promise<ChildProcess>,
  runs: number,
  { seed, signal, progress }: BenchOptions,
): Promise<readonly number[]> {
  const random = seededRandom(seed);
  const all: number[] = [];
  for (let run = 1; run <= runs; run++) {
    progress(`takeover: run ${run} of ${runs}`);
    const name = `dies-${run}`;
    const child = await start(name);
    const keys = await keysOf(asker, name, `run ${run}`);
    // At any moment between two of its announcements.
    await after((random.next() * LEASE_MS) / 3, undefined, { signal });
    child.kill("SIGKILL");
    const killedAt = performance.now();
    const times = keys.map(async (key) => {
      let answer = await tryAsk(asker, key);
      while (answer === null || answer.node === name) {
        checkSignal(signal);
        await after(LOOK_MS);
        answer = await tryAsk(asker, key);
      }
      if (answer.sum !== 1) throw benchError("BENCH_WORK_INVALID", `${key} has lost what it had kept`);
      return performance.now() - killedAt;
    });
    all.push(...(await Promise.all(times)));
  }
  return all.toSorted((one, other) => one - other);
}

/** @returns how long each ask took while a node left in order and another one came. */
async function drained(
  asker: ShardNode,
  start: (name: string) => Promise<ChildProcess>,
  { signal, progress }: BenchOptions,
): Promise<readonly number[]> {
  progress("planned restart of a node");
  const child = await start("leaves");
  const keys = await keysOf(asker, "leaves", "drain");
  const over = new AbortController();
  const waits: number[] = [];
  const asking = Promise.all(
    keys.map(async (key) => {
      while (!over.signal.aborted) {
        checkSignal(signal);
        const askedAt = performance.now();
        await ask(asker, key, 0, 10_000);
        waits.push(performance.now() - askedAt);
        await after(LOOK_MS);
      }
    }),
  ).catch((cause: unknown) => {
    throw benchError("BENCH_WORK_INVALID", "An ask failed while a node left in order", { cause });
  });
  const restarted = (async () => {
    const left = once(child, "exit");
    child.kill("SIGTERM");
    await left;
    await start("leaves");
    await after(DRAIN_MS, undefined, { signal });
    over.abort();
  })();
  await Promise.all([restarted, asking]);
  return waits.toSorted((one, other) => one - other);
}

/** Keys that live on that node, each with one event. */
async function keysOf(asker: ShardNode, node: string, prefix: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for (let number = 0; keys.length < KEYS; number++) {
    const key = `${prefix} ${number}`;
    if ((await ask(asker, key, 1, 10_000)).node === node) keys.push(key);
  }
  return keys;
}

function ask({ region }: ShardNode, key: string, amount: number, timeoutMs: number): Promise<Answer> {
  return region.ref(key).ask((reply: Reply<Answer>) => ({ amount, reply }), { timeoutMs });
}

const tryAsk = (asker: ShardNode, key: string): Promise<Answer | null> =>
  ask(asker, key, 0, 500).catch(() => null);

function ownsShards({ region }: ShardNode, name: string): boolean {
  const { shards } = region.info();
  return (
    shards.every(({ state }) => state === "owned") && shards.filter(({ node }) => node === name).length > 5
  );
}

async function until(holds: () => boolean, what: string, signal: AbortSignal): Promise<void> {
  const endsAt = performance.now() + 30_000;
  while (!holds()) {
    checkSignal(signal);
    if (performance.now() > endsAt) throw benchError("BENCH_WORK_INVALID", `It never came that ${what}`);
    await after(LOOK_MS);
  }
}

function checkSignal(signal: AbortSignal): void {
  if (signal.aborted) throw benchError("BENCH_INTERRUPTED", "Stopped between two measurements");
}

const quantile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!;
