import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  actor,
  askAll,
  askFirst,
  broadcast,
  pool,
  router,
  type ActorRef,
  type ActorSystem,
  type Reply,
} from "../../../../runtime/index.ts";
import { createTestSystem } from "../../../../runtime/testkit/index.ts";
import { puppet, type Order } from "../../../kit/puppet.ts";

interface Job {
  readonly key: string;
  readonly reply?: Reply<string>;
}

/** Notes what it gets under its label, and answers with the label. */
const worker = actor<
  { readonly label: string; readonly log: string[] },
  { label: string; log: string[] },
  Job
>({
  name: "worker",
  initial: (args) => args,
  receive(state, { key, reply }) {
    if (key === "crash") throw new Error("crash");
    state.log.push(`${state.label}:${key}`);
    reply?.send(state.label);
    return state;
  },
});

function workers(system: ActorSystem, count: number): { refs: ActorRef<Job>[]; log: string[] } {
  const log: string[] = [];
  const refs = Array.from({ length: count }, (_, index) => system.spawn(worker, { label: `w${index}`, log }));
  return { refs, log };
}

describe("router", () => {
  it("round-robin gives each in turn, asks among tells", async () => {
    const { system, settle } = createTestSystem();
    const { refs, log } = workers(system, 3);
    const route = router(refs);
    route.tell({ key: "a" });
    assert.equal(await route.ask((reply: Reply<string>) => ({ key: "b", reply })), "w1");
    for (const key of ["c", "d"]) route.tell({ key });
    await settle();
    assert.deepEqual(log, ["w0:a", "w1:b", "w2:c", "w0:d"]);
    await system.shutdown();
  });

  it("least-mailbox picks the one with the fewest messages waiting, equals in turn", async () => {
    const { system, settle } = createTestSystem();
    const refs = [1, 2, 3].map(() => system.spawn(puppet(), { label: "w", log: [] }));
    for (const ref of refs) ref.tell((_, ctx) => ctx.hold());
    await settle();
    const order: Order = () => undefined;
    [2, 0, 1].forEach((waiting, index) => {
      for (let count = 0; count < waiting; count++) refs[index]!.tell(order);
    });
    const route = router(refs, "least-mailbox");
    const picked = [1, 2, 3, 4].map(() => {
      const ref = route.pick(order);
      ref.tell(order);
      return refs.indexOf(ref);
    });
    assert.deepEqual(picked, [1, 2, 1, 2]);
    await system.shutdown();
  });

  it("a key leads to the same actor, and one actor more takes only its share of keys", () => {
    const { system } = createTestSystem();
    const { refs } = workers(system, 9);
    const byKey = { key: (job: Job) => job.key };
    const eight = router(refs.slice(0, 8), byKey);
    const nine = router(refs, byKey);
    const keys = Array.from({ length: 900 }, (_, index) => `key ${index}`);
    const moved = keys.filter((key) => eight.pick({ key }) !== nine.pick({ key }));
    assert.ok(moved.every((key) => nine.pick({ key }) === refs[8]));
    assert.ok(moved.length > 50 && moved.length < 150, String(moved.length));
    assert.equal(eight.pick({ key: "x" }), eight.pick({ key: "x" }));
  });

  it("asks by the key of the question", async () => {
    const { system } = createTestSystem();
    const { refs } = workers(system, 5);
    const route = router(refs, { key: (job: Job) => job.key });
    for (const key of ["a", "b", "c"]) {
      const label = await route.ask((reply: Reply<string>) => ({ key, reply }));
      assert.equal(label, `w${refs.indexOf(route.pick({ key }))}`);
    }
    const broken = router(refs, {
      key: () => {
        throw new RangeError("no key");
      },
    });
    await assert.rejects(
      broken.ask((reply: Reply<string>) => ({ key: "a", reply })),
      RangeError,
    );
    await system.shutdown();
  });

  it("broadcast tells all, and then says whom it could not tell", async () => {
    const { system, settle } = createTestSystem();
    const { refs, log } = workers(system, 2);
    const full = system.spawn(worker, { label: "full", log }, { mailbox: { capacity: 1 } });
    full.tell({ key: "first" });
    assert.throws(() => broadcast([full, ...refs], { key: "all" }), AggregateError);
    await settle();
    assert.deepEqual(log, ["w0:all", "w1:all", "full:first"]);
    await system.shutdown();
  });

  it("askAll gathers all answers in order, askFirst the first, and both cancel the rest", async () => {
    const { system, settle } = createTestSystem();
    const { refs } = workers(system, 3);
    const make = (reply: Reply<string>): Job => ({ key: "q", reply });
    assert.deepEqual(await askAll(refs, make), ["w0", "w1", "w2"]);
    assert.equal(await askFirst(refs, make), "w0");
    const kept: Reply<string>[] = [];
    const silent = actor({
      name: "silent",
      initial: () => null,
      receive(state: null, job: Job) {
        kept.push(job.reply!);
        return state;
      },
    });
    const mute = system.spawn(silent, undefined);
    assert.equal(await askFirst([mute, refs[1]!], make), "w1");
    await settle();
    const stopped = refs[0]!;
    await system.stop(stopped);
    await assert.rejects(askAll([mute, stopped], make), { code: "ASK_TARGET_STOPPED" });
    await assert.rejects(askFirst([stopped], make), AggregateError);
    // The asks of the mute one were cancelled: what it says now comes too late.
    const before = system.deadLetters.total;
    for (const reply of kept) reply.send("late");
    assert.equal(system.deadLetters.total - before, kept.length);
    const abort = new AbortController();
    const aborted = assert.rejects(askAll([mute], make, { signal: abort.signal }), { code: "ASK_CANCELLED" });
    abort.abort();
    await aborted;
    await system.shutdown();
  });

  it("refuses routes that there are not, and refs that are none", async () => {
    const { system } = createTestSystem();
    const { refs } = workers(system, 2);
    for (const route of ["least-mailboxx", "", 5, null, {}, { key: 5 }]) {
      assert.throws(() => router(refs, route as never), { code: "ROUTER_INVALID" });
      assert.throws(() => pool({ name: "p", worker, route: route as never }), { code: "ROUTER_INVALID" });
    }
    for (const given of [5, null, [5], [refs[0], null], [{ address: "local/a#1", tell: () => undefined }]]) {
      assert.throws(() => router(given as never), { code: "REF_FOREIGN" });
    }
    await system.shutdown();
  });

  it("refuses a key that is no text, since all such keys would lead to one actor", async () => {
    const { system } = createTestSystem();
    const { refs } = workers(system, 2);
    const route = router(refs, { key: () => 5 as never });
    assert.throws(() => route.tell({ key: "a" }), { code: "ROUTER_INVALID" });
    const asked = route.ask((reply: Reply<string>) => ({ key: "a", reply }));
    await assert.rejects(asked, { code: "ROUTER_INVALID" });
    await system.shutdown();
  });

  it("whoever tells or asks several actors is refused before any of them is reached", async () => {
    const { system, settle } = createTestSystem();
    const { refs, log } = workers(system, 2);
    const make = (reply: Reply<string>): Job => ({ key: "q", reply });
    for (const given of [5, null, [...refs, 5]]) {
      assert.throws(() => broadcast(given as never, { key: "all" }), { code: "REF_FOREIGN" });
      await assert.rejects(askAll(given as never, make), { code: "REF_FOREIGN" });
      await assert.rejects(askFirst(given as never, make), { code: "REF_FOREIGN" });
    }
    for (const options of [null, 5, { signal: 5 }, { timeoutMs: 0 }]) {
      await assert.rejects(askAll(refs, make, options as never), { code: "ASK_INVALID" });
    }
    await assert.rejects(askAll(refs, 5 as never), { code: "ASK_INVALID" });
    await settle();
    assert.deepEqual(log, []);
    await system.shutdown();
  });

  it("leads to one actor at least", async () => {
    assert.throws(() => router([]), { code: "ROUTER_EMPTY" });
    await assert.rejects(
      askFirst([], () => null as never),
      { code: "ROUTER_EMPTY" },
    );
  });
});

