import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ActorRef, ActorSystem, Span } from "../../../../runtime/index.ts";
import { createTestSystem, type TestSystem } from "../../../../runtime/testkit/index.ts";
import { chain, hand, type Order } from "./actors.ts";

interface Traced extends TestSystem {
  readonly spans: Span[];
  readonly hands: readonly ActorRef<Order>[];
}

const DELIVERED_MS = 200;

/** With hands named a, b, c. */
function traced(share = 1, options: { readonly capacity?: number; readonly seed?: number } = {}): Traced {
  const spans: Span[] = [];
  const { seed = 1, ...rest } = options;
  const traces = { share, onSpan: (span: Span) => void spans.push(span), ...rest };
  const test = createTestSystem({ seed, telemetry: { traces } });
  const hands = ["a", "b", "c"].map((name) => test.system.spawn(hand, undefined, { name }));
  return { ...test, spans, hands };
}

/** Each span as `actor kind < actor kind of its parent`. */
function lines(spans: readonly Span[]): readonly string[] {
  const said = ({ address, kind }: Span): string => `${address.split("/")[1]!.split("#")[0]!} ${kind ?? ""}`;
  return spans.map((span) => {
    const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
    return parent === undefined ? said(span) : `${said(span)} < ${said(parent)}`;
  });
}

const traceIds = (spans: readonly Span[]): ReadonlySet<string> =>
  new Set(spans.map(({ traceId }) => traceId));
const TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

const end = (system: ActorSystem): Promise<void> => system.shutdown();

describe("a trace", () => {
  it("follows a chain of tells from actor to actor", async () => {
    const { system, spans, hands, advance } = traced();
    hands[0]!.tell(chain([hands[0]!, hands[1]!, hands[2]!], { kind: "work" }));
    await advance(DELIVERED_MS);
    assert.deepEqual(lines(spans), ["a pass", "a pass < a pass", "b pass < a pass", "c work < b pass"]);
    assert.equal(traceIds(spans).size, 1);
    assert.equal(spans[0]!.parentSpanId, null);
    await end(system);
  });

  it("has a span for each message: what it was, where, when, for how long, and how long it had waited", async () => {
    const { system, spans, hands, clock, advance } = traced();
    await advance(50);
    hands[0]!.tell({ kind: "work", run: () => clock.jump(7) });
    hands[0]!.tell({ kind: "work", run: () => clock.jump(2) });
    await advance(DELIVERED_MS);
    const { traceId, spanId, ...second } = spans[1]!;
    assert.match(traceId, /^[0-9a-f]{32}$/);
    assert.match(spanId, /^[0-9a-f]{16}$/);
    assert.deepEqual(second, {
      parentSpanId: null,
      name: "hand work",
      type: "hand",
      kind: "work",
      address: hands[0]!.address,
      thread: 0,
      startedAt: 57,
      durationMs: 2,
      waitedMs: 7,
      error: null,
    });
    assert.notEqual(spans[0]!.traceId, traceId);
    await end(system);
  });

  it("follows questions, and what comes of their answers", async () => {
    const { system, spans, hands, advance } = traced();
    hands[0]!.tell({ kind: "ask", of: hands[1]! });
    await advance(DELIVERED_MS);
    assert.deepEqual(lines(spans), ["a ask", "b answer < a ask", "a answered < a ask"]);
    await end(system);
  });

  it("follows single timers; each tick of a periodic one begins a trace of its own", async () => {
    const { system, spans, hands, advance } = traced();
    hands[0]!.tell({ kind: "later", delayMs: 20 });
    hands[1]!.tell({ kind: "beat", intervalMs: 30 });
    await advance(70 + DELIVERED_MS);
    assert.deepEqual(lines(spans).slice(0, 5), ["a later", "b beat", "a work < a later", "b work", "b work"]);
    await end(system);
  });

  it("follows what is put aside and taken back", async () => {
    const { system, spans, hands, advance } = traced();
    hands[1]!.tell({ kind: "pass", to: hands[0]!, next: { kind: "put-aside" } });
    await advance(0);
    hands[0]!.tell({ kind: "take-back" });
    await advance(DELIVERED_MS);
    assert.deepEqual(lines(spans), [
      "b pass",
      "a put-aside < b pass",
      "a take-back",
      "a put-aside < a put-aside",
    ]);
    await end(system);
  });

  it("does not show in what was put aside and becomes a dead letter", async () => {
    const { system, hands, settle } = traced();
    hands[0]!.tell({ kind: "put-aside" });
    await settle();
    await system.stop(hands[0]!);
    assert.deepEqual(
      system.deadLetters.list().map(({ message, reason }) => [message, reason]),
      [[{ kind: "put-aside" }, "stashed"]],
    );
    await end(system);
  });

  it("says which message failed, and with what", async () => {
    const { system, spans, hands, advance } = traced();
    hands[0]!.tell({ kind: "crash" });
    await advance(DELIVERED_MS);
    assert.deepEqual(spans[0]!.error, { code: "UNEXPECTED", message: "crash" });
    await end(system);
  });

  it("ends where a chain has become a thousand messages long, and another may begin", async () => {
    const { system, spans, hands, advance } = traced();
    const [a] = hands;
    const again = (left: number): Order => ({
      kind: "work",
      run: () => {
        if (left > 0) a!.tell(again(left - 1));
      },
    });
    a!.tell(again(1_200));
    await advance(DELIVERED_MS);
    assert.equal(spans.length, 1_201);
    const lengths = [...traceIds(spans)].map((id) => spans.filter(({ traceId }) => traceId === id).length);
    assert.deepEqual(lengths, [1_000, 201]);
    await end(system);
  });
});

