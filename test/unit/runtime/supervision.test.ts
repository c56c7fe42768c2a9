import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ActorRef, Supervision } from "../../../runtime/index.ts";
import { actor } from "../../../runtime/index.ts";
import { createTestSystem, type TestSystem, type TestSystemOptions } from "../../../runtime/testkit/index.ts";
import { crash, puppet, type Order } from "../../kit/puppet.ts";

interface Family extends TestSystem {
  readonly log: string[];
  readonly parent: ActorRef<Order>;
  readonly children: ActorRef<Order>[];
  /** What has been logged since the last call. */
  readonly news: () => Promise<readonly string[]>;
}

/** A parent with the children c1, c2 and c3, all started, none of it in the news. */
async function family(supervision: Supervision, options: TestSystemOptions = {}): Promise<Family> {
  const world = createTestSystem(options);
  const log: string[] = [];
  const children: ActorRef<Order>[] = [];
  const parent = world.system.spawn(
    puppet({ supervision }),
    {
      label: "parent",
      log,
      initial: (_, ctx) => {
        children.length = 0;
        for (const name of ["c1", "c2", "c3"])
          children.push(ctx.spawn(puppet(), { label: name, log }, { name }));
      },
    },
    { name: "parent" },
  );
  const news = async (): Promise<readonly string[]> => {
    await world.settle();
    return log.splice(0);
  };
  await news();
  return { ...world, log, parent, children, news };
}

const started = (...names: string[]): string[] => names.map((name) => `${name} started`);
const ended = (reason: string, ...names: string[]): string[] =>
  names.map((name) => `${name} stopped: ${reason}`);

