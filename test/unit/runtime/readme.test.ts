/** The examples of runtime/README.md, compiled and run. The last test finds each of them in the document. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, InMemorySpanExporter } from "@opentelemetry/sdk-trace-base";
import {
  actor,
  askFirst,
  broadcast,
  byKey,
  CircuitBreaker,
  createSystem,
  defineApp,
  eventSourced,
  filtering,
  Flow,
  isRefusal,
  mapping,
  pool,
  Registry,
  retry,
  router,
  sink,
  source,
} from "../../../runtime/index.ts";
import type { ActorRef, ActorSystem, Behaviour, RegistryEvent, Reply } from "../../../runtime/index.ts";
import { metricProducer, spanListener } from "../../../runtime/telemetry/open-telemetry.ts";
import { createTestSystem, createWorld, type TestSystem } from "../../../runtime/testkit/index.ts";
import { openMemoryJournal } from "../../../storage/index.ts";
import { readSource } from "../../kit/repository.ts";

// first
type CounterMessage =
  { readonly kind: "add"; readonly step: number } | { readonly kind: "get"; readonly reply: Reply<number> };

const counter = actor({
  name: "counter",
  initial: (from: number) => from,
  receive(count, message: CounterMessage) {
    if (message.kind === "add") return count + message.step;
    message.reply.send(count);
    return count;
  },
});
// end

let world: TestSystem;
let system: ActorSystem;
let printed: string[];
const console = { log: (...parts: unknown[]): void => void printed.push(parts.map(String).join(" ")) };

beforeEach(() => {
  world = createTestSystem({ journal: openMemoryJournal() });
  ({ system } = world);
  printed = [];
});
afterEach(() => system.shutdown());

/** Lets actors and promises come to rest, with time passing. */
const rest = (): Promise<void> => world.advance(60_000);

