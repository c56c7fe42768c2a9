/** Traces over simulated threads, in many interleavings. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defineApp, type ActorRef, type Span } from "../../../../runtime/index.ts";
import { createWorld, type World } from "../../../../runtime/testkit/index.ts";
import { chain, hand, type Order } from "./actors.ts";

const app = defineApp({ actors: [hand] });
const SEEDS = 60;

interface Traced {
  readonly world: World;
  readonly spans: Span[];
  /** One on each thread. */
  readonly hands: readonly ActorRef<Order>[];
}

function traced(seed: number, share: number, delay = 0): Traced {
  const spans: Span[] = [];
  const traces = { share, onSpan: (span: Span) => void spans.push(span), capacity: 100_000 };
  const world = createWorld({ app, seed, threads: 3, telemetry: { traces }, faults: { delay } });
  const hands = [0, 1, 2, 3].map((thread) =>
    world.system.spawn(hand, undefined, { name: `hand${thread}`, placement: { thread } }),
  );
  return { world, spans, hands };
}

/** Threads of the spans of one trace, from the first to the last. */
function way(spans: readonly Span[], traceId: string): readonly number[] {
  const threads: number[] = [];
  let span = spans.find((one) => one.traceId === traceId && one.parentSpanId === null);
  while (span !== undefined) {
    const { spanId, thread } = span;
    threads.push(thread);
    span = spans.find((one) => one.parentSpanId === spanId);
  }
  return threads;
}

describe("a trace over threads", () => {
  it("is one chain of spans, whatever else goes on at the same time", async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { world, spans, hands } = traced(seed, 0.5, seed % 2 === 0 ? 0.2 : 0);
      const [a, b, c, d] = hands as [ActorRef<Order>, ActorRef<Order>, ActorRef<Order>, ActorRef<Order>];
      for (let count = 0; count < 20; count++) {
        a.tell(chain([b, c, d, b], { kind: "work" }));
        c.tell(chain([d, a], { kind: "work" }));
        if (count % 5 === 0) world.step();
      }
      await world.advance(60_000);
      const ids = new Set(spans.map(({ traceId }) => traceId));
      assert.ok(ids.size > 5, `seed ${seed}: ${ids.size} traces`);
      for (const id of ids) {
        const all = spans.filter(({ traceId }) => traceId === id);
        const expected = all.length === 5 ? [0, 1, 2, 3, 1] : [2, 3, 0];
        assert.deepEqual(way(all, id), expected, `seed ${seed}`);
      }
      await world.shutdown();
    }
  });

  it("follows questions and their answers", async () => {
    const { world, spans, hands } = traced(7, 1);
    hands[1]!.tell({ kind: "ask", of: hands[2]! });
    await world.advance(1_000);
    const one = (kind: string): Span => spans.find((span) => span.kind === kind)!;
    assert.deepEqual(
      ["ask", "answer", "answered"].map((kind) => one(kind).thread),
      [1, 2, 1],
    );
    assert.equal(one("answer").parentSpanId, one("ask").spanId);
    assert.equal(one("answered").parentSpanId, one("ask").spanId);
    assert.equal(one("ask").parentSpanId, null);
    await world.shutdown();
  });

  it("is not taken on by the next message when its own could not be sent", async () => {
    const { world, spans, hands } = traced(7, 0);
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    await world.settle();
    world.system.telemetry!.within(traceparent, () => {
      assert.throws(() => hands[1]!.tell({ kind: "work", run: () => undefined }), {
        code: "MESSAGE_UNSENDABLE",
      });
    });
    hands[1]!.tell({ kind: "work" });
    world.system.telemetry!.within(traceparent, () => hands[1]!.tell({ kind: "answered" }));
    hands[1]!.tell({ kind: "work" });
    await world.advance(1_000);
    assert.deepEqual(
      spans.map(({ kind }) => kind),
      ["answered"],
    );
    await world.shutdown();
  });

  it("survives the loss of a thread in its middle: what was handled is told, nothing hangs", async () => {
    const { world, spans, hands } = traced(11, 1);
    await world.settle();
    hands[0]!.tell(chain([hands[1]!, hands[2]!], { kind: "work" }));
    world.killThread(1);
    await world.advance(10_000);
    assert.ok(spans.length >= 1);
    hands[0]!.tell(chain([hands[2]!, hands[3]!], { kind: "work" }));
    const before = spans.length;
    await world.advance(1_000);
    assert.equal(spans.length, before + 3);
    await world.shutdown();
  });
});