describe("supervision", () => {
  it("restart ends the state and begins a new one under the same ref", async () => {
    const { children, news, system } = await family({});
    const address = children[0]!.address;
    children[0]!.tell((state) => (state.count = 5));
    children[0]!.tell(crash());
    children[0]!.tell((state) => state.log.push(`count ${state.count}`));
    assert.deepEqual(await news(), [...ended("restarted", "c1"), ...started("c1"), "count 0"]);
    assert.equal(children[0]!.address, address);
    await system.shutdown();
  });

  it("resume keeps the state and drops only the message that failed", async () => {
    const { children, news, system } = await family({ decide: () => "resume" });
    children[0]!.tell((state) => (state.count = 5));
    children[0]!.tell(crash());
    children[0]!.tell((state) => state.log.push(`count ${state.count}`));
    assert.deepEqual(await news(), ["count 5"]);
    await system.shutdown();
  });

  it("stop ends the actor with the failure as its reason", async () => {
    const { children, news, system, probe } = await family({ decide: () => "stop" });
    const watcher = probe();
    watcher.watch(children[1]!);
    const order = crash("fatal");
    await news();
    children[1]!.tell(order);
    const reason = await watcher.expectTerminated(children[1]!);
    assert.deepEqual(reason, { kind: "failed", error: new Error("fatal") });
    assert.deepEqual(await news(), ended("failed", "c2"));
    await system.shutdown();
  });

  it("escalate fails the supervisor with the same error, and its restart stops the children first", async () => {
    const { children, news, system } = await family({ decide: () => "escalate" });
    const errors: unknown[] = [];
    system.events.subscribe("actor-failed", ({ address, error }) =>
      errors.push([address.replace(/#.*/, ""), error]),
    );
    const old = children[0]!.address;
    children[0]!.tell(crash("too much"));
    assert.deepEqual(await news(), [
      ...ended("parent-stopped", "c3", "c2", "c1"),
      ...ended("restarted", "parent"),
      ...started("parent", "c1", "c2", "c3"),
    ]);
    assert.deepEqual(errors, [
      ["local/parent/c1", new Error("too much")],
      ["local/parent", new Error("too much")],
    ]);
    assert.notEqual(children[0]!.address, old);
    await system.shutdown();
  });

  it("a supervisor that is resumed after an escalation resumes the child with it", async () => {
    const { children, news, system } = await family(
      { decide: () => "escalate" },
      { supervision: { decide: () => "resume" } },
    );
    children[0]!.tell((state) => (state.count = 5));
    children[0]!.tell(crash());
    children[0]!.tell((state) => state.log.push(`count ${state.count}`));
    assert.deepEqual(await news(), ["count 5"]);
    await system.shutdown();
  });

  it("what is escalated to the root stops the top-level actor and is published", async () => {
    const { parent, news, system } = await family({}, { supervision: { decide: () => "escalate" } });
    const published: unknown[] = [];
    system.events.subscribe("escalated-to-root", (event) => published.push(event));
    parent.tell(crash("top"));
    assert.deepEqual(await news(), [
      ...ended("parent-stopped", "c3", "c2", "c1"),
      ...ended("failed", "parent"),
    ]);
    assert.deepEqual(published, [
      { kind: "escalated-to-root", address: parent.address, error: new Error("top") },
    ]);
    await system.shutdown();
  });

  it("one-for-one restarts only the child that failed", async () => {
    const { children, news, system } = await family({ strategy: "one-for-one" });
    children[1]!.tell(crash());
    assert.deepEqual(await news(), [...ended("restarted", "c2"), ...started("c2")]);
    await system.shutdown();
  });

  it("one-for-all brings all children down in reverse order, then up in order", async () => {
    const { children, news, system } = await family({ strategy: "one-for-all" });
    children[1]!.tell(crash());
    assert.deepEqual(await news(), [...ended("restarted", "c3", "c2", "c1"), ...started("c1", "c2", "c3")]);
    await system.shutdown();
  });

  it("no member of a group begins before all have halted, grandchildren included", async () => {
    const { children, news, log, system } = await family({ strategy: "one-for-all" });
    children[0]!.tell((_, ctx) => {
      for (const name of ["g1", "g2"]) ctx.spawn(puppet(), { label: name, log });
    });
    await news();
    children[2]!.tell(crash());
    assert.deepEqual(await news(), [
      ...ended("restarted", "c3", "c2"),
      ...ended("parent-stopped", "g2", "g1"),
      ...ended("restarted", "c1"),
      ...started("c1", "c2", "c3"),
    ]);
    await system.shutdown();
  });

  it("a member of a group waits with its end for those spawned later, and for what they wait for", async () => {
    const { children, news, log, system } = await family({ strategy: "one-for-all" });
    children[2]!.tell((_, ctx) => void ctx.spawn(puppet(), { label: "g", log }));
    await news();
    children[0]!.tell(crash());
    assert.deepEqual(await news(), [
      ...ended("parent-stopped", "g"),
      ...ended("restarted", "c3", "c2", "c1"),
      ...started("c1", "c2", "c3"),
    ]);
    await system.shutdown();
  });

  it("rest-for-one takes along the siblings spawned later and no other", async () => {
    const { children, news, system } = await family({ strategy: "rest-for-one" });
    children[1]!.tell(crash());
    assert.deepEqual(await news(), [...ended("restarted", "c3", "c2"), ...started("c2", "c3")]);
    children[2]!.tell(crash());
    assert.deepEqual(await news(), [...ended("restarted", "c3"), ...started("c3")]);
    await system.shutdown();
  });

  it("a group stops together under one-for-all and rest-for-one", async () => {
    for (const [strategy, gone] of [
      ["one-for-all", ["c3", "c2", "c1"]],
      ["rest-for-one", ["c3", "c2"]],
    ] as const) {
      const { children, news, system } = await family({ strategy, decide: () => "stop" });
      children[1]!.tell(crash());
      assert.deepEqual(await news(), ended("failed", ...gone));
      await system.shutdown();
    }
  });

  it("failures that come while a group is coming down join its restart and count once", async () => {
    const { children, news, system } = await family({ strategy: "one-for-all", maxRestarts: 1 });
    for (const child of children) child.tell(crash());
    const lines = await news();
    assert.deepEqual(lines.slice(-3), started("c1", "c2", "c3"));
    assert.equal(lines.filter((line) => line.endsWith(" started")).length, 3);
    await system.shutdown();
  });

  it("a child spawned while its siblings wait to begin joins their group when it fails", async () => {
    const { parent, children, news, advance, log, system } = await family({
      strategy: "rest-for-one",
      backoff: { minMs: 100, maxMs: 100 },
    });
    children[2]!.tell(crash());
    assert.deepEqual(await news(), ended("restarted", "c3"));
    parent.tell((_, ctx) => ctx.spawn(puppet(), { label: "c4", log }, { name: "c4" }).tell(crash()));
    assert.deepEqual(await news(), [...started("c4"), ...ended("restarted", "c4")]);
    children[0]!.tell(crash());
    assert.deepEqual(await news(), ended("restarted", "c2", "c1"));
    await advance(100);
    assert.deepEqual(await news(), started("c1", "c2", "c3", "c4"));
    await system.shutdown();
  });

  it("a child that is stopped while its group comes down stays stopped, and the others begin", async () => {
    const { children, news, advance, system } = await family({
      strategy: "one-for-all",
      backoff: { minMs: 100, maxMs: 100 },
    });
    children[0]!.tell(crash());
    await news();
    await system.stop(children[1]!);
    await advance(100);
    assert.deepEqual(await news(), started("c1", "c3"));
    await system.shutdown();
  });

  it("one crash more than maxRestarts within the window fails the supervisor with a code", async () => {
    const { children, news, advance, system } = await family({ maxRestarts: 2, withinMs: 1_000 });
    const errors: unknown[] = [];
    system.events.subscribe("actor-failed", ({ error }) => errors.push(error));
    for (let n = 0; n < 2; n++) {
      children[0]!.tell(crash("again"));
      assert.deepEqual(await news(), [...ended("restarted", "c1"), ...started("c1")]);
      await advance(400);
    }
    children[0]!.tell(crash("again"));
    assert.equal((await news()).includes("parent stopped: restarted"), true);
    const last = errors.at(-1) as { readonly code: string; readonly cause: unknown };
    assert.equal(last.code, "RESTARTS_EXHAUSTED");
    assert.deepEqual(last.cause, new Error("again"));
    await system.shutdown();
  });

  it("crashes further apart than the window never exhaust it, and under one-for-one each child has its own", async () => {
    const { children, news, advance, system } = await family({ maxRestarts: 1, withinMs: 100 });
    for (let n = 0; n < 5; n++) {
      for (const child of children) child.tell(crash());
      assert.equal((await news()).includes("parent stopped: restarted"), false);
      await advance(100);
    }
    await system.shutdown();
  });

  it("backoff doubles with each restart in a row up to its maximum, and starts anew after a quiet window", async () => {
    const { children, news, advance, clock, system } = await family({
      maxRestarts: Infinity,
      withinMs: 10_000,
      backoff: { minMs: 100, maxMs: 300 },
    });
    const waited: number[] = [];
    const crashOnce = async (): Promise<void> => {
      children[0]!.tell(crash());
      assert.deepEqual(await news(), ended("restarted", "c1"));
      const from = clock.now();
      while ((await news()).length === 0) await advance(10);
      waited.push(clock.now() - from);
    };
    for (let n = 0; n < 4; n++) await crashOnce();
    await advance(10_000);
    await crashOnce();
    assert.deepEqual(waited, [100, 200, 300, 300, 100]);
    await system.shutdown();
  });

  it("messages wait out the backoff", async () => {
    const { children, news, advance, system } = await family({ backoff: { minMs: 100, maxMs: 100 } });
    children[0]!.tell(crash());
    children[0]!.tell((state) => state.log.push("handled"));
    assert.deepEqual(await news(), ended("restarted", "c1"));
    await advance(100);
    assert.deepEqual(await news(), [...started("c1"), "handled"]);
    await system.shutdown();
  });

  it("an actor whose parent stops during its backoff never begins again", async () => {
    const { parent, children, news, advance, clock, system } = await family({
      backoff: { minMs: 100, maxMs: 100 },
    });
    children[0]!.tell(crash());
    await news();
    await system.stop(parent);
    assert.equal(clock.pending, 0);
    await advance(1_000);
    assert.deepEqual(await news(), [...ended("parent-stopped", "c3", "c2"), ...ended("stopped", "parent")]);
    await system.shutdown();
  });

  it("an initial that throws is a failure like any other, and resume then stops the actor", async () => {
    for (const [directive, lives] of [
      ["restart", 4],
      ["resume", 1],
      ["stop", 1],
    ] as const) {
      const world = createTestSystem({ supervision: { decide: () => directive } });
      const log: string[] = [];
      const ref = world.system.spawn(puppet(), { label: "a", log, initial: crash("in initial") });
      await world.settle();
      assert.deepEqual(log, Array(lives).fill("a started"), directive);
      await assert.rejects(
        ref.ask(() => crash()),
        { code: "ASK_TARGET_STOPPED" },
      );
      await world.system.shutdown();
    }
  });

  it("a decide that throws or answers nonsense escalates with a code", async () => {
    const bad = [
      (): never => {
        throw new Error("undecided");
      },
      (): "restart" => "explode" as "restart",
    ];
    for (const decide of bad) {
      const { children, news, system } = await family({ decide });
      const codes: unknown[] = [];
      system.events.subscribe("actor-failed", ({ error }) => codes.push((error as { code?: unknown }).code));
      children[0]!.tell(crash());
      assert.equal((await news()).includes("parent stopped: restarted"), true);
      assert.deepEqual(codes, ["SUPERVISION_FAILED", "SUPERVISION_FAILED"]);
      await system.shutdown();
    }
  });

  it("decide is told the error and the child", async () => {
    const told: unknown[] = [];
    const { children, news, system } = await family({
      decide: (error, child) => {
        told.push([(error as Error).message, child.ref.address, child.name, child.type]);
        return "resume";
      },
    });
    children[2]!.tell(crash("why"));
    await news();
    assert.deepEqual(told, [["why", children[2]!.address, "c3", "puppet"]]);
    await system.shutdown();
  });

  it("ctx.escalate fails the actor after the message in hand", async () => {
    const { children, news, system } = await family({});
    children[0]!.tell((state, ctx) => {
      ctx.escalate(new Error("given up"));
      state.log.push("goes on to the end");
    });
    children[0]!.tell((state) => state.log.push("next life"));
    assert.deepEqual(await news(), [
      "goes on to the end",
      ...ended("restarted", "c1"),
      ...started("c1"),
      "next life",
    ]);
    await system.shutdown();
  });

  it("a failed actor handles nothing until its supervisor has decided", async () => {
    const seen: string[] = [];
    const { children, news, system } = await family({
      decide: () => {
        seen.push("decided");
        return "resume";
      },
    });
    children[0]!.tell(crash());
    children[0]!.tell(() => seen.push("handled"));
    await news();
    assert.deepEqual(seen, ["decided", "handled"]);
    await system.shutdown();
  });

  it("anything that can be thrown is a failure, also undefined", async () => {
    const { system, settle } = createTestSystem();
    const errors: unknown[] = [];
    system.events.subscribe("actor-failed", ({ error }) => errors.push(error));
    const thrower = actor<null, null, () => never>({
      name: "thrower",
      initial: () => null,
      receive: (_, run) => run(),
    });
    const ref = system.spawn(thrower, null);
    for (const value of [undefined, null, "text"]) {
      ref.tell(() => {
        // Only an author of actors can make this mistake; the runtime has to bear it.
        throw value as unknown as Error;
      });
    }
    await settle();
    assert.deepEqual(errors, [undefined, null, "text"]);
    await system.shutdown();
  });

  for (const supervision of [
    { maxRestarts: -1 },
    { maxRestarts: 1.5 },
    { maxRestarts: NaN },
    { withinMs: 0 },
    { withinMs: Infinity },
    { strategy: "none" as "one-for-one" },
    { decide: "restart" as never },
    { backoff: { minMs: 0, maxMs: 1 } },
    { backoff: { minMs: 2, maxMs: 1 } },
    { backoff: { minMs: 1, maxMs: 1, jitter: 2 } },
    { backoff: { minMs: 1, maxMs: 1, jitter: "1" as never } },
    { backoff: null as never },
    { maxRestarts: "3" as never },
    "restart" as never,
    null as never,
  ]) {
    it(`refuses ${JSON.stringify(supervision)}`, () => {
      assert.throws(() => puppet({ supervision }), { code: "SUPERVISION_INVALID" });
    });
  }
});
