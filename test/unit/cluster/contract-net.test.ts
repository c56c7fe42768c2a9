/** Tasks and those who bid for them, on one node and on several, under a virtual clock. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { bidder, type BidderDefinition } from "../../../cluster/contract-net/bidder.ts";
import { TrackRecord } from "../../../cluster/contract-net/bids.ts";
import { contract, type Bidder, type Contracted } from "../../../cluster/contract-net/contract-net.ts";
import { actor, defineApp } from "../../../runtime/index.ts";
import {
  createTestSystem,
  createWorld,
  type TestSystem,
  type World,
} from "../../../runtime/testkit/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";

type Definition = Partial<BidderDefinition<string, string>>;

const task = { taskId: "t1", taskType: "review", data: "code" };
let test: TestSystem;
afterEach(() => test.system.shutdown());

/** Agents by their ids, each with what it does. */
function agents(definitions: Readonly<Record<string, Definition>>): readonly Bidder<string, string>[] {
  test = createTestSystem();
  return Object.entries(definitions).map(([agentId, definition]) => {
    const type = bidder<string, string>({
      name: agentId,
      bid: () => ({ confidence: 0.9, estimatedSeconds: 2 }),
      execute: ({ data }) => Promise.resolve(`${agentId} did ${data}`),
      ...definition,
    });
    return { agentId, ref: test.system.spawn(type, undefined, { name: agentId }) };
  });
}

async function contracted(
  bidders: readonly Bidder<string, string>[],
  ms = 0,
  record: TrackRecord = new TrackRecord(),
): Promise<Contracted<string>> {
  const result = contract(task, bidders, { clock: test.clock, record });
  result.catch(() => undefined);
  await test.advance(ms);
  return await result;
}

const after = (ms: number, value: string): Promise<string> =>
  new Promise((resolve) => test.clock.schedule(ms, () => resolve(value)));

