import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { ActorContext } from "../../../runtime/index.ts";
import { createTestSystem, type TestSystem } from "../../../runtime/testkit/index.ts";
import { crash, puppet, type Order } from "../../kit/puppet.ts";

interface Stage extends TestSystem {
  /** Virtual times at which a tick was handled. */
  readonly ticks: number[];
  readonly tick: Order;
  /** Runs `order` in an actor's turn; what it throws fails the test. */
  readonly act: (order: (ctx: ActorContext<Order>) => void) => Promise<void>;
}

function stage(): Stage {
  const world = createTestSystem();
  const ref = world.system.spawn(puppet(), { label: "a", log: [] });
  const ticks: number[] = [];
  return {
    ...world,
    ticks,
    tick: () => ticks.push(world.clock.now()),
    async act(order) {
      const thrown: unknown[] = [];
      ref.tell((_, ctx) => {
        try {
          order(ctx);
        } catch (error) {
          thrown.push(error);
        }
      });
      await world.settle();
      // Thrown again in the test: inside the actor it would only be a crash.
      if (thrown.length > 0) throw thrown[0];
    },
  };
}

describe("timers", () => {
  it("a single timer fires once, when its time has come", async () => {
    const { act, advance, tick, ticks, system } = stage();
    await act((ctx) => {
      ctx.timers.single("k", 100, tick);
      assert.equal(ctx.timers.isActive("k"), true);
    });
    await advance(99);
    assert.deepEqual(ticks, []);
    await advance(500);
    assert.deepEqual(ticks, [100]);
    await act((ctx) => assert.equal(ctx.timers.isActive("k"), false));
    await system.shutdown();
  });

  it("a periodic timer keeps its beat, first after the first delay", async () => {
    const { act, advance, tick, ticks, system } = stage();
    await act((ctx) => {
      ctx.timers.periodic("k", 100, tick);
      ctx.timers.periodic("early", 100, tick, 30);
    });
    await advance(350);
    assert.deepEqual(ticks, [30, 100, 130, 200, 230, 300, 330]);
    await system.shutdown();
  });

  it("a timer started under a key that is taken replaces the old one", async () => {
    const { act, advance, tick, ticks, system } = stage();
    await act((ctx) => {
      ctx.timers.single("k", 10, crash());
      ctx.timers.single("k", 50, tick);
    });
    await advance(100);
    assert.deepEqual(ticks, [50]);
    await system.shutdown();
  });

  it("nothing arrives from a cancelled timer, not even a message that was waiting", async () => {
    const { act, clock, settle, tick, ticks, system } = stage();
    await act((ctx) => {
      ctx.timers.single("cancelled", 10, tick);
      ctx.timers.single("replaced", 10, tick);
    });
    const cancelled = act((ctx) => {
      ctx.timers.cancel("cancelled");
      ctx.timers.single("replaced", 10, tick);
    });
    clock.jump(10);
    await cancelled;
    await settle();
    assert.deepEqual(ticks, []);
    clock.jump(10);
    await settle();
    assert.deepEqual(ticks, [20]);
    await system.shutdown();
  });

  it("a slow actor has at most one tick of a timer waiting, and later ticks fall on the beat", async () => {
    const { act, advance, clock, settle, tick, ticks, system } = stage();
    await act((ctx) => ctx.timers.periodic("k", 100, tick));
    clock.jump(550);
    await settle();
    assert.deepEqual(ticks, [550]);
    await advance(100);
    assert.deepEqual(ticks, [550, 600]);
    await system.shutdown();
  });

  it("timer messages keep their place among the others", async () => {
    const { system, clock, settle } = createTestSystem();
    const got: string[] = [];
    const note =
      (text: string): Order =>
      () =>
        got.push(text);
    const ref = system.spawn(puppet(), {
      label: "a",
      log: [],
      initial: (_, ctx) => {
        ctx.timers.single("first", 10, note("first timer"));
        ctx.timers.single("second", 20, note("second timer"));
      },
    });
    await settle();
    ref.tell((_, ctx) => {
      ctx.self.tell(note("m3"));
      clock.jump(10);
    });
    ref.tell(note("m2"));
    clock.jump(10);
    await settle();
    assert.deepEqual(got, ["m2", "first timer", "m3", "second timer"]);
    await system.shutdown();
  });

  it("timers end with the life of the actor", async () => {
    const { act, advance, clock, tick, ticks, system } = stage();
    await act((ctx) => {
      ctx.timers.periodic("k", 10, tick);
      ctx.self.tell(crash());
    });
    await advance(100);
    assert.deepEqual(ticks, []);
    assert.equal(clock.pending, 0);
    await act((ctx) => {
      ctx.timers.single("k", 10, tick);
      ctx.stop();
    });
    await advance(100);
    assert.deepEqual(ticks, []);
    assert.equal(clock.pending, 0);
    await system.shutdown();
  });

  it("cancelAll ends all of them", async () => {
    const { act, advance, clock, tick, ticks, system } = stage();
    await act((ctx) => {
      ctx.timers.periodic("a", 10, tick);
      ctx.timers.single("b", 10, tick);
      ctx.timers.cancelAll();
      ctx.timers.cancel("never started");
    });
    assert.equal(clock.pending, 0);
    await advance(100);
    assert.deepEqual(ticks, []);
    await system.shutdown();
  });

  it("a delay that is no delay is refused", async () => {
    const { act, tick, system } = stage();
    await act((ctx) => {
      for (const delayMs of [-1, NaN, Infinity, 2 ** 31]) {
        assert.throws(() => ctx.timers.single("k", delayMs, tick), { code: "TIMER_INVALID" });
      }
      for (const intervalMs of [0, -5, NaN, Infinity]) {
        assert.throws(() => ctx.timers.periodic("k", intervalMs, tick), { code: "TIMER_INVALID" });
      }
      assert.equal(ctx.timers.isActive("k"), false);
    });
    await system.shutdown();
  });

  it("a key that is no text is refused", async () => {
    const { act, tick, system, clock } = stage();
    await act((ctx) => {
      for (const key of [5, undefined, null, {}, Symbol("k")]) {
        assert.throws(() => ctx.timers.single(key as never, 5, tick), { code: "TIMER_INVALID" });
        assert.throws(() => ctx.timers.periodic(key as never, 5, tick), { code: "TIMER_INVALID" });
      }
    });
    assert.equal(clock.pending, 0);
    await system.shutdown();
  });

  it("any set of single timers fires in the order of their due times", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 20 }), async (delays) => {
        const { act, advance, clock, system } = stage();
        const fired: [number, number][] = [];
        await act((ctx) => {
          for (const [index, delay] of delays.entries()) {
            ctx.timers.single(String(index), delay, () => {
              fired.push([clock.now(), delay]);
            });
          }
        });
        await advance(50);
        assert.deepEqual(
          fired,
          delays.toSorted((left, right) => left - right).map((delay) => [delay, delay]),
        );
        await system.shutdown();
      }),
      { numRuns: 25 },
    );
  });
});
