import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { actorsText, durationText, nodesText, tableText } from "../../../cli/admin-text.ts";
import { runTop, topFrame, topText, type TopFrame } from "../../../cli/top.ts";
import type { AdminClient, NodeReport } from "../../../cluster/index.ts";

const MB = 1_048_576;

function report(part: Partial<NodeReport> = {}): NodeReport {
  const type = { type: "orders", alive: 2, handled: 100, failed: 1, waiting: 3, waitMs: 50, handlingMs: 200 };
  return {
    node: "a",
    at: 1_000,
    uptimeMs: 60_000,
    runtime: "node 20.0.0",
    threads: 2,
    nodes: [{ node: "b", reached: true }],
    rssBytes: 100 * MB,
    heapBytes: 50 * MB,
    cpuUs: 1_000_000,
    deadLetters: 4,
    types: [type],
    ...part,
  };
}
/** The same two seconds later: 1,000 messages more, 500 ms of handling, half a core. */
const later = (node = "a"): NodeReport =>
  report({
    node,
    at: 3_000,
    uptimeMs: 62_000,
    cpuUs: 2_000_000,
    types: [
      { type: "orders", alive: 2, handled: 1_100, failed: 1, waiting: 0, waitMs: 2_050, handlingMs: 700 },
    ],
  });

describe("a look at the cluster", () => {
  it("has no rates the first time", () => {
    const { nodes, types } = topFrame(null, [report()]);
    assert.deepEqual([nodes[0]!.cpu, nodes[0]!.handledPerSecond, nodes[0]!.actors], [null, null, 2]);
    assert.deepEqual([types[0]!.handledPerSecond, types[0]!.handlingMs, types[0]!.busy], [null, null, null]);
  });

  it("has the rates of the time since the one before, over all nodes", () => {
    const { nodes, types } = topFrame([report(), report({ node: "b" })], [later(), later("b")]);
    assert.deepEqual([nodes[0]!.cpu, nodes[0]!.handledPerSecond], [0.5, 500]);
    const [orders] = types;
    assert.deepEqual([orders!.handledPerSecond, orders!.waitMs, orders!.handlingMs], [1_000, 2, 0.5]);
    assert.equal(orders!.busy, 0.5);
  });

  it("has no rates of a node that was started anew, and those of the others", () => {
    const young = report({ node: "b", uptimeMs: 100, types: [] });
    const { nodes, types } = topFrame([report(), report({ node: "b" })], [later(), young]);
    assert.deepEqual(
      nodes.map(({ cpu }) => cpu),
      [0.5, null],
    );
    assert.equal(types[0]!.handledPerSecond, 500);
  });

  it("lists those types first that take the most time, as far as the terminal has lines", () => {
    const type = (name: string, handlingMs: number) => ({
      ...report().types[0]!,
      type: name,
      handled: handlingMs,
      handlingMs,
    });
    const before = report({ types: ["x", "y", "z"].map((name) => type(name, 0)) });
    const now = report({ uptimeMs: 61_000, types: [type("x", 1), type("y", 90), type("z", 20)] });
    const frame = topFrame([before], [now]);
    assert.deepEqual(
      frame.types.map(({ type: name }) => name),
      ["y", "z", "x"],
    );
    assert.match(topText(frame), /^x /m);
    assert.doesNotMatch(topText(frame, 9), /^x /m);
    assert.match(topText(frame, 9), /^y .* 9%$/m);
  });

  it("is taken again and again until it is told to end", async () => {
    const stop = new AbortController();
    const frames: TopFrame[] = [];
    const answers = [[report()], [later()], [later()]];
    const client = { nodes: () => Promise.resolve(answers[frames.length]!) } as unknown as AdminClient;
    await runTop(client, {
      everyMs: 2_000,
      signal: stop.signal,
      show: (frame) => frames.push(frame),
      wait: (ms) => {
        assert.equal(ms, 2_000);
        if (frames.length === 2) stop.abort();
        return Promise.resolve();
      },
    });
    assert.deepEqual(
      frames.map(({ nodes }) => nodes[0]!.cpu),
      [null, 0.5],
    );
  });
});

describe("what an operator reads", () => {
  it("is a table with numbers to the right", () => {
    assert.equal(
      tableText(
        ["name", "count"],
        [
          ["a", 5],
          ["long name", 12_345],
        ],
      ),
      "name       count\na              5\nlong name  12345",
    );
    assert.equal(tableText(["name"], []), "name");
  });

  it("names nodes with their load, and actors as a tree", () => {
    assert.match(nodesText([report()]), /^a +1m0s +2 +2 +100 +1 +4 +100 +b$/m);
    const actor = (path: string, waiting: number | null) => ({
      path,
      address: `a/${path}#1`,
      type: "orders",
      thread: 0,
      status: "running" as const,
      waiting,
      unanswered: waiting,
      children: 0,
    });
    const text = actorsText([actor("top", 1), actor("top/below", null)], 5);
    assert.match(text, /^top +orders +0 +running +1 +1$/m);
    assert.match(text, /^ {2}below +orders +0 +running +\? +\?$/m);
    assert.match(text, /3 more/);
    assert.equal(actorsText([], 0), "no actors");
  });

  it("counts time in the two largest units", () => {
    const minute = 60_000;
    assert.deepEqual(
      [999, 59_000, 61_000, 61 * minute, 47 * 60 * minute, 50 * 60 * minute].map(durationText),
      ["0s", "59s", "1m1s", "1h1m", "47h0m", "2d2h"],
    );
  });
});
