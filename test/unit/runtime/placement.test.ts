import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createSystem, actor, defineApp } from "../../../runtime/index.ts";
import { checkPlacement, slotOf } from "../../../runtime/placement.ts";

const KEYS = Array.from({ length: 20_000 }, (_, index) => `key ${index}`);

describe("placement by key", () => {
  it("spreads keys evenly", () => {
    const counts = new Array<number>(8).fill(0);
    for (const key of KEYS) counts[slotOf(key, 8)]! += 1;
    // 2,500 each is expected; six standard deviations are 281.
    assert.ok(
      counts.every((count) => Math.abs(count - 2_500) < 281),
      counts.join(" "),
    );
  });

  it("moves only the keys that the new slot takes when there is one slot more", () => {
    const moved = KEYS.filter((key) => slotOf(key, 8) !== slotOf(key, 9));
    assert.ok(moved.every((key) => slotOf(key, 9) === 8));
    // A ninth is expected: 2,222 of 20,000; six standard deviations are 267.
    assert.ok(Math.abs(moved.length - 2_222) < 267, `${moved.length} moved`);
  });

  it("gives the same slot for the same key, and the only one when there is one", () => {
    assert.equal(slotOf("a", 5), slotOf("a", 5));
    assert.ok(KEYS.slice(0, 100).every((key) => slotOf(key, 1) === 0));
  });
});

describe("a placement", () => {
  it("is refused when it makes no sense", () => {
    for (const placement of ["here", {}, { thread: -1 }, { thread: 1.5 }, { key: 3 }, { key: 3n }, null, 1]) {
      assert.throws(() => checkPlacement(placement), { code: "PLACEMENT_INVALID" });
    }
  });

  it("on a system without threads means its own thread, or nothing", async () => {
    const quiet = actor({ name: "quiet", initial: () => null, receive: () => null });
    const system = createSystem({ app: defineApp({ actors: [quiet] }) });
    for (const placement of ["local", "spread", { key: "k" }, { thread: 0 }] as const) {
      assert.match(system.spawn(quiet, undefined, { placement }).address, /^local\/\$\d+#\d+$/);
    }
    assert.throws(() => system.spawn(quiet, undefined, { placement: { thread: 1 } }), {
      code: "PLACEMENT_INVALID",
    });
    await system.shutdown();
  });
});