describe("a contract net", () => {
  it("gives a task to the best bid, as soon as all have answered, and tells who else bid", async () => {
    const bidders = agents({
      slow: { bid: () => ({ confidence: 0.9, estimatedSeconds: 10 }) },
      fast: { bid: () => ({ confidence: 0.6, estimatedSeconds: 1 }) },
      idle: { bid: () => null },
    });
    const { agentId, result, bids, refused } = await contracted(bidders);
    assert.deepEqual([agentId, result, refused], ["fast", "fast did code", []]);
    assert.deepEqual(
      bids.map(({ agentId: id, score }) => [id, score]),
      [
        ["fast", 0.6],
        ["slow", 0.09],
      ],
    );
  });

  it("waits ten seconds for who does not answer, and no longer", async () => {
    const bidders = agents({ quick: {} });
    const silent = actor({
      name: "silent",
      initial: () => [] as unknown[],
      receive: (all, one: unknown) => [...all, one],
    });
    const mute = { agentId: "mute", ref: test.system.spawn(silent, undefined) as never };
    const begun = contract(task, [...bidders, mute], { clock: test.clock, record: new TrackRecord() });
    let ended = false;
    void begun.finally(() => (ended = true));
    await test.advance(9_999);
    assert.equal(ended, false);
    await test.advance(1);
    assert.equal((await begun).agentId, "quick");
  });

  it("hears no bid below the agent's threshold, and none that is no bid", async () => {
    const bidders = agents({ unsure: { bid: () => ({ confidence: 0.6, estimatedSeconds: 1 }) } });
    const [unsure] = bidders;
    await assert.rejects(
      contracted([{ ...unsure!, confidenceThreshold: 0.7 }]),
      hasCode("NO_AGENT_AVAILABLE"),
    );
    assert.equal((await contracted([{ ...unsure!, confidenceThreshold: 0.6 }])).agentId, "unsure");
    const liars = agents({ liar: { bid: () => ({ confidence: 7, estimatedSeconds: -1 }) } });
    await assert.rejects(contracted(liars), hasCode("NO_AGENT_AVAILABLE"));
    await assert.rejects(contracted([]), hasCode("NO_AGENT_AVAILABLE"));
  });

  it("passes over who does not accept within five seconds, for the next best", async () => {
    const bidders = agents({ next: {} });
    const deaf = actor({
      name: "deaf",
      initial: () => null,
      receive(state, message: { readonly kind: string; readonly reply?: { send(value: unknown): void } }) {
        if (message.kind === "announce") message.reply!.send({ confidence: 1, estimatedSeconds: 0 });
        return state;
      },
    });
    const best = { agentId: "deaf", ref: test.system.spawn(deaf, undefined) as never };
    const { agentId, refused } = await contracted([best, ...bidders], 5_000);
    assert.deepEqual([agentId, refused], ["next", ["deaf"]]);
  });

  it("gives an agent no more tasks at once than it has room for", async () => {
    const bidders = agents({ one: { execute: () => after(1_000, "done") } });
    const options = { clock: test.clock, record: new TrackRecord() };
    const first = contract(task, bidders, options);
    const second = contract({ ...task, taskId: "t2" }, bidders, options);
    const refusal = assert.rejects(second, hasCode("NO_AGENT_AVAILABLE"));
    await test.advance(1_000);
    await refusal;
    assert.equal((await first).result, "done");
    assert.equal((await contracted(bidders, 1_000)).result, "done");
  });

  it("keeps in the record how long the task took and whether it failed", async () => {
    const record = new TrackRecord();
    const bidders = agents({ late: { execute: () => after(7_000, "late") } });
    assert.equal((await contracted(bidders, 7_000, record)).seconds, 7);
    assert.equal(record.accuracyOf("late"), 3 / 8);
    const failing = agents({ failing: { execute: () => Promise.reject(new RangeError("no")) } });
    await assert.rejects(contracted(failing, 0, record), hasCode("ASK_REFUSED"));
    assert.ok(record.accuracyOf("failing") < 1);
  });

  it("has its room back when a task that was awarded never comes, and executes none that was not awarded", async () => {
    const [{ ref }] = agents({ one: {} }) as [Bidder<string, string>];
    const award = (): Promise<boolean> => ref.ask((reply) => ({ kind: "award", taskId: "t9", reply }));
    assert.equal(await award(), true);
    assert.equal(await award(), false);
    await assert.rejects(
      ref.ask<string>((reply) => ({ kind: "execute", task, reply })),
      hasCode("TASK_NOT_AWARDED"),
    );
    await test.advance(30_000);
    assert.equal(await award(), true);
  });

  it("calls an execution off when its agent stops", async () => {
    let aborted = false;
    const bidders = agents({
      one: {
        execute: (_task, signal) =>
          new Promise(() => signal.addEventListener("abort", () => (aborted = true))),
      },
    });
    const result = contract(task, bidders, { clock: test.clock, record: new TrackRecord() });
    const failure = assert.rejects(result, hasCode("ASK_TARGET_STOPPED"));
    await test.settle();
    await test.system.stop(bidders[0]!.ref);
    await failure;
    assert.equal(aborted, true);
  });
});

describe("a contract net between nodes", () => {
  const reviewer = bidder<string, string>({
    name: "reviewer",
    bid: () => ({ confidence: 0.9, estimatedSeconds: 1 }),
    execute: ({ data }) => Promise.resolve(`reviewed ${data}`),
  });
  let world: World;
  afterEach(() => world.shutdown());

  it("reaches agents on other nodes, and does without those of a node that is lost", async () => {
    test = createTestSystem();
    world = createWorld({ app: defineApp({ actors: [reviewer] }), nodes: ["b", "c"], seed: 3 });
    const bidders: Bidder<string, string>[] = [];
    for (const node of ["b", "c"]) {
      world.node(node).spawn(reviewer, undefined, { name: "reviewer" });
      const found = world.system.find(`${node}/reviewer`);
      await world.settle();
      bidders.push({ agentId: node, ref: (await found) as never });
    }
    const options = { clock: world.clock, record: new TrackRecord() };
    const both = contract(task, bidders, options);
    await world.settle();
    assert.deepEqual([(await both).agentId, (await both).result], ["b", "reviewed code"]);
    world.killNode("b");
    const one = contract({ ...task, taskId: "t2" }, bidders, options);
    await world.advance(60_000);
    assert.equal((await one).agentId, "c");
  });
});
