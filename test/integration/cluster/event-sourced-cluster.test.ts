import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openJetStreamJournal, type Subjects } from "../../../cluster/index.ts";
import { createSystem, type ActorRef, type ActorSystem } from "../../../runtime/index.ts";
import { payloads } from "../../contract/journal-contract.ts";
import { eventually } from "../../kit/eventually.ts";
import { LEDGER, ledger, type Note } from "../../kit/ledger.ts";
import { openNats, type NatsForTest } from "../../kit/nats.ts";
import { newSubjects } from "../../kit/task-queues.ts";

interface Node {
  readonly system: ActorSystem;
  readonly ref: ActorRef<Note>;
  /** Ends its connection, as a node that dies does. */
  die(): Promise<void>;
}

describe("an event-sourced actor over the JetStream journal", () => {
  let test: NatsForTest;
  before(async () => void (test = await openNats()));
  after(() => test.close());

  async function openNode(subjects: Subjects, told: string[]): Promise<Node> {
    const nats = await test.connect();
    const system = createSystem({ journal: await openJetStreamJournal(nats, subjects, { retryMs: 500 }) });
    const type = ledger((id) => void told.push(id));
    const ref = system.spawn(type, LEDGER, { name: LEDGER });
    return { system, ref, die: () => nats.connection.close() };
  }

  const note = (ref: ActorRef<Note>, id: string): Promise<number> =>
    ref.ask<number>((noted) => ({ id, noted }), { timeoutMs: 60_000 });

  it("goes on with all that was confirmed where its node died in a burst of commands", async () => {
    const subjects = newSubjects();
    const told: string[] = [];
    const one = await openNode(subjects, told);
    const asked = Array.from({ length: 500 }, (_, at) => note(one.ref, `n${at}`).catch(() => null));
    await eventually("some effects", () => told.length >= 50);
    await one.die();
    const confirmed = [...told];
    await Promise.all(asked);
    const other = await openNode(subjects, told);
    for (const id of confirmed) await note(other.ref, id);
    assert.equal(new Set(told).size, told.length, "an effect was made twice");
    await note(other.ref, "after");
    const journal = await openJetStreamJournal(await test.connect(), subjects);
    const kept = (await payloads(journal, LEDGER)).map((event) => (event as { e: string }).e);
    assert.equal(new Set(kept).size, kept.length);
    assert.deepEqual(
      confirmed.filter((id) => !kept.includes(id)),
      [],
    );
    assert.equal(kept.at(-1), "after");
    await journal.close();
    await other.system.shutdown();
  });

  it("whose stream another node has taken over keeps nothing more", async () => {
    const subjects = newSubjects();
    const told: string[] = [];
    const stale = await openNode(subjects, told);
    await note(stale.ref, "a");
    const fresh = await openNode(subjects, told);
    await note(fresh.ref, "b");
    await assert.rejects(note(stale.ref, "c"));
    await note(fresh.ref, "d");
    assert.deepEqual(told, ["a", "b", "d"]);
    await Promise.all([stale.system.shutdown(), fresh.system.shutdown()]);
  });
});
