import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MyriadError } from "../../../runtime/contracts/index.ts";
import { actor, type Reply } from "../../../runtime/index.ts";
import { createTestSystem } from "../../../runtime/testkit/index.ts";

type Question =
  | { readonly kind: "echo"; readonly value: number; readonly reply: Reply<number> }
  | { readonly kind: "keep"; readonly reply: Reply<number> }
  | { readonly kind: "answer-kept"; readonly value: number }
  | { readonly kind: "refuse"; readonly error: unknown; readonly reply: Reply<number> }
  | { readonly kind: "crash"; readonly reply: Reply<number> | null }
  | { readonly kind: "send-then-crash"; readonly reply: Reply<number> };

const oracle = actor<null, Reply<number>[], Question>({
  name: "oracle",
  initial: () => [],
  receive(kept, question) {
    switch (question.kind) {
      case "echo":
        question.reply.send(question.value);
        return kept;
      case "keep":
        return [...kept, question.reply];
      case "answer-kept":
        for (const reply of kept) reply.send(question.value);
        return kept;
      case "refuse":
        question.reply.fail(question.error);
        return kept;
      case "send-then-crash":
        question.reply.send(1);
        throw new Error("after the reply");
      case "crash":
        throw new Error("crash");
    }
  },
});

const keep = (reply: Reply<number>): Question => ({ kind: "keep", reply });

