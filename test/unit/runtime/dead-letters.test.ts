import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatAddress, makeAddress } from "../../../runtime/index.ts";
import { DeadLetters } from "../../../runtime/dead-letters.ts";
import { createTestSystem } from "../../../runtime/testkit/index.ts";
import { puppet } from "../../kit/puppet.ts";

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
});
