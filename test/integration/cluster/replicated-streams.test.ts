import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openJetStreamJournal, openTaskQueue } from "../../../cluster/index.ts";
import { NO_STREAM, type Revision } from "../../../runtime/contracts/index.ts";
import { payloads } from "../../contract/journal-contract.ts";
import { eventually } from "../../kit/eventually.ts";
import { openNats, type NatsForTest } from "../../kit/nats.ts";
import { newSubjects, task } from "../../kit/task-queues.ts";

const WRITERS = 10;

/** Ends the server that leads a stream, hard. @returns how to start it again */
async function killLeader(test: NatsForTest, stream: string): Promise<() => Promise<void>> {
  const { connection } = await test.connect();
  const answer = await connection.request(`$JS.API.STREAM.INFO.${stream}`, "", { timeout: 10_000 });
  const { cluster } = answer.json<{ readonly cluster: { readonly leader: string } }>();
  const leader = test.servers.find(({ name }) => name === cluster.leader)!;
  await leader.stop("SIGKILL");
  return () => leader.start();
}

describe("what three servers keep", () => {
  let test: NatsForTest;
  before(async () => void (test = await openNats(3)));
  after(() => test.close());

  it("is what one of several writers has appended at a revision, and of no other", async () => {
    const subjects = newSubjects();
    const connections = await Promise.all([test.connect(), test.connect(), test.connect()]);
    const journals = await Promise.all(
      connections.map((nats) => openJetStreamJournal(nats, subjects, { replicas: 3, retryMs: 60_000 })),
    );
    const streams = Array.from({ length: 20 }, (_, at) => `s${at}`);
    await Promise.all(
      streams.map(async (stream) => {
        let revision: Revision = NO_STREAM;
        for (let round = 0; round < 8; round++) {
          const at = revision;
          const tries = journals.map((journal, writer) => journal.append(stream, at, [`${round} ${writer}`]));
          const outcomes = await Promise.allSettled(tries);
          const won = outcomes.filter(({ status }) => status === "fulfilled");
          assert.equal(won.length, 1, `${won.length} have won`);
          revision = await journals[round % 3]!.revision(stream);
        }
        assert.equal((await payloads(journals[0]!, stream)).length, 8);
      }),
    );
    assert.deepEqual((await journals[1]!.streams()).toSorted(), streams.toSorted());
    await Promise.all(journals.map((journal) => journal.close()));
  });

  it("has a task once that several enqueue at once", async () => {
    const subjects = newSubjects();
    const options = { name: "tasks", replicas: 3, retryMs: 60_000 };
    const connections = await Promise.all([test.connect(), test.connect(), test.connect()]);
    const queues = await Promise.all(connections.map((nats) => openTaskQueue(nats, subjects, options)));
    for (let at = 0; at < 20; at++) {
      const taken = await Promise.all(queues.map((queue) => queue.enqueue(task(`${at}`))));
      assert.equal(taken.filter(({ isDuplicate }) => !isDuplicate).length, 1);
    }
    assert.equal((await queues[0]!.status()).tasks, 20);
    await Promise.all(queues.map((queue) => queue.close()));
  });

  it("is all there when the server is killed that leads it, and goes on: the journal", async () => {
    const subjects = newSubjects();
    const options = { replicas: 3, retryMs: 60_000 };
    const journal = await openJetStreamJournal(await test.connect(), subjects, options);
    let appends = 0;
    let isWriting = true;
    const writers = Array.from({ length: WRITERS }, async (_, writer) => {
      let revision: Revision = NO_STREAM;
      let at = 0;
      for (; isWriting; at++) {
        revision = await journal.append(`w${writer}`, revision, [at]);
        appends += 1;
      }
      return at;
    });
    await eventually("some appends", () => appends > 10 * WRITERS);
    const startAgain = await killLeader(test, subjects.stream("JOURNAL"));
    const before = appends;
    await eventually("more appends", () => appends > before + 10 * WRITERS);
    await startAgain();
    isWriting = false;
    const counts = await Promise.all(writers);
    for (const [writer, count] of counts.entries()) {
      const expected = Array.from({ length: count }, (_, at) => at);
      assert.deepEqual(await payloads(journal, `w${writer}`), expected);
    }
    await journal.close();
  });

  it("is all there when the server is killed that leads it, and goes on: a queue", async () => {
    const subjects = newSubjects();
    const options = { name: "tasks", replicas: 3, retryMs: 60_000 };
    const queue = await openTaskQueue(await test.connect(), subjects, options);
    const done = new Set<string>();
    const confirmed: string[] = [];
    await queue.work((envelope) => void done.add(envelope.message_id), { ackWaitMs: 2_000 });
    let isSending = true;
    const senders = Array.from({ length: WRITERS }, async (_, sender) => {
      for (let at = 0; isSending; at++) {
        await queue.enqueue(task(`${sender}-${at}`));
        confirmed.push(`${sender}-${at}`);
      }
    });
    await eventually("some tasks", () => done.size > 10 * WRITERS);
    const startAgain = await killLeader(test, subjects.stream("QUEUE_tasks"));
    const before = done.size;
    await eventually("more tasks", () => done.size > before + 10 * WRITERS);
    isSending = false;
    await Promise.all(senders);
    await eventually("an empty queue", async () => (await queue.status()).tasks === 0);
    assert.deepEqual(
      confirmed.filter((id) => !done.has(id)),
      [],
    );
    await startAgain();
    await queue.close();
  });
});
