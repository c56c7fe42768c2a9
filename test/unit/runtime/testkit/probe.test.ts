import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { actor, type ActorRef } from "../../../../runtime/index.ts";
import { createTestSystem } from "../../../../runtime/testkit/index.ts";
import { puppet } from "../../../kit/puppet.ts";

const later = actor<ActorRef<string>, null, never>({
  name: "later",
  initial(to, ctx) {
    ctx.clock.schedule(100, () => to.tell("late"));
    return null;
  },
  receive: (state) => state,
});

describe("probe", () => {
  it("gives messages in the order they came", async () => {
    const { system, probe } = createTestSystem();
    const inbox = probe<number>();
    inbox.ref.tell(1);
    inbox.ref.tell(2);
    assert.equal(await inbox.expectMessage(), 1);
    assert.equal(await inbox.expectMessage(), 2);
    await inbox.expectNoMessage();
    await system.shutdown();
  });

  it("moves virtual time only as far as a message needs", async () => {
    const { system, probe, clock } = createTestSystem();
    const inbox = probe<string>();
    system.spawn(later, inbox.ref);
    await inbox.expectNoMessage(99);
    assert.equal(clock.now(), 99);
    assert.equal(await inbox.expectMessage({ withinMs: 1_000 }), "late");
    assert.equal(clock.now(), 100);
    await system.shutdown();
  });

  it("fails when nothing comes in time, or when something comes that must not", async () => {
    const { system, probe, clock } = createTestSystem();
    const inbox = probe<string>();
    await assert.rejects(inbox.expectMessage({ withinMs: 50 }), { code: "PROBE_MISSED" });
    assert.equal(clock.now(), 50);
    inbox.ref.tell("surprise");
    await assert.rejects(inbox.expectNoMessage(), { code: "PROBE_SURPRISED" });
    await system.shutdown();
  });

  it("refuses times that are none, and refs that are none, instead of expecting nothing", async () => {
    const { system, probe, settle } = createTestSystem();
    const inbox = probe<string>();
    inbox.ref.tell("one");
    for (const withinMs of [NaN, -1, "5" as never]) {
      await assert.rejects(inbox.expectMessage({ withinMs }), { code: "CLOCK_INVALID" });
      await assert.rejects(inbox.expectNoMessage(withinMs), { code: "CLOCK_INVALID" });
    }
    await assert.rejects(inbox.expectMessage(null as never), { code: "CLOCK_INVALID" });
    assert.throws(() => inbox.watch(5 as never), { code: "REF_FOREIGN" });
    await assert.rejects(inbox.expectTerminated(5 as never), { code: "REF_FOREIGN" });
    await settle();
    assert.equal(await inbox.expectMessage(), "one");
    await system.shutdown();
  });

  it("says when the actors never come to rest", async () => {
    const { system, settle } = createTestSystem();
    const restless = system.spawn(puppet(), { label: "a", log: [] });
    let going = true;
    const loop = (_: unknown, ctx: { readonly self: ActorRef<never> }): void => {
      if (going) (ctx.self as ActorRef<unknown>).tell(loop);
    };
    restless.tell(loop);
    const outcome = await Promise.race([
      settle().then(
        () => "settled",
        (error: unknown) => (error as { code?: unknown }).code,
      ),
    ]);
    going = false;
    assert.equal(outcome, "TESTKIT_UNSETTLED");
    await system.shutdown();
  });
});
