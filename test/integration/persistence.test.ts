import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

import { seededRandom } from "../../runtime/contracts/index.ts";
import { openFileJournal } from "../../storage/index.ts";

const BURST = fileURLToPath(new URL(`./persistence-burst${extname(import.meta.url)}`, import.meta.url));
const ROUNDS = 4;

describe("event-sourced actors over the file journal", () => {
  it(`lose no confirmed effect and have none twice when their process is killed ${ROUNDS} times in a burst of commands`, async () => {
    const folder = await mkdtemp(join(tmpdir(), "burst-"));
    try {
      const random = seededRandom(process.pid);
      const effects: string[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        effects.push(...(await effectsUntilKilled(folder, 100 + random.below(1_500))));
        await check(folder, effects);
      }
      assert.ok(effects.length >= ROUNDS * 100);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** Lines of a process that is killed when it has written `count` of them. */
async function effectsUntilKilled(folder: string, count: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [BURST, folder], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (lines.length === count) child.kill("SIGKILL");
  }
  await ended;
  assert.ok(lines.length >= count, `it ended by itself after ${lines.length} effects`);
  return lines;
}

async function check(folder: string, effects: readonly string[]): Promise<void> {
  assert.equal(new Set(effects).size, effects.length, "an effect has run twice");
  const journal = await openFileJournal(folder);
  const kept = new Set<string>();
  for (const stream of await journal.streams("counter-")) {
    let commands = 0;
    for await (const { event } of journal.read(stream)) {
      kept.add(`${stream} ${(event as { e: number }).e}`);
      commands += 1;
    }
    const inStream = [...kept].filter((line) => line.startsWith(`${stream} `));
    assert.equal(inStream.length, commands, `${stream} has a command twice`);
  }
  const lost = effects.filter((effect) => !kept.has(effect));
  assert.deepEqual(lost, []);
  await journal.close();
}
