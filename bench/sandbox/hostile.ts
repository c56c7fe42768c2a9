/** Each hostile program many times in realms: none may escape, and every tenth run is a clean one. */
import { openPool } from "../../kernels/pool/index.ts";
import { realmEngine } from "../../kernels/sandbox/index.ts";
import type { EncodedInput, Observation, SandboxEngine } from "../../kernels/sandbox/index.ts";
import { benchError } from "../errors.ts";
import { requiredRow, type BenchRow } from "../bench-row.ts";
import type { BenchOptions } from "../question.ts";
import { programOf, SEED } from "./bodies.ts";
import { escapeIn, HOSTILE_PROGRAMS, programBody } from "./hostile-programs.ts";
import type { HostileProgram } from "./hostile-programs.ts";

const ATTACKS = 1_000;
const QUICK_ATTACKS = 9;
/** Clean runs stand between the attacks. */
const ATTACKS_A_CLEAN_RUN = 9;
/** A killed worker costs a second of waiting: several wait at the same time. */
const WORKERS = 6;
/** What is to meet its limit meets it soon; what is to end by itself has time to. */
const SHORT = { memoryMb: 32, cpuSeconds: 0.05, diskMb: 1, wallSeconds: 0.05 };
const LONG = { memoryMb: 32, cpuSeconds: 5, diskMb: 1, wallSeconds: 5 };

export async function answerHostile(options: BenchOptions): Promise<readonly BenchRow[]> {
  const attacks = options.quick ? QUICK_ATTACKS : ATTACKS;
  const pool = openPool({ workers: WORKERS });
  try {
    const engine = realmEngine(pool);
    const rows: BenchRow[] = [];
    for (const hostile of HOSTILE_PROGRAMS) {
      rows.push(await attack(engine, hostile, attacks, options));
      options.progress(`${hostile.name}: ${rows.length} of ${HOSTILE_PROGRAMS.length}`);
    }
    return rows;
  } finally {
    await pool.close();
  }
}

/** @throws BENCH_WORK_INVALID when a clean run beside the attacks was touched: then nothing was shown. */
async function attack(
  engine: SandboxEngine,
  hostile: HostileProgram,
  attacks: number,
  { signal }: BenchOptions,
): Promise<BenchRow> {
  const acts = actsFor(attacks);
  const program = programOf({ source: programBody(hostile) });
  const inputs = acts.map((act) => `[[1],${act}]` as EncodedInput);
  const limits = hostile.outcomes.includes("limit_exceeded") ? SHORT : LONG;
  const request = { program, inputs, order: "alone", seed: SEED, limits } as const;
  const { observations } = await engine.observe(request, { signal });
  let held = 0;
  observations.forEach((observation, index) => {
    if (acts[index] === 1 && escapeIn(hostile, observation) === null) held++;
    if (acts[index] === 0) mustBeClean(hostile, observation);
  });
  const name = `attacks held: ${hostile.name}`;
  return requiredRow({ name, unit: "runs", value: held }, "atLeast", attacks);
}

function actsFor(attacks: number): readonly (0 | 1)[] {
  const acts: (0 | 1)[] = [];
  for (let done = 1; done <= attacks; done++) {
    acts.push(1);
    if (done % ATTACKS_A_CLEAN_RUN === 0) acts.push(0);
  }
  return acts;
}

/** The limit is short: on a busy machine a clean run may meet it too, and then says nothing. */
function mustBeClean({ name }: HostileProgram, { outcome, text }: Observation): void {
  if (text === "returned 0\narguments 0" || outcome === "limit_exceeded") return;
  throw benchError("BENCH_WORK_INVALID", `${name}: a clean run gave ${text}`);
}
