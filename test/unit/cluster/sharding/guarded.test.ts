import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HeldLease } from "../../../../cluster/membership/lease.ts";
import { guarded, type Sharded } from "../../../../cluster/sharding/guarded.ts";
import type { Fence } from "../../../../runtime/contracts/index.ts";
import { actor, type ActorContext, type ActorType, type Reply } from "../../../../runtime/index.ts";
import { createTestSystem } from "../../../../runtime/testkit/index.ts";

type Message = { readonly add: number } | { readonly get: Reply<readonly number[]> } | "promise";

const LEASE_MS = 1_000;
const args: Sharded = { key: "k", fence: 7 as Fence };

function listOf(log: string[] = []): ActorType<Sharded, readonly number[], Message> {
  return actor({
    name: "list",
    initial: ({ key, fence }: Sharded, ctx: ActorContext<Message>): readonly number[] => {
      log.push(`${key} ${fence}`);
      ctx.timers.periodic("tick", LEASE_MS / 4, { add: 0 });
      return [];
    },
    receive(list: readonly number[], message: Message) {
      if (message === "promise") return Promise.resolve(list) as never;
      if ("add" in message) return [...list, message.add];
      message.get.send(list);
      return list;
    },
    stopped: (list, { kind }) => void log.push(`${kind} with ${list.length}`),
  });
}

describe("a guarded actor", () => {
  it("is what its type says while the lease is valid", async () => {
    const { system, clock } = createTestSystem();
    const log: string[] = [];
    const lease = new HeldLease(clock, 1, LEASE_MS, 0);
    const ref = system.spawn(guarded(listOf(log)), { args, lease });
    ref.tell({ add: 5 });
    assert.deepEqual(await ref.ask((get: Reply<readonly number[]>) => ({ get })), [5]);
    await system.stop(ref);
    assert.deepEqual(log, ["k 7", "stopped with 1"]);
    await system.shutdown();
  });

  it("handles nothing from the moment at which the lease is lost, though messages and timers are due", async () => {
    const { system, clock, settle } = createTestSystem();
    const log: string[] = [];
    const lease = new HeldLease(clock, 1, LEASE_MS, 0);
    const ref = system.spawn(guarded(listOf(log)), { args, lease });
    ref.tell({ add: 1 });
    await settle();
    ref.tell({ add: 2 });
    const answer = assert.rejects(
      ref.ask((get: Reply<readonly number[]>) => ({ get })),
      { code: "ASK_TARGET_STOPPED" },
    );
    // Frozen with both in the mailbox.
    clock.jump(LEASE_MS);
    await settle();
    await answer;
    assert.deepEqual(log, ["k 7", "stopped with 1"]);
    assert.deepEqual(
      system.deadLetters.list().map(({ reason }) => reason),
      ["stashed", "stopped"],
    );
    await system.shutdown();
  });

  it("does not begin once it is lost", async () => {
    const { system, clock, settle } = createTestSystem({ supervision: { decide: () => "stop" } });
    const lease = new HeldLease(clock, 1, LEASE_MS, 0);
    lease.lose();
    const errors: unknown[] = [];
    system.events.subscribe("actor-failed", ({ error }) => errors.push((error as { code: string }).code));
    const ref = system.spawn(guarded(listOf()), { args, lease });
    ref.tell({ add: 1 });
    await settle();
    assert.deepEqual(errors, ["SHARD_MOVED"]);
    await system.shutdown();
  });

  it("fails when its function returns a promise, as any actor does", async () => {
    const { system, clock, settle } = createTestSystem();
    const errors: unknown[] = [];
    system.events.subscribe("actor-failed", ({ error }) => errors.push((error as { code: string }).code));
    const lease = new HeldLease(clock, 1, LEASE_MS, 0);
    system.spawn(guarded(listOf()), { args, lease }).tell("promise");
    await settle();
    assert.deepEqual(errors, ["ACTOR_RETURNED_PROMISE"]);
    await system.shutdown();
  });
});
