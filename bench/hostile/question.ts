/**
 * Do hostile programs escape? Each runs a thousand times in realms and in isolates, clean runs between the attacks,
 * and each hostile command a thousand times in a sandbox of its own, as a command and as a snippet.
 */
import { openPool } from "../../kernels/pool/index.ts";
import { isolateEngine, processEngine, realmEngine } from "../../kernels/sandbox/index.ts";
import type { EncodedInput, Observation, ProcessEngine, SandboxEngine } from "../../kernels/sandbox/index.ts";
import { requiredRow, type BenchRow } from "../bench-row.ts";
import { benchError } from "../errors.ts";
import type { BenchOptions } from "../question.ts";
import { programOf, SEED } from "../sandbox/bodies.ts";
import { layBait } from "./bait.ts";
import { complaintAbout, hostileCommands, hostileSnippets } from "./commands.ts";
import type { HostileCommand } from "./commands.ts";
import { escapeIn, HOSTILE_PROGRAMS, programBody } from "./programs.ts";
import type { HostileProgram } from "./programs.ts";

const ATTACKS = 1_000;
const QUICK_ATTACKS = 9;
/** Clean runs stand between the attacks. */
const ATTACKS_A_CLEAN_RUN = 9;
/** A killed worker costs a second of waiting: several wait at the same time. */
const REALM_WORKERS = 6;
const PROCESSES = 2;
/** What is to meet its limit meets it soon; what is to end by itself has time to. */
const SHORT = { memoryMb: 32, cpuSeconds: 0.05, diskMb: 1, wallSeconds: 0.05 };
const LONG = { memoryMb: 32, cpuSeconds: 5, diskMb: 1, wallSeconds: 5 };

export async function answerHostile(options: BenchOptions): Promise<readonly BenchRow[]> {
  const attacks = options.quick ? QUICK_ATTACKS : ATTACKS;
  const pool = openPool({ workers: REALM_WORKERS });
  try {
    return [
      ...(await attackAll("realm", realmEngine(pool), attacks, options)),
      ...(await attackAll("isolate", await isolateEngine({ workers: PROCESSES }), attacks, options)),
      ...(await commandRows(attacks, options)),
    ];
  } finally {
    await pool.close();
  }
}

// --- programs -------------------------------------------------------------------------------------------

async function attackAll(
  level: string,
  engine: SandboxEngine,
  attacks: number,
  options: BenchOptions,
): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const hostile of HOSTILE_PROGRAMS) {
    options.progress(`${level}, ${rows.length + 1} of ${HOSTILE_PROGRAMS.length}: ${hostile.name}`);
    const held = await attack(engine, hostile, attacks, options);
    rows.push(heldRow(`${level}: ${hostile.name}`, held, attacks));
  }
  return rows;
}

/**
 * @returns how many attacks were held.
 * @throws BENCH_WORK_INVALID when a clean run beside the attacks was touched: then nothing was shown.
 */
async function attack(
  engine: SandboxEngine,
  hostile: HostileProgram,
  attacks: number,
  { signal, progress }: BenchOptions,
): Promise<number> {
  const acts = actsFor(attacks);
  const program = programOf({ source: programBody(hostile) });
  const inputs = acts.map((act) => `[[1],${act}]` as EncodedInput);
  const limits = hostile.outcomes.includes("limit_exceeded") ? SHORT : LONG;
  const request = { program, inputs, order: "alone", seed: SEED, limits } as const;
  const { observations } = await engine.observe(request, { signal });
  const complaints: string[] = [];
  observations.forEach((observation, index) => {
    if (acts[index] === 0) mustBeClean(hostile, observation);
    else complaints.push(escapeIn(hostile, observation) ?? "");
  });
  return heldOf(complaints, progress);
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

// --- commands -------------------------------------------------------------------------------------------

async function commandRows(attacks: number, options: BenchOptions): Promise<readonly BenchRow[]> {
  const engine = await processEngine({ workers: PROCESSES });
  const bait = await layBait();
  const kinds = [
    ["command", hostileCommands(bait)],
    ["snippet", hostileSnippets(bait)],
  ] as const;
  try {
    const rows: BenchRow[] = [];
    for (const [kind, hostiles] of kinds) {
      for (const hostile of hostiles) {
        options.progress(`${kind}: ${hostile.name}`);
        const held = await attackByCommand(engine, hostile, attacks, options);
        // Bait that was taken is nobody's in particular: then none of these runs was held.
        rows.push(heldRow(`${kind}: ${hostile.name}`, bait.taken().length > 0 ? 0 : held, attacks));
      }
    }
    return rows;
  } finally {
    bait.close();
  }
}

async function attackByCommand(
  engine: ProcessEngine,
  hostile: HostileCommand,
  attacks: number,
  { signal, progress }: BenchOptions,
): Promise<number> {
  const order = Array.from({ length: attacks }, () => 0);
  const { samples } = await engine.run(
    { programs: [hostile.program], order, limits: hostile.limits },
    { signal },
  );
  return heldOf(
    samples.map((sample) => complaintAbout(hostile, sample) ?? ""),
    progress,
  );
}

// --- both -----------------------------------------------------------------------------------------------

/** Of complaints, empty where there is none: how many attacks were held. The first of them are told. */
function heldOf(complaints: readonly string[], progress: BenchOptions["progress"]): number {
  const real = complaints.filter((complaint) => complaint !== "");
  for (const complaint of real.slice(0, 3)) progress(`  not held: ${complaint}`);
  return complaints.length - real.length;
}

function heldRow(what: string, held: number, attacks: number): BenchRow {
  return requiredRow({ name: `held: ${what}`, unit: "runs", value: held }, "atLeast", attacks);
}
