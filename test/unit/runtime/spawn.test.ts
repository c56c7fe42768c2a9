import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { actor, type ActorSystem } from "../../../runtime/index.ts";
import { createTestSystem } from "../../../runtime/testkit/index.ts";

const definition = { name: "quiet", initial: () => null, receive: () => null };
const quiet = actor<undefined, null, unknown>(definition);

function refuses(system: ActorSystem, code: string, ...call: readonly unknown[]): void {
  const spawn = system.spawn.bind(system) as (...call: readonly unknown[]) => unknown;
  assert.throws(() => spawn(...call), { code }, JSON.stringify(call));
}

describe("spawn", () => {
  it("takes nothing but what actor(...) has made, its definition neither", async () => {
    const { system } = createTestSystem();
    for (const type of [null, undefined, 5, {}, definition, { ...quiet }, () => quiet]) {
      refuses(system, "ACTOR_TYPE_INVALID", type, undefined);
    }
    await system.shutdown();
  });

  it("refuses options that make no sense with the code of what is wrong", async () => {
    const { system } = createTestSystem();
    for (const options of [null, "x", 5, [], [{}]])
      refuses(system, "ARGUMENT_INVALID", quiet, undefined, options);
    for (const name of [7, null, {}]) refuses(system, "ACTOR_NAME_INVALID", quiet, undefined, { name });
    for (const mailbox of [null, "x", { capacity: "7" }, { capacity: Symbol("7") }, { overflow: 5 }]) {
      refuses(system, "MAILBOX_INVALID", quiet, undefined, { mailbox });
    }
    for (const placement of [null, "here", { thread: "1" }]) {
      refuses(system, "PLACEMENT_INVALID", quiet, undefined, { placement });
    }
    await system.shutdown();
  });

  it("that was refused leaves no actor behind, and the name free", async () => {
    const { system, settle } = createTestSystem();
    const started: string[] = [];
    system.events.subscribe("actor-started", ({ address }) => started.push(address));
    refuses(system, "MAILBOX_INVALID", quiet, undefined, { name: "a", mailbox: null });
    refuses(system, "PLACEMENT_INVALID", quiet, undefined, { name: "a", placement: null });
    const ref = system.spawn(quiet, undefined, { name: "a" });
    await settle();
    assert.deepEqual(started, [ref.address]);
    await system.shutdown();
  });

  it("is refused inside an actor's turn as outside", async () => {
    const { system, settle } = createTestSystem();
    const codes: unknown[] = [];
    const parent = actor({
      name: "parent",
      initial(_: undefined, ctx) {
        for (const call of [[null], [quiet, undefined, null]]) {
          try {
            (ctx.spawn.bind(ctx) as (...call: readonly unknown[]) => unknown)(...call);
          } catch (error) {
            codes.push((error as { code?: unknown }).code);
          }
        }
        return null;
      },
      receive: () => null,
    });
    system.spawn(parent, undefined);
    await settle();
    assert.deepEqual(codes, ["ACTOR_TYPE_INVALID", "ARGUMENT_INVALID"]);
    await system.shutdown();
  });
});
