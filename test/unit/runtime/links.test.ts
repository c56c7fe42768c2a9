import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ActorRef, ActorSystem } from "../../../runtime/index.ts";
import { createTestSystem } from "../../../runtime/testkit/index.ts";
import { crash, puppet, type Order } from "../../kit/puppet.ts";

/** Two actors of which a failure is the end, and what they lived through. */
function pair(): {
  readonly system: ActorSystem;
  readonly settle: () => Promise<void>;
  readonly log: string[];
  readonly a: ActorRef<Order>;
  readonly b: ActorRef<Order>;
  readonly codes: string[];
} {
  const { system, settle } = createTestSystem({ supervision: { decide: () => "stop" } });
  const log: string[] = [];
  const codes: string[] = [];
  system.events.subscribe("actor-failed", ({ error }) =>
    codes.push(String((error as { code?: string }).code)),
  );
  const a = system.spawn(puppet(), { label: "a", log }, { name: "a" });
  const b = system.spawn(puppet(), { label: "b", log }, { name: "b" });
  a.tell((_, ctx) => ctx.link(b));
  return { system, settle, log, a, b, codes };
}

describe("links", () => {
  it("the failed stop of one linked actor fails the other, whichever linked", async () => {
    for (const first of ["a", "b"] as const) {
      const { system, settle, log, codes, ...refs } = pair();
      await settle();
      refs[first].tell(crash());
      await settle();
      const second = first === "a" ? "b" : "a";
      assert.deepEqual(log.slice(2), [`${first} stopped: failed`, `${second} stopped: failed`]);
      assert.deepEqual(codes, ["undefined", "LINK_BROKEN"]);
      await system.shutdown();
    }
  });

  it("any other stop leaves the linked actor alive", async () => {
    const { system, settle, log, a, b } = pair();
    await settle();
    await system.stop(b);
    await settle();
    a.tell(({ log: lines }) => void lines.push("a lives"));
    await settle();
    assert.deepEqual(log.slice(2), ["b stopped: stopped", "a lives"]);
    await system.shutdown();
  });

  it("links outlast a restart", async () => {
    const { system, settle } = createTestSystem();
    const log: string[] = [];
    const a = system.spawn(puppet(), { label: "a", log });
    const stopping = puppet({ supervision: { decide: () => "stop" } });
    const parent = system.spawn(stopping, { label: "p", log });
    let b: ActorRef<Order> | null = null;
    parent.tell((_, ctx) => {
      b = ctx.spawn(puppet(), { label: "b", log });
      b.tell((_state, inner) => inner.link(a));
    });
    await settle();
    a.tell(crash());
    await settle();
    assert.deepEqual(log.slice(3), ["a stopped: restarted", "a started"]);
    b!.tell(crash());
    await settle();
    assert.deepEqual(log.slice(5), ["b stopped: failed", "a stopped: restarted", "a started"]);
    await system.shutdown();
  });

  it("after unlink by either, each goes its own way", async () => {
    for (const by of ["a", "b"] as const) {
      const { system, settle, log, a, b } = pair();
      await settle();
      const other = by === "a" ? b : a;
      (by === "a" ? a : b).tell((_, ctx) => ctx.unlink(other));
      await settle();
      b.tell(crash());
      await settle();
      assert.deepEqual(log.slice(2), ["b stopped: failed"]);
      await system.shutdown();
    }
  });

  it("a link to what has failed, or never was, fails at once", async () => {
    const { system, settle, codes, a, b } = pair();
    await settle();
    a.tell((_, ctx) => {
      ctx.unlink(b);
      ctx.link(system.resolve("local/nobody#99"));
    });
    await settle();
    assert.deepEqual(codes, ["LINK_BROKEN"]);
    const late = system.spawn(puppet(), { label: "c", log: [] });
    late.tell((_, ctx) => ctx.link(a));
    await settle();
    assert.deepEqual(codes, ["LINK_BROKEN", "LINK_BROKEN"]);
    await system.shutdown();
  });

  it("watch and link do not disturb each other", async () => {
    const { system, settle, log, codes, a, b } = pair();
    a.tell((_, ctx) => {
      ctx.watch(b);
      ctx.unwatch(b);
    });
    await settle();
    b.tell(crash());
    await settle();
    assert.deepEqual(codes, ["undefined", "LINK_BROKEN"]);
    const c = system.spawn(puppet(), { label: "c", log }, { name: "c" });
    const d = system.spawn(puppet(), { label: "d", log }, { name: "d" });
    c.tell((_, ctx) => {
      ctx.link(d);
      ctx.watch(d);
      ctx.unlink(d);
    });
    await settle();
    d.tell(crash());
    await settle();
    assert.deepEqual(log.slice(-2), ["d stopped: failed", "c saw d end: failed"]);
    await system.shutdown();
  });
});
