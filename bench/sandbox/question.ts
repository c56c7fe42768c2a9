/**
 * What do fresh sandboxes cost, beside other ways to have them? Every workload runs in fresh processes, ours and the
 * peers' in turns.
 */
import { dirname, extname, join } from "node:path";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { benchError } from "../errors.ts";
import { plainRow, requiredRow, type BenchRow } from "../bench-row.ts";
import type { BenchOptions } from "../question.ts";
import { runChild } from "../runtime/child-process.ts";
import type { Command } from "../runtime/contenders.ts";
import { install } from "../runtime/installation.ts";
import { medianOf, spreadText } from "../spread.ts";
import { SORTING } from "./bodies.ts";
import type { Result } from "./result.ts";

const ROUNDS = 5;
const QUICK_ROUNDS = 1;

interface Workload {
  readonly name: string;
  readonly size: number;
  readonly quickSize: number;
  readonly peer: boolean;
  readonly more: readonly string[];
}

const workload = (
  name: string,
  size: number,
  quickSize: number,
  peer = false,
  more: readonly string[] = [],
): Workload => ({
  name,
  size,
  quickSize,
  peer,
  more,
});

const plainBody = JSON.stringify({
  source: SORTING.source,
  argument: SORTING.argument,
  result: Number(SORTING.observation.split(" ")[1]),
});

const WORKLOADS: readonly Workload[] = [
  workload("trivial", 10_000, 10_000),
  workload("isolated-vm", 600, 100, true),
  workload("quickjs-emscripten", 4_000, 400, true),
  workload("worker", 60, 20, true),
  workload("trivial-with-start", 10_000, 10_000),
  workload("copy", 30_000, 10_000),
  workload("memory", 1_000_000, 100_000),
  workload("sort", 10_000, 1_000),
  workload("isolate", 10_000, 2_000),
  workload("isolate-alone", 10_000, 2_000),
  workload("plain", 2_000, 1_000, true, [plainBody]),
];

type Rounds = ReadonlyMap<string, readonly Result[]>;
type Missing = ReadonlyMap<string, string>;