describe("ask", () => {
  it("is refused with a code when its message is made by no function", async () => {
    const { system, clock } = createTestSystem();
    const ref = system.spawn(oracle, null);
    for (const make of [5, undefined, { kind: "keep" }]) {
      await assert.rejects(ref.ask(make as never), { code: "ASK_INVALID" });
      const { signal } = new AbortController();
      await assert.rejects(ref.ask(make as never, { signal }), { code: "ASK_INVALID" });
    }
    assert.equal(clock.pending, 0);
    await system.shutdown();
  });

  it("is refused with a code when its message is made by an async function, and nothing is sent", async () => {
    const { system, settle, clock } = createTestSystem();
    const ref = system.spawn(oracle, null);
    await settle();
    for (const make of [async () => Promise.resolve(5), () => Promise.reject(new Error("nobody's"))]) {
      await assert.rejects(ref.ask(make as never), { code: "ASK_INVALID" });
      assert.equal(system.idle, true);
      const { signal } = new AbortController();
      await assert.rejects(ref.ask(make as never, { signal }), { code: "ASK_INVALID" });
    }
    await settle();
    assert.equal(clock.pending, 0);
    await system.shutdown();
  });

  it("is refused with a code when its options make no sense, and nothing is sent", async () => {
    const { system, settle, clock } = createTestSystem();
    const ref = system.spawn(oracle, null);
    await settle();
    const times = [NaN, -1, 0, 2 ** 31, "5", null, Symbol("5")].map((timeoutMs) => ({ timeoutMs }));
    const signals = [5, null, {}].map((signal) => ({ signal }));
    for (const options of [null, "x", 5, [], ...times, ...signals]) {
      await assert.rejects(ref.ask(keep, options as never), { code: "ASK_INVALID" });
    }
    assert.deepEqual([system.idle, clock.pending], [true, 0]);
    await system.shutdown();
  });

  it("resolves with the reply", async () => {
    const { system, clock } = createTestSystem();
    const ref = system.spawn(oracle, null);
    const answers = await Promise.all(
      [1, 2, 3].map((value) => ref.ask<number>((reply) => ({ kind: "echo", value, reply }))),
    );
    assert.deepEqual(answers, [1, 2, 3]);
    await system.shutdown();
    assert.equal(clock.pending, 0);
  });

  it("a reply may come in a later turn", async () => {
    const { system } = createTestSystem();
    const ref = system.spawn(oracle, null);
    const answer = ref.ask(keep);
    ref.tell({ kind: "answer-kept", value: 7 });
    assert.equal(await answer, 7);
    await system.shutdown();
  });

  it("times out with a code, each ask by its own timeout, and not a moment sooner", async () => {
    const { system, advance } = createTestSystem();
    const ref = system.spawn(oracle, null);
    const ended: string[] = [];
    const note = (name: string) => (error: unknown) =>
      void ended.push(`${name} ${(error as MyriadError).code}`);
    void ref.ask(keep, { timeoutMs: 200 }).catch(note("slow"));
    void ref.ask(keep, { timeoutMs: 100 }).catch(note("quick"));
    await advance(50);
    void ref.ask(keep, { timeoutMs: 100 }).catch(note("later"));
    await advance(49);
    assert.deepEqual(ended, []);
    await advance(1);
    assert.deepEqual(ended, ["quick ASK_TIMEOUT"]);
    await advance(50);
    assert.deepEqual(ended, ["quick ASK_TIMEOUT", "later ASK_TIMEOUT"]);
    await advance(50);
    assert.deepEqual(ended, ["quick ASK_TIMEOUT", "later ASK_TIMEOUT", "slow ASK_TIMEOUT"]);
    await system.shutdown();
  });

  it("times out after 5 seconds unless told otherwise", async () => {
    const { system, advance } = createTestSystem();
    let code = "";
    void system
      .spawn(oracle, null)
      .ask(keep)
      .catch((error: unknown) => (code = (error as MyriadError).code));
    await advance(4_999);
    assert.equal(code, "");
    await advance(1);
    assert.equal(code, "ASK_TIMEOUT");
    await system.shutdown();
  });

  it("a question whose asker has given up is not handled any more", async () => {
    const { system, clock, settle } = createTestSystem();
    let handled = 0;
    const lazy = actor<null, null, Reply<number>>({
      name: "lazy",
      initial: () => null,
      receive(state) {
        handled += 1;
        return state;
      },
    });
    const answer = assert.rejects(
      system.spawn(lazy, null).ask((reply) => reply, { timeoutMs: 10 }),
      { code: "ASK_TIMEOUT" },
    );
    clock.jump(10);
    await settle();
    await answer;
    assert.equal(handled, 0);
    await system.shutdown();
    assert.equal(system.deadLetters.total, 0);
  });

  for (const timeoutMs of [0, -1, NaN, Infinity, 2 ** 31]) {
    it(`refuses a timeout of ${timeoutMs} ms`, async () => {
      const { system } = createTestSystem();
      await assert.rejects(system.spawn(oracle, null).ask(keep, { timeoutMs }), { code: "ASK_INVALID" });
      await system.shutdown();
    });
  }

  it("an ask of a stopped actor fails at once", async () => {
    const { system, clock } = createTestSystem();
    const ref = system.spawn(oracle, null);
    await system.stop(ref);
    await assert.rejects(ref.ask(keep), { code: "ASK_TARGET_STOPPED" });
    assert.equal(clock.now(), 0);
    await system.shutdown();
  });

  it("an ask of an address where nobody lives fails at once", async () => {
    const { system } = createTestSystem();
    const ref = system.resolve("local/nobody#99");
    await assert.rejects(
      ref.ask((reply) => reply),
      { code: "ASK_TARGET_UNKNOWN" },
    );
    assert.equal(system.deadLetters.list()[0]?.reason, "unknown");
    await system.shutdown();
  });

  it("asks that wait in the mailbox or for a later reply fail at once when the actor stops", async () => {
    const { system, settle } = createTestSystem();
    const ref = system.spawn(oracle, null);
    const handled = assert.rejects(ref.ask(keep), { code: "ASK_TARGET_STOPPED" });
    await settle();
    const waiting = assert.rejects(ref.ask(keep), { code: "ASK_TARGET_STOPPED" });
    await system.stop(ref);
    await Promise.all([handled, waiting]);
    await system.shutdown();
  });

  it("a question that timed out while it waited is no dead letter when the actor stops", async () => {
    const { system, clock } = createTestSystem();
    const ref = system.spawn(oracle, null);
    const answer = assert.rejects(ref.ask(keep, { timeoutMs: 10 }), { code: "ASK_TIMEOUT" });
    clock.jump(10);
    await system.stop(ref);
    await answer;
    assert.equal(system.deadLetters.total, 0);
    await system.shutdown();
  });

  it("a crash fails the ask in hand, and with a restart all that were handled and not answered", async () => {
    const { system, settle } = createTestSystem();
    const ref = system.spawn(oracle, null);
    const unanswered = assert.rejects(ref.ask(keep), { code: "ASK_TARGET_FAILED" });
    await settle();
    const inHand = assert.rejects(
      ref.ask((reply) => ({ kind: "crash", reply })),
      (error: MyriadError) =>
        error.code === "ASK_TARGET_FAILED" && (error.cause as Error).message === "crash",
    );
    const waiting = ref.ask<number>((reply) => ({ kind: "echo", value: 5, reply }));
    await Promise.all([unanswered, inHand]);
    assert.equal(await waiting, 5);
    await system.shutdown();
  });

  it("a resume fails only the ask in hand, and at once", async () => {
    const { system, clock } = createTestSystem({ supervision: { decide: () => "resume" } });
    const ref = system.spawn(oracle, null);
    await assert.rejects(
      ref.ask((reply) => ({ kind: "crash", reply })),
      { code: "ASK_TARGET_FAILED" },
    );
    assert.equal(clock.now(), 0);
    await system.shutdown();
  });

  it("a resumed actor still owes the replies that it has kept", async () => {
    const { system } = createTestSystem({ supervision: { decide: () => "resume" } });
    const ref = system.spawn(oracle, null);
    const kept = ref.ask(keep);
    ref.tell({ kind: "crash", reply: null });
    ref.tell({ kind: "answer-kept", value: 3 });
    assert.equal(await kept, 3);
    await system.shutdown();
  });

  it("a reply that was sent before the crash counts", async () => {
    const { system } = createTestSystem();
    const ref = system.spawn(oracle, null);
    assert.equal(await ref.ask<number>((reply) => ({ kind: "send-then-crash", reply })), 1);
    await system.shutdown();
  });

  it("reply.fail rejects with the coded error itself, or wraps what has no code", async () => {
    const { system } = createTestSystem();
    const ref = system.spawn(oracle, null);
    const coded = new MyriadError("NO_FUNDS", "input", "empty");
    await assert.rejects(
      ref.ask((reply) => ({ kind: "refuse", error: coded, reply })),
      coded,
    );
    const plain = new Error("plain");
    await assert.rejects(
      ref.ask((reply) => ({ kind: "refuse", error: plain, reply })),
      { code: "ASK_REFUSED", cause: plain },
    );
    await system.shutdown();
  });

  it("only the first reply counts; later ones are dead letters", async () => {
    const { system, settle } = createTestSystem();
    const ref = system.spawn(oracle, null);
    const answer = ref.ask(keep);
    ref.tell({ kind: "answer-kept", value: 1 });
    ref.tell({ kind: "answer-kept", value: 2 });
    assert.equal(await answer, 1);
    await settle();
    assert.deepEqual(
      system.deadLetters.list().map(({ message, reason }) => [message, reason]),
      [[2, "late-reply"]],
    );
    await system.shutdown();
  });

  it("an ask of a full mailbox fails with MAILBOX_FULL, also when its question is dropped later", async () => {
    const { system } = createTestSystem();
    const failing = system.spawn(oracle, null, { mailbox: { capacity: 1 } });
    const dropping = system.spawn(oracle, null, { mailbox: { capacity: 1, overflow: "drop-oldest" } });
    for (const ref of [failing, dropping]) {
      const outcomes = await Promise.allSettled(
        [1, 2].map((value) => ref.ask<number>((reply) => ({ kind: "echo", value, reply }))),
      );
      const codes = outcomes.map((outcome) =>
        outcome.status === "fulfilled" ? outcome.value : (outcome.reason as MyriadError).code,
      );
      assert.deepEqual(codes, ref === failing ? [1, "MAILBOX_FULL"] : ["MAILBOX_FULL", 2]);
    }
    await system.shutdown();
  });

  it("an ask whose message cannot be made rejects and leaves nothing behind", async () => {
    const { system, clock } = createTestSystem();
    const ref = system.spawn(oracle, null);
    const make = (): never => {
      throw new TypeError("cannot make it");
    };
    await assert.rejects(ref.ask(make), new TypeError("cannot make it"));
    assert.equal(clock.pending, 0);
    await system.shutdown();
  });

  it("a shutdown ends every ask and leaves no timer", async () => {
    const { system, clock } = createTestSystem();
    const ref = system.spawn(oracle, null);
    const asks = [100, 200].map((timeoutMs) =>
      assert.rejects(ref.ask(keep, { timeoutMs }), { code: "ASK_TARGET_STOPPED" }),
    );
    await system.shutdown();
    await Promise.all(asks);
    assert.equal(clock.pending, 0);
  });
});
