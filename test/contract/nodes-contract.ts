/** Actors of several systems that a real transport connects: what the runtime promises of nodes holds over it. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import {
  createSystem,
  type ActorRef,
  type ActorSystem,
  type Reply,
  type RuntimeEvent,
} from "../../runtime/index.ts";
import type { Transport } from "../../runtime/contracts/index.ts";
import { eventually } from "../kit/eventually.ts";
import { app, counter, parent, type CounterMessage, type ParentMessage } from "../kit/thread-app.ts";

const LONG = { timeoutMs: 60_000 };

/** @param make transports that reach each other. */
export function nodesContract(make: () => Transport): void {
  let systems: ActorSystem[] = [];
  const open = (node: string, threads = 0): ActorSystem => {
    const nodes = { transport: make(), aliveMs: 100, lostMs: 2_000 };
    const system = createSystem({ app, node, nodes, ...(threads === 0 ? {} : { threads }) });
    systems.push(system);
    return system;
  };
  afterEach(async () => {
    await Promise.all(systems.map((system) => system.shutdown()));
    systems = [];
  });

  async function find<Message = CounterMessage>(
    from: ActorSystem,
    where: string,
  ): Promise<ActorRef<Message>> {
    let found: ActorRef<Message> | null = null;
    await eventually(`${where} found`, async () => {
      found = await from.find(where).catch(() => null);
      return found !== null;
    });
    return found!;
  }
  const get = (ref: ActorRef<CounterMessage>): Promise<number> =>
    ref.ask((reply: Reply<number>) => ({ kind: "get", reply }), LONG);
  const echo = (ref: ActorRef<CounterMessage>, value: unknown): Promise<unknown> =>
    ref.ask((reply: Reply<unknown>) => ({ kind: "echo", value, reply }), LONG);
  const seen = (ref: ActorRef<ParentMessage>): Promise<readonly string[]> =>
    ref.ask((reply: Reply<readonly string[]>) => ({ kind: "seen", reply }), LONG);

  describe("actors on other nodes", () => {
    it("are told in order and asked, each message once", async () => {
      const [a, b] = [open("a"), open("b")];
      const own = b.spawn(counter, 1, { name: "sum" });
      const ref = await find(a, "b/sum");
      assert.equal(ref.address, own.address);
      for (let step = 1; step <= 5_000; step++) ref.tell({ kind: "add", step });
      assert.equal(await get(ref), 1 + 12_502_500);
    });

    it("are reached from one worker thread to another", async () => {
      const [a, b] = [open("a", 1), open("b", 1)];
      b.spawn(counter, 5, { name: "far", placement: { thread: 1 } });
      const far = await find(a, "b/far");
      const near = a.spawn(counter, 0, { placement: { thread: 1 } });
      assert.equal(await get(far), 5);
      assert.equal(await get((await echo(near, far)) as ActorRef<CounterMessage>), 5);
    });

    it("are sent what is longer than any datagram", async () => {
      const [a, b] = [open("a"), open("b")];
      b.spawn(counter, 1, { name: "sum" });
      const ref = await find(a, "b/sum");
      const long = Float64Array.from({ length: 500_000 }, (_, index) => index);
      assert.deepEqual(await echo(ref, { long, text: "x".repeat(3_000_000) }), {
        long,
        text: "x".repeat(3_000_000),
      });
    });

    it("are watched: a stop and the end of a node are told to the watcher", async () => {
      const [a, b, c] = [open("a"), open("b"), open("c")];
      b.spawn(counter, 1, { name: "one" });
      c.spawn(counter, 1, { name: "two" });
      const [one, two] = [await find(a, "b/one"), await find(a, "c/two")];
      const watcher = a.spawn(parent, undefined);
      for (const ref of [one, two]) watcher.tell({ kind: "watch", ref });
      assert.equal(await get(one), 1);
      assert.equal(await get(two), 1);
      await a.stop(one);
      await eventually("the stop told", async () => (await seen(watcher)).length === 1);
      await c.shutdown();
      await eventually("the end told", async () => (await seen(watcher)).length === 2);
      const lost = await get(two).then(
        () => null,
        (error: unknown) => (error as { code?: string }).code,
      );
      assert.ok(lost !== null, "an actor of a node that has ended answers nobody");
    });

    it("are found again, with another life, when their node was started anew", async () => {
      const a = open("a");
      let b = open("b");
      b.spawn(counter, 1, { name: "sum" });
      const before = await find(a, "b/sum");
      assert.equal(await get(before), 1);
      const lost: RuntimeEvent[] = [];
      a.events.subscribe("node-lost", (event) => lost.push(event));
      await b.shutdown();
      await eventually("the loss known", () => lost.length > 0);
      b = open("b");
      b.spawn(counter, 7, { name: "sum" });
      assert.equal(await get(await find(a, "b/sum")), 7);
    });
  });
}
