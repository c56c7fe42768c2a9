/** Actors on several nodes: what holds between threads holds between nodes, and what a lost node means. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { transfer } from "../../../../runtime/index.ts";
import type { ActorRef, ActorSystem, AnyRef, Reply } from "../../../../runtime/index.ts";
import { createWorld, type FaultPlan, type World } from "../../../../runtime/testkit/index.ts";
import { app, counter, parent, type CounterMessage, type ParentMessage } from "../../../kit/thread-app.ts";

let world: World;
const open = (faults: FaultPlan = {}): World =>
  (world = createWorld({ app, threads: 1, nodes: ["b", "c"], seed: 11, faults }));
afterEach(() => world.shutdown());

const soon = async <Value>(promise: Promise<Value>, ms = 0): Promise<Value> => {
  promise.catch(() => undefined);
  await world.advance(ms);
  return await promise;
};
const on = (node: string): ActorSystem => world.node(node);
const onThread = { placement: { thread: 1 } } as const;

async function find<Message = CounterMessage>(where: string, from = "local"): Promise<ActorRef<Message>> {
  const ref = await soon(on(from).find(where));
  assert.ok(ref !== null, `${where} is not there`);
  return ref;
}
const get = (ref: ActorRef<CounterMessage>, ms = 0): Promise<number> =>
  soon(
    ref.ask((reply: Reply<number>) => ({ kind: "get", reply })),
    ms,
  );
const echo = (ref: ActorRef<CounterMessage>, value: unknown): Promise<unknown> =>
  soon(ref.ask((reply: Reply<unknown>) => ({ kind: "echo", value, reply })));
const seen = (ref: ActorRef<ParentMessage>): Promise<readonly string[]> =>
  soon(ref.ask((reply: Reply<readonly string[]>) => ({ kind: "seen", reply })));
const watcherOf = async (...refs: readonly AnyRef[]): Promise<ActorRef<ParentMessage>> => {
  const watcher = world.system.spawn(parent, undefined);
  for (const ref of refs) watcher.tell({ kind: "watch", ref });
  await world.settle();
  return watcher;
};

describe("actors on other nodes", () => {
  it("are found by node and path, told and asked in order", async () => {
    open();
    const own = on("b").spawn(counter, 1, { name: "sum" });
    const ref = await find("b/sum");
    assert.equal(ref.address, own.address);
    for (let step = 1; step <= 1_000; step++) ref.tell({ kind: "add", step });
    assert.equal(await get(ref), 1 + 500_500);
    assert.equal(await soon(world.system.find("b/nobody")), null);
    assert.equal((await soon(on("b").find("b/sum")))?.address, own.address);
    await assert.rejects(on("b").find("b/sum#1"), { code: "ADDRESS_INVALID" });
    assert.deepEqual(world.system.info().nodes, [{ node: "b", reached: true }]);
  });

  it("are reached by their addresses alone", async () => {
    open();
    const own = on("b").spawn(counter, 7, { name: "sum" });
    const ref = world.system.resolve(own.address) as ActorRef<CounterMessage>;
    ref.tell({ kind: "add", step: 2 });
    assert.equal(await get(ref), 9);
    const nobody = world.system.resolve("b/sum#999999") as ActorRef<CounterMessage>;
    await assert.rejects(get(nobody), { code: "ASK_TARGET_STOPPED" });
  });

  it("are sent data as it is, refs of any node that work, large arrays, and errors with their codes", async () => {
    open();
    on("b").spawn(counter, 7, { name: "seven" });
    const third = on("c").spawn(counter, 8, { name: "eight" });
    const [seven, eight] = [await find("b/seven"), await find("c/eight")];
    const value = { text: "ü", map: new Map([["a", new Set([1])]]), big: 10n ** 20n, nothing: undefined };
    assert.deepEqual(await echo(seven, value), value);
    const back = (await echo(seven, { mine: seven, others: eight })) as Record<
      string,
      ActorRef<CounterMessage>
    >;
    assert.equal(back["mine"]!.address, seven.address);
    assert.equal(await get(back["mine"]!), 7);
    assert.equal(back["others"]!.address, third.address);
    assert.equal(await get(back["others"]!), 8);
    const array = new Float32Array(50_000).fill(1.5);
    assert.deepEqual(await echo(seven, array), array);
    assert.deepEqual(await echo(seven, transfer(array)), array);
    const long = "x".repeat(100_000);
    assert.equal(await echo(seven, long), long);
    await assert.rejects(soon(seven.ask((reply: Reply<number>) => ({ kind: "refuse", reply }))), {
      code: "ASK_REFUSED",
      message: /not today/,
    });
    for (const unsendable of [() => 1, new SharedArrayBuffer(8)]) {
      await assert.rejects(echo(seven, unsendable), { code: "MESSAGE_UNSENDABLE" });
    }
    assert.equal(await get(seven), 7);
  });

  it("answer a question that was passed on, on whatever node it is answered", async () => {
    open();
    on("b").spawn(counter, 7, { name: "seven" });
    on("c").spawn(counter, 8, { name: "eight", ...onThread });
    const [seven, eight] = [await find("b/seven"), await find("c/eight")];
    const passed = seven.ask((reply: Reply<number>) => ({ kind: "pass", to: eight, reply }));
    assert.equal(await soon(passed), 8);
  });

  it("reach each other from worker threads, in order, and no more than the mailbox has room for", async () => {
    open();
    on("b").spawn(counter, 0, { name: "sum", ...onThread, mailbox: { capacity: 8 } });
    const sum = await find("b/sum");
    const teller = world.system.spawn(counter, 0, onThread);
    for (let step = 1; step <= 100; step++) {
      teller.tell({ kind: "tell", to: sum, message: { kind: "add", step } });
      await world.settle();
    }
    assert.equal(await get(sum), 5_050);
    assert.equal(world.system.deadLetters.total, 0);
    // From a thread that knows it by its address alone.
    const text = sum.address;
    assert.equal(
      await soon(
        on("c")
          .resolve(text)
          .ask((reply: Reply<number>) => ({ kind: "get", reply })),
      ),
      5_050,
    );
  });

  it("slow their senders down: a full mailbox fails the tell, and takes more when it has room", async () => {
    open();
    on("b").spawn(counter, 0, { name: "sum", mailbox: { capacity: 100 } });
    const sum = await find("b/sum");
    let sent = 0;
    assert.throws(
      () => {
        for (; sent < 1_000; sent++) sum.tell({ kind: "add", step: 1 });
      },
      { code: "MAILBOX_FULL" },
    );
    assert.equal(sent, 25);
    await soon(sum.room());
    assert.equal(await get(sum), 25);
  });

  it("are watched, linked and stopped from another node", async () => {
    open();
    const own = on("b").spawn(counter, 7, { name: "seven" });
    const seven = await find("b/seven");
    const watcher = await watcherOf(seven);
    assert.deepEqual(await seen(watcher), []);
    const reason = await soon(world.system.stop(seven));
    assert.equal(reason.kind, "stopped");
    assert.deepEqual(await seen(watcher), ["b/seven stopped"]);
    assert.deepEqual(await seen(await watcherOf(world.system.resolve(own.address))), ["b/seven stopped"]);
    await assert.rejects(get(seven), { code: "ASK_TARGET_STOPPED" });
  });

  it("have each message once and in order, though datagrams are lost, doubled and mixed up", async () => {
    open({ loseDatagram: 0.2, doubleDatagram: 0.1, mixDatagram: 0.2 });
    on("b").spawn(counter, 0, { name: "sum" });
    const sum = (await soon(world.system.find("b/sum"), 5_000)) as ActorRef<CounterMessage>;
    for (let step = 1; step <= 300; step++) {
      sum.tell({ kind: "add", step });
      if (step % 7 === 0) world.step();
    }
    const array = new Float64Array(20_000).fill(0.5);
    const patient = { timeoutMs: 60_000 };
    const echoed = sum.ask((reply: Reply<unknown>) => ({ kind: "echo", value: array, reply }), patient);
    assert.deepEqual(await soon(echoed, 59_000), array);
    assert.equal(await get(sum, 4_900), 45_150);
    assert.equal(world.system.deadLetters.total, 0);
  });
});

describe("a node that is lost", () => {
  const lostEvents = (): string[] => {
    const events: string[] = [];
    world.system.events.subscribe("node-lost", ({ node, why }) => events.push(`${node}: ${why}`));
    return events;
  };

  it("fails what was asked there, signals its watchers once, and makes letters of what was on its way", async () => {
    open();
    on("b").spawn(counter, 7, { name: "seven" });
    const seven = await find("b/seven");
    const watcher = await watcherOf(seven);
    const lost = lostEvents();
    world.killNode("b");
    const asked = get(seven, 30_000);
    seven.tell({ kind: "add", step: 1 });
    await assert.rejects(asked, { code: "ASK_TARGET_FAILED" });
    assert.deepEqual(await seen(watcher), ["b/seven failed NODE_LOST"]);
    assert.equal(lost.length, 1);
    assert.deepEqual(
      world.system.deadLetters.list().map(({ reason, target }) => `${reason} ${target}`),
      [`node-lost ${seven.address}`],
    );
  });

  it("gives no sign of life for five seconds, or says that it does not know the session", async () => {
    open();
    on("b").spawn(counter, 7, { name: "seven" });
    const seven = await find("b/seven");
    const lost = lostEvents();
    world.cut("local", "b");
    await world.advance(4_900);
    assert.deepEqual(lost, []);
    await world.advance(1_200);
    assert.deepEqual(lost, ["b: it gave no sign of life for 5000 ms"]);
    world.heal();
    assert.equal(await get(seven), 7, "its actors live, and are reached again");
    world.killNode("b");
    await world.advance(3_000);
    assert.deepEqual(lost.slice(1), ["b: it has ended the session, or was started anew"]);
  });

  it("is reached again from worker threads too, where its actors live on", async () => {
    open();
    on("b").spawn(counter, 0, { name: "sum" });
    const sum = await find("b/sum");
    const teller = world.system.spawn(counter, 0, onThread);
    const passOn = async (step: number): Promise<void> => {
      teller.tell({ kind: "tell", to: sum, message: { kind: "add", step } });
      await world.advance(500);
    };
    await passOn(1);
    world.cut("local", "b");
    await world.advance(10_000);
    await passOn(2);
    await world.advance(10_000);
    world.heal();
    await passOn(4);
    assert.equal(await get(sum, 1_000), 5);
    assert.deepEqual(
      world.system.deadLetters.list().map(({ reason }) => reason),
      ["node-lost"],
    );
  });

  it("has none of its actors any more when it was started anew, whoever has their numbers now", async () => {
    open();
    on("b").spawn(counter, 7, { name: "seven" });
    const seven = await find("b/seven");
    assert.equal(await get(seven), 7);
    world.killNode("b");
    await world.advance(2_000);
    const other = on("b").spawn(counter, 70, { name: "seven" });
    assert.equal(other.address, seven.address, "its count begins anew");
    await assert.rejects(get(seven), { code: "ASK_TARGET_FAILED" });
    await assert.rejects(get(seven), { code: "ASK_TARGET_STOPPED" });
    assert.equal(await get(await find("b/seven")), 70);
  });

  it("that was never there fails what is sent to it, and is tried again", async () => {
    open();
    const ghost = world.system.resolve("ghost/one#1") as ActorRef<CounterMessage>;
    await assert.rejects(get(ghost, 30_000), { code: "ASK_TIMEOUT" });
    const patient = ghost.ask((reply: Reply<number>) => ({ kind: "get", reply }), { timeoutMs: 60_000 });
    await assert.rejects(soon(patient, 30_000), { code: "ASK_TARGET_FAILED" });
    await assert.rejects(soon(world.system.find("ghost/one", { timeoutMs: 60_000 }), 30_000), {
      code: "ASK_TARGET_FAILED",
    });
  });

  it("leaves nothing behind where its actors had watched", async () => {
    open();
    world.system.spawn(counter, 1, { name: "one" });
    const one = await find("local/one", "b");
    const watcher = on("b").spawn(parent, undefined);
    watcher.tell({ kind: "watch", ref: one });
    await world.settle();
    world.killNode("b");
    await world.advance(10_000);
    const reason = await soon(world.system.stop(world.system.resolve(one.address)));
    assert.equal(reason.kind, "stopped");
    assert.equal(world.system.deadLetters.total, 0);
  });
});

describe("a system without nodes", () => {
  it("reaches nobody elsewhere", async () => {
    world = createWorld({ app, threads: 1, seed: 3 });
    const ref = world.system.resolve("b/sum#1") as ActorRef<CounterMessage>;
    await assert.rejects(get(ref), { code: "ASK_TARGET_UNKNOWN" });
    await assert.rejects(soon(world.system.find("b/sum")), { code: "ASK_TARGET_UNKNOWN" });
    assert.deepEqual(world.system.info().nodes, []);
  });
});
