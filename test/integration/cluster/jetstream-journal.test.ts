import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openJetStreamJournal, Subjects, type Nats } from "../../../cluster/index.ts";
import { NO_STREAM, type Fence, type Journal, type Revision } from "../../../runtime/contracts/index.ts";
import { hasCode, journalContract, payloads } from "../../contract/journal-contract.ts";
import { DeafProxy } from "../../kit/deaf-proxy.ts";
import { eventually } from "../../kit/eventually.ts";
import { openNats, type NatsForTest } from "../../kit/nats.ts";

let test: NatsForTest;
let nats: Nats;
let clusters = 0;
before(async () => {
  test = await openNats();
  nats = await test.connect();
});
after(() => test.close());

const newSubjects = (): Subjects => new Subjects(`c${++clusters}`);
const fence = (number: number): Fence => number as Fence;

journalContract("JetStream", {
  open: (clock) => openJetStreamJournal(nats, newSubjects(), { clock }),
  release: (journal) => journal.close(),
});

describe("a JetStream journal", () => {
  async function withTwo(run: (one: Journal, other: Journal) => Promise<void>): Promise<void> {
    const subjects = newSubjects();
    const one = await openJetStreamJournal(nats, subjects);
    const other = await openJetStreamJournal(await test.connect(), subjects);
    await run(one, other);
    await Promise.all([one.close(), other.close()]);
  }

  it("is one journal on all connections", () =>
    withTwo(async (one, other) => {
      const first = await one.append("s", NO_STREAM, ["a"]);
      assert.equal(await other.revision("s"), first);
      const second = await other.append("s", first, ["b"]);
      await assert.rejects(one.append("s", first, ["c"]), hasCode("JOURNAL_CONFLICT"));
      await one.append("s", second, ["c"]);
      assert.deepEqual(await payloads(other, "s"), ["a", "b", "c"]);
      assert.deepEqual(await other.streams(), ["s"]);
    }));

  it("lets one of the writers on several connections win who append at the same revision", () =>
    withTwo(async (one, other) => {
      let revision: Revision = NO_STREAM;
      for (let round = 0; round < 20; round++) {
        const at = revision;
        const outcomes = await Promise.allSettled([one, other, one].map((j) => j.append("s", at, [round])));
        assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
        revision = await other.revision("s");
      }
      assert.deepEqual(
        await payloads(one, "s"),
        Array.from({ length: 20 }, (_, round) => round),
      );
    }));

  it("refuses a writer whose fence is older than another node's, though its revision is right", () =>
    withTwo(async (one, other) => {
      const first = await one.append("s", NO_STREAM, [1], fence(1));
      const second = await other.append("s", first, [2], fence(2));
      await assert.rejects(one.append("s", first, [3], fence(1)), hasCode("JOURNAL_FENCED"));
      await assert.rejects(one.append("s", second, [3], fence(1)), hasCode("JOURNAL_FENCED"));
      const third = await one.append("s", second, [3]);
      await assert.rejects(one.append("s", third, [4], fence(1)), hasCode("JOURNAL_FENCED"));
      assert.deepEqual(await payloads(other, "s"), [1, 2, 3]);
    }));

  it("keeps streams whose names are too long for a subject", () =>
    withTwo(async (one, other) => {
      const names = ["é".repeat(512), "é".repeat(511), `${"é".repeat(511)}a`];
      for (const name of names) await one.append(name, NO_STREAM, [name.length]);
      assert.deepEqual(await other.streams(), names);
      assert.deepEqual(await other.streams("éé"), names);
      assert.deepEqual(await payloads(other, names[1]!), [511]);
      await one.saveSnapshot(names[0]!, { revision: await one.revision(names[0]!), state: "kept" });
      assert.equal((await other.loadSnapshot(names[0]!))?.state, "kept");
      assert.equal(await other.loadSnapshot(names[1]!), null);
    }));

  it("reads more than a batch, from any place, while others write", () =>
    withTwo(async (one, other) => {
      let revision: Revision = NO_STREAM;
      const revisions: Revision[] = [];
      for (let at = 0; at < 700; at++) {
        revision = await one.append("long", revision, [at]);
        revisions.push(revision);
        if (at % 7 === 0) await one.append(`beside-${at}`, NO_STREAM, [at]);
      }
      let read = 0;
      for await (const { event } of other.read("long")) {
        assert.equal(event, read);
        if (read === 300) revision = await one.append("long", revision, ["later"]);
        read += 1;
      }
      assert.equal(read, 700);
      const tail: unknown[] = [];
      for await (const { event } of other.read("long", revisions[100])) tail.push(event);
      assert.deepEqual(tail, [...Array.from({ length: 599 }, (_, at) => at + 101), "later"]);
    }));

  it("refuses what no message of the server has room for, whole", async () => {
    const journal = await openJetStreamJournal(nats, newSubjects());
    const events = ["small", "x".repeat(1_100_000)];
    await assert.rejects(journal.append("s", NO_STREAM, events), hasCode("JOURNAL_EVENT_REFUSED"));
    const revision = await journal.append("s", NO_STREAM, ["x".repeat(1_000_000)]);
    const snapshot = { revision, state: events };
    await assert.rejects(journal.saveSnapshot("s", snapshot), hasCode("JOURNAL_EVENT_REFUSED"));
    assert.equal((await payloads(journal, "s")).length, 1);
    await journal.close();
  });

  it("calls a stream corrupt into which something else was written", async () => {
    const subjects = newSubjects();
    const journal = await openJetStreamJournal(nats, subjects);
    await journal.append("s", NO_STREAM, [1]);
    await nats.connection.request(subjects.journal("s"), "not an append");
    await assert.rejects(payloads(journal, "s"), hasCode("JOURNAL_CORRUPT"));
    await assert.rejects(journal.revision("s"), hasCode("JOURNAL_CORRUPT"));
    await journal.close();
  });

  it("refuses options that make no sense", async () => {
    for (const options of [null, { replicas: 0 }, { replicas: 1.5 }, { retryMs: 0 }, { clock: {} }]) {
      const opening = openJetStreamJournal(nats, newSubjects(), options as never);
      await assert.rejects(opening, hasCode("JOURNAL_OPTION_INVALID"));
    }
  });
});

