/** Telemetry over real worker threads. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { createSystem, type ActorSystem, type Span, type ThreadOptions } from "../../runtime/index.ts";
import { eventually } from "../kit/eventually.ts";
import { app, counter, type CounterMessage } from "../kit/thread-app.ts";

let system: ActorSystem;
let spans: Span[];
afterEach(() => system.shutdown());

function open(threads: number | ThreadOptions, share = 1): ActorSystem {
  spans = [];
  const traces = { share, onSpan: (span: Span) => void spans.push(span) };
  system = createSystem({ app, threads, telemetry: { traces } });
  return system;
}

const on = (
  thread: number,
  name: string,
): { readonly name: string; readonly placement: { readonly thread: number } } => ({
  name,
  placement: { thread },
});

describe("telemetry over threads", () => {
  it("traces a chain over actors of three threads as one, each span the parent of the next", async () => {
    open(3);
    const refs = [1, 2, 3].map((thread) => system.spawn(counter, 0, on(thread, `c${thread}`)));
    const message = refs.reduceRight<CounterMessage>((next, to) => ({ kind: "tell", to, message: next }), {
      kind: "add",
      step: 1,
    });
    const first = system.spawn(counter, 0, { name: "first" });
    first.tell(message);
    await eventually("all four spans have come", () => spans.length >= 4);
    const byId = new Map(spans.map((span) => [span.spanId, span]));
    const last = spans.find(({ kind }) => kind === "add")!;
    const way: string[] = [];
    for (let span: Span | undefined = last; span !== undefined; span = byId.get(span.parentSpanId ?? "")) {
      way.unshift(span.address.split("/")[1]!.split("#")[0]!);
    }
    assert.deepEqual(way, ["first", "c1", "c2", "c3"]);
    assert.equal(new Set(spans.map(({ traceId }) => traceId)).size, 1);
    assert.equal(new Set(spans.map(({ thread }) => thread)).size, 4);
    assert.ok(spans.every(({ startedAt }) => Math.abs(startedAt - Date.now()) < 60_000));
  });

  it("delivers at shutdown what other threads still had", async () => {
    open(1);
    const ref = system.spawn(counter, 0, on(1, "c"));
    for (let step = 0; step < 10; step++) ref.tell({ kind: "add", step });
    await ref.ask<number>((reply) => ({ kind: "get", reply }), { timeoutMs: 20_000 });
    await system.shutdown();
    assert.equal(spans.length, 11);
  });

  it("merges the metrics of all threads", async () => {
    open(2, 0);
    const refs = [0, 1, 2].map((thread) => system.spawn(counter, 0, on(thread, `c${thread}`)));
    for (const ref of refs) {
      for (let step = 0; step < 100; step++) ref.tell({ kind: "add", step });
      await ref.ask<number>((reply) => ({ kind: "get", reply }), { timeoutMs: 20_000 });
    }
    const { types, instances, threads, late } = await system.telemetry!.metrics({ timeoutMs: 20_000 });
    assert.deepEqual([threads, late], [[0, 1, 2], []]);
    const [type] = types;
    assert.deepEqual([type!.type, type!.spawned, type!.alive, type!.handled], ["counter", 3, 3, 303]);
    assert.equal(type!.waitMs.count, 303);
    assert.ok(type!.handlingMs.quantile(0.99) >= type!.handlingMs.quantile(0.5));
    assert.deepEqual(
      new Set(instances.map(({ address }) => address)),
      new Set(refs.map(({ address }) => address)),
    );
  });

  it("does not wait for a thread that hangs or is lost, and keeps what it had told", async () => {
    open({ count: 2, hangMs: 1_500 }, 0);
    const [a, b] = [system.spawn(counter, 0, on(1, "a")), system.spawn(counter, 0, on(2, "b"))];
    for (const ref of [a, b])
      await ref.ask<number>((reply) => ({ kind: "get", reply }), { timeoutMs: 20_000 });
    const before = await system.telemetry!.metrics({ timeoutMs: 20_000 });
    assert.equal(before.types[0]!.handled, 2);
    a.tell({ kind: "hang" });
    const lost = new Promise((resolve) => system.events.subscribe("thread-lost", resolve));
    let during = before;
    await eventually("the thread does not answer any more", async () => {
      during = await system.telemetry!.metrics({ timeoutMs: 100 });
      return during.late.includes(1);
    });
    assert.equal(during.types[0]!.handled, 2);
    // Waiting for as long as it takes ends with the thread.
    const patient = system.telemetry!.metrics({ timeoutMs: 60_000 });
    await lost;
    const after = await patient;
    assert.ok(!after.threads.includes(1));
    assert.ok(after.types[0]!.handled >= 2);
  });
});
