/**
 * How fast is the runtime, and how does it stand against other actors and other ways between threads? Every
 * workload of every contender runs in fresh processes; in each round all contenders of a workload take turns,
 * and each round begins with another one, so that a slow minute of the machine strikes all alike.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import { existsSync } from "node:fs";
import { systemClock } from "../../runtime/contracts/index.ts";
import { plainRow, type BenchRow } from "../bench-row.ts";
import type { Measured } from "../myriad/measuring.ts";
import type { BenchOptions } from "../question.ts";
import { timeLeft } from "../spread.ts";
import { provedResult, runChild, type RunChild } from "./child-process.ts";
import { contendersAt, SUBJECT, type Contender } from "./contenders.ts";
import { filesystemOf } from "./filesystem.ts";
import { install, type Installed } from "./installation.ts";
import { PLANS, type Plan } from "./plan.ts";
import { rowsOf, type Rounds } from "./rows.ts";

const ROUNDS = 5;
const QUICK_ROUNDS = 2;
const QUICK_SHARE_FLOOR = 0.1;

export async function answerRuntime(options: BenchOptions): Promise<readonly BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), "myriad-bench-"));
  try {
    const peers = peersFolder(import.meta.dirname);
    const { progress } = options;
    const installed = await install({ peers, native: folder, progress, withNative: options.peers === "all" });
    const child = join(import.meta.dirname, "..", "myriad", `child${extname(import.meta.filename)}`);
    const contenders = contendersAt({ child, peers, native: folder, files: folder });
    const filesystem = await filesystemOf(folder);
    return await measureAll({ plans: PLANS, contenders, installed, filesystem, runChild }, options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The peers are run as they are, from the sources, also when the bench itself is a built copy. */
function peersFolder(folder: string): string {
  const peers = join(folder, "bench", "peers");
  return existsSync(join(peers, "package.json")) ? peers : peersFolder(dirname(folder));
}

export interface Field {
  readonly plans: readonly Plan[];
  readonly contenders: readonly Contender[];
  readonly installed: Installed;
  /** Where files are kept, e.g. `ext4`. */
  readonly filesystem: string;
  readonly runChild: RunChild;
}

/** @throws BENCH_WORK_INVALID, BENCH_INTERRUPTED */
export async function measureAll(
  field: Field,
  options: Pick<BenchOptions, "quick" | "signal" | "progress">,
): Promise<readonly BenchRow[]> {
  const { plans, contenders, installed, filesystem } = field;
  const count = options.quick ? QUICK_ROUNDS : ROUNDS;
  const begunAt = systemClock.monotonic();
  const note = `medians (least–greatest) of fresh processes; files on ${filesystem}; ${installed.versions}`;
  const rows: BenchRow[] = [plainRow({ name: "rounds", unit: "rounds", value: count, note })];
  for (const [index, plan] of plans.entries()) {
    const { rounds, failed } = await measure(plan, field, count, options);
    const [first, ...others] = rowsOf(plan, rounds, contenders, installed.missing);
    const told = [first!.note, ...failed].filter((part) => part !== undefined).join(". ");
    rows.push({ ...first!, note: told }, ...others);
    const left = timeLeft(index + 1, plans.length, systemClock.monotonic() - begunAt);
    options.progress(`${plan.name}, ${index + 1} of ${plans.length}, ${left}`);
  }
  return rows;
}

interface Measurement {
  readonly rounds: Rounds;
  /** Processes of others that did not end well; they are left out of the medians. */
  readonly failed: readonly string[];
}

async function measure(
  plan: Plan,
  { contenders, installed, runChild: child }: Field,
  count: number,
  { quick, signal }: Pick<BenchOptions, "quick" | "signal">,
): Promise<Measurement> {
  const present = contenders.filter(
    ({ needs, shares }) => plan.name in shares && (needs === null || installed.missing[needs] === undefined),
  );
  const rounds = new Map<Contender, Measured[]>(present.map((contender) => [contender, []]));
  const failed: string[] = [];
  for (let round = 0; round < count; round++) {
    for (let turn = 0; turn < present.length; turn++) {
      const contender = present[(round + turn) % present.length]!;
      const size = sizeFor(plan, contender, quick);
      const output = await child(contender.start(plan, size), signal).catch((error: unknown) => {
        if (contender.name === SUBJECT || signal.aborted) throw error;
        failed.push(`${contender.name} failed in round ${round + 1}`);
        return null;
      });
      if (output === null) continue;
      const wanted = { done: size, check: plan.check(size) };
      rounds.get(contender)!.push(provedResult(output, `${contender.name}, ${plan.name}`, wanted));
    }
  }
  return { rounds, failed };
}

export function sizeFor(plan: Plan, { shares }: Contender, quick: boolean): number {
  const step = plan.step ?? 1;
  const share = shares[plan.name]!;
  const size = quick ? plan.quickSize * Math.max(share, QUICK_SHARE_FLOOR) : plan.size * share;
  return Math.max(1, Math.round(size / step)) * step;
}
