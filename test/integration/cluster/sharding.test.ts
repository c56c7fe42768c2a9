import assert from "node:assert/strict";
import { setTimeout as after } from "node:timers/promises";
import { after as afterAll, before, beforeEach, describe, it } from "node:test";
import type { NatsOptions } from "../../../cluster/index.ts";
import { openMemoryJournal } from "../../../storage/index.ts";
import type { Journal } from "../../../runtime/contracts/index.ts";
import type { ActorRef, Reply } from "../../../runtime/index.ts";
import { DeafProxy } from "../../kit/deaf-proxy.ts";
import { eventually } from "../../kit/eventually.ts";
import { openNats, type NatsForTest } from "../../kit/nats.ts";
import {
  ownersSeenBy,
  startNode,
  type CounterMessage,
  type Notes,
  type ShardedNode,
  type ShardedNodeOptions,
} from "../../kit/sharded-nodes.ts";

/** Between two rounds of a sender. */
const pace = (): Promise<void> => after(2);
const KEYS = Array.from({ length: 40 }, (_, index) => `key ${index}`);

const get = (ref: ActorRef<CounterMessage>): Promise<Notes> =>
  ref.ask((reply: Reply<Notes>) => ({ kind: "get", reply }), { timeoutMs: 20_000 });
const where = (ref: ActorRef<CounterMessage>): Promise<{ readonly node: string; readonly fence: number }> =>
  ref.ask((reply: Reply<{ readonly node: string; readonly fence: number }>) => ({ kind: "where", reply }), {
    timeoutMs: 20_000,
  });

