/** Actors on several nodes: what holds between threads holds between nodes, and what a lost node means. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { actor, defineApp, transfer } from "../../../../runtime/index.ts";
import type { ActorRef, ActorSystem, ActorType, AnyRef, Reply } from "../../../../runtime/index.ts";
import { createWorld, type FaultPlan, type World } from "../../../../runtime/testkit/index.ts";
import { counter, parent, type CounterMessage, type ParentMessage } from "../../../kit/thread-app.ts";

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

interface Repeat {
  readonly to: ActorRef<CounterMessage>;
  readonly left: number;
}

/** Has its target add one, again and again. */
const repeater: ActorType<Repeat, Repeat, "go"> = actor({
  name: "repeater",
  initial: (args: Repeat) => args,
  receive({ to, left }, _go: "go", ctx) {
    to.tell({ kind: "add", step: 1 });
    if (left > 1) ctx.self.tell("go");
    return { to, left: left - 1 };
  },
});

/** Has the actor at an address add one, whenever it is told. */
const resolver: ActorType<string, string, "go"> = actor({
  name: "resolver",
  initial: (address: string) => address,
  receive(address, _go: "go", ctx) {
    (ctx.system.resolve(address) as ActorRef<CounterMessage>).tell({ kind: "add", step: 1 });
    return address;
  },
});

