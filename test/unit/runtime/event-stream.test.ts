import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EventStream } from "../../../runtime/index.ts";

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
