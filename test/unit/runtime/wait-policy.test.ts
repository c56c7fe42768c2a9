import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { ActorRef } from "../../../runtime/index.ts";
import { createTestSystem } from "../../../runtime/testkit/index.ts";
import { puppet, type Order } from "../../kit/puppet.ts";

const WAIT = { mailbox: { capacity: 2, overflow: "wait" } } as const;
const quiet = (log: string[] = []): { readonly label: string; readonly log: string[] } => ({
  label: "a",
  log,
});

describe("a full mailbox that makes its senders wait", () => {
  it("pauses the sending actor after the message in hand, until there is room", async () => {
    const { system, settle } = createTestSystem();
    const log: string[] = [];
    const slow = system.spawn(puppet(), quiet(), WAIT);
    const sender = system.spawn(puppet(), quiet());
    // Held, the receiver takes nothing, so its mailbox stays full.
    slow.tell((_, ctx) => {
      ctx.hold();
    });
    await settle();
    const note =
      (text: string): Order =>
      () =>
        void log.push(text);
    sender.tell(() => {
      for (const text of ["1", "2", "3"]) slow.tell(note(text));
      log.push("sent");
    });
    sender.tell(note("next"));
    await settle();
    assert.deepEqual(log, ["sent"]);
    await system.shutdown();
  });

  it("goes on when there is room, and loses nothing", async () => {
    const { system, settle, advance } = createTestSystem();
    const log: string[] = [];
    const note =
      (text: string): Order =>
      () =>
        void log.push(text);
    const slow = system.spawn(puppet(), quiet(), WAIT);
    const sender = system.spawn(puppet(), quiet());
    slow.tell((_, ctx) => {
      ctx.hold();
      ctx.timers.single("release", 100, (_state, later) => later.release());
    });
    sender.tell(() => ["1", "2", "3"].forEach((text) => slow.tell(note(text))));
    sender.tell(note("next"));
    await settle();
    assert.deepEqual(log, []);
    await advance(100);
    assert.deepEqual(log, ["1", "2", "3", "next"]);
    assert.equal(system.deadLetters.total, 0);
    await system.shutdown();
  });

  it("a paused actor's timers wait with its messages, but it can be stopped", async () => {
    const { system, settle, advance } = createTestSystem();
    const log: string[] = [];
    const slow = system.spawn(puppet(), quiet(), WAIT);
    const sender = system.spawn(puppet(), quiet(log));
    slow.tell((_, ctx) => ctx.hold());
    await settle();
    sender.tell((_, ctx) => {
      ctx.timers.single("t", 5, () => log.push("tick"));
      for (let count = 0; count < 3; count++) slow.tell(() => undefined);
    });
    await advance(50);
    assert.deepEqual(log, ["a started"]);
    await system.stop(sender);
    assert.deepEqual(log, ["a started", "a stopped: stopped"]);
    await system.shutdown();
  });

  it("the stop of the full actor lets its senders go on", async () => {
    const { system, settle } = createTestSystem();
    const log: string[] = [];
    const slow = system.spawn(puppet(), quiet(), WAIT);
    const sender = system.spawn(puppet(), quiet());
    slow.tell((_, ctx) => ctx.hold());
    await settle();
    sender.tell(() => {
      for (let count = 0; count < 3; count++) slow.tell(() => undefined);
    });
    sender.tell(() => void log.push("next"));
    await settle();
    assert.deepEqual(log, []);
    await system.stop(slow);
    await settle();
    assert.deepEqual(log, ["next"]);
    assert.equal(system.deadLetters.total, 3);
    await system.shutdown();
  });

  it("a sender that crashes while it is paused is supervised at once", async () => {
    const { system, settle } = createTestSystem();
    const log: string[] = [];
    const slow = system.spawn(puppet(), quiet(), WAIT);
    const sender = system.spawn(puppet(), quiet(log));
    slow.tell((_, ctx) => ctx.hold());
    await settle();
    sender.tell(() => {
      for (let count = 0; count < 3; count++) slow.tell(() => undefined);
      throw new Error("after the sends");
    });
    sender.tell(() => void log.push("next"));
    await settle();
    assert.deepEqual(log, ["a started", "a stopped: restarted", "a started", "next"]);
    await system.shutdown();
  });

  it("refuses a sender that is no actor, and the actor itself", async () => {
    const { system, settle } = createTestSystem();
    const codes: unknown[] = [];
    system.events.subscribe("actor-failed", ({ error }) => codes.push((error as { code: string }).code));
    const ref = system.spawn(puppet(), quiet(), WAIT);
    ref.tell((_, ctx) => {
      const self: ActorRef<Order> = ctx.self;
      for (let count = 0; count < 3; count++) self.tell(() => undefined);
    });
    ref.tell(() => undefined);
    assert.throws(() => ref.tell(() => undefined), { code: "MAILBOX_FULL" });
    await assert.rejects(
      ref.ask(() => () => undefined),
      { code: "MAILBOX_FULL" },
    );
    await settle();
    assert.deepEqual(codes, ["MAILBOX_FULL"]);
    await system.shutdown();
  });

  it("room resolves when the mailbox has room, at once when it has or nobody is there", async () => {
    const { system, settle } = createTestSystem();
    const ref = system.spawn(puppet(), quiet(), WAIT);
    await ref.room();
    let room = 0;
    ref.tell((_, ctx) => ctx.hold());
    await settle();
    for (let count = 0; count < 2; count++) ref.tell(() => undefined);
    const waiting = ref.room().then(() => (room += 1));
    await settle();
    assert.equal(room, 0);
    await system.stop(ref);
    await waiting;
    await ref.room();
    await system.resolve("local/nobody#99").room();
    await system.shutdown();
  });

  it("any senders and capacity lose nothing, keep each sender's order, and exceed the bound by one handling each", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 12 }), { minLength: 1, maxLength: 5 }),
        async (capacity, plans) => {
          const { system, settle } = createTestSystem();
          const got: [sender: number, index: number][] = [];
          let most = 0;
          const slow = system.spawn(puppet(), quiet(), { mailbox: { capacity, overflow: "wait" } });
          let inFlight = 0;
          plans.forEach((plan, sender) => {
            const from = system.spawn(puppet(), quiet());
            let index = 0;
            for (const burst of plan) {
              from.tell(() => {
                for (let count = 0; count < burst; count++) {
                  const number = (index += 1);
                  inFlight += 1;
                  most = Math.max(most, inFlight);
                  slow.tell(() => {
                    inFlight -= 1;
                    got.push([sender, number]);
                  });
                }
              });
            }
          });
          await settle();
          for (const [sender, plan] of plans.entries()) {
            const total = plan.reduce((sum, burst) => sum + burst, 0);
            const numbers = got.filter(([from]) => from === sender).map(([, number]) => number);
            assert.deepEqual(
              numbers,
              Array.from({ length: total }, (_, number) => number + 1),
            );
          }
          assert.ok(most <= capacity + plans.length * 4, `${most} in a mailbox for ${capacity}`);
          assert.equal(system.deadLetters.total, 0);
          await system.shutdown();
        },
      ),
      { numRuns: 40 },
    );
  });
});
