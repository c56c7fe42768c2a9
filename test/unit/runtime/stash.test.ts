import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { actor, type ActorRef, type ActorType, type Behaviour, type Reply } from "../../../runtime/index.ts";
import { createTestSystem } from "../../../runtime/testkit/index.ts";

type Message =
  | { readonly kind: "open" | "close" | "crash" }
  | { readonly kind: "item"; readonly item: number }
  | { readonly kind: "get"; readonly reply: Reply<readonly number[]> };

interface Shop {
  readonly open: boolean;
  readonly sold: readonly number[];
}

/** Puts all items and questions aside while it is closed. */
const shop: ActorType<number[], Shop, Message> = actor({
  name: "shop",
  initial: (sold: number[]): Shop => ({ open: false, sold }),
  receive(state, message: Message, ctx) {
    switch (message.kind) {
      case "open":
        ctx.unstash();
        return { ...state, open: true };
      case "close":
        return { ...state, open: false };
      case "crash":
        throw new Error("crash");
      case "item":
        if (!state.open) ctx.stash(message);
        else (state.sold as number[]).push(message.item);
        return state;
      case "get":
        if (!state.open) ctx.stash(message);
        else message.reply.send([...state.sold]);
        return state;
    }
  },
});

const item = (number: number): Message => ({ kind: "item", item: number });
const get = (ref: ActorRef<Message>): Promise<readonly number[]> =>
  ref.ask((reply: Reply<readonly number[]>) => ({ kind: "get", reply }));

describe("stash", () => {
  it("what was put aside is handled in its order, before what waits in the mailbox", async () => {
    const { system } = createTestSystem();
    const sold: number[] = [];
    const ref = system.spawn(shop, sold);
    for (const message of [item(1), item(2), { kind: "open" } as const, item(3)]) ref.tell(message);
    assert.deepEqual(await get(ref), [1, 2, 3]);
    await system.shutdown();
  });

  it("any items, openings and closings sell all items in order, each once", async () => {
    const steps = fc.array(fc.constantFrom("item", "item", "item", "open", "close"), { maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const { system } = createTestSystem();
        const sold: number[] = [];
        const ref = system.spawn(shop, sold);
        sequence.forEach((step, index) => ref.tell(step === "item" ? item(index) : { kind: step as "open" }));
        ref.tell({ kind: "open" });
        const items = sequence.flatMap((step, index) => (step === "item" ? [index] : []));
        assert.deepEqual(await get(ref), items);
        await system.shutdown();
      }),
      { numRuns: 50 },
    );
  });

  it("a question that is put aside is answered later", async () => {
    const { system, settle } = createTestSystem();
    const ref = system.spawn(shop, []);
    ref.tell(item(7));
    const answer = get(ref);
    await settle();
    ref.tell({ kind: "open" });
    assert.deepEqual(await answer, [7]);
    await system.shutdown();
  });

  it("when the life ends, questions put aside fail and all that was put aside becomes dead letters", async () => {
    for (const [end, code] of [
      ["crash", "ASK_TARGET_FAILED"],
      ["stop", "ASK_TARGET_STOPPED"],
    ] as const) {
      const { system, settle } = createTestSystem();
      const ref = system.spawn(shop, []);
      ref.tell(item(1));
      const answer = assert.rejects(get(ref), { code });
      await settle();
      if (end === "crash") ref.tell({ kind: "crash" });
      else await system.stop(ref);
      await answer;
      assert.deepEqual(
        system.deadLetters.list().map(({ reason, message }) => [reason, (message as Message).kind]),
        [
          ["stashed", "item"],
          ["stashed", "get"],
        ],
      );
      await system.shutdown();
    }
  });

  it("has room for as many messages as the mailbox, then fails with a code", async () => {
    const { system, settle } = createTestSystem();
    const errors: unknown[] = [];
    system.events.subscribe("actor-failed", ({ error }) => errors.push((error as { code: string }).code));
    const ref = system.spawn(shop, [], { mailbox: { capacity: 3 } });
    for (let index = 0; index < 4; index++) {
      ref.tell(item(index));
      await settle();
    }
    assert.deepEqual(errors, ["STASH_FULL"]);
    await system.shutdown();
  });

  it("what was put back waits while the actor holds", async () => {
    const { system, settle, advance } = createTestSystem();
    const got: string[] = [];
    const holder = actor({
      name: "holder",
      initial: () => false,
      receive(again: boolean, message: string, ctx) {
        got.push(message);
        if (message === "timer") ctx.release();
        if (message !== "first" || again) return again;
        ctx.stash(message);
        ctx.unstash();
        ctx.hold();
        ctx.timers.single("later", 10, "timer");
        return true;
      },
    });
    const ref = system.spawn(holder, undefined);
    ref.tell("first");
    ref.tell("second");
    await settle();
    assert.deepEqual(got, ["first"]);
    await advance(10);
    assert.deepEqual(got, ["first", "timer", "first", "second"]);
    await system.shutdown();
  });
});

type DoorMessage =
  { readonly kind: "knock" | "code" } | { readonly kind: "ask"; readonly reply: Reply<string> };

const locked: Behaviour<DoorMessage> = (message, ctx) => {
  if (message.kind === "code") {
    ctx.unstash();
    return unlocked;
  }
  if (message.kind === "ask") ctx.stash(message);
  return locked;
};

const unlocked: Behaviour<DoorMessage> = (message) => {
  if (message.kind === "ask") message.reply.send("unlocked");
  return message.kind === "knock" ? locked : unlocked;
};

describe("become", () => {
  it("an actor whose state is a behaviour becomes what it returns", async () => {
    const door = actor({
      name: "door",
      initial: (): Behaviour<DoorMessage> => locked,
      receive: (behaviour: Behaviour<DoorMessage>, message: DoorMessage, ctx) => behaviour(message, ctx),
    });
    const { system, settle } = createTestSystem();
    const ref = system.spawn(door, undefined);
    let answered = "";
    const answer = ref
      .ask((reply: Reply<string>) => ({ kind: "ask", reply }))
      .then((value) => (answered = value));
    await settle();
    assert.equal(answered, "");
    ref.tell({ kind: "code" });
    assert.equal(await answer, "unlocked");
    ref.tell({ kind: "knock" });
    const shut = assert.rejects(
      ref.ask((reply: Reply<string>) => ({ kind: "ask", reply })),
      { code: "ASK_TARGET_STOPPED" },
    );
    await settle();
    await system.stop(ref);
    await shut;
    await system.shutdown();
  });
});