describe("a JetStream journal whose server dies", () => {
  it("keeps an append once whose confirmation was lost with its connection", async () => {
    const proxy = await DeafProxy.open(test.server.port);
    try {
      const subjects = newSubjects();
      const journal = await openJetStreamJournal(await test.connect({ servers: [proxy.url] }), subjects);
      const beside = await openJetStreamJournal(nats, subjects);
      const first = await journal.append("s", NO_STREAM, [1]);
      proxy.deafen();
      const appended = journal.append("s", first, [2, 3]);
      await eventually("the append", async () => (await beside.revision("s")) !== first);
      // Somebody else has read it and goes on: what was lost is not the last append any more.
      const second = await beside.revision("s");
      await beside.append("s", second, [4]);
      proxy.cut();
      assert.equal(await appended, second);
      await assert.rejects(journal.append("s", second, [5]), hasCode("JOURNAL_CONFLICT"));
      assert.deepEqual(await payloads(beside, "s"), [1, 2, 3, 4]);
      await Promise.all([journal.close(), beside.close()]);
    } finally {
      await proxy.close();
    }
  });

  it("keeps each confirmed append once, and goes on when it is back", async () => {
    const own = await openNats();
    try {
      const subjects = newSubjects();
      const journal = await openJetStreamJournal(await own.connect(), subjects, { retryMs: 60_000 });
      let done = 0;
      const writers = Array.from({ length: 8 }, (_, at) => write(journal, `w${at}`, 60, () => (done += 1)));
      await eventually("some appends", () => done > 40);
      await own.server.stop("SIGKILL");
      assert.ok(done < 8 * 60, "all was written before the server died");
      await own.server.start();
      await Promise.all(writers);
      const beside = await openJetStreamJournal(await own.connect(), subjects);
      const expected = Array.from({ length: 60 }, (_, at) => at);
      for (let at = 0; at < 8; at++) assert.deepEqual(await payloads(beside, `w${at}`), expected);
    } finally {
      await own.close();
    }
  });

  it("says so in time when it does not come back", async () => {
    const own = await openNats();
    try {
      const journal = await openJetStreamJournal(await own.connect(), newSubjects(), { retryMs: 300 });
      await own.server.stop("SIGKILL");
      await assert.rejects(journal.append("s", NO_STREAM, [1]), hasCode("JOURNAL_WRITE_FAILED"));
      await assert.rejects(payloads(journal, "s"), hasCode("JOURNAL_READ_FAILED"));
      await journal.close();
    } finally {
      await own.close();
    }
  });
});

async function write(journal: Journal, stream: string, count: number, told: () => void): Promise<void> {
  let revision: Revision = NO_STREAM;
  for (let at = 0; at < count; at++) {
    revision = await journal.append(stream, revision, [at]);
    told();
  }
}
