/** A whole node, threads and all, seen from its main thread. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import {
  createSystem,
  NodeObserver,
  type ActorSystem,
  type Reply,
  type TracedMessage,
} from "../../runtime/index.ts";
import { hasCode } from "../contract/journal-contract.ts";
import { eventually } from "../kit/eventually.ts";
import { app } from "../kit/observed-app.ts";
import { counter } from "../kit/thread-app.ts";

let system: ActorSystem;
afterEach(() => system.shutdown());

function open(): NodeObserver {
  system = createSystem({ app, threads: 2 });
  return new NodeObserver(system);
}

describe("a node that is looked into", () => {
  it("shows the actors of all its threads, each once, with what waits for them", async () => {
    const node = open();
    for (const thread of [0, 1, 2]) {
      system.spawn(counter, thread, { name: `c${thread}`, placement: { thread } });
    }
    await eventually("all of them", async () => (await node.actors()).length === 6);
    const views = (await node.actors()).filter(({ type }) => type === "counter");
    assert.deepEqual(
      views.map(({ path, status, waiting }) => [path, status, waiting]),
      [
        ["c0", "running", 0],
        ["c1", "running", 0],
        ["c2", "running", 0],
      ],
    );
    assert.equal(new Set(views.map(({ thread }) => thread)).size, 3);
  });

  it("shows states, and pauses, resumes, restarts and stops actors wherever they live", async () => {
    const node = open();
    const far = system.spawn(counter, 5, { name: "far", placement: { thread: 2 } });
    const get = (): Promise<number> =>
      far.ask((reply: Reply<number>) => ({ kind: "get", reply }), { timeoutMs: 60_000 });
    far.tell({ kind: "add", step: 1 });
    assert.equal(await get(), 6);
    assert.equal(await node.state("far"), "6");
    await node.act("pause", "far");
    const asked = get();
    await eventually("the question waits", async () => (await node.actors("far"))[0]!.waiting === 1);
    await node.act("resume", "far");
    assert.equal(await asked, 6);
    await node.act("restart", "far");
    assert.equal(await get(), 5);
    await node.act("stop", "far");
    await eventually("it has stopped", async () => (await node.actors()).every(({ path }) => path !== "far"));
    await assert.rejects(node.state("far"), hasCode("ACTOR_UNKNOWN"));
    await assert.rejects(node.act("pause", "nobody"), hasCode("ACTOR_UNKNOWN"));
    await assert.rejects(node.actors("nobody"), hasCode("ACTOR_UNKNOWN"));
  });

  it("traces an actor on another thread until it is told not to", async () => {
    const node = open();
    const far = system.spawn(counter, 5, { name: "far", placement: { thread: 1 } });
    const seen: TracedMessage[] = [];
    const get = (): Promise<number> => far.ask((reply: Reply<number>) => ({ kind: "get", reply }));
    await get();
    const cancel = await node.trace("far", (one) => seen.push(one));
    far.tell({ kind: "add", step: 1 });
    await eventually("the message is seen", () => seen.length === 1);
    assert.match(seen[0]!.text, /add.*step: 1/);
    cancel();
    await eventually("the trace has ended", async () => {
      const before = seen.length;
      await get();
      await node.actors();
      return seen.length === before;
    });
    await assert.rejects(
      node.trace("nobody", () => undefined),
      hasCode("ACTOR_UNKNOWN"),
    );
  });

  it("shows dead letters of all threads, and tells them again", async () => {
    const node = open();
    const gone = system.spawn(counter, 0, { name: "gone" });
    await system.stop(gone);
    gone.tell({ kind: "add", step: 7 });
    const [letter] = await node.deadLetters();
    assert.deepEqual([letter!.reason, letter!.text], ["stopped", "{ kind: 'add', step: 7 }"]);
    assert.equal(await node.replayDeadLetters(), 0);
    const again = system.spawn(counter, 0, { name: "gone" });
    assert.equal(await node.replayDeadLetters(), 1);
    assert.equal(await again.ask((reply: Reply<number>) => ({ kind: "get", reply })), 7);
  });
});
