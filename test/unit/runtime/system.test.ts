import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { actor, type ActorRef, type MyriadError } from "../../../runtime/index.ts";
import { createTestSystem } from "../../../runtime/testkit/index.ts";
import { crash, puppet, type Order } from "../../kit/puppet.ts";

function tree(log: string[]): { readonly label: string; readonly log: string[]; readonly initial: Order } {
  const spawnPair: Order = (state, ctx) => {
    for (const label of ["x", "y"])
      ctx.spawn(puppet(), { label: `${state.label}.${label}`, log }, { name: label });
  };
  return { label: "root", log, initial: spawnPair };
}

describe("actor system", () => {
  it("a shutdown whose deadline makes no sense is refused and stops nothing", async () => {
    const { system, settle } = createTestSystem();
    const log: string[] = [];
    system.spawn(puppet(), { label: "a", log });
    for (const options of [null, "x", { deadlineMs: -1 }, { deadlineMs: NaN }, { deadlineMs: "5" }]) {
      await assert.rejects(system.shutdown(options as never), { code: "SYSTEM_INVALID" });
    }
    await settle();
    assert.deepEqual(log, ["a started"]);
    await system.shutdown({ deadlineMs: Infinity });
    assert.deepEqual(log, ["a started", "a stopped: shutdown"]);
  });

  it("refuses addresses and whereabouts that are no texts", async () => {
    const { system } = createTestSystem();
    for (const given of [5, null, undefined, {}]) {
      assert.throws(() => system.resolve(given as never), { code: "ADDRESS_INVALID" });
      await assert.rejects(system.find(given as never), { code: "ADDRESS_INVALID" });
      assert.throws(() => void system.stop(given as never), { code: "REF_FOREIGN" });
    }
    await system.shutdown();
  });

  it("shutdown stops children before parents and the youngest sibling first, in time zero", async () => {
    const { system, clock, settle } = createTestSystem();
    const log: string[] = [];
    system.spawn(puppet(), { ...tree(log), label: "a" });
    system.spawn(puppet(), { ...tree(log), label: "b" });
    await settle();
    log.length = 0;
    await system.shutdown();
    assert.deepEqual(
      log.map((line) => line.split(" ")[0]),
      ["b.y", "b.x", "b", "a.y", "a.x", "a"],
    );
    assert.deepEqual(new Set(log.map((line) => line.split(": ")[1])), new Set(["shutdown"]));
    assert.equal(clock.now(), 0);
    assert.equal(clock.pending, 0);
    assert.equal(system.idle, true);
  });

  it("after a shutdown nothing is spawned, tells are dead letters, asks fail and another shutdown is the same", async () => {
    const { system } = createTestSystem();
    const ref = system.spawn(puppet(), { label: "a", log: [] });
    const first = system.shutdown();
    assert.equal(system.shutdown(), first);
    await first;
    assert.throws(() => system.spawn(puppet(), { label: "b", log: [] }), { code: "SYSTEM_STOPPED" });
    ref.tell(crash());
    assert.equal(system.deadLetters.list().at(-1)?.reason, "stopped");
    await assert.rejects(
      ref.ask(() => crash()),
      { code: "ASK_TARGET_STOPPED" },
    );
    assert.deepEqual(await system.stop(ref), { kind: "shutdown" });
  });

  it("a shutdown that passes its deadline abandons the rest and names it", async () => {
    const { system, clock, settle } = createTestSystem();
    const log: string[] = [];
    const slow = actor<null, null, never>({
      name: "slow",
      initial: () => null,
      receive: (state) => state,
      stopped: () => clock.jump(1_000),
    });
    const survivor = system.spawn(puppet(), { label: "older", log }, { name: "older" });
    system.spawn(slow, null, { name: "slow" });
    await settle();
    await assert.rejects(system.shutdown({ deadlineMs: 500 }), (error: Error & { code?: string }) => {
      return error.code === "SHUTDOWN_DEADLINE" && error.message.includes(survivor.address);
    });
    assert.deepEqual(log, ["older started"]);
  });

  it("stop resolves when the actor and all below it have stopped", async () => {
    const { system, settle } = createTestSystem();
    const log: string[] = [];
    const ref = system.spawn(puppet(), tree(log));
    await settle();
    assert.deepEqual(await system.stop(ref), { kind: "stopped" });
    assert.deepEqual(log.slice(3), [
      "root.y stopped: parent-stopped",
      "root.x stopped: parent-stopped",
      "root stopped: stopped",
    ]);
    assert.deepEqual(await system.stop(ref), { kind: "stopped" });
    assert.deepEqual(await system.stop(system.resolve("local/none#1")), { kind: "unknown" });
    await system.shutdown();
  });

  it("an actor that is stopped before its first turn never starts", async () => {
    const { system, settle } = createTestSystem();
    const log: string[] = [];
    const ref = system.spawn(puppet(), { label: "a", log });
    await system.stop(ref);
    await settle();
    assert.deepEqual(log, []);
    await system.shutdown();
  });

  it("resolve finds the living actor of an address and only that incarnation", async () => {
    const { system, settle } = createTestSystem();
    const log: string[] = [];
    const children: ActorRef<Order>[] = [];
    system.spawn(puppet(), {
      label: "p",
      log,
      initial: (_, ctx) => void children.push(ctx.spawn(puppet(), { label: "c", log }, { name: "c" })),
    });
    await settle();
    const { address } = children[0]!;
    assert.equal(system.resolve(address), children[0]);
    const other = system.resolve(address.replace(/#.*/, "#9999"));
    other.tell("lost");
    assert.deepEqual(
      system.deadLetters.list().map(({ target, reason }) => [target, reason]),
      [[other.address, "unknown"]],
    );
    assert.throws(() => system.resolve("no address"), { code: "ADDRESS_INVALID" });
    await system.shutdown();
  });

  it("a stopped member that throws is published and the stop goes on", async () => {
    const { system } = createTestSystem();
    const published: unknown[] = [];
    system.events.subscribe("stopped-hook-failed", (event) => published.push(event));
    const bad = actor<null, null, never>({
      name: "bad",
      initial: () => null,
      receive: (state) => state,
      stopped: () => {
        throw new Error("in stopped");
      },
    });
    const ref = system.spawn(bad, null);
    await new Promise(setImmediate);
    assert.deepEqual(await system.stop(ref), { kind: "stopped" });
    assert.deepEqual(published, [
      { kind: "stopped-hook-failed", address: ref.address, error: new Error("in stopped") },
    ]);
    await system.shutdown();
  });

  it("a stopped member that returns a promise is published with a code, and its rejection ends no process", async () => {
    const { system } = createTestSystem();
    const published: unknown[] = [];
    system.events.subscribe("stopped-hook-failed", (event) => published.push(event));
    const late = actor<null, null, never>({
      name: "late",
      initial: () => null,
      receive: (state) => state,
      stopped: () => Promise.reject(new Error("must not end the process")) as never,
    });
    const ref = system.spawn(late, null);
    await new Promise(setImmediate);
    assert.deepEqual(await system.stop(ref), { kind: "stopped" });
    await new Promise(setImmediate);
    assert.deepEqual(
      published.map((event) => {
        const { kind, address, error } = event as { kind: string; address: string; error: MyriadError };
        return [kind, address, error.code];
      }),
      [["stopped-hook-failed", ref.address, "ACTOR_RETURNED_PROMISE"]],
    );
    await system.shutdown();
  });

  it("what stopped orders ends with the life, and it cannot spawn", async () => {
    const { system, settle, clock } = createTestSystem();
    const codes: unknown[] = [];
    const seen: unknown[] = [];
    const hasty = actor<null, null, "crash" | "from stopped">({
      name: "hasty",
      initial: () => null,
      receive(state, message) {
        if (message === "crash") throw new Error("crash");
        seen.push(message);
        return state;
      },
      stopped(_, __, ctx) {
        ctx.timers.single("k", 10, "from stopped");
        ctx.pipe(
          Promise.resolve(),
          () => "from stopped",
          () => "from stopped",
        );
        try {
          ctx.spawn(puppet(), { label: "late", log: [] });
        } catch (error) {
          codes.push((error as { code?: unknown }).code);
        }
      },
    });
    const ref = system.spawn(hasty, null);
    ref.tell("crash");
    await settle();
    assert.equal(clock.pending, 0);
    await clock.advance(100);
    await system.stop(ref);
    await clock.advance(100);
    assert.deepEqual(seen, []);
    assert.deepEqual(codes, ["ACTOR_STOPPING", "ACTOR_STOPPING"]);
    await system.shutdown();
  });

  it("events tell the story of an actor in order", async () => {
    const { system, settle } = createTestSystem();
    const kinds: string[] = [];
    for (const kind of ["actor-started", "actor-failed", "actor-restarted", "actor-stopped"] as const) {
      system.events.subscribe(kind, (event) => kinds.push(event.kind));
    }
    const ref = system.spawn(puppet(), { label: "a", log: [] });
    ref.tell(crash());
    await settle();
    await system.stop(ref);
    assert.deepEqual(kinds, [
      "actor-started",
      "actor-failed",
      "actor-restarted",
      "actor-started",
      "actor-stopped",
    ]);
    await system.shutdown();
  });

  it("a listener that throws is published, and if that listener throws too nothing follows", async () => {
    const { system, settle } = createTestSystem();
    const during: string[] = [];
    const bad = (): never => {
      throw new Error("listener");
    };
    system.events.subscribe("actor-started", bad);
    system.events.subscribe("listener-failed", (event) => during.push(event.during));
    system.events.subscribe("listener-failed", bad);
    const log: string[] = [];
    system.spawn(puppet(), { label: "a", log });
    await settle();
    assert.deepEqual(during, ["actor-started"]);
    assert.deepEqual(log, ["a started"]);
    await system.shutdown();
  });

  it("two systems live side by side", async () => {
    const first = createTestSystem({ node: "one" });
    const second = createTestSystem({ node: "two" });
    const inbox = second.probe<string>();
    first.system.spawn(puppet(), { label: "a", log: [], initial: () => inbox.ref.tell("across") });
    assert.equal(await inbox.expectMessage({ withinMs: 0 }).catch(() => "missed"), "across");
    assert.equal(inbox.ref.address.startsWith("two/"), true);
    await first.system.shutdown();
    await second.system.shutdown();
  });

  it("thirty thousand children stop one after the other without deep recursion", async () => {
    const { system, settle } = createTestSystem();
    const idle = actor<null, null, never>({ name: "idle", initial: () => null, receive: (state) => state });
    for (let n = 0; n < 30_000; n++) system.spawn(idle, null);
    await settle();
    await system.shutdown();
    assert.equal(system.idle, true);
  });
});
