import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createTestSystem } from "../../../runtime/testkit/index.ts";
import { crash, puppet, type Order } from "../../kit/puppet.ts";

const note =
  (text: string): Order =>
  ({ log }) =>
    void log.push(text);

describe("drain", () => {
  it("stops an actor after all that waits has been handled; what comes later is a dead letter", async () => {
    const { system, settle } = createTestSystem();
    const log: string[] = [];
    const ref = system.spawn(puppet(), { label: "a", log });
    const other = system.spawn(puppet(), { label: "o", log: [] });
    await settle();
    other.tell((_, ctx) => {
      ref.tell(note("one"));
      ref.tell(note("two"));
      ctx.drain(ref);
    });
    await settle();
    ref.tell(note("late"));
    assert.deepEqual(log, ["a started", "one", "two", "a stopped: drained"]);
    assert.equal(system.deadLetters.total, 1);
    await system.shutdown();
  });

  it("outlasts a restart: what waited is handled by the next life", async () => {
    const { system, settle } = createTestSystem();
    const log: string[] = [];
    const ref = system.spawn(puppet(), { label: "a", log });
    ref.tell((_, ctx) => {
      ctx.self.tell(crash());
      ctx.self.tell(note("after"));
      ctx.drain();
    });
    await settle();
    assert.deepEqual(log, ["a started", "a stopped: restarted", "a started", "after", "a stopped: drained"]);
    await system.shutdown();
  });

  it("waits for the release of what is held, also when a restart releases it", async () => {
    for (const end of [(_: unknown, ctx: { release(): void }): void => ctx.release(), crash()] as Order[]) {
      const { system, settle, advance } = createTestSystem();
      const log: string[] = [];
      const ref = system.spawn(puppet(), { label: "a", log });
      ref.tell((_, ctx) => {
        ctx.hold();
        ctx.self.tell(note("held"));
        ctx.timers.single("end", 10, end);
        ctx.drain();
      });
      await settle();
      assert.deepEqual(log, ["a started"]);
      await advance(10);
      assert.deepEqual(log.slice(-2), ["held", "a stopped: drained"]);
      await system.shutdown();
    }
  });
});