describe("sampling", () => {
  it("decides once for a whole chain, by the seeded chance of the system", async () => {
    const { system, spans, hands, advance } = traced(0.25, { seed: 5 });
    for (let count = 0; count < 400; count++) {
      hands[0]!.tell(chain([hands[1]!, hands[2]!], { kind: "work" }));
      await advance(0);
    }
    await advance(DELIVERED_MS);
    const chains = traceIds(spans).size;
    assert.ok(chains > 70 && chains < 130, `${chains} of 400`);
    assert.equal(spans.length, 3 * chains);
    const again = traced(0.25, { seed: 5 });
    for (let count = 0; count < 400; count++) {
      again.hands[0]!.tell(chain([again.hands[1]!, again.hands[2]!], { kind: "work" }));
      await again.advance(0);
    }
    await again.advance(DELIVERED_MS);
    assert.deepEqual(traceIds(again.spans), traceIds(spans));
    await Promise.all([end(system), end(again.system)]);
  });

  it("decides also for what a timer or a promise carries on", async () => {
    const { system, spans, hands, advance } = traced(0.5);
    for (let count = 0; count < 100; count++) {
      hands[0]!.tell({ kind: "ask", of: hands[1]! });
      hands[2]!.tell({ kind: "later", delayMs: 1 });
      await advance(1);
    }
    await advance(DELIVERED_MS);
    const roots = spans.filter(({ parentSpanId }) => parentSpanId === null).map(({ kind }) => kind);
    assert.deepEqual(new Set(roots), new Set(["ask", "later"]));
    const count = (kind: string): number => spans.filter((span) => span.kind === kind).length;
    assert.equal(count("answer"), count("ask"));
    assert.equal(count("answered"), count("ask"));
    assert.equal(count("work"), count("later"));
    await end(system);
  });
});

