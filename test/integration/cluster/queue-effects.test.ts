import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { extname } from "node:path";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { openJetStreamJournal, openTaskQueue, Subjects } from "../../../cluster/index.ts";
import { eventually } from "../../kit/eventually.ts";
import { LEDGER } from "../../kit/ledger.ts";
import { openNats } from "../../kit/nats.ts";
import { task } from "../../kit/task-queues.ts";

const WORKER = fileURLToPath(new URL(`./queue-effects-worker${extname(import.meta.url)}`, import.meta.url));
const TASKS = 40;

describe("an effect that is journalled with the id of its task", () => {
  it("is made once, though its worker is killed between the effect and the acknowledgement", async () => {
    const test = await openNats();
    const ends: (() => void)[] = [];
    try {
      const subjects = new Subjects("effects");
      const nats = await test.connect();
      const queue = await openTaskQueue(nats, subjects, { name: "tasks" });
      const ids = Array.from({ length: TASKS }, (_, at) => `task-${at}`);
      await Promise.all(ids.map((id) => queue.enqueue(task(id))));
      const start = (mode: string): ReturnType<typeof startWorker> => {
        const worker = startWorker([test.server.url, subjects.cluster, mode]);
        ends.push(worker.kill);
        return worker;
      };
      const first = start("hang");
      await eventually("four effects", () => first.effects.length === 4);
      first.kill();
      assert.equal((await queue.status()).tasks, TASKS);
      const second = start("");
      await eventually("an empty queue", async () => (await queue.status()).tasks === 0);
      second.kill();
      const journal = await openJetStreamJournal(nats, subjects);
      const kept: string[] = [];
      for await (const { event } of journal.read(LEDGER)) kept.push((event as { e: string }).e);
      assert.deepEqual(kept.toSorted(), ids.toSorted());
      const effects = [...first.effects, ...second.effects];
      assert.equal(new Set(effects).size, effects.length, "an effect was made twice");
      assert.equal(await queue.deadLetters.count(), 0);
      await Promise.all([queue.close(), journal.close()]);
    } finally {
      for (const end of ends) end();
      await test.close();
    }
  });
});

function startWorker(args: readonly string[]): {
  readonly effects: readonly string[];
  readonly kill: () => void;
} {
  const child = spawn(process.execPath, [WORKER, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const effects: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => effects.push(line));
  return { effects, kill: () => void child.kill("SIGKILL") };
}
