/**
 * A child process for the tests beside it: opens the state directory given as first argument, then does
 * what the second says.
 *   write   appends to the journal and records forks without end; prints one line for each that is confirmed
 *   hold    prints `open` and waits to be killed
 *   fill    appends until the disk refuses, then small appends; prints what happened as one JSON line
 *   open    prints the code with which the opening failed, or `opened`
 */
import { NO_STREAM } from "../../../runtime/contracts/index.ts";
import type { MyriadError, Revision } from "../../../runtime/contracts/index.ts";
import { openStateDirectory } from "../../../storage/index.ts";
import type { ForkRow, StateDirectory } from "../../../storage/index.ts";

const [folder = "", action = ""] = process.argv.slice(2);

try {
  const state = await openStateDirectory(folder);
  if (action === "write") await write(state);
  if (action === "hold") await hold();
  if (action === "fill") await fill(state);
  if (action === "open") print("opened");
  await state.close();
} catch (error) {
  print(`${codeOf(error)} ${(error as Error).message}`);
}

async function write(state: StateDirectory): Promise<void> {
  const writers = ["a", "b", "c"].map((stream) => appendForever(state, stream));
  await Promise.all([...writers, recordForever(state)]);
}

async function appendForever(state: StateDirectory, stream: string): Promise<void> {
  let revision = await state.journal.revision(stream);
  for (let number = Number(revision); ; number++) {
    revision = await state.journal.append(stream, revision, [
      { number, padding: "x".repeat((number * 37) % 500) },
    ]);
    print(`${stream} ${number}`);
  }
}

async function recordForever(state: StateDirectory): Promise<void> {
  for (let number = (await state.analytics.forksOf("S")).length; ; number++) {
    await state.analytics.recordFork(forkRow(number), [
      { metric: "wall", values: new Float64Array(100).fill(number) },
    ]);
    print(`fork ${number}`);
  }
}

async function hold(): Promise<void> {
  print("open");
  await new Promise(() => setInterval(() => undefined, 1_000));
}

async function fill(state: StateDirectory): Promise<void> {
  let revision: Revision = NO_STREAM;
  let confirmed = 0;
  let failure = "";
  while (failure === "") {
    try {
      revision = await state.journal.append("s", revision, [new Uint8Array(300_000)]);
      confirmed += 1;
    } catch (error) {
      failure = codeOf(error);
    }
  }
  let readBack = 0;
  for await (const { event } of state.journal.read("s")) readBack += (event as Uint8Array).length / 300_000;
  await state.journal.append("s", revision, ["small"]);
  const artifact = await state.writeArtifact("S", "large", new Uint8Array(8_000_000)).then(() => "", codeOf);
  const analytics = await fillAnalytics(state);
  print(JSON.stringify({ confirmed, failure, readBack, artifact, analytics }));
}

/** Records incompressible samples until the disk refuses. */
async function fillAnalytics(
  state: StateDirectory,
): Promise<{ readonly recorded: number; readonly code: string; readonly kept: number }> {
  let seed = 1;
  const noise = (): number => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) / 3;
  for (let recorded = 0; ; recorded++) {
    try {
      await state.analytics.recordFork(forkRow(recorded), [
        { metric: "wall", values: Float64Array.from({ length: 20_000 }, noise) },
      ]);
    } catch (error) {
      return { recorded, code: codeOf(error), kept: (await state.analytics.forksOf("S")).length };
    }
  }
}

function forkRow(fork: number): ForkRow {
  return {
    session: "S",
    caseId: "case",
    version: "base",
    fork,
    order: fork,
    node: "local",
    engine: "isolate",
    iterations: 100,
    failures: 0,
    outcomes: {},
    cpuMs: 1,
    peakMb: 1,
    recordedAt: 0,
  };
}

function codeOf(error: unknown): string {
  return (error as Partial<MyriadError>).code ?? String(error);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
