import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openTaskQueue, type TaskQueue } from "../../../cluster/index.ts";
import { MyriadError } from "../../../runtime/contracts/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";
import { DeafProxy } from "../../kit/deaf-proxy.ts";
import { eventually } from "../../kit/eventually.ts";
import { openNats } from "../../kit/nats.ts";
import { newSubjects, openQueue, task } from "../../kit/task-queues.ts";

const RESTARTS = 2;
const OUTSTANDING = 200;

describe("a task queue whose server is killed", () => {
  it("loses nothing that was confirmed, and has nothing twice by its id", async () => {
    const test = await openNats();
    try {
      const subjects = newSubjects();
      const queue = await openQueue(test, { subjects, retryMs: 60_000 });
      const confirmed: string[] = [];
      let isLoading = true;
      const senders = Array.from({ length: OUTSTANDING }, async (_, sender) => {
        for (let at = 0; isLoading; at++) {
          const id = `${sender}-${at}`;
          await queue.enqueue(task(id));
          confirmed.push(id);
        }
      });
      for (let restart = 0; restart < RESTARTS; restart++) {
        const before = confirmed.length;
        await eventually("load", () => confirmed.length > before + 2 * OUTSTANDING);
        await test.server.stop("SIGKILL");
        await test.server.start();
      }
      const before = confirmed.length;
      await eventually("load again", () => confirmed.length > before + 2 * OUTSTANDING);
      isLoading = false;
      await Promise.all(senders);
      assert.equal((await queue.status()).tasks, confirmed.length);
      const done = await workAll(queue, 256);
      assert.deepEqual(done.toSorted(), confirmed.toSorted());
      await queue.close();
    } finally {
      await test.close();
    }
  });

  it("has its tasks done that were under way, each at least once", async () => {
    const test = await openNats();
    try {
      const subjects = newSubjects();
      const queue = await openQueue(test, { subjects, retryMs: 60_000 });
      const ids = Array.from({ length: 2_000 }, (_, at) => `${at}`);
      await Promise.all(ids.map((id) => queue.enqueue(task(id))));
      const done = new Set<string>();
      const other = await openTaskQueue(await test.connect(), subjects, { name: "tasks" });
      for (const one of [queue, other])
        await one.work(
          async (envelope) => {
            await new Promise((resolve) => setImmediate(resolve));
            done.add(envelope.message_id);
          },
          { concurrency: 20, ackWaitMs: 1_000 },
        );
      await eventually("some that are done", () => done.size > 200);
      await test.server.stop("SIGKILL");
      await test.server.start();
      await eventually("an empty queue", async () => {
        const status = await queue.status().catch(() => null);
        return status?.tasks === 0;
      });
      assert.equal(done.size, 2_000);
      await Promise.all([queue.close(), other.close()]);
    } finally {
      await test.close();
    }
  });

  it("takes a task once whose confirmation was lost with its connection", async () => {
    const test = await openNats();
    const proxy = await DeafProxy.open(test.server.port);
    try {
      const subjects = newSubjects();
      const nats = await test.connect({ servers: [proxy.url] });
      const queue = await openTaskQueue(nats, subjects, { name: "tasks" });
      const beside = await openQueue(test, { subjects });
      proxy.deafen();
      const enqueued = queue.enqueue(task("a"));
      await eventually("the task", async () => (await beside.status()).tasks === 1);
      proxy.cut();
      assert.deepEqual(await enqueued, { isDuplicate: true });
      assert.equal((await beside.status()).tasks, 1);
      await Promise.all([queue.close(), beside.close()]);
    } finally {
      await proxy.close();
      await test.close();
    }
  });

  it("says in time that it cannot take a task, and takes the same one once afterwards", async () => {
    const test = await openNats();
    try {
      const queue = await openQueue(test, { retryMs: 300 });
      await test.server.stop("SIGKILL");
      await assert.rejects(queue.enqueue(task("a")), hasCode("STREAM_UNAVAILABLE"));
      await test.server.start();
      await eventually("an answer", () =>
        queue.enqueue(task("a")).then(
          () => true,
          (error: unknown) => {
            assert.ok(error instanceof MyriadError);
            return false;
          },
        ),
      );
      assert.equal((await queue.status()).tasks, 1);
      await queue.close();
    } finally {
      await test.close();
    }
  });
});

/** @returns the ids of all tasks, in the order in which they were done, each as often as it was */
async function workAll(queue: TaskQueue, concurrency: number): Promise<readonly string[]> {
  const done: string[] = [];
  const worker = await queue.work((envelope) => void done.push(envelope.message_id), { concurrency });
  await eventually("an empty queue", async () => (await queue.status()).tasks === 0);
  await worker.stop();
  return done;
}