export async function answerSandbox(options: BenchOptions): Promise<readonly BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), "myriad-bench-"));
  try {
    const peers = peersFolder(import.meta.dirname);
    const installed = await install({ peers, native: folder, progress: options.progress, withNative: false });
    const rounds = new Map<string, Result[]>(WORKLOADS.map(({ name }) => [name, []]));
    const missing = new Map<string, string>();
    for (let round = 0; round < (options.quick ? QUICK_ROUNDS : ROUNDS); round++) {
      await playRound(peers, rounds, missing, options);
      options.progress(`round ${round + 1} is done`);
    }
    return rowsOf(rounds, missing, installed.versions);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The peers are run as they are, from the sources, also when the bench itself is a built copy. */
function peersFolder(folder: string): string {
  const peers = join(folder, "bench", "peers");
  return existsSync(join(peers, "package.json")) ? peers : peersFolder(dirname(folder));
}

async function playRound(
  peers: string,
  rounds: ReadonlyMap<string, Result[]>,
  missing: Map<string, string>,
  { quick, signal }: BenchOptions,
): Promise<void> {
  for (const one of WORKLOADS) {
    if (missing.has(one.name)) continue;
    const size = quick ? one.quickSize : one.size;
    try {
      rounds.get(one.name)!.push(await runOne(one, size, peers, signal));
    } catch (error) {
      // A peer that cannot be had is missing; its rows say so.
      if (!one.peer || signal.aborted) throw error;
      missing.set(one.name, error instanceof Error ? error.message.split("\n")[0]! : "it failed");
    }
  }
}

async function runOne(
  { name, peer, more }: Workload,
  size: number,
  peers: string,
  signal: AbortSignal,
): Promise<Result> {
  const file = peer
    ? join(peers, "sandboxes.js")
    : join(import.meta.dirname, `child${extname(import.meta.filename)}`);
  const command: Command = {
    file: process.execPath,
    args: ["--no-node-snapshot", file, name, String(size), ...more],
  };
  const output = await runChild(command, signal);
  const result = JSON.parse(output.trimEnd().split("\n").at(-1) ?? "") as Result;
  if (result.done === size && result.check === size) return result;
  throw benchError("BENCH_WORK_INVALID", `${name}: ${result.check} of ${size} iterations were proved`);
}

// --- rows -----------------------------------------------------------------------------------------------

function rowsOf(rounds: Rounds, missing: Missing, versions: string): readonly BenchRow[] {
  const count = rounds.get("trivial")!.length;
  const values = (name: string, read: (result: Result) => number): readonly number[] =>
    rounds.get(name)!.map(read);
  const seconds = ({ seconds: took }: Result): number => took;
  /** Of short rounds, what 10,000 would have taken. */
  const secondsOf10k = ({ done, seconds: took }: Result): number => (took * 10_000) / done;
  const rate = ({ done, seconds: took }: Result): number => done / took;
  const figure = ({ figure: given }: Result): number => given ?? NaN;
  const other = ({ other: given }: Result): number => given ?? NaN;
  const required = (name: string, unit: string, all: readonly number[], most: number): BenchRow =>
    requiredRow({ name, unit, value: medianOf(all), note: spreadText(all) }, "atMost", most);
  const against = (name: string, than: string, atLeast: number): BenchRow =>
    peerRow(name, values("trivial", rate), than, values(than, rate), { than, atLeast }, missing.get(than));
  return [
    plainRow({
      name: "rounds",
      unit: "rounds",
      value: count,
      note: `medians (least–greatest) of fresh processes; ${versions}`,
    }),
    required("10,000 fresh sandboxes, trivial body, 2 workers", "s", values("trivial", seconds), 0.12),
    required("the same with the pool's start", "s", values("trivial-with-start", seconds), 0.25),
    against("fresh sandboxes a second", "isolated-vm", 100),
    against("fresh sandboxes a second", "worker", 2_000),
    against("fresh sandboxes a second", "quickjs-emscripten", 1),
    peerRow("an iteration, µs", values("copy", figure), "bare copy", values("copy", other), {
      than: "bare copy",
      atMost: 2,
    }),
    required("memory of a million iterations", "MB", values("memory", figure), 250),
    required(`10,000 sorts in realms`, "s", values("sort", secondsOf10k), 4),
    peerRow(
      "a sort in an isolate, µs",
      values("isolate-alone", figure),
      "plain",
      values("plain", figure),
      { than: "plain", atMost: 1.6 },
      missing.get("plain"),
    ),
    required("variation of fork medians, one fork at a time", "1", values("isolate-alone", other), 0.05),
    plainRow({
      name: "variation of fork medians, two forks at a time",
      unit: "1",
      value: medianOf(values("isolate", other)),
      note: spreadText(values("isolate", other)),
    }),
    required(`10,000 sorts in isolates, 20 forks`, "s", values("isolate", secondsOf10k), 1.5),
  ];
}

type PeerTarget =
  { readonly than: string; readonly atLeast: number } | { readonly than: string; readonly atMost: number };

/** Against a peer that was measured beside it; one that is missing misses the target, and says why. */
function peerRow(
  name: string,
  own: readonly number[],
  peer: string,
  theirs: readonly number[],
  target: PeerTarget,
  why?: string,
): BenchRow {
  const value = medianOf(own);
  const measured = {
    name: `${name}, against ${peer}`,
    unit: name.includes("µs") ? "µs" : "1/s",
    value,
    target,
  };
  if (theirs.length === 0) {
    return {
      ...measured,
      peers: {},
      ratios: {},
      met: false,
      note: `${peer} is missing: ${why ?? "not measured"}`,
    };
  }
  const held = medianOf(theirs);
  const ratio = value / held;
  const met = "atLeast" in target ? ratio >= target.atLeast : ratio <= target.atMost;
  const note = `${spreadText(own)}; ${peer} ${spreadText(theirs)}`;
  return { ...measured, peers: { [peer]: held }, ratios: { [peer]: ratio }, met, note };
}