describe("sharded actors", () => {
  let test: NatsForTest;
  let journal: Journal;
  const nodes: ShardedNode[] = [];

  before(async () => (test = await openNats()));
  afterAll(() => test.close());
  beforeEach(() => void (journal = openMemoryJournal()));

  async function start(name: string, options: ShardedNodeOptions = {}): Promise<ShardedNode> {
    const node = await startNode(test, name, journal, options);
    nodes.push(node);
    return node;
  }

  async function inCluster(use: () => Promise<void>): Promise<void> {
    try {
      await use();
    } finally {
      await Promise.all(nodes.splice(0).map((node) => node.leave()));
    }
  }

  const settled = (node: ShardedNode, owners: readonly string[]): Promise<void> =>
    eventually(`${owners.join()} own all shards, as ${node.system.node} sees it`, () => {
      const seen = ownersSeenBy(node);
      return Object.keys(seen).toSorted().join() === owners.join() && seen["nobody"] === undefined;
    });

  it("live once in the cluster, wherever they are told and asked from", () =>
    inCluster(async () => {
      const [a, b] = [await start("a"), await start("b")];
      for (const node of [a, b]) await settled(node, ["a", "b"]);
      const homes = new Set<string>();
      for (const key of KEYS) {
        a.region.ref(key).tell({ kind: "note", from: "a", number: 1 });
        b.region.ref(key).tell({ kind: "note", from: "b", number: 1 });
        const [one, other] = await Promise.all([where(a.region.ref(key)), where(b.region.ref(key))]);
        assert.deepEqual(one, other);
        homes.add(one.node);
        await eventually("both notes have come", async () => {
          const notes = await get(a.region.ref(key));
          return notes["a"]?.length === 1 && notes["b"]?.length === 1;
        });
      }
      assert.deepEqual([...homes].toSorted(), ["a", "b"]);
    }));

  it("keep each sender's order and lose nothing while nodes come and leave in order", () =>
    inCluster(async () => {
      const a = await start("a");
      await settled(a, ["a"]);
      const senders = [a];
      const counts = new Map<string, number>();
      const over = new AbortController();
      const sending = (async () => {
        while (!over.signal.aborted) {
          for (const { region, system } of senders) {
            for (const key of KEYS.slice(0, 12)) {
              region.ref(key).tell({ kind: "note", from: system.node, number: counts.get(system.node) ?? 0 });
            }
            counts.set(system.node, (counts.get(system.node) ?? 0) + 1);
          }
          await pace();
        }
      })();
      const b = await start("b");
      senders.push(b);
      await settled(a, ["a", "b"]);
      const c = await start("c");
      await settled(a, ["a", "b", "c"]);
      nodes.splice(nodes.indexOf(c), 1);
      await c.leave();
      await settled(a, ["a", "b"]);
      await settled(b, ["a", "b"]);
      over.abort();
      await sending;
      for (const key of KEYS.slice(0, 12)) {
        for (const name of ["a", "b"]) {
          const count = counts.get(name)!;
          await eventually(`${count} notes of ${name} have come to ${key}`, async () => {
            const notes = await get(a.region.ref(key));
            return (notes[name]?.length ?? 0) >= count;
          });
          const notes = await get(b.region.ref(key));
          assert.deepEqual(
            notes[name],
            Array.from({ length: count }, (_, number) => number),
          );
        }
      }
      assert.ok(a.region.info().here.given > 0 && b.region.info().here.claimed > 0);
    }));

  it("answer every question while a node that owns them is restarted in order", () =>
    inCluster(async () => {
      const [a, b] = [await start("a"), await start("b")];
      await settled(a, ["a", "b"]);
      const over = new AbortController();
      let answers = 0;
      const asking = Promise.all(
        KEYS.slice(0, 10).map(async (key) => {
          while (!over.signal.aborted) {
            await where(a.region.ref(key));
            answers += 1;
          }
        }),
      );
      nodes.splice(nodes.indexOf(b), 1);
      await b.leave();
      await settled(a, ["a"]);
      await start("b");
      await settled(a, ["a", "b"]);
      over.abort();
      await asking;
      assert.ok(answers > 100);
    }));

  it("begin elsewhere after their node was killed, with a greater fence and all that they had kept", () =>
    inCluster(async () => {
      const [a, b] = [await start("a"), await start("b")];
      await settled(a, ["a", "b"]);
      const before = new Map<string, number>();
      for (const key of KEYS) {
        a.region.ref(key).tell({ kind: "note", from: "a", number: 1 });
        const { node, fence } = await where(a.region.ref(key));
        if (node === "b") before.set(key, fence);
      }
      assert.ok(before.size > 5);
      nodes.splice(nodes.indexOf(b), 1);
      await b.kill();
      await settled(a, ["a"]);
      for (const [key, fence] of before) {
        const now = await where(a.region.ref(key));
        assert.equal(now.node, "a");
        assert.ok(now.fence > fence);
        assert.deepEqual(await get(a.region.ref(key)), { a: [1] });
      }
    }));

  it("stop on a node that cannot reach NATS, and begin anew when it can", () =>
    inCluster(async () => {
      const [a, b] = [await start("a"), await start("b")];
      await settled(a, ["a", "b"]);
      for (const key of KEYS) a.region.ref(key).tell({ kind: "note", from: "a", number: 3 });
      for (const key of KEYS) await get(a.region.ref(key));
      const lives = [a, b].map(({ membership }) => membership.lease!.life);
      await test.server.stop("SIGKILL");
      await eventually("none has its lease", () =>
        [a, b].every(
          ({ membership, region }) => membership.lease === null && region.info().here.actors === 0,
        ),
      );
      a.region.ref("key 0").tell({ kind: "note", from: "a", number: 4 });
      await test.server.start();
      for (const node of [a, b]) await settled(node, ["a", "b"]);
      for (const [index, { membership }] of [a, b].entries()) {
        assert.ok(membership.lease!.life > lives[index]!);
      }
      for (const key of KEYS) {
        assert.deepEqual(await get(b.region.ref(key)), { a: key === "key 0" ? [3, 4] : [3] });
      }
    }));

  it("stop on a node that hears nothing any more, though it is heard, and go to those who do", () =>
    inCluster(async () => {
      const proxy = await DeafProxy.open(test.server.port);
      const a = await start("a");
      const nearby = {
        connect: (options: Partial<NatsOptions> = {}) => test.connect({ ...options, servers: [proxy.url] }),
      };
      const b = await startNode(nearby, "b", journal);
      nodes.push(b);
      await settled(a, ["a", "b"]);
      for (const key of KEYS) a.region.ref(key).tell({ kind: "note", from: "a", number: 1 });
      for (const key of KEYS) await get(a.region.ref(key));
      const { life } = b.membership.lease!;
      proxy.deafen();
      await eventually("it has stopped its actors", () => b.region.info().here.actors === 0);
      assert.equal(b.membership.lease, null);
      await settled(a, ["a"]);
      for (const key of KEYS) assert.deepEqual(await get(a.region.ref(key)), { a: [1] });
      proxy.cut();
      await settled(a, ["a", "b"]);
      assert.ok(b.membership.lease!.life > life);
      nodes.splice(nodes.indexOf(b), 1);
      await b.leave();
      await proxy.close();
    }));

  it("tell who asked that they crashed, and go on", () =>
    inCluster(async () => {
      const [a, b] = [await start("a"), await start("b")];
      await settled(a, ["a", "b"]);
      for (const key of KEYS.slice(0, 8)) {
        const ref = b.region.ref(key);
        ref.tell({ kind: "note", from: "b", number: 1 });
        const crash = ref.ask((reply: Reply<never>) => ({ kind: "crash", reply }));
        await assert.rejects(crash, { code: "ASK_TARGET_FAILED" });
        assert.deepEqual(await get(ref), { b: [1] });
      }
    }));

  it("are passivated when idle, and come back with what they had kept", () =>
    inCluster(async () => {
      const a = await start("a", { region: { idleMs: 100 } });
      await settled(a, ["a"]);
      for (const key of KEYS) a.region.ref(key).tell({ kind: "note", from: "a", number: 7 });
      for (const key of KEYS) await get(a.region.ref(key));
      await eventually("none lives", () => a.region.info().here.actors === 0);
      assert.deepEqual(await get(a.region.ref(KEYS[3]!)), { a: [7] });
      assert.equal(a.region.info().here.actors, 1);
    }));

  it("live on nodes of their role alone, by capacity, and are reached from all", () =>
    inCluster(async () => {
      const region = { role: "worker", shards: 128 };
      const roles = ["worker"];
      const big = await start("big", {
        region: { ...region, name: "roles" },
        member: { roles, capacity: 3 },
      });
      await start("small", { region: { ...region, name: "roles" }, member: { roles } });
      const web = await start("web", { region: { ...region, name: "roles" } });
      await settled(web, ["big", "small"]);
      await settled(big, ["big", "small"]);
      const owners = ownersSeenBy(web);
      assert.ok(owners["big"]! > 80 && owners["big"]! < 112, JSON.stringify(owners));
      assert.ok(["big", "small"].includes((await where(web.region.ref("x"))).node));
    }));
});

