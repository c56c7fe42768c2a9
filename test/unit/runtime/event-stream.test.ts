import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EventStream } from "../../../runtime/index.ts";
import { createTestSystem } from "../../../runtime/testkit/index.ts";
import { puppet } from "../../kit/puppet.ts";

type Event = { readonly kind: "a"; readonly n: number } | { readonly kind: "b" };

describe("event stream", () => {
  it("gives an event to the listeners of its kind, in the order they came", () => {
    const stream = new EventStream<Event>(() => undefined);
    const seen: string[] = [];
    stream.subscribe("a", (event) => seen.push(`first ${event.n}`));
    stream.subscribe("a", (event) => seen.push(`second ${event.n}`));
    stream.subscribe("b", () => seen.push("b"));
    stream.publish({ kind: "a", n: 1 });
    assert.deepEqual(seen, ["first 1", "second 1"]);
  });

  it("ends a subscription once and keeps the others", () => {
    const stream = new EventStream<Event>(() => undefined);
    const seen: string[] = [];
    const end = stream.subscribe("b", () => seen.push("gone"));
    stream.subscribe("b", () => seen.push("kept"));
    end();
    end();
    stream.publish({ kind: "b" });
    assert.deepEqual(seen, ["kept"]);
    assert.equal(stream.wants("a"), false);
    assert.equal(stream.wants("b"), true);
  });

  it("a listener that throws is reported and disturbs nobody", () => {
    const errors: unknown[] = [];
    const stream = new EventStream<Event>((error, event) => errors.push([error, event.kind]));
    const seen: string[] = [];
    stream.subscribe("b", () => {
      throw new Error("bad listener");
    });
    stream.subscribe("b", () => seen.push("b"));
    stream.publish({ kind: "b" });
    assert.deepEqual(seen, ["b"]);
    assert.deepEqual(errors, [[new Error("bad listener"), "b"]]);
  });

  it("gives what is published of a kind meanwhile after the event in hand, in the same order to all", () => {
    const stream = new EventStream<Event>(() => undefined);
    const seen: string[] = [];
    stream.subscribe("a", ({ n }) => {
      seen.push(`first ${n}`);
      if (n < 3) stream.publish({ kind: "a", n: n + 1 });
      stream.publish({ kind: "b" });
    });
    stream.subscribe("a", ({ n }) => seen.push(`second ${n}`));
    stream.subscribe("b", () => seen.push("b"));
    stream.publish({ kind: "a", n: 1 });
    const each = (n: number): string[] => [`first ${n}`, "b", `second ${n}`];
    assert.deepEqual(seen, [1, 2, 3].flatMap(each));
    stream.publish({ kind: "a", n: 3 });
    assert.deepEqual(seen.slice(9), each(3));
  });

  it("of a system cuts short a listener that tells the dead at each dead letter, says so once, and keeps its letters", async () => {
    const { system } = createTestSystem();
    const dead = system.spawn(puppet(), { label: "a", log: [] });
    await system.stop(dead);
    const failures: unknown[] = [];
    let given = 0;
    system.events.subscribe("listener-failed", ({ during, error }) => {
      failures.push([during, (error as { code?: unknown }).code]);
      dead.tell(() => undefined);
    });
    system.events.subscribe("dead-letter", () => {
      given += 1;
      dead.tell(() => undefined);
    });
    dead.tell(() => undefined);
    assert.deepEqual([given, failures], [10_000, [["dead-letter", "EVENTS_ENDLESS"]]]);
    assert.equal(system.deadLetters.total, 10_002);
    await system.shutdown();
  });

  it("refuses listeners that are no functions, and kinds that there are not", () => {
    const stream = new EventStream<Event>(() => undefined, ["a", "b"]);
    const code = "ARGUMENT_INVALID";
    for (const listener of [5, undefined, null]) {
      assert.throws(() => stream.subscribe("a", listener as never), { code });
    }
    for (const kind of ["c", 5, undefined, "toString"]) {
      assert.throws(() => stream.subscribe(kind as never, () => undefined), { code });
    }
    assert.equal(stream.wants("a"), false);
    assert.throws(() => new EventStream<Event>(5 as never), { code });
  });

  it("of a system refuses a kind that is misspelt", async () => {
    const { system } = createTestSystem();
    assert.throws(() => system.events.subscribe("dead-leter" as never, () => undefined), {
      code: "ARGUMENT_INVALID",
    });
    system.events.subscribe("dead-letter", () => undefined)();
    await system.shutdown();
  });

  it("a listener may unsubscribe while it is called", () => {
    const stream = new EventStream<Event>(() => undefined);
    const seen: string[] = [];
    const end = stream.subscribe("b", () => {
      seen.push("once");
      end();
    });
    stream.subscribe("b", () => seen.push("each"));
    stream.publish({ kind: "b" });
    stream.publish({ kind: "b" });
    assert.deepEqual(seen, ["once", "each", "each"]);
  });
});
