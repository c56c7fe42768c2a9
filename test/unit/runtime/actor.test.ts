import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { actor, createSystem, defineApp } from "../../../runtime/index.ts";
import { createTestSystem } from "../../../runtime/testkit/index.ts";
import { puppet } from "../../kit/puppet.ts";

const counter = actor<number, number, number>({
  name: "counter",
  initial: (from) => from,
  receive: (count, step) => count + step,
});

describe("actor types and the app module", () => {
  it("an actor type needs a name that an address can carry", () => {
    for (const name of ["", "a/b", "a b", "x".repeat(201)]) {
      assert.throws(() => actor({ name, initial: () => 0, receive: () => 0 }), {
        code: "ACTOR_NAME_INVALID",
      });
    }
  });

  it("an actor type needs a definition whose members are functions", () => {
    const members = { name: "half", initial: () => 0, receive: () => 0 };
    for (const definition of [undefined, null, "half", [], { ...members, initial: 5 }]) {
      assert.throws(() => actor(definition as never), { code: "ACTOR_TYPE_INVALID" });
    }
    for (const member of ["signal", "stopped"]) {
      assert.throws(() => actor({ ...members, [member]: 5 }), { code: "ACTOR_TYPE_INVALID" });
    }
    for (const name of [7, 7n, null, undefined]) {
      assert.throws(() => actor({ ...members, name: name as never }), { code: "ACTOR_NAME_INVALID" });
    }
  });

  it("layouts that no message could have are refused with the type, not when threads start", () => {
    const members = { name: "laid-out", initial: () => 0, receive: () => 0 };
    for (const layouts of [5, { add: 5 }, { add: { step: "f99" } }, { add: { kind: "f64" } }]) {
      assert.throws(() => actor({ ...members, layouts: layouts as never }), { code: "ACTOR_TYPE_INVALID" });
    }
    const two = { add: { one: "reply", other: "reply" } };
    assert.throws(() => actor({ ...members, layouts: two as never }), { code: "ACTOR_TYPE_INVALID" });
  });

  it("an actor type needs initial and receive", () => {
    const half = { name: "half", initial: () => 0 } as unknown as Parameters<typeof actor>[0];
    assert.throws(() => actor(half), { code: "ACTOR_TYPE_INVALID" });
  });

  it("an app module is an array of actor types and the URL of its module", () => {
    const code = "APP_INVALID";
    const modules = [5, "nope", "", "./app.ts", "/app.ts"].map((module) => ({ actors: [], module }));
    for (const definition of [undefined, null, {}, { actors: 5 }, ...modules]) {
      assert.throws(() => defineApp(definition as never), { code });
    }
    const definition = { name: "counter", initial: () => 0, receive: () => 0 };
    for (const type of [5, null, definition]) {
      assert.throws(() => defineApp({ actors: [type as never] }), { code: "ACTOR_TYPE_INVALID" });
    }
  });

  it("an app module refuses two types of one name", () => {
    assert.throws(() => defineApp({ actors: [counter, counter] }), { code: "APP_DUPLICATE_TYPE" });
  });

  it("a registered type is spawned by its name", async () => {
    const received: unknown[] = [];
    const echo = actor<string, string, unknown>({
      name: "echo",
      initial: (prefix) => prefix,
      receive(prefix, message) {
        received.push(`${prefix} ${String(message)}`);
        return prefix;
      },
    });
    const { system, settle } = createTestSystem({ app: defineApp({ actors: [counter, echo] }) });
    system.spawn("echo", "heard").tell("hello");
    await settle();
    assert.deepEqual(received, ["heard hello"]);
    assert.throws(() => system.spawn("nobody", 0), { code: "ACTOR_TYPE_UNKNOWN", location: "nobody" });
    await system.shutdown();
  });

  it("members of a definition keep their this", async () => {
    const received: number[] = [];
    const definition = {
      name: "with-this",
      factor: 3,
      initial: () => null,
      receive(state: null, message: number): null {
        received.push(message * this.factor);
        return state;
      },
    };
    const { system, settle } = createTestSystem();
    system.spawn(actor(definition), undefined).tell(4);
    await settle();
    assert.deepEqual(received, [12]);
    await system.shutdown();
  });

  it("names of living siblings are unique and automatic names are never taken", async () => {
    const { system } = createTestSystem();
    const first = system.spawn(puppet(), { label: "a", log: [] }, { name: "a" });
    assert.equal(first.address.startsWith("local/a#"), true);
    assert.throws(() => system.spawn(puppet(), { label: "a", log: [] }, { name: "a" }), {
      code: "ACTOR_NAME_TAKEN",
    });
    for (const name of ["$1", "", "a#1", "a/b"]) {
      assert.throws(() => system.spawn(puppet(), { label: "a", log: [] }, { name }), {
        code: "ACTOR_NAME_INVALID",
      });
    }
    await system.shutdown();
  });

  it("a node name must fit an address", () => {
    assert.throws(() => createSystem({ node: "a/b" }), { code: "ACTOR_NAME_INVALID" });
  });

  it("a system in real time delivers too", async () => {
    const system = createSystem();
    const adder = actor<number, number, { readonly add: number; readonly done: (sum: number) => void }>({
      name: "adder",
      initial: (from) => from,
      receive(sum, message) {
        message.done(sum + message.add);
        return sum + message.add;
      },
    });
    const sum = await new Promise<number>((resolve) => {
      system.spawn(adder, 40).tell({ add: 2, done: resolve });
    });
    assert.equal(sum, 42);
    await system.shutdown();
  });
});