describe("a region", () => {
  let test: NatsForTest;
  before(async () => (test = await openNats()));
  afterAll(() => test.close());

  it("keeps no more than its buffer holds while no node has its role, and loses none of that", async () => {
    const journal = openMemoryJournal();
    const region = { role: "worker", bufferSize: 5 };
    const a = await startNode(test, "a", journal, { region });
    const ref = a.region.ref("key");
    for (let number = 0; number < 5; number++) ref.tell({ kind: "note", from: "a", number });
    await eventually("five wait", () => a.region.info().here.waiting === 5);
    await assert.rejects(get(ref), { code: "SHARD_BUFFER_FULL" });
    ref.tell({ kind: "note", from: "a", number: 5 });
    await eventually("the sixth is a dead letter", () => a.system.deadLetters.total === 2);
    const b = await startNode(test, "b", journal, { region, member: { roles: ["worker"] } });
    await eventually("none waits", () => a.region.info().here.waiting === 0);
    assert.deepEqual(await get(ref), { a: [0, 1, 2, 3, 4] });
    await Promise.all([a.leave(), b.leave()]);
  });

  it("refuses another number of shards than it has in the cluster, and a second one on a node", async () => {
    const journal = openMemoryJournal();
    const a = await startNode(test, "a", journal);
    await assert.rejects(startNode(test, "b", journal, { region: { shards: 16 } }), {
      code: "SHARDS_DIFFER",
    });
    await a.leave();
  });

  it("disturbs nobody when it is sent what no region sends", async () => {
    const journal = openMemoryJournal();
    const [a, b] = [await startNode(test, "a", journal), await startNode(test, "b2", journal)];
    const strange: readonly unknown[] = [
      null,
      5,
      {},
      { key: 5, message: 1 },
      { kind: "pass", shard: -1, key: "x", message: {}, to: 1, node: "b2", life: 1, hops: 1 },
      { kind: "pass", shard: 3, key: "x", message: {}, to: 1e9, node: "b2", life: 1, hops: 1 },
      {
        kind: "barrier",
        shard: 1,
        number: 1,
        asker: { address: 1, tell: 1 },
        to: 1,
        node: "x",
        life: 1,
        hops: 1,
      },
      { kind: "passed", shard: 99, number: 1 },
      { key: "x".repeat(2_000), message: 1 },
    ];
    const door = (await b.system.find(`a/shards-${a.region.name}`)) as ActorRef<unknown>;
    for (const message of strange) door.tell(message);
    await eventually("it has refused them", () => a.region.info().here.refused >= strange.length - 1);
    assert.deepEqual(await get(b.region.ref("y")), {});
    await Promise.all([a.leave(), b.leave()]);
  });
});
