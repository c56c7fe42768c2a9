import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { actor, type ActorRef, type AnyRef } from "../../../runtime/index.ts";
import { createTestSystem } from "../../../runtime/testkit/index.ts";
import { crash, puppet, type Order } from "../../kit/puppet.ts";

describe("death watch", () => {
  it("a watcher is signalled once when what it watches stops, however often it watched", async () => {
    const { system, settle } = createTestSystem();
    const log: string[] = [];
    const watched = system.spawn(puppet(), { label: "w", log: [] }, { name: "watched" });
    system.spawn(puppet(), {
      label: "a",
      log,
      initial: (_, ctx) => {
        ctx.watch(watched);
        ctx.watch(watched);
      },
    });
    await settle();
    await system.stop(watched);
    await settle();
    assert.deepEqual(log, ["a started", "a saw watched end: stopped"]);
    await system.shutdown();
  });

  it("watching what has stopped, or what never was, is answered at once", async () => {
    const { system, probe } = createTestSystem();
    const gone = system.spawn(puppet(), { label: "w", log: [] });
    await system.stop(gone);
    const watcher = probe();
    watcher.watch(gone);
    assert.deepEqual(await watcher.expectTerminated(gone), { kind: "stopped" });
    const nobody = system.resolve("elsewhere/x#1");
    watcher.watch(nobody);
    assert.deepEqual(await watcher.expectTerminated(nobody), { kind: "unknown" });
    await system.shutdown();
  });

  it("watching twice what has stopped already gives one signal", async () => {
    const { system, settle } = createTestSystem();
    const log: string[] = [];
    const gone = system.spawn(puppet(), { label: "w", log: [] }, { name: "gone" });
    await system.stop(gone);
    system.spawn(puppet(), { label: "a", log }).tell((_, ctx) => {
      ctx.watch(gone);
      ctx.watch(gone);
    });
    await settle();
    assert.deepEqual(log, ["a started", "a saw gone end: stopped"]);
    await system.shutdown();
  });

  it("a signal carries the very ref that was watched", async () => {
    const { system, settle } = createTestSystem();
    const seen: AnyRef[] = [];
    const target = system.spawn(puppet(), { label: "w", log: [] });
    const watcher = actor<ActorRef<Order>, null, never>({
      name: "watcher",
      initial: (ref, ctx) => {
        ctx.watch(ref);
        return null;
      },
      receive: (state) => state,
      signal(state, signal) {
        seen.push(signal.ref);
        return state;
      },
    });
    system.spawn(watcher, target);
    await settle();
    await system.stop(target);
    await settle();
    assert.equal(seen.length, 1);
    assert.equal(seen[0], target);
    await system.shutdown();
  });

  it("a watcher that ignores the death of what it watches fails itself", async () => {
    const { system, settle } = createTestSystem({ supervision: { decide: () => "stop" } });
    const errors: { readonly code?: string; readonly cause?: unknown }[] = [];
    const target = system.spawn(puppet(), { label: "w", log: [] });
    const deaf = actor<null, null, never>({
      name: "deaf",
      initial: (_, ctx) => {
        ctx.watch(target);
        return null;
      },
      receive: (state) => state,
    });
    const ref = system.spawn(deaf, null);
    await settle();
    system.events.subscribe("actor-failed", ({ address, error }) => {
      if (address === ref.address) errors.push(error as { readonly code?: string });
    });
    target.tell(crash("first"));
    await settle();
    assert.deepEqual(
      errors.map(({ code }) => code),
      ["DEATH_PACT"],
    );
    assert.deepEqual(errors[0]?.cause, new Error("first"));
    await system.shutdown();
  });

  it("after unwatch no signal arrives, not even one that was on its way", async () => {
    for (const unwatches of [false, true]) {
      const { system, settle } = createTestSystem();
      const log: string[] = [];
      const target = system.spawn(puppet(), { label: "w", log: [] }, { name: "target" });
      const watcher = system.spawn(puppet(), { label: "a", log });
      watcher.tell((_, ctx) => {
        ctx.watch(target);
        ctx.stop(target);
        // More than one turn, so that the target has stopped before the last of them is handled.
        for (let n = 0; n < 200; n++) ctx.self.tell(() => undefined);
        if (unwatches) ctx.self.tell((__, same) => same.unwatch(target));
      });
      await settle();
      assert.deepEqual(log.slice(1), unwatches ? [] : ["a saw target end: stopped"]);
      await system.shutdown();
    }
  });

  it("a watcher handles all that an actor told it before it learns of the stop", async () => {
    const { system, settle } = createTestSystem();
    const log: string[] = [];
    const watcher = system.spawn(puppet(), { label: "a", log });
    const target = system.spawn(puppet(), { label: "w", log: [] }, { name: "target" });
    watcher.tell((_, ctx) => ctx.watch(target));
    await settle();
    target.tell((_, ctx) => {
      for (const n of [1, 2, 3]) watcher.tell((state) => state.log.push(`told ${n}`));
      ctx.stop();
    });
    await settle();
    assert.deepEqual(log, ["a started", "told 1", "told 2", "told 3", "a saw target end: stopped"]);
    await system.shutdown();
  });

  it("a signal is not lost by a full mailbox nor by a drop-oldest policy", async () => {
    const { system, settle } = createTestSystem();
    const log: string[] = [];
    const watcher = system.spawn(
      puppet(),
      { label: "a", log },
      { mailbox: { capacity: 1, overflow: "drop-oldest" } },
    );
    const target = system.spawn(puppet(), { label: "w", log: [] }, { name: "target" });
    watcher.tell((_, ctx) => ctx.watch(target));
    await settle();
    watcher.tell((_, ctx) => {
      ctx.stop(target);
      for (let n = 0; n < 5; n++) ctx.self.tell((state) => state.log.push(`kept ${n}`));
    });
    await settle();
    assert.deepEqual(log, ["a started", "kept 4", "a saw target end: stopped"]);
    await system.shutdown();
  });

  it("a restart of the watched actor is no stop", async () => {
    const { system, settle, probe } = createTestSystem();
    const target = system.spawn(puppet(), { label: "w", log: [] });
    const watcher = probe();
    watcher.watch(target);
    await settle();
    target.tell(crash());
    await settle();
    await assert.rejects(watcher.expectTerminated(target), { code: "PROBE_MISSED" });
    await system.stop(target);
    assert.deepEqual(await watcher.expectTerminated(target), { kind: "stopped" });
    await system.shutdown();
  });

  it("a restarted watcher has forgotten what it watched", async () => {
    const { system, settle } = createTestSystem();
    const log: string[] = [];
    const target = system.spawn(puppet(), { label: "w", log: [] });
    const watcher = system.spawn(puppet(), { label: "a", log });
    watcher.tell((_, ctx) => ctx.watch(target));
    watcher.tell(crash());
    await settle();
    await system.stop(target);
    await settle();
    assert.deepEqual(log, ["a started", "a stopped: restarted", "a started"]);
    await system.shutdown();
  });

  it("who learns of a child's stop may spawn under its name at once, with another incarnation", async () => {
    const { system, settle } = createTestSystem();
    const addresses: string[] = [];
    const keeper = actor<null, null, "end">({
      name: "keeper",
      initial(_, ctx) {
        const child = ctx.spawn(puppet(), { label: "c", log: [] }, { name: "c" });
        addresses.push(child.address);
        ctx.watch(child);
        ctx.stop(child);
        return null;
      },
      receive: (state) => state,
      signal(state, _, ctx) {
        addresses.push(ctx.spawn(puppet(), { label: "c", log: [] }, { name: "c" }).address);
        return state;
      },
    });
    system.spawn(keeper, null, { name: "keeper" });
    await settle();
    assert.equal(addresses.length, 2);
    assert.notEqual(addresses[0], addresses[1]);
    assert.deepEqual(
      addresses.map((address) => address.replace(/#.*/, "")),
      ["local/keeper/c", "local/keeper/c"],
    );
    await system.shutdown();
  });
});
