import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  actor,
  defineApp,
  MyriadError,
  type ActorRef,
  type ActorType,
  type Reply,
} from "../../../runtime/index.ts";
import { createTestSystem, createWorld } from "../../../runtime/testkit/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";

type Work =
  | { readonly kind: "note"; readonly text: string }
  | { readonly kind: "get"; readonly reply: Reply<readonly string[]> }
  | { readonly kind: "crash" | "keep"; readonly reply: Reply<never> };

interface Wrapped {
  readonly work: Work;
}

const worker: ActorType<undefined, readonly string[], Wrapped> = actor({
  name: "worker",
  initial: (): readonly string[] => [],
  receive(texts: readonly string[], { work }: Wrapped) {
    if (work.kind === "note") return [...texts, work.text];
    if (work.kind === "crash") throw new Error("crash");
    if (work.kind === "get") work.reply.send(texts);
    return texts;
  },
});

type Order = Work | { readonly kind: "to"; readonly worker: ActorRef<Wrapped> } | "close";

interface Desk {
  readonly worker: ActorRef<Wrapped> | null;
  readonly kept: readonly Work[];
}

/** Keeps what it is given until it knows a worker; from then on all goes there. Closed, it refuses what it kept. */
const clerk: ActorType<undefined, Desk, Order> = actor({
  name: "clerk",
  initial: (): Desk => ({ worker: null, kept: [] }),
  receive(desk, order: Order, ctx) {
    if (order === "close") {
      for (const work of desk.kept) ctx.refuse(work, new MyriadError("CLOSED", "input", "closed"));
      return { ...desk, kept: [] };
    }
    if (order.kind === "to") {
      for (const work of desk.kept) ctx.forward(order.worker, work, { work });
      return { worker: order.worker, kept: [] };
    }
    if (desk.worker === null) return { ...desk, kept: [...desk.kept, order] };
    ctx.forward(desk.worker, order, { work: order });
    return desk;
  },
});

const note = (text: string): Work => ({ kind: "note", text });
const get = (ref: ActorRef<Order>): Promise<readonly string[]> =>
  ref.ask((reply: Reply<readonly string[]>) => ({ kind: "get", reply }));
const ask = (ref: ActorRef<Order>, kind: "crash" | "keep", timeoutMs = 1_000): Promise<never> =>
  ref.ask((reply: Reply<never>) => ({ kind, reply }), { timeoutMs });

describe("what is forwarded", () => {
  it("comes in order with what is told, and is answered to who asked", async () => {
    const { system } = createTestSystem();
    const ref = system.spawn(clerk, undefined);
    ref.tell({ kind: "to", worker: system.spawn(worker, undefined) });
    for (const text of ["a", "b", "c"]) ref.tell(note(text));
    assert.deepEqual(await get(ref), ["a", "b", "c"]);
    await system.shutdown();
  });

  it("may have been kept: questions too, each of which goes to its own asker", async () => {
    const { system, settle } = createTestSystem();
    const ref = system.spawn(clerk, undefined);
    ref.tell(note("a"));
    const first = get(ref);
    ref.tell(note("b"));
    const second = get(ref);
    await settle();
    ref.tell({ kind: "to", worker: system.spawn(worker, undefined) });
    assert.deepEqual(await Promise.all([first, second]), [["a"], ["a", "b"]]);
    await system.shutdown();
  });

  it("fails as if the other had been asked: by its crash, its stop, its full mailbox, and in time", async () => {
    const { system, settle, advance } = createTestSystem();
    const far = system.spawn(worker, undefined, { mailbox: { capacity: 1 } });
    const ref = system.spawn(clerk, undefined);
    ref.tell({ kind: "to", worker: far });
    await assert.rejects(ask(ref, "crash"), hasCode("ASK_TARGET_FAILED"));
    const [full, late] = [get(ref), ask(ref, "keep")];
    await assert.rejects(late, hasCode("MAILBOX_FULL"));
    assert.deepEqual(await full, []);
    const timed = assert.rejects(ask(ref, "keep"), hasCode("ASK_TIMEOUT"));
    await advance(1_000);
    await timed;
    const kept = assert.rejects(ask(ref, "keep"), hasCode("ASK_TARGET_STOPPED"));
    await settle();
    await system.stop(far);
    await kept;
    await assert.rejects(get(ref), hasCode("ASK_TARGET_STOPPED"));
    await system.shutdown();
  });

  it("does not end with the life of who passed it on", async () => {
    const { system, settle } = createTestSystem();
    const far = system.spawn(worker, undefined);
    const ref = system.spawn(clerk, undefined);
    const answer = get(ref);
    await settle();
    ref.tell({ kind: "to", worker: far });
    await settle();
    await system.stop(ref);
    assert.deepEqual(await answer, []);
    await system.shutdown();
  });

  it("goes to another node and on from there, and back to a third", async () => {
    const app = defineApp({ actors: [worker, clerk] });
    const world = createWorld({ app, nodes: ["b", "c"], seed: 3, faults: { loseDatagram: 0.05 } });
    const [b, c] = [world.node("b"), world.node("c")];
    b.spawn(clerk, undefined, { name: "clerk" });
    c.spawn(worker, undefined, { name: "worker" });
    const found = Promise.all([world.system.find("b/clerk"), b.find("c/worker")]);
    await world.advance(2_000);
    const [clerkOfB, workerOfC] = await found;
    const ref = clerkOfB as ActorRef<Order>;
    ref.tell(note("a"));
    const early = get(ref);
    await world.advance(1_000);
    ref.tell({ kind: "to", worker: workerOfC as ActorRef<Wrapped> });
    ref.tell(note("b"));
    const answers = Promise.all([
      early,
      get(ref),
      assert.rejects(ask(ref, "crash"), hasCode("ASK_TARGET_FAILED")),
    ]);
    await world.advance(3_000);
    assert.deepEqual((await answers).slice(0, 2), [["a"], ["a", "b"]]);
    await world.shutdown();
  });
});

describe("what is refused", () => {
  it("becomes a dead letter; a question fails with the error given", async () => {
    const { system, settle } = createTestSystem();
    const ref = system.spawn(clerk, undefined);
    ref.tell(note("a"));
    const answer = assert.rejects(get(ref), { code: "CLOSED" });
    await settle();
    ref.tell("close");
    await answer;
    const letters = system.deadLetters.list();
    assert.deepEqual(
      letters.map(({ reason, target }) => [reason, target]),
      [
        ["refused", ref.address],
        ["refused", ref.address],
      ],
    );
    await system.shutdown();
  });
});
