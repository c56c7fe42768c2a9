/** How many worker nodes there are, under a virtual clock. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import fc from "fast-check";
import { Autoscaler, type Fleet, type ScalingEvent } from "../../../cluster/scaling/autoscaler.ts";
import { ScalingPolicy, type ScalingRules } from "../../../cluster/scaling/scaling-policy.ts";
import { createTestSystem, type TestSystem } from "../../../runtime/testkit/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";

let test: TestSystem;
afterEach(() => test.system.shutdown());

describe("the number of worker nodes", () => {
  const policy = (rules: ScalingRules = {}): ScalingPolicy => {
    test = createTestSystem();
    return new ScalingPolicy(test.clock, rules);
  };
  const load = (nodes: number, pending: number, oldestMs = 0) => ({ nodes, pending, oldestMs });

  it("is as many as take on what waits, from three to ten", () => {
    assert.equal(policy().wanted(load(3, 0)), 3);
    assert.equal(policy().wanted(load(3, 301)), 4);
    assert.equal(policy().wanted(load(3, 10_000)), 10);
    assert.equal(policy({ least: 1, most: 2 }).wanted(load(1, 10_000)), 2);
  });

  it("is one more while the oldest task waits longer than ten seconds", async () => {
    const some = policy();
    assert.equal(some.wanted(load(3, 5, 10_000)), 3);
    assert.equal(some.wanted(load(3, 5, 10_001)), 4);
    await test.advance(30_000);
    assert.equal(some.wanted(load(4, 5, 10_001)), 5);
    await test.advance(30_000);
    assert.equal(some.wanted(load(10, 5, 10_001)), 10);
  });

  it("grows again only half a minute later", async () => {
    const some = policy();
    assert.equal(some.wanted(load(3, 400)), 4);
    await test.advance(29_999);
    assert.equal(some.wanted(load(4, 900)), 4);
    await test.advance(1);
    assert.equal(some.wanted(load(4, 900)), 9);
  });

  it("shrinks by one after five minutes in which fewer were always enough", async () => {
    const some = policy();
    assert.equal(some.wanted(load(6, 0)), 6);
    await test.advance(200_000);
    assert.equal(some.wanted(load(6, 600)), 6);
    await test.advance(200_000);
    assert.equal(some.wanted(load(6, 0)), 6);
    await test.advance(299_999);
    assert.equal(some.wanted(load(6, 0)), 6);
    await test.advance(1);
    assert.equal(some.wanted(load(6, 0)), 5);
    assert.equal(some.wanted(load(5, 0)), 5);
    await test.advance(300_000);
    assert.equal(some.wanted(load(5, 0)), 4);
  });

  it("is made up at once when nodes have died", () => {
    const some = policy();
    assert.equal(some.wanted(load(3, 400)), 4);
    assert.equal(some.wanted(load(1, 0)), 3);
  });

  it("stays within its bounds, shrinks by one at most, and never changes both ways within a pause", async () => {
    const step = fc.record({
      pending: fc.nat(2_000),
      oldestMs: fc.nat(30_000),
      passMs: fc.integer({ min: 1_000, max: 120_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const some = policy();
        let nodes = 3;
        let shrunkAt = Number.NEGATIVE_INFINITY;
        let fewerSince = Number.NEGATIVE_INFINITY;
        for (const { pending, oldestMs, passMs } of steps) {
          await test.advance(passMs);
          const now = test.clock.monotonic();
          const wanted = some.wanted({ nodes, pending, oldestMs });
          assert.ok(wanted >= 3 && wanted <= 10 && wanted >= nodes - 1);
          if (wanted < nodes) {
            assert.ok(now - shrunkAt >= 300_000 && now - fewerSince >= 300_000);
            shrunkAt = now;
          }
          if (pending > 100 * (nodes - 1) || oldestMs > 10_000) fewerSince = now;
          nodes = wanted;
        }
      }),
      { numRuns: 50 },
    );
  });

  it("follows rules that can be followed", () => {
    const wrong: readonly ScalingRules[] = [
      { least: 0 },
      { least: 5, most: 4 },
      { pendingPerNode: 0 },
      { oldestMs: Number.NaN },
      { inPauseMs: -1 },
    ];
    for (const rules of wrong) assert.throws(() => policy(rules), hasCode("CLUSTER_OPTION_INVALID"));
  });
});

describe("an autoscaler", () => {
  let waiting: { readonly pending: number; readonly oldestMs: number } | Error;
  let nodes: string[];
  let events: ScalingEvent[];
  let refuses: boolean;
  const fleet: Fleet = {
    nodes: () => nodes,
    start: () => {
      if (refuses) return Promise.reject(new Error("no more"));
      const name = `w${nodes.length + 1}`;
      nodes.push(name);
      return Promise.resolve(name);
    },
    drain: (node) => {
      nodes = nodes.filter((one) => one !== node);
      return Promise.resolve();
    },
  };
  function open(): Autoscaler {
    test = createTestSystem();
    [waiting, nodes, events, refuses] = [{ pending: 0, oldestMs: 0 }, ["w1", "w2", "w3"], [], false];
    return new Autoscaler({
      clock: test.clock,
      fleet,
      measure: () => (waiting instanceof Error ? Promise.reject(waiting) : Promise.resolve(waiting)),
      onEvent: (event) => events.push(event),
    });
  }
  const said = (): readonly string[] =>
    events.map((event) => (event.kind === "failed" ? "failed" : `${event.kind} ${event.node}`));

  it("starts nodes when tasks wait, and drains the youngest when they are gone", async () => {
    const scaler = open();
    await test.advance(0);
    assert.deepEqual(said(), []);
    waiting = { pending: 450, oldestMs: 100 };
    await test.advance(5_000);
    assert.deepEqual(said(), ["started w4", "started w5"]);
    waiting = { pending: 0, oldestMs: 0 };
    await test.advance(305_000);
    assert.deepEqual(said().slice(2), ["drained w5"]);
    await test.advance(300_000);
    assert.deepEqual(nodes, ["w1", "w2", "w3"]);
    await scaler.stop();
  });

  it("changes nothing while it cannot measure, and goes on when a start fails", async () => {
    const scaler = open();
    waiting = new Error("no queue");
    await test.advance(10_000);
    assert.deepEqual([...new Set(said()), ...nodes], ["failed", "w1", "w2", "w3"]);
    waiting = { pending: 1_000, oldestMs: 0 };
    refuses = true;
    await test.advance(5_000);
    assert.equal(nodes.length, 3);
    refuses = false;
    await test.advance(30_000);
    assert.equal(nodes.length, 10);
    await scaler.stop();
  });

  it("does nothing any more once it is stopped", async () => {
    const scaler = open();
    await scaler.stop();
    waiting = { pending: 1_000, oldestMs: 0 };
    await test.advance(60_000);
    assert.deepEqual([...said(), ...nodes], ["w1", "w2", "w3"]);
  });
});
