import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { actor, type Reply } from "../../../runtime/index.ts";
import { createTestSystem } from "../../../runtime/testkit/index.ts";

/** Keeps every question. */
const keeper = actor<Reply<string>[], Reply<string>[], Reply<string>>({
  name: "keeper",
  initial: (kept) => kept,
  receive(kept, reply) {
    kept.push(reply);
    return kept;
  },
});

const ask = (reply: Reply<string>): Reply<string> => reply;

describe("an ask with a signal", () => {
  it("fails at once when the signal is aborted, and its late reply is a dead letter", async () => {
    const { system, settle, clock } = createTestSystem();
    const kept: Reply<string>[] = [];
    const ref = system.spawn(keeper, kept);
    const abort = new AbortController();
    const answer = ref.ask(ask, { signal: abort.signal });
    await settle();
    const reason = new Error("enough");
    abort.abort(reason);
    await assert.rejects(answer, { code: "ASK_CANCELLED", cause: reason });
    kept[0]!.send("late");
    assert.deepEqual(
      system.deadLetters.list().map(({ message, reason: why }) => [message, why]),
      [["late", "late-reply"]],
    );
    await system.shutdown();
    assert.equal(clock.pending, 0);
  });

  it("ends with all others of that signal, and with nobody's whose ask has ended", async () => {
    const { system, settle } = createTestSystem();
    const kept: Reply<string>[] = [];
    const ref = system.spawn(keeper, kept);
    const abort = new AbortController();
    const answers = Array.from({ length: 12 }, () => ref.ask(ask, { signal: abort.signal }));
    await settle();
    kept[3]!.send("three");
    assert.equal(await answers[3], "three");
    abort.abort();
    const outcomes = (await Promise.allSettled(answers)).map((outcome) =>
      outcome.status === "fulfilled" ? outcome.value : (outcome.reason as { code: string }).code,
    );
    assert.deepEqual(outcomes, new Array<string>(12).fill("ASK_CANCELLED").with(3, "three"));
    await system.shutdown();
  });

  it("whose question still waits is not handled any more", async () => {
    const { system, settle } = createTestSystem();
    const kept: Reply<string>[] = [];
    const ref = system.spawn(keeper, kept);
    const abort = new AbortController();
    const answer = ref.ask(ask, { signal: abort.signal });
    abort.abort();
    await assert.rejects(answer, { code: "ASK_CANCELLED" });
    await settle();
    assert.deepEqual(kept, []);
    await system.shutdown();
  });

  it("is not sent when the signal was aborted before", async () => {
    const { system, settle } = createTestSystem();
    const kept: Reply<string>[] = [];
    const ref = system.spawn(keeper, kept);
    await assert.rejects(ref.ask(ask, { signal: AbortSignal.abort("why") }), {
      code: "ASK_CANCELLED",
      cause: "why",
    });
    await settle();
    assert.deepEqual(kept, []);
    await system.shutdown();
  });

  it("ends as any other when it is not aborted, and leaves no listener behind", async () => {
    const { system, settle, advance } = createTestSystem();
    const kept: Reply<string>[] = [];
    const ref = system.spawn(keeper, kept);
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal) as (...args: unknown[]) => void;
    const remove = signal.removeEventListener.bind(signal) as (...args: unknown[]) => void;
    signal.addEventListener = (...args: unknown[]): void => {
      listeners += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: unknown[]): void => {
      listeners -= 1;
      remove(...args);
    };
    const answered = ref.ask(ask, { signal });
    const expired = assert.rejects(ref.ask(ask, { signal, timeoutMs: 10 }), { code: "ASK_TIMEOUT" });
    // One for all: more than ten would have the platform warn of a leak.
    assert.equal(listeners, 1);
    await settle();
    kept[0]!.send("yes");
    assert.equal(await answered, "yes");
    await advance(10);
    await expired;
    assert.equal(listeners, 0);
    await system.shutdown();
  });
});
