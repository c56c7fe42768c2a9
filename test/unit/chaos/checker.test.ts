/** The checker of chaos runs must see what is broken: each invariant is broken once here. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findings, type Kept } from "../../chaos/checker.ts";
import type { LedgerEvent } from "../../chaos/ledger.ts";

const done = (id: string, by = "w1"): LedgerEvent => ({ kind: "done", id, by });
const noted = (number: number, by = "w1"): LedgerEvent => ({ kind: "noted", number, by });
let sequence = 0;
const kept = (fence: number, ...events: readonly LedgerEvent[]): Kept => ({
  subject: "k1",
  sequence: ++sequence,
  fence,
  events,
});

function broken(
  all: readonly Kept[],
  more: {
    readonly dead?: readonly string[];
    readonly left?: number;
    readonly poison?: readonly string[];
  } = {},
): readonly string[] {
  const promised = { confirmed: new Set(["a", "b"]), poison: new Set(more.poison ?? []) };
  return findings(all, more.dead ?? [], more.left ?? 0, promised)
    .filter(({ held }) => !held)
    .map(({ invariant }) => invariant);
}

describe("the checker of a chaos run", () => {
  it("finds nothing where all was kept", () => {
    assert.deepEqual(broken([kept(1, done("a"), noted(1)), kept(2, done("b", "w2"), noted(3, "w2"))]), []);
    assert.deepEqual(broken([kept(1, done("a"), done("b"))], { poison: ["p"], dead: ["p"] }), []);
  });

  it("sees a task that was confirmed and has no effect", () => {
    assert.deepEqual(broken([kept(1, done("a"))]), ["nothing that was confirmed is lost"]);
  });

  it("sees a task that was given up, and one that is left", () => {
    assert.deepEqual(broken([kept(1, done("a"))], { dead: ["b"] }), [
      "no task was given up that could be done",
    ]);
    assert.deepEqual(broken([kept(1, done("a"), done("b"))], { left: 1 }), ["the queue is empty"]);
  });

  it("sees an effect that was made twice, of tasks that were never confirmed, too", () => {
    const twice = [kept(1, done("a"), done("b")), kept(1, done("c")), kept(1, done("c"))];
    assert.deepEqual(broken(twice), ["each task has one effect"]);
  });

  it("sees poison that is lost or has an effect", () => {
    const what = ["poison becomes a dead letter, and has no effect"];
    assert.deepEqual(broken([kept(1, done("a"), done("b"))], { poison: ["p"] }), what);
    const effect = [kept(1, done("a"), done("b"), done("p"))];
    assert.deepEqual(broken(effect, { poison: ["p"], dead: ["p"] }), what);
  });

  it("sees a writer whose lease is over, and two of one term", () => {
    const late = [kept(2, done("a")), kept(1, done("b"))];
    assert.deepEqual(broken(late), ["no older owner writes after a newer one"]);
    const shared = [kept(2, done("a")), kept(2, done("b", "w2"))];
    assert.deepEqual(broken(shared), ["of one term of a lease one node writes"]);
  });

  it("sees notes that come late or twice", () => {
    const what = ["notes to one key are in order"];
    assert.deepEqual(broken([kept(1, done("a"), done("b"), noted(2), noted(1))]), what);
    assert.deepEqual(broken([kept(1, done("a"), done("b"), noted(2), noted(2))]), what);
  });
});
