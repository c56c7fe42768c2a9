import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Fence, Journal } from "../../../../runtime/contracts/index.ts";
import {
  eventSourced,
  project,
  type ActorRef,
  type ActorType,
  type EventSourcedDefinition,
  type Reply,
} from "../../../../runtime/index.ts";
import { createTestSystem } from "../../../../runtime/testkit/index.ts";
import { openMemoryJournal } from "../../../../storage/index.ts";
import { all, hasCode } from "../../../contract/journal-contract.ts";

interface Owned {
  readonly key: string;
  readonly fence: Fence;
}

interface Add {
  readonly amount: number;
  readonly reply: Reply<number>;
}

const sumOf = <Args>(
  changes: Pick<EventSourcedDefinition<Args, number, Add, number>, "fence"> = {},
): ActorType<Args, unknown, Add> =>
  eventSourced<Args, number, Add, number>({
    name: "sum",
    stream: () => "sum",
    empty: () => 0,
    handle: (_, { amount, reply }) => ({
      ...(amount === 0 ? {} : { events: [amount] }),
      effect: (after) => reply.send(after),
    }),
    apply: (sum, amount) => sum + amount,
    ...changes,
  });

const ownedBy = (fence: number): Owned => ({ key: "a", fence: fence as Fence });
const add = (ref: ActorRef<Add>, amount: number): Promise<number> =>
  ref.ask((reply: Reply<number>) => ({ amount, reply }));
const events = async (journal: Journal): Promise<readonly unknown[]> =>
  (await all(journal.read("sum"))).map(({ event }) => event);

describe("an event-sourced actor with a fence", () => {
  it("keeps older owners from writing, as soon as it has recovered, though it has decided nothing", async () => {
    const journal = openMemoryJournal();
    const { system } = createTestSystem({ journal });
    const old = system.spawn(sumOf<Owned>(), ownedBy(3));
    assert.equal(await add(old, 5), 5);
    const newer = system.spawn(sumOf<Owned>(), ownedBy(4));
    assert.equal(await add(newer, 0), 5);
    await assert.rejects(add(old, 1), hasCode("ASK_TARGET_FAILED"));
    await assert.rejects(add(old, 1), "nor after a restart, which cannot recover");
    assert.equal(await add(newer, 2), 7);
    assert.deepEqual(await events(journal), [
      { takeover: 3 },
      { v: 1, e: 5 },
      { takeover: 4 },
      { v: 1, e: 2 },
    ]);
    await system.shutdown();
  });

  it("has all that an older owner wrote while it took over", async () => {
    const inner = openMemoryJournal();
    let races = 3;
    const journal: Journal = {
      append: async (stream, expected, given, fence) => {
        if (fence === 9 && races-- > 0) {
          await inner.append(stream, await inner.revision(stream), [{ v: 1, e: 1 }], 8 as Fence);
        }
        return inner.append(stream, expected, given, fence);
      },
      read: (stream, from) => inner.read(stream, from),
      revision: (stream) => inner.revision(stream),
      streams: (prefix) => inner.streams(prefix),
      saveSnapshot: (stream, snapshot) => inner.saveSnapshot(stream, snapshot),
      loadSnapshot: (stream) => inner.loadSnapshot(stream),
      close: () => inner.close(),
    };
    const { system } = createTestSystem({ journal });
    assert.equal(await add(system.spawn(sumOf<Owned>(), ownedBy(9)), 0), 3);
    assert.deepEqual((await events(inner)).at(-1), { takeover: 9 });
    await system.shutdown();
  });

  it("takes its stream over once, however often it begins anew", async () => {
    const journal = openMemoryJournal();
    const { system } = createTestSystem({ journal });
    for (let life = 1; life <= 3; life++) {
      const ref = system.spawn(sumOf<Owned>(), ownedBy(2));
      assert.equal(await add(ref, 1), life);
      await system.stop(ref);
    }
    const takeovers = (await events(journal)).filter((event) => JSON.stringify(event).includes("takeover"));
    assert.deepEqual(takeovers, [{ takeover: 2 }]);
    await system.shutdown();
  });

  it("may name it itself, and is refused one that is none", async () => {
    const journal = openMemoryJournal();
    const { system } = createTestSystem({ journal });
    const named = system.spawn(sumOf<number>({ fence: (term) => term as Fence }), 7);
    assert.equal(await add(named, 1), 1);
    assert.deepEqual(await events(journal), [{ takeover: 7 }, { v: 1, e: 1 }]);
    await assert.rejects(add(system.spawn(sumOf<number>({ fence: (term) => term as Fence }), 0.5), 1));
    const without = system.spawn(sumOf<number>({ fence: () => null }), 0);
    assert.equal(await add(without, 1), 2);
    await system.shutdown();
  });

  it("shows nothing of it to a projection", async () => {
    const journal = openMemoryJournal();
    const { system } = createTestSystem({ journal });
    for (const fence of [1, 2]) await add(system.spawn(sumOf<Owned>(), ownedBy(fence)), fence);
    const projection = project<number, number>({
      journal,
      streams: ["sum"],
      empty: 0,
      apply: (sum, amount) => sum + amount,
      save: () => undefined,
    });
    assert.equal(await projection.catchUp(), 2);
    assert.equal(projection.model, 3);
    await system.shutdown();
  });
});
