import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openArtifactStore, openJetStreamJournal, openTaskQueue, Subjects } from "../../../cluster/index.ts";
import { NO_STREAM, type Revision } from "../../../runtime/contracts/index.ts";
import { payloads } from "../../contract/journal-contract.ts";
import { eventually } from "../../kit/eventually.ts";
import { openNats } from "../../kit/nats.ts";
import { task } from "../../kit/task-queues.ts";

describe("a node whose rights end at its cluster and its own inbox", () => {
  it("writes journals, works on queues and keeps artifacts", async () => {
    const subjects = new Subjects("main");
    const inboxPrefix = subjects.inboxes("a");
    const test = await openNats(1, [
      'authorization { users = [ { user: "node", password: "p", permissions: {',
      'publish: ["myriad.main.>", "$JS.>", "$O.myriad_main_artifacts.>"]',
      `subscribe: ["myriad.main.>", "${inboxPrefix}.>"]`,
      "} } ] }",
    ]);
    try {
      const nats = await test.connect({ auth: { user: "node", password: "p" }, inboxPrefix });
      const journal = await openJetStreamJournal(nats, subjects);
      let revision: Revision = NO_STREAM;
      for (let at = 0; at < 3; at++) revision = await journal.append("s", revision, [at]);
      assert.deepEqual(await payloads(journal, "s"), [0, 1, 2]);
      assert.deepEqual(await journal.streams(), ["s"]);
      const queue = await openTaskQueue(nats, subjects, { name: "tasks" });
      await queue.enqueue(task("a"));
      const worker = await queue.work(() => undefined);
      await eventually("the task", () => worker.counts.completed === 1);
      assert.deepEqual(await queue.deadLetters.list(), { deadLetters: [], next: null });
      const store = await openArtifactStore(nats, subjects);
      const { hash } = await store.put(Buffer.from("kept"));
      assert.equal(Buffer.from(await store.bytes(hash)).toString(), "kept");
      await Promise.all([journal.close(), queue.close()]);
    } finally {
      await test.close();
    }
  });
});
