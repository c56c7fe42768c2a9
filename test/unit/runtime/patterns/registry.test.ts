import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Registry, type RegistryEvent, type RegistryMessage, type Reply } from "../../../../runtime/index.ts";
import { createTestSystem } from "../../../../runtime/testkit/index.ts";
import { crash, puppet } from "../../../kit/puppet.ts";

function world() {
  const test = createTestSystem();
  const spawn = () => test.system.spawn(puppet(), { label: "a", log: [] });
  return { ...test, spawn, registry: Registry.open(test.system) };
}

describe("registry", () => {
  it("one name leads to one actor, and a name that is taken fails with a code", async () => {
    const { system, registry, spawn } = world();
    const [a, b] = [spawn(), spawn()];
    await registry.register("first", a);
    await registry.register("first", a);
    await assert.rejects(registry.register("first", b), { code: "REGISTRY_NAME_TAKEN", location: "first" });
    await registry.register("second", b);
    assert.equal(await registry.find("first"), a);
    assert.equal(await registry.find("third"), null);
    assert.deepEqual([...(await registry.names()).keys()], ["first", "second"]);
    registry.release("first");
    await registry.register("first", b);
    assert.equal(await registry.find("first"), b);
    await system.shutdown();
  });

  it("lists under a key those that have joined it, each once", async () => {
    const { system, registry, spawn } = world();
    const [a, b] = [spawn(), spawn()];
    for (const ref of [b, a, b]) registry.join("printers", ref);
    assert.deepEqual(await registry.list("printers"), [b, a]);
    registry.leave("printers", b);
    registry.leave("printers", b);
    assert.deepEqual(await registry.list("printers"), [a]);
    assert.deepEqual(await registry.list("scanners"), []);
    await system.shutdown();
  });

  it("an actor that stops loses its names and leaves its keys; one that restarts keeps them", async () => {
    const { system, registry, spawn, settle } = world();
    const [a, b] = [spawn(), spawn()];
    await registry.register("a", a);
    await registry.register("alias", a);
    registry.join("key", a);
    a.tell(crash());
    await settle();
    assert.equal(await registry.find("a"), a);
    await system.stop(a);
    await settle();
    assert.deepEqual([await registry.find("a"), await registry.find("alias")], [null, null]);
    assert.deepEqual(await registry.list("key"), []);
    await registry.register("a", b);
    await registry.register("late", a);
    await settle();
    assert.equal(await registry.find("late"), null);
    await system.shutdown();
  });

  it("a subscriber is told what there is, then each change in order, until it unsubscribes or stops", async () => {
    const { system, registry, spawn, settle, probe } = world();
    const [a, b] = [spawn(), spawn()];
    const inbox = probe<RegistryEvent>();
    await registry.register("a", a);
    registry.join("key", a);
    registry.subscribe(inbox.ref);
    registry.subscribe(inbox.ref);
    await registry.register("b", b);
    registry.release("b");
    await settle();
    await system.stop(a);
    const told: string[] = [];
    for (let count = 0; count < 6; count++) {
      const event = await inbox.expectMessage();
      told.push(`${event.kind} ${"name" in event ? event.name : event.key}`);
    }
    assert.deepEqual(told, [
      "registered a",
      "joined key",
      "registered b",
      "released b",
      "released a",
      "left key",
    ]);
    registry.unsubscribe(inbox.ref);
    registry.join("key", b);
    await inbox.expectNoMessage();
    registry.subscribe(inbox.ref);
    await inbox.expectMessage();
    await system.stop(inbox.ref);
    const letters = system.deadLetters.total;
    registry.leave("key", b);
    await settle();
    assert.equal(system.deadLetters.total, letters);
    await system.shutdown();
  });

  it("throws at the caller for what is no text or no ref, and forgets nobody by it", async () => {
    const { system, registry, spawn, settle } = world();
    const a = spawn();
    await registry.register("a", a);
    for (const given of [5, null, undefined, {}]) {
      const [text, ref] = [given as never, given as never];
      await assert.rejects(registry.register(text, a), { code: "ARGUMENT_INVALID" });
      await assert.rejects(registry.register("b", ref), { code: "REF_FOREIGN" });
      await assert.rejects(registry.find(text), { code: "ARGUMENT_INVALID" });
      await assert.rejects(registry.list(text), { code: "ARGUMENT_INVALID" });
      assert.throws(() => registry.release(text), { code: "ARGUMENT_INVALID" });
      for (const change of ["join", "leave"] as const) {
        assert.throws(() => registry[change](text, a), { code: "ARGUMENT_INVALID" });
        assert.throws(() => registry[change]("key", ref), { code: "REF_FOREIGN" });
      }
      assert.throws(() => registry.subscribe(ref), { code: "REF_FOREIGN" });
      assert.throws(() => registry.unsubscribe(ref), { code: "REF_FOREIGN" });
      assert.throws(() => new Registry(ref), { code: "REF_FOREIGN" });
      assert.throws(() => Registry.open(given as never), { code: "ARGUMENT_INVALID" });
    }
    await settle();
    assert.equal(await registry.find("a"), a);
    await system.shutdown();
  });

  it("makes a dead letter of what is no message to it, and forgets nobody by it", async () => {
    const { system, registry, spawn, settle } = world();
    const a = spawn();
    await registry.register("a", a);
    const strange = [
      null,
      5,
      "find",
      {},
      { kind: "toString" },
      { kind: "find", name: "a" },
      { kind: "find", name: 5, reply: { send: () => undefined, fail: () => undefined } },
      { kind: "names", reply: 5 },
      { kind: "register", name: "b", ref: a },
      { kind: "join", key: "k", ref: 5 },
      { kind: "leave", key: 5, ref: a },
      { kind: "release" },
      { kind: "subscribe" },
      { kind: "unsubscribe", to: { address: a.address } },
    ];
    for (const message of strange) registry.ref.tell(message as never);
    await settle();
    assert.equal(await registry.find("a"), a);
    assert.deepEqual(
      system.deadLetters.list().map(({ message, reason }) => [message, reason]),
      strange.map((message) => [message, "refused"]),
    );
    const misspelt = (reply: Reply<unknown>) =>
      ({ kind: "fnd", name: "a", reply }) as unknown as RegistryMessage;
    await assert.rejects(registry.ref.ask(misspelt), { code: "MESSAGE_REFUSED" });
    await system.shutdown();
  });

  it("a subscriber whose mailbox is full disturbs nobody", async () => {
    const { system, registry, spawn, settle } = world();
    const full = system.spawn(puppet(), { label: "f", log: [] }, { mailbox: { capacity: 1 } });
    full.tell((_, ctx) => ctx.hold());
    await settle();
    full.tell(() => undefined);
    registry.subscribe(full as never);
    const a = spawn();
    await registry.register("a", a);
    assert.equal(await registry.find("a"), a);
    await system.shutdown();
  });
});