describe("a trace from outside", () => {
  it("is gone on with when its header says that it is traced, whatever the share", async () => {
    const { system, spans, hands, advance } = traced(0);
    const given = system.telemetry!.within(TRACEPARENT, () => {
      hands[0]!.tell(chain([hands[1]!], { kind: "work" }));
      return system.telemetry!.traceparent;
    });
    hands[2]!.tell({ kind: "work" });
    await advance(DELIVERED_MS);
    assert.equal(given, TRACEPARENT);
    assert.deepEqual(lines(spans), ["a pass", "b work < a pass"]);
    assert.equal(spans[0]!.traceId, "4bf92f3577b34da6a3ce929d0e0e4736");
    assert.equal(spans[0]!.parentSpanId, "00f067aa0ba902b7");
    await end(system);
  });

  it("that is not traced stays so, and is handed on as it came", async () => {
    const { system, spans, hands, advance } = traced(1);
    const header = TRACEPARENT.replace(/1$/, "0");
    const seen: (string | null)[] = [];
    system.telemetry!.within(header, () => {
      hands[0]!.tell({
        kind: "pass",
        to: hands[1]!,
        next: { kind: "work", run: () => seen.push(system.telemetry!.traceparent) },
      });
    });
    await advance(DELIVERED_MS);
    assert.deepEqual(spans, []);
    assert.deepEqual(seen, [header]);
    await end(system);
  });

  it("with an invalid header begins anew", async () => {
    const { system, spans, hands, advance } = traced(1);
    system.telemetry!.within("00-nonsense", () => hands[0]!.tell({ kind: "work" }));
    await advance(DELIVERED_MS);
    assert.equal(spans[0]!.parentSpanId, null);
    await end(system);
  });

  it("is left when the action ends, also by an error", () => {
    const { telemetry } = traced(1).system;
    const fail = (): never => {
      throw new RangeError("no");
    };
    assert.throws(() => telemetry!.within(TRACEPARENT, fail), RangeError);
    assert.equal(telemetry!.traceparent, null);
  });

  it("is no more than a call where nothing is traced", () => {
    const { system } = createTestSystem({ telemetry: {} });
    assert.equal(
      system.telemetry!.within(TRACEPARENT, () => system.telemetry!.traceparent),
      null,
    );
  });

  it("can be handed on by an actor: its traceparent names the message in hand", async () => {
    const { system, spans, hands, advance } = traced(1);
    const seen: (string | null)[] = [];
    hands[0]!.tell({ kind: "work", run: () => seen.push(system.telemetry!.traceparent) });
    await advance(DELIVERED_MS);
    assert.deepEqual(seen, [`00-${spans[0]!.traceId}-${spans[0]!.spanId}-01`]);
    await end(system);
  });
});

describe("spans", () => {
  it("are delivered every 100 ms; those that find no room are counted", async () => {
    const { system, spans, hands, settle, advance } = traced(1, { capacity: 2 });
    for (let count = 0; count < 5; count++) hands[0]!.tell({ kind: "work" });
    await settle();
    assert.equal(spans.length, 0);
    await advance(100);
    assert.equal(spans.length, 2);
    assert.deepEqual((await system.telemetry!.metrics()).spans, { ended: 5, dropped: 3 });
    hands[0]!.tell({ kind: "work" });
    await advance(100);
    assert.equal(spans.length, 3);
    await end(system);
  });

  it("that still wait are delivered at shutdown, which leaves no timer", async () => {
    const { system, spans, hands, settle, clock } = traced();
    hands[0]!.tell({ kind: "work" });
    await settle();
    await end(system);
    assert.equal(spans.length, 1);
    assert.equal(clock.pending, 0);
  });

  it("whose listener throws disturb nobody, and it is published", async () => {
    const failures: string[] = [];
    const onSpan = (): never => {
      throw new RangeError("no");
    };
    const { system, advance } = createTestSystem({ telemetry: { traces: { share: 1, onSpan } } });
    system.events.subscribe("listener-failed", ({ during }) => failures.push(during));
    const ref = system.spawn(hand, undefined);
    for (let count = 0; count < 2; count++) ref.tell({ kind: "work" });
    await advance(DELIVERED_MS);
    assert.deepEqual(failures, ["span", "span"]);
    await end(system);
  });
});