describe("pool", () => {
  it("refuses a definition and a size that make no sense", async () => {
    const { system, settle } = createTestSystem({ supervision: { decide: () => "stop" } });
    for (const definition of [undefined, null, {}, { name: "p" }, { name: "p", worker: {} }]) {
      assert.throws(() => pool(definition as never), { code: "ACTOR_TYPE_INVALID" });
    }
    const failures: unknown[] = [];
    system.events.subscribe("actor-failed", ({ error }) => failures.push((error as { code: unknown }).code));
    const sizes = ["3", 2.5, NaN, Infinity, 1_000_001, 2 ** 32, 1e300, 0];
    const given = [undefined, ...sizes.map((size) => ({ size }))];
    for (const args of given) system.spawn(pool({ name: "p", worker }), args as never);
    await settle();
    assert.deepEqual(failures, [...new Array<string>(8).fill("ROUTER_INVALID"), "ROUTER_EMPTY"]);
    await system.shutdown();
  });

  it("refuses a message that it cannot pass on: its workers live on, and who asked is told", async () => {
    const { system, settle } = createTestSystem();
    const log: string[] = [];
    const keyed = pool({ name: "keyed", worker, route: { key: (job: Job) => job.key.toLowerCase() } });
    const ref = system.spawn(keyed, { size: 2, args: { label: "w", log } });
    const failures: (readonly [unknown, string])[] = [];
    system.events.subscribe("actor-failed", ({ error, directive }) =>
      failures.push([(error as { code: unknown }).code, directive]),
    );
    ref.tell(null as never);
    await assert.rejects(
      ref.ask(() => ({}) as Job),
      ({ code, cause }: { readonly code?: unknown; readonly cause?: unknown }) =>
        code === "MESSAGE_REFUSED" && cause instanceof TypeError,
    );
    ref.tell({ key: "a" });
    await settle();
    assert.deepEqual(log, ["w:a"]);
    assert.deepEqual(failures, new Array(2).fill(["MESSAGE_REFUSED", "resume"]));
    assert.deepEqual(
      system.deadLetters.list().map(({ reason, message }) => [reason, message]),
      [
        ["refused", null],
        ["refused", {}],
      ],
    );
    await system.shutdown();
  });

  it("spreads messages over its workers, and restarts one that crashes", async () => {
    const { system, settle } = createTestSystem();
    const log: string[] = [];
    const workersOf = pool({ name: "workers", worker });
    const ref = system.spawn(workersOf, { size: 2, args: { label: "w", log } });
    ref.tell({ key: "crash" });
    for (const key of ["a", "b", "c"]) ref.tell({ key });
    assert.equal(await ref.ask((reply: Reply<string>) => ({ key: "d", reply })), "w");
    await settle();
    assert.deepEqual(log.toSorted(), ["w:a", "w:b", "w:c", "w:d"]);
    await system.shutdown();
  });

  it("goes on without a worker that stops, and stops with the last one", async () => {
    const { system, settle } = createTestSystem();
    const log: string[] = [];
    const stopping = pool({ name: "stopping", worker, supervision: { decide: () => "stop" } });
    const ref = system.spawn(stopping, { size: 2, args: { label: "w", log } });
    const gone: string[] = [];
    system.events.subscribe("actor-stopped", ({ address }) => gone.push(address));
    ref.tell({ key: "crash" });
    await settle();
    for (const key of ["a", "b"]) ref.tell({ key });
    await settle();
    assert.deepEqual(log, ["w:a", "w:b"]);
    ref.tell({ key: "crash" });
    await settle();
    assert.equal(gone.at(-1), ref.address);
    await system.shutdown();
  });

  it("waits for its workers: what they have no room for fills its own mailbox", async () => {
    const { system, settle } = createTestSystem();
    const held = pool({
      name: "held",
      worker: puppet({ mailbox: { capacity: 2 } }),
      mailbox: { capacity: 4 },
    });
    const ref = system.spawn(held, { size: 1, args: { label: "w", log: [] } });
    ref.tell((_, ctx) => ctx.hold());
    await settle();
    let told = 0;
    const count: Order = () => void (told += 1);
    for (let index = 0; index < 3; index++) {
      ref.tell(count);
      await settle();
    }
    for (let index = 0; index < 4; index++) ref.tell(count);
    await settle();
    assert.throws(() => ref.tell(count), { code: "MAILBOX_FULL" });
    await system.shutdown();
  });

  it("has one worker at least", async () => {
    const { system, settle } = createTestSystem({ supervision: { decide: () => "stop" } });
    const errors: unknown[] = [];
    system.events.subscribe("actor-failed", ({ error }) => errors.push((error as { code: string }).code));
    system.spawn(pool({ name: "none", worker }), { size: 0, args: { label: "w", log: [] } });
    await settle();
    assert.deepEqual(errors, ["ROUTER_EMPTY"]);
    await system.shutdown();
  });
});
