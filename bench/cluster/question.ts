/**
 * How fast are actors on another node, beside the raw client that does the same work? Each workload of each
 * contender runs in two fresh processes, over one nats-server of the bench's own; contenders take turns.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { findNatsServer, startNatsServer, startNatsServers, type NatsServer } from "../../cluster/index.ts";
import type { BenchRow } from "../bench-row.ts";
import type { BenchOptions } from "../question.ts";
import { runChild } from "../runtime/child-process.ts";
import { SUBJECT, type Contender } from "../runtime/contenders.ts";
import { filesystemOf } from "../runtime/filesystem.ts";
import type { Plan } from "../runtime/plan.ts";
import { measureAll } from "../runtime/question.ts";
import { MULTIPLEXER, RAW } from "./sides.ts";
import { answerTakeover } from "./takeover.ts";

/** Answers of n + 100 to 0 … size − 1. */
const answersSum = (size: number): number => (size * (size - 1)) / 2 + 100 * size;
/** Windows of 1,000 messages with the values 0 … 999. */
const windowsSum = (size: number): number => size * 499.5;

const PLANS: readonly Plan[] = [
  {
    name: "ask-1",
    workload: "ask-1",
    size: 30_000,
    quickSize: 3_000,
    step: 1_000,
    check: answersSum,
    rows: [
      {
        name: "ask an actor on another node, 1 outstanding",
        unit: "asks/s",
        measure: "rate",
        bound: { than: RAW, atLeast: 0.8 },
      },
    ],
  },
  {
    name: "ask-1000",
    workload: "ask-1000",
    size: 500_000,
    quickSize: 50_000,
    step: 1_000,
    check: answersSum,
    rows: [
      {
        name: "ask an actor on another node, 1,000 outstanding",
        unit: "asks/s",
        measure: "rate",
        bound: { than: RAW, atLeast: 3 },
      },
      {
        name: "ask an actor on another node, 1,000 outstanding vs the bare multiplexer",
        unit: "asks/s",
        measure: "rate",
        bound: { than: MULTIPLEXER, atLeast: 0.85 },
      },
    ],
  },
  {
    name: "tell",
    workload: "tell",
    size: 5_000_000,
    quickSize: 200_000,
    step: 10_000,
    check: windowsSum,
    rows: [
      {
        name: "tell an actor on another node, small typed messages",
        unit: "messages/s",
        measure: "rate",
        bound: { than: RAW, atLeast: 3 },
      },
    ],
  },
  {
    name: "enqueue",
    workload: "enqueue",
    size: 200_000,
    quickSize: 20_000,
    step: 1_000,
    check: (size) => size,
    rows: [
      {
        name: "durable task: enqueue to confirmed by the stream, 1,000 outstanding",
        unit: "tasks/s",
        measure: "rate",
        bound: { than: RAW, atLeast: 4 },
      },
    ],
  },
  {
    name: "enqueue-r3",
    workload: "enqueue-r3",
    size: 100_000,
    quickSize: 10_000,
    step: 1_000,
    check: (size) => size,
    rows: [
      {
        name: "the same, kept by three servers",
        unit: "tasks/s",
        measure: "rate",
        bound: { than: RAW, atLeast: 1 },
      },
    ],
  },
];

/** @throws NATS_SERVER_MISSING, NATS_SERVER_FAILED, BENCH_WORK_INVALID, BENCH_INTERRUPTED */
export async function answerCluster(options: BenchOptions): Promise<readonly BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), "myriad-bench-"));
  const binary = await findNatsServer();
  const server = await startNatsServer({ binary, folder: join(folder, "alone") });
  let three: readonly NatsServer[] = [];
  try {
    three = await startNatsServers(3, { binary, folder });
    const urls = three.map(({ url }) => url).join(",");
    const child = join(import.meta.dirname, `child${extname(import.meta.filename)}`);
    const contender = (name: string, shares: Contender["shares"]): Contender => ({
      name,
      needs: null,
      library: false,
      shares,
      start: ({ workload }, size) => ({
        file: process.execPath,
        args: [
          ...["--expose-gc", child, workload, String(size), name],
          workload === "enqueue-r3" ? urls : server.url,
        ],
      }),
    });
    const contenders = [
      contender(SUBJECT, { "ask-1": 1, "ask-1000": 1, tell: 1, enqueue: 1, "enqueue-r3": 1 }),
      contender(RAW, { "ask-1": 1, "ask-1000": 0.3, tell: 0.4, enqueue: 0.3, "enqueue-r3": 0.5 }),
      contender(MULTIPLEXER, { "ask-1": 1, "ask-1000": 1 }),
    ];
    const installed = { missing: {}, versions: `nats-server ${binary.version}` };
    const filesystem = await filesystemOf(folder);
    const rows = await measureAll({ plans: PLANS, contenders, installed, filesystem, runChild }, options);
    return [...rows, ...(await answerTakeover(server.url, options))];
  } finally {
    await Promise.all([server, ...three].map((one) => one.stop("SIGKILL")));
    await rm(folder, { recursive: true, force: true });
  }
}
