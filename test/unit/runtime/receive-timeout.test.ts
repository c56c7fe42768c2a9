import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createTestSystem } from "../../../runtime/testkit/index.ts";
import { crash, puppet, type Order } from "../../kit/puppet.ts";

const nothing: Order = () => undefined;

describe("receive timeout", () => {
  it("delivers its message once in each silence, counted from the last message", async () => {
    const { system, clock, advance } = createTestSystem();
    const at: number[] = [];
    const ref = system.spawn(puppet(), { label: "a", log: [] });
    ref.tell((_, ctx) => ctx.receiveTimeout(100, () => at.push(clock.now())));
    await advance(60);
    ref.tell(nothing);
    await advance(60);
    ref.tell(nothing);
    await advance(1_000);
    assert.deepEqual(at, [220]);
    ref.tell(nothing);
    await advance(1_000);
    assert.deepEqual(at, [220, 1_220]);
    await system.shutdown();
  });

  it("timers do not break the silence, piped results do", async () => {
    const { system, clock, advance } = createTestSystem();
    const at: number[] = [];
    const ref = system.spawn(puppet(), { label: "a", log: [] });
    ref.tell((_, ctx) => {
      ctx.receiveTimeout(100, () => at.push(clock.now()));
      ctx.timers.periodic("tick", 30, nothing);
      const later = new Promise<void>((resolve) => clock.schedule(50, resolve));
      ctx.pipe(
        later,
        () => nothing,
        () => nothing,
      );
    });
    await advance(500);
    assert.deepEqual(at, [150]);
    await system.shutdown();
  });

  it("a message that waits when the time is up counts", async () => {
    const { system, clock, settle, advance } = createTestSystem();
    const at: number[] = [];
    const ref = system.spawn(puppet(), { label: "a", log: [] });
    ref.tell((_, ctx) => ctx.receiveTimeout(100, () => at.push(clock.now())));
    await settle();
    ref.tell(nothing);
    clock.jump(100);
    await settle();
    assert.deepEqual(at, []);
    await advance(100);
    assert.deepEqual(at, [200]);
    await system.shutdown();
  });

  it("is replaced, cancelled, and ends with the life, leaving no timer", async () => {
    const { system, clock, settle, advance } = createTestSystem();
    const got: string[] = [];
    const ref = system.spawn(puppet(), { label: "a", log: [] });
    ref.tell((_, ctx) => {
      ctx.receiveTimeout(100, () => got.push("first"));
      ctx.receiveTimeout(200, () => got.push("second"));
    });
    await advance(300);
    assert.deepEqual(got, ["second"]);
    ref.tell((_, ctx) => {
      ctx.receiveTimeout(100, () => got.push("third"));
      ctx.cancelReceiveTimeout();
    });
    await settle();
    assert.equal(clock.pending, 0);
    ref.tell((_, ctx) => ctx.receiveTimeout(100, () => got.push("fourth")));
    ref.tell(crash());
    await settle();
    assert.equal(clock.pending, 0);
    await advance(1_000);
    assert.deepEqual(got, ["second"]);
    await system.shutdown();
  });

  it("refuses what is no delay", async () => {
    const { system, settle } = createTestSystem();
    const codes: unknown[] = [];
    system.events.subscribe("actor-failed", ({ error }) => codes.push((error as { code: string }).code));
    system.spawn(puppet(), { label: "a", log: [] }).tell((_, ctx) => ctx.receiveTimeout(0, nothing));
    await settle();
    assert.deepEqual(codes, ["TIMER_INVALID"]);
    await system.shutdown();
  });
});
