import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatAddress, makeAddress, type ActorRef, type DeadLetter } from "../../../runtime/index.ts";
import { DeadLetters } from "../../../runtime/dead-letters.ts";
import { createTestSystem } from "../../../runtime/testkit/index.ts";
import { puppet, type Order } from "../../kit/puppet.ts";

const target = formatAddress(makeAddress("n", "a", 1));

describe("dead letters", () => {
  it("keeps the newest, oldest first, and counts all", () => {
    const letters = new DeadLetters(3);
    for (let at = 1; at <= 5; at++) letters.add({ message: at, target, reason: "stopped", at });
    assert.deepEqual(
      letters.list().map((letter) => letter.message),
      [3, 4, 5],
    );
    assert.equal(letters.total, 5);
    letters.clear();
    assert.deepEqual(letters.list(), []);
    letters.add({ message: 6, target, reason: "stopped", at: 6 });
    assert.deepEqual(
      letters.list().map((letter) => letter.message),
      [6],
    );
  });

  it("a tell to a stopped actor becomes a dead letter with its reason, address and time", async () => {
    const { system, clock } = createTestSystem({ startedAt: 1_000 });
    const seen: unknown[] = [];
    system.events.subscribe("dead-letter", ({ letter }) => seen.push(letter));
    const ref = system.spawn(puppet(), { label: "a", log: [] });
    await system.stop(ref);
    clock.jump(5);
    const order = (): void => undefined;
    ref.tell(order);
    assert.deepEqual(system.deadLetters.list(), [
      { message: order, target: ref.address, reason: "stopped", at: 1_005 },
    ]);
    assert.deepEqual(seen, system.deadLetters.list());
    await system.shutdown();
  });

  it("what waits in a mailbox when its actor stops becomes dead letters", async () => {
    const { system, settle } = createTestSystem();
    const ref = system.spawn(puppet(), { label: "a", log: [] });
    const late = (): void => assert.fail("handled after the stop");
    ref.tell((_, ctx) => ctx.stop());
    ref.tell(late);
    ref.tell(late);
    await settle();
    assert.deepEqual(
      system.deadLetters.list().map((letter) => [letter.message, letter.reason]),
      [
        [late, "stopped"],
        [late, "stopped"],
      ],
    );
    await system.shutdown();
  });

  it("replay tells messages again to whoever lives there now, and keeps those that find nobody", async () => {
    const { system, settle } = createTestSystem();
    const log: string[] = [];
    const note =
      (text: string): Order =>
      () =>
        void log.push(text);
    const first = system.spawn(puppet(), { label: "a", log }, { name: "a" });
    const gone = system.spawn(puppet(), { label: "b", log }, { name: "b" });
    await system.stop(first);
    await system.stop(gone);
    first.tell(note("one"));
    gone.tell(note("nobody"));
    first.tell(note("two"));
    assert.equal(system.deadLetters.replay(), 0);
    assert.equal(system.deadLetters.list().length, 3);
    log.length = 0;
    system.spawn(puppet(), { label: "a", log }, { name: "a" });
    assert.equal(system.deadLetters.replay(), 2);
    await settle();
    assert.deepEqual(log, ["a started", "one", "two"]);
    assert.deepEqual(
      system.deadLetters.list().map(({ target }) => target),
      [gone.address],
    );
    assert.equal(system.deadLetters.total, 3);
    await system.shutdown();
  });

  it("replay takes a filter and another receiver, and keeps what finds its mailbox full", async () => {
    const { system } = createTestSystem();
    const gone = system.spawn(puppet(), { label: "a", log: [] });
    await system.stop(gone);
    const orders: Order[] = [1, 2, 3].map(() => () => undefined);
    for (const order of orders) gone.tell(order);
    const small = system.spawn(puppet(), { label: "b", log: [] }, { mailbox: { capacity: 1 } });
    const filter = ({ message }: DeadLetter): boolean => message !== orders[0];
    assert.equal(system.deadLetters.replay({ filter, to: small }), 1);
    assert.deepEqual(
      system.deadLetters.list().map(({ message }) => message),
      [orders[0], orders[2]],
    );
    await system.shutdown();
  });

  it("replay refuses what makes no sense, and loses no letter by it, nor by a filter that throws", () => {
    const letters = new DeadLetters(10);
    const letter = { message: 1, target, reason: "stopped", at: 0 } as const;
    letters.add(letter);
    for (const options of [null, 5, { filter: 5 }]) {
      assert.throws(() => letters.replay(options as never), { code: "ARGUMENT_INVALID" });
    }
    assert.throws(() => letters.replay({ to: 5 as never }), { code: "REF_FOREIGN" });
    const filter = (): never => {
      throw new RangeError("filter");
    };
    assert.throws(() => letters.replay({ filter }), RangeError);
    assert.deepEqual(letters.list(), [letter]);
  });

  it("replay keeps the letters that come while it goes on, whether its filter throws or not", () => {
    for (const throws of [false, true]) {
      const letters = new DeadLetters(10);
      const add = (at: number): void => letters.add({ message: at, target, reason: "stopped", at });
      add(1);
      add(2);
      const told: unknown[] = [];
      const to = { tell: (message: unknown) => void told.push(message) } as unknown as ActorRef<never>;
      const filter = ({ at }: DeadLetter): boolean => {
        add(at + 10);
        if (throws && at === 2) throw new RangeError("filter");
        return at === 1;
      };
      if (throws) assert.throws(() => letters.replay({ filter, to }), RangeError);
      else assert.equal(letters.replay({ filter, to }), 1);
      assert.deepEqual(told, throws ? [] : [1]);
      assert.deepEqual(
        letters.list().map(({ at }) => at),
        throws ? [1, 2, 11, 12] : [2, 11, 12],
      );
    }
  });

  it("replay leaves late replies and piped results alone", () => {
    const told: unknown[] = [];
    const to = { tell: (message: unknown) => told.push(message) } as unknown as ActorRef<never>;
    const letters = new DeadLetters(10);
    for (const reason of ["late-reply", "stale", "stashed", "overflow"] as const) {
      letters.add({ message: reason, target, reason, at: 0 });
    }
    assert.equal(letters.replay({ to }), 2);
    assert.deepEqual(told, ["stashed", "overflow"]);
    assert.deepEqual(
      letters.list().map(({ reason }) => reason),
      ["late-reply", "stale"],
    );
  });
});
