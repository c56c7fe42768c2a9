/**
 * `npm run chaos`: real processes and real servers under load, one fault after another, and then an independent look at
 * what is kept. Exit code 0: every invariant held, and the cluster came back in time; 1: it did not.
 *
 *     npm run chaos -- --short --json     as continuous integration runs it, about two minutes
 *     npm run chaos                       every fault three times, with NATS down for a minute
 *     npm run chaos -- --only frozen      those faults alone whose name holds that word
 */
import { parseArgs } from "node:util";
import { checkAll, type Finding } from "./checker.ts";
import { FAULTS, type Fault } from "./faults.ts";
import { Load, pause } from "./load.ts";
import { ChaosWorld } from "./world.ts";

const { values } = parseArgs({
  options: {
    short: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    only: { type: "string" },
    rounds: { type: "string" },
  },
});

const WORKERS = 3;
const LEASE_MS = 2_000;
const CALM_MS = 2_000;
const DRAIN_MS = 120_000;

interface Endured {
  readonly fault: string;
  /** Until it was mended. */
  readonly ms: number;
  /** The longest time in which nothing was confirmed, in milliseconds. */
  readonly longestGapMs: number;
  readonly mostGapMs: number | null;
}

const isLong = !values.short;
const rounds = Number(values.rounds ?? (isLong ? 3 : 1));
const chosen = FAULTS.filter(
  ({ name, isShort }) => (isLong || isShort) && (values.only === undefined || name.includes(values.only)),
);
const begunAt = performance.now();
const say = (text: string): void => void process.stderr.write(`chaos: ${text}\n`);

say(`3 servers, ${WORKERS} workers, a lease of ${LEASE_MS} ms`);
const world = await ChaosWorld.open(WORKERS, LEASE_MS);
let load: Load | null = null;
try {
  load = await Load.open(world);
  const endured: Endured[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const fault of chosen) endured.push(await endure(fault, world, load));
  }
  say("waiting until all is done");
  await load.drained(DRAIN_MS);
  const found = await checkAll(world.urls, load);
  report(endured, found, load);
} finally {
  await load?.close().catch((error: unknown) => say(String(error)));
  await world.close();
}
process.exit();

async function endure(fault: Fault, on: ChaosWorld, under: Load): Promise<Endured> {
  say(fault.name);
  await pause(CALM_MS);
  under.takeLongestGap();
  const at = performance.now();
  await fault.inject(on, under, isLong);
  const ms = Math.round(performance.now() - at);
  await pause(CALM_MS);
  const longestGapMs = Math.round(under.takeLongestGap());
  return { fault: fault.name, ms, longestGapMs, mostGapMs: fault.mostGapMs };
}

function report(endured: readonly Endured[], found: readonly Finding[], under: Load): void {
  const late = endured.filter(
    ({ longestGapMs, mostGapMs }) => mostGapMs !== null && longestGapMs > mostGapMs,
  );
  const held = found.every((one) => one.held) && late.length === 0;
  const seconds = Math.round((performance.now() - begunAt) / 1_000);
  const document = { held, seconds, confirmed: under.confirmed.size, faults: endured, invariants: found };
  if (values.json) process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  else {
    for (const { fault, ms, longestGapMs } of endured) {
      process.stdout.write(
        `${fault}: mended after ${ms} ms, nothing confirmed for ${longestGapMs} ms at most\n`,
      );
    }
    for (const { invariant, held: isHeld, violations } of found) {
      process.stdout.write(`${isHeld ? "held" : "BROKEN"}  ${invariant} ${violations.join("; ")}\n`);
    }
    process.stdout.write(`${under.confirmed.size} tasks were confirmed, in ${seconds} s\n`);
  }
  process.exitCode = held ? 0 : 1;
}
