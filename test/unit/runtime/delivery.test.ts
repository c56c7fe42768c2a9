import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { actor } from "../../../runtime/index.ts";
import { createTestSystem } from "../../../runtime/testkit/index.ts";
import { crash, puppet } from "../../kit/puppet.ts";

const collector = actor<unknown[], unknown[], unknown>({
  name: "collector",
  initial: (seen) => seen,
  receive(seen, message) {
    seen.push(message);
    return seen;
  },
});

describe("delivery", () => {
  it("messages of one sender to one receiver arrive in the order they were sent, each once", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 6 }),
        async (bursts) => {
          const { system, settle } = createTestSystem();
          const seen: unknown[] = [];
          const ref = system.spawn(collector, seen);
          for (const [sender, burst] of bursts.entries()) {
            const from = system.spawn(puppet(), { label: String(sender), log: [] });
            for (let n = 0; n < burst; n++) from.tell(() => ref.tell([sender, n]));
          }
          await settle();
          for (const [sender, burst] of bursts.entries()) {
            const own = seen.filter((message) => (message as number[])[0] === sender);
            assert.deepEqual(
              own,
              Array.from({ length: burst }, (_, n) => [sender, n]),
            );
          }
          await system.shutdown();
        },
      ),
      { numRuns: 25 },
    );
  });

  it("tell returns before the message is handled", async () => {
    const { system, settle } = createTestSystem();
    const seen: unknown[] = [];
    system.spawn(collector, seen).tell(1);
    assert.deepEqual(seen, []);
    await settle();
    assert.deepEqual(seen, [1]);
    await system.shutdown();
  });

  it("an actor handles one message at a time, even one that it sends itself", async () => {
    const { system, settle } = createTestSystem();
    const seen: string[] = [];
    const ref = system.spawn(puppet(), { label: "a", log: [] });
    ref.tell((_, ctx) => {
      seen.push("outer begins");
      ctx.self.tell(() => seen.push("inner"));
      seen.push("outer ends");
    });
    await settle();
    assert.deepEqual(seen, ["outer begins", "outer ends", "inner"]);
    await system.shutdown();
  });

  it("a full mailbox with policy fail throws at the sender and loses nothing that waits", async () => {
    const { system, settle } = createTestSystem();
    const seen: unknown[] = [];
    const ref = system.spawn(collector, seen, { mailbox: { capacity: 2 } });
    ref.tell(1);
    ref.tell(2);
    assert.throws(() => ref.tell(3), { code: "MAILBOX_FULL", location: ref.address });
    await settle();
    assert.deepEqual(seen, [1, 2]);
    assert.equal(system.deadLetters.total, 0);
    await system.shutdown();
  });

  it("drop-newest turns the new message into a dead letter, drop-oldest the oldest", async () => {
    const { system, settle } = createTestSystem();
    const newest: unknown[] = [];
    const oldest: unknown[] = [];
    const keepsOld = system.spawn(collector, newest, { mailbox: { capacity: 2, overflow: "drop-newest" } });
    const keepsNew = system.spawn(collector, oldest, { mailbox: { capacity: 2, overflow: "drop-oldest" } });
    for (const ref of [keepsOld, keepsNew]) for (const n of [1, 2, 3, 4]) ref.tell(n);
    await settle();
    assert.deepEqual(newest, [1, 2]);
    assert.deepEqual(oldest, [3, 4]);
    const lost = system.deadLetters.list().map(({ message, reason }) => [message, reason]);
    assert.deepEqual(lost, [
      [3, "overflow"],
      [4, "overflow"],
      [1, "overflow"],
      [2, "overflow"],
    ]);
    await system.shutdown();
  });

  it("system messages overtake waiting messages and are not refused by a full mailbox", async () => {
    const { system } = createTestSystem();
    const seen: unknown[] = [];
    const ref = system.spawn(collector, seen, { mailbox: { capacity: 1 } });
    ref.tell("waits");
    assert.equal((await system.stop(ref)).kind, "stopped");
    assert.deepEqual(seen, []);
    assert.deepEqual(
      system.deadLetters.list().map((letter) => letter.message),
      ["waits"],
    );
    await system.shutdown();
  });

  it("messages that wait outlast a restart; the one that crashed is gone", async () => {
    const { system, settle } = createTestSystem();
    const log: string[] = [];
    const ref = system.spawn(puppet(), { label: "a", log });
    ref.tell(crash());
    ref.tell((state) => log.push(`count ${state.count}`));
    await settle();
    assert.deepEqual(log, ["a started", "a stopped: restarted", "a started", "count 0"]);
    assert.equal(system.deadLetters.total, 0);
    await system.shutdown();
  });

  it("a flood to one actor does not keep the event loop from its timers", async () => {
    const { system } = createTestSystem();
    let handled = 0;
    let handledAtTimer = -1;
    const flood = actor<null, null, number>({
      name: "flood",
      initial: () => null,
      receive(state, _, ctx) {
        handled += 1;
        if (handledAtTimer < 0) ctx.self.tell(0);
        return state;
      },
    });
    const ref = system.spawn(flood, null);
    setImmediate(() => (handledAtTimer = handled));
    ref.tell(0);
    while (handledAtTimer < 0) await new Promise(setImmediate);
    assert.ok(handledAtTimer <= 4096 + 64, `${handledAtTimer} messages before the event loop had its round`);
    await system.shutdown();
  });

  it("a chain of promises and short turns does not starve the event loop either", async () => {
    const { system } = createTestSystem();
    const ref = system.spawn(puppet(), { label: "a", log: [] });
    let hops = 0;
    const rounds: boolean[] = [];
    setImmediate(() => rounds.push(true));
    while (rounds.length === 0) {
      hops += 1;
      await new Promise<void>((resolve) => ref.tell(() => resolve()));
    }
    assert.ok(hops <= 4096 + 64, `${hops} hops before the event loop had its round`);
    await system.shutdown();
  });

  it("actors take turns: a long mailbox does not hold up a short one", async () => {
    const { system, settle } = createTestSystem();
    const order: string[] = [];
    const busy = system.spawn(puppet(), { label: "busy", log: [] });
    const quick = system.spawn(puppet(), { label: "quick", log: [] });
    for (let n = 0; n < 1_000; n++) busy.tell(() => order.push("busy"));
    quick.tell(() => order.push("quick"));
    await settle();
    assert.ok(order.indexOf("quick") <= 64);
    assert.equal(order.length, 1_001);
    await system.shutdown();
  });
});