describe("the examples of runtime/README.md", () => {
  it("a counter counts", async () => {
    // first
    const system = createSystem({ app: defineApp({ actors: [counter] }) });
    const ref = system.spawn(counter, 40);
    ref.tell({ kind: "add", step: 2 });
    console.log(await ref.ask((reply: Reply<number>) => ({ kind: "get", reply }))); // 42
    await system.shutdown();
    // end
    assert.deepEqual(printed, ["42"]);
  });

  it("an ask is cancelled", async () => {
    const ref = system.spawn(counter, 40);
    const question = (reply: Reply<number>): CounterMessage => ({ kind: "get", reply });
    // example
    const stop = new AbortController();
    const answer = ref.ask(question, { timeoutMs: 1_000, signal: stop.signal });
    stop.abort();
    await answer.catch((error: unknown) => console.log((error as { code: string }).code)); // ASK_CANCELLED
    // end
    assert.deepEqual(printed, ["ASK_CANCELLED"]);
  });

  it("an actor becomes another, and puts aside what it cannot handle yet", async () => {
    // example
    type Door = "open" | "close" | { readonly enter: string };

    const closed: Behaviour<Door> = (message, ctx) => {
      if (message !== "open") {
        ctx.stash(message);
        return closed;
      }
      ctx.unstash();
      return opened;
    };
    const opened: Behaviour<Door> = (message) => {
      if (typeof message === "object") console.log(`${message.enter} enters`);
      return message === "close" ? closed : opened;
    };
    const door = actor<undefined, Behaviour<Door>, Door>({
      name: "door",
      initial: () => closed,
      receive: (behaviour, message, ctx) => behaviour(message, ctx),
      mailbox: { priority: (message) => (message === "close" ? 1 : 0), overflow: "wait" },
    });
    // end
    const ref = system.spawn(door, undefined);
    for (const message of [{ enter: "Ada" }, "open", { enter: "Bob" }] as const) ref.tell(message);
    await rest();
    assert.deepEqual(printed, ["Ada enters", "Bob enters"]);
  });

  it("an actor watches time and others", async () => {
    // example
    type Watch = { readonly over: ActorRef<never> } | "tick" | "quiet";

    const watchman = actor({
      name: "watchman",
      initial: () => 0,
      receive(ticks: number, message: Watch, ctx) {
        if (message === "quiet") ctx.drain();
        if (typeof message === "string") return ticks + 1;
        ctx.watch(message.over);
        ctx.timers.periodic("tick", 1_000, "tick");
        ctx.receiveTimeout(5_000, "quiet");
        return ticks;
      },
      signal(ticks, { ref, reason }) {
        console.log(`${ref.address} ${reason.kind} after ${ticks} ticks`);
        return ticks;
      },
    });
    // end
    const over = system.spawn(counter, 1, { name: "counter" });
    const ref = system.spawn(watchman, undefined);
    ref.tell({ over });
    await world.advance(2_500);
    await Promise.all([system.stop(over), world.settle()]);
    assert.match(printed[0]!, /\/counter#\d+ stopped after 2 ticks/);
    await rest();
    await assert.rejects(
      ref.ask(() => "tick"),
      { code: "ASK_TARGET_STOPPED" },
    );
  });

  it("routers and pools lead to several actors", async () => {
    const refs = [1, 2, 3].map((from) => system.spawn(counter, from));
    const get = (reply: Reply<number>): CounterMessage => ({ kind: "get", reply });
    // example
    const shortest = router(refs, "least-mailbox");
    shortest.tell({ kind: "add", step: 1 });
    broadcast(refs, { kind: "add", step: 1 });
    console.log(await askFirst(refs, get)); // 3

    const counters = pool({ name: "counters", worker: counter, supervision: { maxRestarts: 3 } });
    const crew = system.spawn(counters, { size: 4, args: 0, placement: "spread" });
    crew.tell({ kind: "add", step: 1 });
    // end
    assert.deepEqual(printed, ["3"]);
    const counts = await Promise.all([1, 2, 3, 4].map(() => crew.ask(get)));
    assert.deepEqual(counts.toSorted(), [0, 0, 0, 1]);
  });

  it("actors by key are passivated", async () => {
    // example
    const account = actor({
      name: "account",
      initial: (owner: string) => ({ owner, balance: 0 }),
      receive: (state, amount: number) => ({ ...state, balance: state.balance + amount }),
      stopped: ({ owner, balance }) => console.log(`${owner} ${balance}`),
    });
    const accounts = byKey({
      name: "accounts",
      type: account,
      idleMs: 30_000,
      placement: (key) => ({ key }),
    });
    const ref = system.spawn(accounts, undefined);
    ref.tell({ key: "ada", message: 5 });
    ref.tell({ key: "ada", message: 2 });
    // end
    await rest();
    assert.deepEqual(printed, ["ada 7"]);
  });

  it("a registry tells who is who", async () => {
    const worker = system.spawn(counter, 0);
    const changes: RegistryEvent["kind"][] = [];
    const listener: ActorRef<RegistryEvent> = system.spawn(
      actor({
        name: "listener",
        initial: () => null,
        receive: (_, { kind }: RegistryEvent) => (changes.push(kind), null),
      }),
      undefined,
    );
    // example
    const registry = Registry.open(system);
    await registry.register("the counter", worker);
    registry.join("counters", worker);
    registry.subscribe(listener); // is told what there is, then each change
    const found = await registry.find<CounterMessage>("the counter");
    const members = await registry.list<CounterMessage>("counters");
    // end
    assert.equal(found, worker);
    assert.deepEqual(members, [worker]);
    await Promise.all([system.stop(worker), rest()]);
    assert.deepEqual(changes, ["registered", "joined", "released", "left"]);
  });

  it("a flow is driven by demand", async () => {
    // example
    const numbers = source("numbers", function* (to: number) {
      for (let number = 1; number <= to; number++) yield number;
    });
    const even = filtering("even", (number: number) => number % 2 === 0);
    const squared = mapping("squared", (number: number) => number ** 2);
    const printing = sink("printing", (number: number) => console.log(number));

    const flow = Flow.from(numbers, 6).via(even, null).via(squared, null, { placement: "spread" });
    await flow.into(system, printing, null, { window: 8 }); // 4, 16, 36
    // end
    assert.deepEqual(printed, ["4", "16", "36"]);
  });

  it("a retry and a breaker spare a target that fails", async () => {
    const { clock, random } = system;
    let calls = 0;
    const fetchPrice = (): Promise<number> =>
      ++calls < 3 ? Promise.reject(new Error("busy")) : Promise.resolve(7);
    // example
    const breaker = new CircuitBreaker({ clock, failures: 5, openMs: 60_000 });
    const price = retry(() => breaker.call(fetchPrice), {
      clock,
      random,
      attempts: 3,
      again: (error) => !isRefusal(error),
    });
    // end
    await rest();
    assert.equal(await price, 7);
  });

  it("dead letters are looked at and told again", async () => {
    const ref = system.spawn(counter, 0, { name: "counter" });
    await system.stop(ref);
    ref.tell({ kind: "add", step: 2 });
    // example
    for (const { message, target, reason } of system.deadLetters.list()) {
      console.log(reason, target, JSON.stringify(message));
    }
    const successor = system.spawn(counter, 0, { name: "counter" });
    system.deadLetters.replay({ filter: ({ reason }) => reason === "stopped" });
    // end
    assert.match(printed[0]!, /^stopped \S+\/counter#\d+ \{"kind":"add","step":2\}$/);
    assert.equal(await successor.ask((reply: Reply<number>) => ({ kind: "get", reply })), 2);
  });

  it("an event-sourced actor keeps what happened", async () => {
    // example
    type Command = { readonly id: string; readonly amount: number; readonly reply: Reply<number> };

    const savings = eventSourced<string, number, Command, number>({
      name: "savings",
      stream: (owner) => `savings-${owner}`,
      empty: () => 0,
      handle: (balance, { amount, reply }) =>
        balance + amount < 0
          ? { effect: () => reply.fail(new Error("not enough")) }
          : { events: [amount], effect: (after) => reply.send(after) },
      apply: (balance, amount) => balance + amount,
      messageId: ({ id }) => id,
      duplicate: (balance, { reply }) => reply.send(balance),
      snapshotEvery: 1_000,
    });
    // end
    const ref = system.spawn(savings, "ada");
    const pay = (id: string, amount: number): Promise<number> =>
      ref.ask((reply: Reply<number>) => ({ id, amount, reply }));
    const answers = Promise.all([pay("1", 5), pay("2", 2), pay("1", 5)]);
    await rest();
    assert.deepEqual(await answers, [5, 7, 7]);
  });

  it("telemetry counts, times and traces", async () => {
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    // example
    const watched = createSystem({
      telemetry: { traces: { share: 0.01, onSpan: ({ name, waitedMs }) => console.log(name, waitedMs) } },
    });
    const ref = watched.spawn(counter, 40);
    watched.telemetry!.within(traceparent, () => ref.tell({ kind: "add", step: 2 })); // goes on with that trace
    await ref.ask((reply: Reply<number>) => ({ kind: "get", reply }));

    const { types } = await watched.telemetry!.metrics();
    for (const { type, handled, handlingMs } of types) console.log(type, handled, handlingMs.quantile(0.99));
    // end
    await watched.shutdown();
    assert.match(printed[0]!, /^counter 2 [0-9.e-]+$/);
    assert.match(printed[1]!, /^counter add [0-9.e-]+$/);
  });

  it("OpenTelemetry's SDK exports the figures and the spans", async () => {
    const [metricExporter, spanExporter] = [
      new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE),
      new InMemorySpanExporter(),
    ];
    // example
    const resource = resourceFromAttributes({ "service.name": "shop" });
    const processor = new BatchSpanProcessor(spanExporter);
    const exported = createSystem({
      telemetry: { traces: { share: 0.01, onSpan: spanListener(processor, resource) } },
    });
    const metricProducers = [metricProducer(exported.telemetry!, resource)];
    const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, metricProducers });
    const meters = new MeterProvider({ resource, readers: [reader] });
    // end
    exported.spawn(counter, 0).tell({ kind: "add", step: 2 });
    await exported.shutdown();
    await meters.forceFlush();
    assert.equal(metricExporter.getMetrics()[0]!.resource, resource);
    await Promise.all([meters.shutdown(), processor.shutdown()]);
  });

  it("two nodes lose each other and meet again", async () => {
    const app = defineApp({ actors: [counter] });
    // example
    const world = createWorld({ app, nodes: ["b"], seed: 7, faults: { loseDatagram: 0.05 } });
    world.node("b").spawn(counter, 1, { name: "sum" });
    const found = world.system.find("b/sum");
    await world.advance(1_000);
    const sum = await found;
    sum?.tell({ kind: "add", step: 2 });
    world.cut("local", "b");
    await world.advance(10_000); // both have lost each other
    world.heal();
    // end
    const again = world.system.find("b/sum");
    await world.advance(1_000);
    assert.equal((await again)?.address, sum?.address);
    await world.shutdown();
  });

  it("are those of the document", () => {
    const bare = (text: string): string => text.replaceAll(/\s/g, "").replaceAll(/,(?=[)\]}])/g, "");
    const sources = ["test/unit/runtime/readme.test.ts", "test/integration/threads-life.test.ts"];
    const marked = (mark: string): readonly string[] =>
      sources.flatMap((file) =>
        [...readSource(file).matchAll(new RegExp(`^ *// ${mark}\\n([^]*?)^ *// end$`, "gm"))].map(
          ([, code]) => bare(code!),
        ),
      );
    const [first, ...rest] = [...readSource("runtime/README.md").matchAll(/```ts\n([^]*?)```/g)].map(
      ([, code]) => bare(code!),
    );
    assert.equal(first!.replace(/^import.*?;/, ""), marked("first").join(""));
    assert.deepEqual(rest.toSorted(), marked("example").toSorted());
  });
});