const app = defineApp({ actors: [counter, parent, repeater, resolver] });

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

  it("lose nothing that senders of any kind have them wait for", async () => {
    for (const [receiver, senders] of [
      [0, [0, 0]],
      [1, [0, 0]],
      [1, [1, 1]],
      [0, [1, 0]],
    ] as const) {
      open();
      const options = { name: "slow", mailbox: { capacity: 8, overflow: "wait" } } as const;
      on("b").spawn(counter, 0, { ...options, placement: { thread: receiver } });
      const slow = await find("b/slow");
      for (const thread of senders) {
        const sender = world.system.spawn(repeater, { to: slow, left: 100 }, { placement: { thread } });
        sender.tell("go");
      }
      await world.advance(10_000);
      assert.equal(await get(slow), 200, `receiver on ${receiver}, senders on ${senders.join()}`);
      await world.shutdown();
    }
    open();
  });

  it("lose nothing sent by who knows them by their addresses alone, however small their mailboxes", async () => {
    open();
    const { address } = on("b").spawn(counter, 0, { mailbox: { capacity: 8 }, ...onThread });
    const ref = world.system.resolve(address) as ActorRef<CounterMessage>;
    for (let count = 0; count < 100; count++) ref.tell({ kind: "add", step: 1 });
    assert.equal(await get(ref, 1_000), 100);
    const own = on("b").spawn(counter, 0, { mailbox: { capacity: 8 } });
    await world.settle();
    const inWorker = world.system.spawn(resolver, own.address, onThread);
    for (let count = 0; count < 100; count++) inWorker.tell("go");
    await world.advance(1_000);
    assert.equal(await get(own, 1_000), 100);
  });

  it("get what follows a message that could not be sent, in its shape too", async () => {
    open();
    on("b").spawn(counter, 0, { name: "sum" });
    const sum = await find("b/sum");
    const shared = new Uint8Array(new SharedArrayBuffer(8));
    const tell = (value: unknown): void => sum.tell({ kind: "echo", value, fresh: 1 } as never);
    assert.throws(() => tell(shared), { code: "MESSAGE_UNSENDABLE" });
    sum.tell({ kind: "add", step: 3 });
    assert.equal(await get(sum, 1_000), 3);
    assert.equal(world.system.info().nodes[0]!.reached, true);
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

  it("has none of them for those either to whom old refs are passed on", async () => {
    open();
    on("b").spawn(counter, 7, { name: "old" });
    on("c").spawn(counter, 0, { name: "third" });
    const [old, third] = [await find("b/old"), await find("c/third")];
    world.killNode("b");
    await world.advance(8_000);
    on("b").spawn(counter, 70, { name: "other" });
    const other = await find("b/other");
    assert.equal(old.address.split("#")[1], other.address.split("#")[1]);
    for (const teller of [third, other]) {
      teller.tell({ kind: "tell", to: old, message: { kind: "add", step: 1_000 } });
    }
    await world.advance(1_000);
    assert.equal(await get(other), 70);
  });

  it("is not taken for another life by who hears of one of its stopped actors first", async () => {
    open();
    on("b").spawn(counter, 7, { name: "gone" });
    on("b").spawn(counter, 8, { name: "alive" });
    on("c").spawn(counter, 0, { name: "third" });
    const [gone, third] = [await find("b/gone"), await find("c/third")];
    await soon(world.system.stop(gone));
    await assert.rejects(get(gone), { code: "ASK_TARGET_STOPPED" });
    third.tell({ kind: "tell", to: gone, message: { kind: "add", step: 1 } });
    await world.settle();
    assert.deepEqual(
      on("c")
        .deadLetters.list()
        .map(({ target }) => target),
      [gone.address],
      "it leads nowhere there either",
    );
    assert.equal(await get(await find("b/alive", "c")), 8);
  });

  it("and was started anew is known by the first ref of its new life", async () => {
    open();
    on("c").spawn(counter, 7, { name: "x" });
    await find("c/x");
    world.killNode("c");
    await world.advance(8_000);
    on("c").spawn(counter, 70, { name: "y" });
    const y = await find("c/y", "b");
    world.system.spawn(counter, 0, { name: "teller" });
    const teller = await find("local/teller", "b");
    teller.tell({ kind: "tell", to: y, message: { kind: "add", step: 1 } });
    await world.advance(1_000);
    assert.equal(await get(on("c").resolve(y.address) as ActorRef<CounterMessage>), 71);
  });

  it("is not there in the world from its death to its new start, also the first", async () => {
    open();
    const before = world.system;
    world.killNode("local");
    assert.throws(() => world.system, { code: "NODE_UNKNOWN" });
    await world.advance(1_500);
    assert.notEqual(world.system, before);
    assert.equal(await get(world.system.spawn(counter, 3)), 3);
  });

  it("is asked once more who lives there, when the question shows that it was started anew", async () => {
    open();
    on("b").spawn(counter, 7, { name: "seven" });
    await find("b/seven");
    world.killNode("b");
    await world.advance(1_500);
    assert.equal(await soon(world.system.find("b/seven")), null);
    await world.shutdown();
    await assert.rejects(world.node("local").find("b/seven"), { code: "SYSTEM_STOPPED" });
  });

  it("is reached again by addresses that were resolved while it was cut off", async () => {
    open();
    const own = on("b").spawn(counter, 7, { name: "sum" });
    world.cut("local", "b");
    const ref = world.system.resolve(own.address) as ActorRef<CounterMessage>;
    ref.tell({ kind: "add", step: 1 });
    await world.advance(12_000);
    world.heal();
    assert.equal(await get(ref, 1_000), 7);
  });

  it("is reached again from worker threads whose actors had watched", async () => {
    open();
    on("b").spawn(counter, 0, { name: "sum" });
    const sum = await find("b/sum");
    const teller = world.system.spawn(counter, 0, onThread);
    const watcher = world.system.spawn(parent, undefined, onThread);
    watcher.tell({ kind: "watch", ref: sum });
    await world.settle();
    world.cut("local", "b");
    await world.advance(10_000);
    assert.deepEqual(await seen(watcher), ["b/sum failed NODE_LOST"]);
    world.heal();
    teller.tell({ kind: "tell", to: sum, message: { kind: "add", step: 4 } });
    await world.advance(1_000);
    assert.equal(await get(sum), 4);
  });

  it("is told no more by each loss: what it may have on its way stays what the mailbox gives", async () => {
    open();
    on("b").spawn(counter, 0, { name: "sum", mailbox: { capacity: 64 } });
    const sum = await find("b/sum");
    for (let round = 0; round < 4; round++) {
      // Not enough for a confirmation.
      for (let count = 0; count < 7; count++) sum.tell({ kind: "add", step: 1 });
      await world.advance(1_000);
      world.cut("local", "b");
      await world.advance(10_000);
      world.heal();
      await world.advance(1_000);
    }
    await get(sum, 1_000);
    let sent = 0;
    assert.throws(
      () => {
        for (; sent < 100; sent++) sum.tell({ kind: "add", step: 1 });
      },
      { code: "MAILBOX_FULL" },
    );
    assert.ok(sent <= 16, `${sent} were taken`);
    await world.settle();
  });

  it("disturbs nobody who tells its letters on", async () => {
    open();
    for (const name of ["a", "audit"]) on("b").spawn(counter, 0, { name });
    const [a, audit] = [await find("b/a"), await find("b/audit")];
    let told = 0;
    world.system.events.subscribe("dead-letter", () => {
      if (told++ < 5) audit.tell({ kind: "add", step: 1, note: "x" } as never);
    });
    world.cut("local", "b");
    for (let count = 0; count < 5; count++) a.tell({ kind: "add", step: 1 });
    await world.advance(5_100);
    world.heal();
    assert.equal(await get(audit, 4_000), 5);
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
