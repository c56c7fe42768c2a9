import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { nkeys } from "@nats-io/nats-core";
import {
  claimSigner,
  openTaskQueue,
  readEnvelope,
  type Envelope,
  type QueueEvent,
  type TaskQueue,
} from "../../../cluster/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";
import { eventually } from "../../kit/eventually.ts";
import { openNats, type NatsForTest } from "../../kit/nats.ts";
import { newSubjects, openQueue, task } from "../../kit/task-queues.ts";
import { MyriadError } from "../../../runtime/contracts/index.ts";

let test: NatsForTest;
before(async () => void (test = await openNats()));
after(() => test.close());

const idsOf = (envelopes: readonly Envelope[]): readonly string[] => envelopes.map((one) => one.message_id);
const never = new Promise<void>(() => undefined);
const isEmpty = (queue: TaskQueue) => async (): Promise<boolean> => (await queue.status()).tasks === 0;

describe("a task queue", () => {
  it("gives each task to one of its workers, and is empty afterwards", async () => {
    const subjects = newSubjects();
    const queue = await openQueue(test, { subjects });
    const other = await openQueue(test, { subjects });
    const done: string[] = [];
    const handler = (envelope: Envelope): void => void done.push(envelope.message_id);
    await Promise.all(Array.from({ length: 300 }, (_, at) => queue.enqueue(task(`early-${at}`))));
    const workers = await Promise.all([queue.work(handler), other.work(handler, { concurrency: 200 })]);
    await Promise.all(Array.from({ length: 300 }, (_, at) => other.enqueue(task(`late-${at}`))));
    await eventually("an empty queue", isEmpty(queue));
    assert.equal(done.length, 600);
    assert.equal(new Set(done).size, 600);
    assert.equal(
      workers.reduce((sum, { counts }) => sum + counts.completed, 0),
      600,
    );
    await Promise.all([queue.close(), other.close()]);
  });

  it("takes a message id once", async () => {
    const queue = await openQueue(test);
    assert.deepEqual(await queue.enqueue(task("same")), { isDuplicate: false });
    assert.deepEqual(await queue.enqueue(task("same")), { isDuplicate: true });
    assert.equal((await queue.status()).tasks, 1);
    await queue.close();
  });

  it("stores no token", async () => {
    const subjects = newSubjects();
    const queue = await openQueue(test, { subjects });
    const nats = await test.connect();
    const seen = nats.connection.subscribe(subjects.tasks("tasks"), { max: 1 });
    await nats.connection.flush();
    await queue.enqueue(task("a", { auth_token: "s3cret" }));
    for await (const message of seen) {
      assert.doesNotMatch(message.string(), /s3cret/);
      assert.equal(readEnvelope(message.data).kind, "envelope");
    }
    await queue.close();
  });

  it("refuses what is no envelope, and what no message has room for", async () => {
    const queue = await openQueue(test);
    const refused = hasCode("ENVELOPE_INVALID");
    await assert.rejects(queue.enqueue({ ...task("a"), priority: 11 }), refused);
    await assert.rejects(queue.enqueue(null as never), refused);
    const payload = { task_id: "large", task_type: "test", data: "x".repeat(1_050_000) };
    await assert.rejects(queue.enqueue(task("large", { payload })), refused);
    assert.equal((await queue.status()).tasks, 0);
    await queue.close();
    await assert.rejects(queue.enqueue(task("a")), hasCode("QUEUE_CLOSED"));
    await assert.rejects(
      queue.work(() => undefined),
      hasCode("QUEUE_CLOSED"),
    );
  });

  it("refuses options that make no sense", async () => {
    const nats = await test.connect();
    const invalid = hasCode("CLUSTER_OPTION_INVALID");
    for (const options of [null, {}, { name: "a.b" }, { name: "a", replicas: 9 }, { name: "a", maxBytes: 0 }])
      await assert.rejects(openTaskQueue(nats, newSubjects(), options as never), invalid);
    const queue = await openQueue(test);
    for (const options of [{ concurrency: 0 }, { attempts: 0 }, { ackWaitMs: 1 }, { onEvent: 5 }])
      await assert.rejects(
        queue.work(() => undefined, options as never),
        invalid,
      );
    await assert.rejects(queue.work(null as never), invalid);
    await queue.close();
  });

  it("lets higher priorities go first, and lower ones go too", async () => {
    const queue = await openQueue(test);
    const all = [
      ...Array.from({ length: 5 }, (_, at) => task(`low-${at}`, { priority: 0 })),
      ...Array.from({ length: 200 }, (_, at) => task(`high-${at}`, { priority: 9 })),
    ];
    for (const one of all) await queue.enqueue(one);
    const done: string[] = [];
    await queue.work((envelope) => void done.push(envelope.message_id), { concurrency: 1 });
    await eventually("an empty queue", isEmpty(queue));
    const first = done.findIndex((id) => id === "low-0");
    assert.ok(done.slice(0, 10).filter((id) => id.startsWith("high")).length >= 8, done.join(" "));
    assert.ok(first < 100, `the first of low priority went as number ${first}`);
    const lows = done.filter((id) => id.startsWith("low"));
    assert.deepEqual(lows, lows.toSorted());
    await queue.close();
  });

  it("tries a task again that has failed, then gives it up with the reason", async () => {
    const queue = await openQueue(test);
    const tries: number[] = [];
    const events: QueueEvent[] = [];
    const handler = ({ metadata }: Envelope): void => {
      tries.push(metadata.retry_count);
      throw new Error("the disk is full");
    };
    const waitMs = (attempt: number): number => 10 * attempt;
    await queue.work(handler, { waitMs, onEvent: (event) => void events.push(event) });
    await queue.enqueue(task("doomed"));
    await eventually("a dead letter", async () => (await queue.deadLetters.count()) === 1);
    assert.deepEqual(tries, [0, 1, 2]);
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ["retried", "retried", "dead-lettered"],
    );
    const letter = await queue.deadLetters.inspect("doomed");
    assert.equal(letter?.failure_reason, "Error: the disk is full");
    assert.equal(letter.original_retry_count, 2);
    assert.equal((letter.envelope as Envelope).payload.task_id, "doomed");
    assert.ok(Math.abs(Date.parse(letter.dlq_timestamp) - Date.now()) < 60_000);
    await eventually("an empty queue", isEmpty(queue));
    await queue.close();
  });

  it("gives a task up at once that its handler refuses", async () => {
    const queue = await openQueue(test);
    let tries = 0;
    const worker = await queue.work(() => {
      tries += 1;
      throw new MyriadError("TASK_UNKNOWN", "input", "no such task");
    });
    await queue.enqueue(task("strange"));
    await eventually("a dead letter", () => worker.counts.deadLettered === 1);
    assert.equal(tries, 1);
    const letter = await queue.deadLetters.inspect("strange");
    assert.equal(letter?.failure_reason, "TASK_UNKNOWN: no such task");
    await queue.close();
  });

  it("gives up what is no envelope or of another major version, and goes on", async () => {
    const subjects = newSubjects();
    const queue = await openQueue(test, { subjects });
    const { connection } = await test.connect();
    const foreign = { ...task("foreign"), schema_version: "2.0.0" };
    await connection.request(subjects.task("tasks", 5), "\u0000 no json");
    await connection.request(subjects.task("tasks", 5), JSON.stringify(foreign));
    await connection.request(subjects.task("tasks", 5), "");
    await connection.request(subjects.task("tasks", 5), JSON.stringify("x".repeat(1_048_000)));
    await connection.request(subjects.task("tasks", 5), "[".repeat(300_000) + "]".repeat(300_000));
    await assert.rejects(connection.request(`${subjects.task("tasks", 1)}0`, "to no priority"));
    await queue.enqueue(task("good"));
    const done: Envelope[] = [];
    await queue.work((envelope) => void done.push(envelope));
    await eventually("an empty queue", isEmpty(queue));
    assert.deepEqual(idsOf(done), ["good"]);
    const { deadLetters } = await queue.deadLetters.list();
    assert.deepEqual(deadLetters.map(({ id, envelope }) => [id, envelope]).toSorted(), [
      ["unread-1", null],
      ["unread-2", foreign],
      ["unread-3", null],
      ["unread-4", null],
      ["unread-5", null],
    ]);
    await assert.rejects(queue.deadLetters.replay("unread-2"), hasCode("DEAD_LETTER_UNKNOWN"));
    await queue.close();
  });

  it("drops what is past its time, counts it and tells", async () => {
    const queue = await openQueue(test);
    const events: QueueEvent[] = [];
    await queue.enqueue(task("late", { ttl_seconds: 0 }));
    await queue.enqueue(task("in-time"));
    const done: Envelope[] = [];
    const onEvent = (event: QueueEvent): void => void events.push(event);
    const worker = await queue.work((envelope) => void done.push(envelope), { onEvent });
    await eventually("an empty queue", isEmpty(queue));
    assert.deepEqual(idsOf(done), ["in-time"]);
    assert.equal(worker.counts.expired, 1);
    assert.ok(events[0]?.kind === "expired" && events[0].envelope.message_id === "late");
    assert.equal(await queue.deadLetters.count(), 0);
    await queue.close();
  });

  it("lists its dead letters by pages, replays and discards them", async () => {
    const queue = await openQueue(test);
    let isBroken = true;
    const done: string[] = [];
    await queue.work(
      (envelope) => {
        if (isBroken) throw new Error("broken");
        done.push(`${envelope.message_id} ${envelope.metadata.retry_count}`);
      },
      { attempts: 1, concurrency: 1 },
    );
    for (const id of ["a", "b", "c"]) await queue.enqueue(task(id));
    await eventually("dead letters", async () => (await queue.deadLetters.count()) === 3);
    const first = await queue.deadLetters.list({ limit: 2 });
    const second = await queue.deadLetters.list({ limit: 2, from: first.next! });
    assert.deepEqual(
      [first, second].map(({ deadLetters }) => deadLetters.map(({ id }) => id)),
      [["a", "b"], ["c"]],
    );
    assert.equal(second.next, null);
    isBroken = false;
    await queue.deadLetters.replay("b");
    await eventually("the replay", () => done.length === 1);
    assert.deepEqual(done, ["b 0"]);
    await queue.deadLetters.discard("a");
    assert.equal(await queue.deadLetters.inspect("a"), null);
    const { deadLetters } = await queue.deadLetters.list();
    assert.deepEqual(
      deadLetters.map(({ id }) => id),
      ["c"],
    );
    const unknown = hasCode("DEAD_LETTER_UNKNOWN");
    await assert.rejects(queue.deadLetters.discard("a"), unknown);
    await assert.rejects(queue.deadLetters.replay("b"), unknown);
    await queue.close();
  });

  it("keeps the dead letters of queues apart", async () => {
    const subjects = newSubjects();
    const one = await openQueue(test, { subjects, name: "one" });
    const other = await openQueue(test, { subjects, name: "other" });
    await one.enqueue(task("a"));
    await other.enqueue(task("b"));
    const worker = await one.work(
      () => {
        throw new Error("no");
      },
      { attempts: 1 },
    );
    await eventually("a dead letter", () => worker.counts.deadLettered === 1);
    assert.equal(await one.deadLetters.count(), 1);
    assert.equal(await other.deadLetters.count(), 0);
    assert.equal(await other.deadLetters.inspect("a"), null);
    assert.equal((await other.status()).tasks, 1);
    await Promise.all([one.close(), other.close()]);
  });

  it("runs a task that takes longer than its worker may be silent once", async () => {
    const queue = await openQueue(test);
    let runs = 0;
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const handler = async (): Promise<void> => {
      runs += 1;
      await ended;
    };
    await queue.work(handler, { ackWaitMs: 300 });
    await queue.work(handler, { ackWaitMs: 300 });
    const startedAt = performance.now();
    await queue.enqueue(task("long"));
    await eventually("three times that long", () => performance.now() - startedAt > 1_000);
    end();
    await eventually("an empty queue", isEmpty(queue));
    assert.equal(runs, 1);
    await queue.close();
  });

  it("fetches no more than twice as many as run, and one of each priority", async () => {
    const queue = await openQueue(test);
    for (let at = 0; at < 100; at++) await queue.enqueue(task(`${at}`, { priority: at % 10 }));
    await queue.work(() => never, { concurrency: 3 });
    await eventually("tasks that run", async () => {
      const { priorities } = await queue.status();
      return priorities.reduce((sum, { held }) => sum + held, 0) >= 3;
    });
    const { priorities, tasks } = await queue.status();
    const held = priorities.reduce((sum, one) => sum + one.held, 0);
    assert.ok(held <= 2 * 3 + 10, `${held} are held`);
    assert.equal(held + priorities.reduce((sum, { pending }) => sum + pending, 0), 100);
    assert.equal(tasks, 100);
    await queue.close(0);
  });

  it("ends what runs when it stops, and gives back the rest", async () => {
    const subjects = newSubjects();
    const queue = await openQueue(test, { subjects });
    for (let at = 0; at < 20; at++) await queue.enqueue(task(`${at}`));
    const ends: (() => void)[] = [];
    const worker = await queue.work(() => new Promise((resolve) => ends.push(() => resolve())), {
      concurrency: 2,
    });
    await eventually("two that run", () => worker.running === 2);
    const stopped = worker.stop();
    for (const end of ends) end();
    await stopped;
    assert.equal(ends.length, 2);
    assert.equal(worker.counts.completed, 2);
    const done: string[] = [];
    await queue.work((envelope) => void done.push(envelope.message_id));
    await eventually("an empty queue", isEmpty(queue));
    assert.equal(new Set(done).size, 18);
    assert.equal(done.length, 18);
    await queue.close();
  });

  it("gives back what takes too long when it stops, and aborts it", async () => {
    const queue = await openQueue(test);
    await queue.enqueue(task("slow"));
    let isAborted = false;
    const worker = await queue.work((_, { signal }) => {
      signal.addEventListener("abort", () => (isAborted = true));
      return never;
    });
    await eventually("one that runs", () => worker.running === 1);
    await worker.stop(10);
    assert.equal(isAborted, true);
    const done: string[] = [];
    await queue.work((envelope) => void done.push(envelope.message_id));
    await eventually("an empty queue", isEmpty(queue));
    assert.deepEqual(done, ["slow"]);
    await queue.close();
  });

  it("gives up, untried, what was delivered too often", async () => {
    const subjects = newSubjects();
    const queue = await openQueue(test, { subjects });
    await queue.enqueue(task("poison"));
    // As workers that die of it: they never say anything of it again.
    for (let died = 0; died < 2; died++) {
      const nats = await test.connect();
      const own = await openTaskQueue(nats, subjects, { name: "tasks" });
      const worker = await own.work(() => never, { ackWaitMs: 300 });
      await eventually("one that runs", () => worker.running === 1);
      await nats.connection.close();
    }
    let runs = 0;
    const worker = await queue.work(() => void (runs += 1), { deliveries: 2 });
    await eventually("a dead letter", () => worker.counts.deadLettered === 1);
    assert.equal(runs, 0);
    assert.match((await queue.deadLetters.inspect("poison"))!.failure_reason, /delivered 2 times/);
    await queue.close();
  });

  it("that is full refuses with a code, loses nothing, and takes more when there is room", async () => {
    const queue = await openQueue(test, { maxBytes: 20_000 });
    const taken: string[] = [];
    let refusals = 0;
    for (let at = 0; refusals === 0; at++) {
      await queue.enqueue(task(`${at}`)).then(
        () => taken.push(`${at}`),
        (error: unknown) => {
          assert.ok(hasCode("QUEUE_FULL")(error));
          refusals += 1;
        },
      );
    }
    assert.ok(taken.length > 10);
    const done: string[] = [];
    await queue.work((envelope) => void done.push(envelope.message_id));
    await eventually("room", async () => {
      await queue.enqueue(task("after")).catch(() => undefined);
      return done.includes("after");
    });
    await eventually("an empty queue", isEmpty(queue));
    assert.deepEqual(done.toSorted(), [...taken, "after"].toSorted());
    await queue.close();
  });

  it("deletes what is done and was left behind by a server", async () => {
    const subjects = newSubjects();
    const name = subjects.stream("QUEUE_tasks");
    const { connection } = await test.connect();
    // One that deletes nothing by itself, as one that was killed may have forgotten that it did.
    const config = { name, subjects: [subjects.tasks("tasks")], retention: "limits", storage: "file" };
    await connection.request(`$JS.API.STREAM.CREATE.${name}`, JSON.stringify(config));
    const queue = await openQueue(test, { subjects });
    for (let at = 0; at < 10; at++) await queue.enqueue(task(`${at}`, { priority: at }));
    const worker = await queue.work(() => undefined);
    await eventually("ten that are done", () => worker.counts.completed === 10);
    await queue.enqueue(task("later"));
    await eventually("eleven that are done", () => worker.counts.completed === 11);
    assert.equal((await queue.status()).tasks, 0);
    await eventually("none that are left", async () => (await queue.status()).bytes === 0);
    await queue.close();
  });

  it("runs only what is signed by a key that is trusted for its sender, where that is asked for", async () => {
    const seed = (): string => Buffer.from(nkeys.createUser().getSeed()).toString();
    const [known, stranger] = [claimSigner(seed()), claimSigner(seed())];
    const subjects = newSubjects();
    const queue = await openQueue(test, { subjects, signer: known });
    const others = await openQueue(test, { subjects, signer: stranger });
    const unsigned = await openQueue(test, { subjects });
    await queue.enqueue(task("signed"));
    await others.enqueue(task("by-a-stranger"));
    await unsigned.enqueue(task("unsigned"));
    const done: Envelope[] = [];
    const trusts = (sender: string, key: string): boolean => sender === "tester" && key === known.publicKey;
    const worker = await queue.work((envelope) => void done.push(envelope), { trusts });
    await eventually("an empty queue", isEmpty(queue));
    assert.deepEqual(idsOf(done), ["signed"]);
    assert.equal(worker.counts.deadLettered, 2);
    await Promise.all([queue, others, unsigned].map((one) => one.close()));
    assert.throws(() => claimSigner("no seed"), hasCode("CLUSTER_OPTION_INVALID"));
  });

  it("tells what waits in it, also before anybody has worked on it", async () => {
    const queue = await openQueue(test);
    const empty = await queue.status();
    assert.deepEqual([empty.tasks, empty.oldestMs, empty.deadLetters], [0, 0, 0]);
    await queue.enqueue(task("a", { priority: 3 }));
    await queue.enqueue(task("b", { priority: 3 }));
    await queue.enqueue(task("c", { priority: 8 }));
    const status = await queue.status();
    assert.equal(status.tasks, 3);
    assert.deepEqual(
      status.priorities.map(({ pending }) => pending),
      [0, 0, 0, 2, 0, 0, 0, 0, 1, 0],
    );
    await eventually("some age", async () => (await queue.status()).oldestMs > 0);
    await queue.close();
  });
});
