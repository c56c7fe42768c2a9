import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Interface } from "node:readline";
import type { Readable } from "node:stream";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

import { seededRandom } from "../../../runtime/contracts/index.ts";
import { openStateDirectory } from "../../../storage/index.ts";
import type { StateDirectory } from "../../../storage/index.ts";
import { payloads } from "../../contract/journal-contract.ts";

const WRITER = fileURLToPath(new URL(`./state-writer${extname(import.meta.url)}`, import.meta.url));
const ROUNDS = 4;

describe("a state directory and the processes that use it", () => {
  it(`loses nothing confirmed when its owner is killed ${ROUNDS} times at any moment`, () =>
    inFolder(async (folder) => {
      const random = seededRandom(process.pid);
      const confirmed = new Map<string, number>();
      for (let round = 0; round < ROUNDS; round++) {
        const killAfter = 1 + random.below(150);
        await writeUntilKilled(folder, killAfter, confirmed);
        const before = await readFile(firstSegment(folder));
        const state = await openStateDirectory(folder);
        const after = await readFile(firstSegment(folder));
        assert.equal(before.length - after.length, state.recovery?.truncatedBytes ?? 0);
        assert.ok(before.subarray(0, after.length).equals(after), "bytes before the cut have changed");
        await assertKept(state, confirmed);
        await state.close();
      }
    }));

  it("is refused to a second process, which names the owner, until the owner is dead", () =>
    inFolder(async (folder) => {
      const owner = start(folder, "hold");
      assert.equal(await firstLine(owner), "open");
      const refusal = await opening(folder);
      assert.ok(
        refusal.startsWith("STATE_IN_USE ") && refusal.includes(`process ${owner.child.pid}`),
        refusal,
      );
      await kill(owner);
      assert.equal(await opening(folder), "opened");
    }));

  it("is refused to another thread of the process that has it open", () =>
    inFolder(async (folder) => {
      const state = await openStateDirectory(folder);
      const worker = new Worker(WRITER, { argv: [folder, "open"], stdout: true });
      const ended = new Promise((resolve) => worker.once("exit", resolve));
      const [line] = await Promise.all([firstOf(createInterface({ input: worker.stdout })), ended]);
      assert.ok(line.startsWith("STATE_IN_USE "), line);
      await state.close();
    }));

  // A limit on file size stands for the full disk: it needs no mount, and a write is cut short by it just so.
  it(
    "stays readable on a full disk, loses nothing confirmed, and takes what fits",
    { skip: process.platform === "win32" },
    () =>
      inFolder(async (folder) => {
        const limited = start(folder, "fill", `trap '' XFSZ; ulimit -f 4096;`);
        const line = await firstLine(limited);
        await limited.ended;
        assert.ok(line.startsWith("{"), line);
        const told = JSON.parse(line) as Told;
        assert.equal(told.failure, "JOURNAL_WRITE_FAILED");
        assert.equal(told.artifact, "STATE_UNWRITABLE");
        assert.equal(told.analytics.code, "ANALYTICS_WRITE_FAILED");
        assert.ok(told.confirmed > 0 && told.readBack === told.confirmed, line);
        assert.equal(told.analytics.kept, told.analytics.recorded);
        const state = await openStateDirectory(folder);
        assert.equal(state.recovery, null);
        assert.equal((await payloads(state.journal, "s")).length, told.confirmed + 1);
        assert.equal((await state.analytics.forksOf("S")).length, told.analytics.recorded);
        await state.close();
      }),
  );
});

interface Told {
  readonly confirmed: number;
  readonly failure: string;
  readonly readBack: number;
  readonly artifact: string;
  readonly analytics: { readonly recorded: number; readonly code: string; readonly kept: number };
}

interface Started {
  readonly child: ChildProcessByStdio<null, Readable, null>;
  readonly lines: Interface;
  readonly ended: Promise<void>;
}

function start(folder: string, action: string, before = ""): Started {
  const child = spawn(
    "/bin/sh",
    ["-c", `${before} exec "$0" "$@"`, process.execPath, WRITER, folder, action],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return { child, lines: createInterface({ input: child.stdout }), ended };
}

async function firstOf(lines: Interface): Promise<string> {
  for await (const line of lines) return line;
  return "nothing was printed";
}

function firstLine(started: Started): Promise<string> {
  return firstOf(started.lines);
}

/** What another process says that opens the folder; it has ended then, and touches the folder no more. */
async function opening(folder: string): Promise<string> {
  const opener = start(folder, "open");
  const line = await firstLine(opener);
  await opener.ended;
  return line;
}

async function kill(started: Started): Promise<void> {
  started.child.kill("SIGKILL");
  await started.ended;
}

/** Kills the writer when it has confirmed so many records; every line it managed to print counts. */
async function writeUntilKilled(
  folder: string,
  killAfter: number,
  confirmed: Map<string, number>,
): Promise<void> {
  const writer = start(folder, "write");
  let count = 0;
  for await (const line of writer.lines) {
    const [name, number] = line.split(" ");
    assert.match(line, /^(a|b|c|fork) \d+$/);
    confirmed.set(name!, Number(number));
    count += 1;
    if (count === killAfter) writer.child.kill("SIGKILL");
  }
  await writer.ended;
}

async function assertKept(state: StateDirectory, confirmed: ReadonlyMap<string, number>): Promise<void> {
  for (const stream of ["a", "b", "c"]) {
    const events = (await payloads(state.journal, stream)) as { readonly number: number }[];
    assert.ok(events.length > (confirmed.get(stream) ?? -1), `stream ${stream} lost a confirmed event`);
    assert.ok(events.every(({ number }, index) => number === index));
  }
  const samples = await state.analytics.samplesOf("S", "case", "base", "wall");
  assert.ok(samples.length > (confirmed.get("fork") ?? -1), "a confirmed fork was lost");
  assert.ok(
    samples.every((values, fork) => values.length === 100 && values.every((value) => value === fork)),
  );
}

function firstSegment(folder: string): string {
  return join(folder, "journal", "00000001.journal");
}

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "state-"));
  try {
    await test(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
