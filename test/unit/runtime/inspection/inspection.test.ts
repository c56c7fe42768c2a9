/** A look inside running actors, and an operator's hand on them. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import {
  actor,
  Inspection,
  type ActorRef,
  type Reply,
  type TracedMessage,
} from "../../../../runtime/index.ts";
import { createTestSystem, createWorld, type TestSystem } from "../../../../runtime/testkit/index.ts";
import { hasCode } from "../../../contract/journal-contract.ts";
import { app, counter, parent, type CounterMessage, type ParentMessage } from "../../../kit/thread-app.ts";

let test: TestSystem;
let look: Inspection;
afterEach(() => test.system.shutdown());

function open(): ActorRef<CounterMessage> {
  test = createTestSystem({ telemetry: { traces: { share: 1, onSpan: () => undefined } } });
  look = new Inspection(test.system);
  return test.system.spawn(counter, 1, { name: "sum" });
}
const get = (ref: ActorRef<CounterMessage>): Promise<number> =>
  ref.ask((reply: Reply<number>) => ({ kind: "get", reply }));
async function spawnChild(under: ActorRef<ParentMessage>, name: string): Promise<ActorRef<CounterMessage>> {
  return await under.ask((reply: Reply<ActorRef<CounterMessage>>) => ({
    kind: "spawn",
    name,
    placement: "local",
    reply,
  }));
}

describe("an inspection", () => {
  it("shows who lives, parents before children, and what waits for them", async () => {
    const sum = open();
    const family = test.system.spawn(parent, undefined, { name: "family" });
    await spawnChild(family, "first");
    await spawnChild(family, "second");
    assert.deepEqual(
      look
        .actors()
        .map(({ path, type, status, waiting, children }) => [path, type, status, waiting, children]),
      [
        ["sum", "counter", "running", 0, 0],
        ["family", "parent", "running", 0, 2],
        ["family/first", "counter", "running", 0, 0],
        ["family/second", "counter", "running", 0, 0],
      ],
    );
    assert.deepEqual(
      look.actors("family/second").map(({ address, thread }) => [address.split("#")[0], thread]),
      [["local/family/second", 0]],
    );
    const kept = sum.ask((reply: Reply<number>) => ({ kind: "keep", reply }));
    kept.catch(() => undefined);
    await test.settle();
    assert.equal(look.actors("sum")[0]!.unanswered, 1);
  });

  it("shows a state as text, of bounded length, and runs none of its code", async () => {
    open();
    let ran = false;
    const odd = actor({
      name: "odd",
      initial: () => ({
        get trap() {
          ran = true;
          return 1;
        },
        [Symbol.for("nodejs.util.inspect.custom")]: () => ((ran = true), "custom"),
        long: "x".repeat(10_000),
        many: Array.from({ length: 10_000 }, (_, index) => ({ index })),
      }),
      receive: (state) => state,
    });
    test.system.spawn(odd, undefined, { name: "odd" });
    await test.settle();
    assert.equal(look.state("sum"), "1");
    const text = look.state("odd");
    assert.ok(text.length <= 2_000 && text.includes("[Getter]"), text);
    assert.equal(ran, false);
  });

  it("pauses an actor: messages and timers wait, it can be stopped, and resumes in order", async () => {
    const sum = open();
    await test.settle();
    look.pause("sum");
    look.pause("sum");
    sum.tell({ kind: "add", step: 2 });
    const asked = get(sum);
    await test.settle();
    const [{ status, waiting }] = look.actors("sum") as [ReturnType<Inspection["actors"]>[number]];
    assert.deepEqual([status, waiting, look.state("sum")], ["paused", 2, "1"]);
    look.resume("sum");
    look.resume("sum");
    assert.equal(await asked, 3);
    look.pause("sum");
    assert.deepEqual(await test.system.stop(sum), { kind: "stopped" });
  });

  it("restarts an actor whatever its supervisor would decide, and as often as it is told", async () => {
    test = createTestSystem({ supervision: { maxRestarts: 1, withinMs: 60_000 } });
    look = new Inspection(test.system);
    const sum = test.system.spawn(counter, 1, { name: "sum" });
    const address = sum.address;
    for (let time = 0; time < 5; time++) {
      sum.tell({ kind: "add", step: 10 });
      assert.equal(await get(sum), 11);
      look.restart("sum");
      assert.equal(await get(sum), 1);
    }
    assert.equal(sum.address, address);
    sum.tell({ kind: "crash", why: "of its own" });
    assert.equal(await get(sum), 1);
  });

  it("restarts one that is paused, which then runs", async () => {
    const sum = open();
    await test.settle();
    look.pause("sum");
    sum.tell({ kind: "add", step: 2 });
    look.restart("sum");
    assert.equal(await get(sum), 3);
  });

  it("stops an actor with those below it", async () => {
    open();
    const family = test.system.spawn(parent, undefined, { name: "family" });
    await spawnChild(family, "first");
    look.stop("family");
    await test.settle();
    assert.deepEqual(
      look.actors().map(({ path }) => path),
      ["sum"],
    );
  });

  it("traces the messages of an actor, through its restarts, until it is told not to", async () => {
    const sum = open();
    const seen: TracedMessage[] = [];
    const cancel = look.trace("sum", (one) => seen.push(one));
    const cancelOther = look.trace("sum", () => {
      throw new Error("a listener that fails");
    });
    sum.tell({ kind: "add", step: 2 });
    sum.tell({ kind: "crash", why: "why not" });
    assert.equal(await get(sum), 1);
    assert.deepEqual(
      seen.map(({ text, address }) => [text.slice(0, 12), address === sum.address]),
      [
        ["{ kind: 'add", true],
        ["{ kind: 'cra", true],
        ["{ kind: 'get", true],
      ],
    );
    assert.deepEqual(
      seen.map(({ waiting }) => waiting),
      [2, 1, 0],
    );
    cancel();
    cancel();
    cancelOther();
    assert.equal(await get(sum), 1);
    assert.equal(seen.length, 3);
  });

  it("refuses actors that are not there, and to pause what does not run", async () => {
    open();
    for (const act of ["state", "pause", "resume", "restart", "stop"] as const) {
      assert.throws(() => look[act]("nobody"), hasCode("ACTOR_UNKNOWN"));
    }
    assert.throws(() => look.trace("sum/below", () => undefined), hasCode("ACTOR_UNKNOWN"));
    assert.throws(() => look.pause("sum"), hasCode("ACTOR_NOT_RUNNING"));
    await test.settle();
    look.pause("sum");
    assert.throws(() => new Inspection({} as never), hasCode("ARGUMENT_INVALID"));
  });

  it("sees of a system with threads those of its own thread, and where the others live", async () => {
    test = createTestSystem();
    const world = createWorld({ app, threads: 1, seed: 5 });
    try {
      world.system.spawn(counter, 1, { name: "far", placement: { thread: 1 } });
      world.system.spawn(counter, 1, { name: "near" });
      await world.settle();
      const views = new Inspection(world.system).actors();
      assert.deepEqual(
        views.map(({ path, waiting }) => [path, waiting]),
        [
          ["far", null],
          ["near", 0],
        ],
      );
      assert.notEqual(views[0]!.thread, 0);
    } finally {
      await world.shutdown();
    }
  });
});
