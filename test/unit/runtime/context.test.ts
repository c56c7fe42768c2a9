import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { actor, type ActorContext, type ActorRef } from "../../../runtime/index.ts";
import { createTestSystem } from "../../../runtime/testkit/index.ts";
import { crash, puppet, type Order } from "../../kit/puppet.ts";

describe("context", () => {
  it("pipe brings a result or an error home as a message", async () => {
    const { system, settle } = createTestSystem();
    const got: string[] = [];
    const ref = system.spawn(puppet(), { label: "a", log: [] });
    const note =
      (text: string): Order =>
      () =>
        void got.push(text);
    ref.tell((_, ctx) => {
      ctx.pipe(
        Promise.resolve(5),
        (value) => note(`value ${value}`),
        () => note("error"),
      );
      ctx.pipe(
        Promise.reject(new Error("no")),
        () => note("value"),
        (error) => note((error as Error).message),
      );
    });
    await settle();
    assert.deepEqual(got, ["value 5", "no"]);
    await system.shutdown();
  });

  it("pipe brings the result of a thenable home once, however often it calls back, and what it throws", async () => {
    const { system, settle } = createTestSystem();
    const got: string[] = [];
    const ref = system.spawn(puppet(), { label: "a", log: [] });
    const note =
      (text: string): Order =>
      () =>
        void got.push(text);
    const twice = {
      then(resolve: (value: number) => void, reject: (error: unknown) => void): void {
        resolve(1);
        resolve(2);
        reject(new Error("three"));
      },
    };
    const broken = {
      then(): never {
        throw new Error("then");
      },
    };
    ref.tell((_, ctx) => {
      for (const thenable of [twice, broken] as unknown as PromiseLike<number>[]) {
        ctx.pipe(
          thenable,
          (value) => note(`value ${value}`),
          (error) => note((error as Error).message),
        );
      }
    });
    await settle();
    assert.deepEqual(got, ["value 1", "then"]);
    await system.shutdown();
  });

  it("the functions given to pipe run in the actor's turn, and what they throw fails the actor", async () => {
    const { system, settle } = createTestSystem();
    const log: string[] = [];
    const ref = system.spawn(puppet(), { label: "a", log });
    ref.tell((_, ctx) => {
      ctx.pipe(
        Promise.resolve(),
        () => {
          ctx.timers.cancelAll();
          throw new Error("in the mapping");
        },
        () => crash(),
      );
    });
    await settle();
    assert.deepEqual(log, ["a started", "a stopped: restarted", "a started"]);
    await system.shutdown();
  });

  it("a piped result is not refused by a full mailbox and keeps its place in the order", async () => {
    const { system, settle } = createTestSystem();
    const got: string[] = [];
    const ref = system.spawn(puppet(), { label: "a", log: [] }, { mailbox: { capacity: 2 } });
    let settleIt = (): void => undefined;
    const promise = new Promise<void>((resolve) => (settleIt = resolve));
    ref.tell((_, ctx) =>
      ctx.pipe(
        promise,
        () => () => got.push("piped"),
        () => () => undefined,
      ),
    );
    await settle();
    ref.tell(() => got.push("before"));
    ref.tell(() => got.push("before"));
    settleIt();
    await settle();
    ref.tell(() => got.push("after"));
    await settle();
    assert.deepEqual(got, ["before", "before", "piped", "after"]);
    await system.shutdown();
  });

  it("a piped result for a life that is over becomes a dead letter", async () => {
    const { system, settle } = createTestSystem();
    const ref = system.spawn(puppet(), { label: "a", log: [] });
    const resolvers: ((value: string) => void)[] = [];
    const order: Order = (_, ctx) => {
      ctx.pipe(
        new Promise((resolve) => resolvers.push(resolve)),
        () => assert.fail("stale"),
        () => assert.fail("stale"),
      );
    };
    ref.tell(order);
    ref.tell(crash());
    ref.tell(order);
    await settle();
    resolvers[0]?.("of the first life");
    await settle();
    await system.stop(ref);
    resolvers[1]?.("of the second");
    await settle();
    const letters = system.deadLetters.list().map(({ message, reason }) => [message, reason]);
    assert.deepEqual(letters, [
      ["of the first life", "stale"],
      ["of the second", "stopped"],
    ]);
    await system.shutdown();
  });

  for (const [member, use] of Object.entries({
    spawn: (ctx) => ctx.spawn(puppet(), { label: "child", log: [] }),
    watch: (ctx) => ctx.watch(ctx.self),
    unwatch: (ctx) => ctx.unwatch(ctx.self),
    stop: (ctx) => ctx.stop(),
    pipe: (ctx) =>
      ctx.pipe(
        Promise.resolve(),
        () => crash(),
        () => crash(),
      ),
    escalate: (ctx) => ctx.escalate(new Error("outside")),
    "timers.single": (ctx) => ctx.timers.single("k", 1, crash()),
    "timers.periodic": (ctx) => ctx.timers.periodic("k", 1, crash()),
    "timers.cancel": (ctx) => ctx.timers.cancel("k"),
  } satisfies Record<string, (ctx: ActorContext<Order>) => unknown>)) {
    it(`${member} outside the actor's turn throws`, async () => {
      const { system, settle } = createTestSystem();
      const kept: ActorContext<Order>[] = [];
      const ref = system.spawn(puppet(), { label: "a", log: [], initial: (_, ctx) => void kept.push(ctx) });
      await settle();
      assert.throws(() => use(kept[0]!), { code: "CONTEXT_OUTSIDE_TURN", location: ref.address });
      assert.equal(kept[0]?.self.address, ref.address);
      await system.shutdown();
    });
  }

  it("a receive, initial or signal that returns a promise fails the actor", async () => {
    const { system, settle } = createTestSystem({ supervision: { decide: () => "stop" } });
    const codes: unknown[] = [];
    system.events.subscribe("actor-failed", ({ error }) => codes.push((error as { code?: unknown }).code));
    const rejecting = (): Promise<unknown> => Promise.reject(new Error("must not end the process"));
    const base = { initial: (): unknown => null, receive: (): unknown => null };
    system.spawn(actor<null, unknown, null>({ ...base, name: "a", initial: rejecting }), null);
    system.spawn(actor<null, unknown, null>({ ...base, name: "b", receive: rejecting }), null).tell(null);
    const watcher = actor<ActorRef<null>, unknown, null>({
      ...base,
      name: "c",
      initial: (ref, ctx) => ctx.watch(ref),
      signal: rejecting,
    });
    const watched = system.spawn(actor<null, unknown, null>({ ...base, name: "d" }), null);
    system.spawn(watcher, watched);
    await settle();
    await system.stop(watched);
    await settle();
    assert.deepEqual(codes, Array(3).fill("ACTOR_RETURNED_PROMISE"));
    await system.shutdown();
  });

  it("each actor has its own stream of chance, equal for equal seeds and paths", async () => {
    const draw = async (seed: number): Promise<number[]> => {
      const { system, settle } = createTestSystem({ seed });
      const drawn: number[] = [];
      for (const name of ["a", "b"]) {
        system.spawn(
          puppet(),
          { label: name, log: [], initial: (_, ctx) => void drawn.push(ctx.random.next()) },
          { name },
        );
      }
      await settle();
      await system.shutdown();
      return drawn;
    };
    const [a, b] = await draw(1);
    assert.notEqual(a, b);
    assert.deepEqual(await draw(1), [a, b]);
    assert.notDeepEqual(await draw(2), [a, b]);
  });

  it("pipe refuses at once what is no promise, and what is no function", async () => {
    const { system, settle } = createTestSystem();
    const codes: unknown[] = [];
    const make = (): Order => () => undefined;
    system.spawn(puppet(), { label: "a", log: [] }).tell((_, ctx) => {
      const pipe = ctx.pipe.bind(ctx) as (...call: readonly unknown[]) => void;
      for (const call of [
        [5, make, make],
        [undefined, make, make],
        [Promise.resolve(), 5, make],
        [Promise.resolve(), make],
      ]) {
        try {
          pipe(...call);
        } catch (error) {
          codes.push((error as { code?: unknown }).code);
        }
      }
    });
    await settle();
    assert.deepEqual(codes, new Array(4).fill("ARGUMENT_INVALID"));
    await system.shutdown();
  });

  it("something that no system has made cannot be used as a ref", async () => {
    const { system, settle } = createTestSystem();
    const fake = { address: "local/fake#1", tell: () => undefined, ask: () => Promise.reject(new Error()) };
    const codes: unknown[] = [];
    system.spawn(puppet(), { label: "a", log: [] }).tell((_, ctx) => {
      for (const given of [fake, null, 5, "local/a#1"]) {
        try {
          ctx.watch(given as unknown as ActorRef<never>);
        } catch (error) {
          codes.push((error as { code?: unknown }).code);
        }
      }
    });
    await settle();
    assert.deepEqual(codes, new Array(4).fill("REF_FOREIGN"));
    await system.shutdown();
  });
});
