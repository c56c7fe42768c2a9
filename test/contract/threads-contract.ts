/**
 * Actors on real worker threads: messages, supervision, and threads that die in every way. Whatever carries
 * frames between threads is held to it.
 */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import {
  actor,
  createSystem,
  defineApp,
  transfer,
  type ActorRef,
  type ActorSystem,
  type Reply,
  type RuntimeEvent,
  type ThreadOptions,
  type ThreadTransport,
} from "../../runtime/index.ts";
import { eventually } from "../kit/eventually.ts";
import { app, counter, parent, stopper, type CounterMessage } from "../kit/thread-app.ts";

export function threadsContract(transport: ThreadTransport): void {
  let system: ActorSystem;
  const open = (threads: number | ThreadOptions = 2): ActorSystem => {
    const options = typeof threads === "number" ? { count: threads } : threads;
    return (system = createSystem({ app, threads: { ...options, transport } }));
  };
  afterEach(() => system.shutdown());

  const get = (ref: ActorRef<CounterMessage>): Promise<number> =>
    ref.ask((reply: Reply<number>) => ({ kind: "get", reply }), { timeoutMs: 20_000 });
  const where = (ref: ActorRef<CounterMessage>): Promise<number> =>
    ref.ask((reply: Reply<number>) => ({ kind: "where", reply }), { timeoutMs: 20_000 });
  const echo = (ref: ActorRef<CounterMessage>, value: unknown): Promise<unknown> =>
    ref.ask((reply: Reply<unknown>) => ({ kind: "echo", value, reply }), { timeoutMs: 20_000 });
  const on = (thread: number): { readonly placement: { readonly thread: number } } => ({
    placement: { thread },
  });

  function collect<Kind extends RuntimeEvent["kind"]>(kind: Kind): Extract<RuntimeEvent, { kind: Kind }>[] {
    const events: Extract<RuntimeEvent, { kind: Kind }>[] = [];
    system.events.subscribe(kind, (event) => events.push(event));
    return events;
  }

  describe("actors on other threads", () => {
    it("are told and asked like any other, in order", async () => {
      open();
      const ref = system.spawn(counter, 1, on(1));
      for (let step = 1; step <= 5_000; step++) ref.tell({ kind: "add", step });
      assert.equal(await get(ref), 1 + 12_502_500);
      assert.notEqual(await where(ref), 0);
      const here = system.spawn(counter, 1);
      assert.equal(await where(here), 0);
    });

    it("are reached by the transport that the system names", () => {
      open(1);
      assert.equal(system.info().transport, transport);
    });

    it("live where they are placed", async () => {
      open(3);
      const threads = await Promise.all([1, 2, 3].map((slot) => where(system.spawn(counter, 0, on(slot)))));
      assert.equal(new Set(threads).size, 3);
      const spread = await Promise.all(
        [1, 2, 3].map(() => where(system.spawn(counter, 0, { placement: "spread" }))),
      );
      assert.deepEqual(spread.toSorted(), threads.toSorted());
      const keyed = await Promise.all(
        [1, 2].map(() => where(system.spawn(counter, 0, { placement: { key: "k" } }))),
      );
      assert.equal(keyed[0], keyed[1]);
      assert.throws(() => system.spawn(counter, 0, on(4)), { code: "PLACEMENT_INVALID" });
    });

    it("are sent data as it is, refs that work, and errors with their codes", async () => {
      open();
      const ref = system.spawn(counter, 7, on(1));
      const value = {
        text: "ü\u{1f600}",
        list: [1, -2.5, null, true],
        map: new Map([["a", new Set([1])]]),
        when: new Date(5),
        big: 10n ** 20n,
        bytes: new Uint8Array([1, 2, 3]),
        nothing: undefined,
      };
      assert.deepEqual(await echo(ref, value), value);
      const back = (await echo(ref, { ref })) as { readonly ref: ActorRef<CounterMessage> };
      assert.equal(back.ref.address, ref.address);
      assert.equal(await get(back.ref), 7);
      const other = system.spawn(counter, 8, on(2));
      ref.tell({ kind: "tell", to: other, message: { kind: "add", step: 2 } });
      await eventually("the other was told", async () => (await get(other)) === 10);
      assert.equal(await ref.ask((reply: Reply<number>) => ({ kind: "pass", to: other, reply })), 10);
      await assert.rejects(
        ref.ask((reply: Reply<number>) => ({ kind: "refuse", reply })),
        { code: "ASK_REFUSED", message: /not today/ },
      );
    });

    it("are refused what no thread can take over, and lose nothing by it", async () => {
      open();
      const ref = system.spawn(counter, 0, on(1));
      const shared = { below: { its: { fields: new SharedArrayBuffer(8) } } };
      const others = [new WeakMap(), Promise.resolve(1), new Blob([]), AbortSignal.abort(), shared];
      for (const value of [() => 1, { deep: [Symbol("s")] }, ...others]) {
        assert.throws(() => ref.tell({ kind: "echo", value, reply: null as never }), {
          code: "MESSAGE_UNSENDABLE",
        });
        await assert.rejects(echo(ref, value), { code: "MESSAGE_UNSENDABLE" });
      }
      const cycle: Record<string, unknown> = {};
      cycle["self"] = cycle;
      await assert.rejects(echo(ref, cycle), { code: "MESSAGE_UNSENDABLE" });
      assert.deepEqual(await echo(ref, { a: { fresh: 1 } }), { a: { fresh: 1 } });
    });

    it("skip a question whose asker has given up, and forget one that they have kept", async () => {
      open();
      const ref = system.spawn(counter, 0, on(1));
      const asker = new AbortController();
      const waiting = ref.ask(() => ({ kind: "add", step: 1_000 }), { signal: asker.signal });
      // Both leave in one batch, so the question still waits when the other side learns of it.
      asker.abort();
      await assert.rejects(waiting, { code: "ASK_CANCELLED" });
      assert.equal(await get(ref), 0);
      const kept = new AbortController();
      const asked = ref.ask((reply: Reply<number>) => ({ kind: "keep", reply }), { signal: kept.signal });
      const ended = assert.rejects(asked, { code: "ASK_CANCELLED" });
      assert.equal(await get(ref), 0);
      kept.abort();
      await ended;
      const reason = await system.stop(ref);
      assert.equal(reason.kind, "stopped");
      assert.equal(system.deadLetters.total, 0);
    });

    it("are sent large arrays beside the ring: copied, moved when marked, shared when shared", async () => {
      open({ count: 1, ringBytes: 65_536 });
      const ref = system.spawn(counter, 0, on(1));
      const ask = (value: Float32Array | SharedArrayBuffer | string): Promise<unknown> =>
        ref.ask((reply: Reply<unknown>) => ({ kind: "echo", value, reply }), { timeoutMs: 20_000 });
      const copied = new Float32Array(250_000).fill(1.5);
      assert.deepEqual(await ask(copied), copied);
      assert.equal(copied.length, 250_000);
      const moved = new Float32Array(250_000).fill(2.5);
      assert.deepEqual(await ask(transfer(moved)), new Float32Array(250_000).fill(2.5));
      assert.equal(moved.length, 0);
      const shared = new SharedArrayBuffer(8);
      const same = (await ask(shared)) as SharedArrayBuffer;
      new Uint8Array(shared)[3] = 9;
      assert.equal(new Uint8Array(same)[3], 9);
      const long = "x".repeat(300_000);
      assert.equal(await ask(long), long);
    });

    it("slow their senders down: a full mailbox fails the tell, and takes more when it has room", async () => {
      open();
      const ref = system.spawn(counter, 0, { placement: { thread: 1 }, mailbox: { capacity: 100 } });
      let sent = 0;
      assert.throws(
        () => {
          for (;;) {
            ref.tell({ kind: "add", step: 1 });
            sent += 1;
          }
        },
        { code: "MAILBOX_FULL" },
      );
      assert.equal(sent, 25);
      await eventually("there is room again", () => {
        try {
          ref.tell({ kind: "add", step: 1 });
          sent += 1;
          return sent > 200;
        } catch {
          return false;
        }
      });
      await eventually("all were handled", async () => (await get(ref)) === sent);
    });

    it("crash, are begun anew by their supervisor, and fail the ask that crashed them", async () => {
      open();
      const ref = system.spawn(counter, 3, on(1));
      const restarted = collect("actor-restarted");
      ref.tell({ kind: "add", step: 1 });
      ref.tell({ kind: "crash", why: "bang" });
      assert.equal(await get(ref), 3);
      await eventually("the restart is published here", () => restarted.length === 1);
      assert.match(String(restarted[0]!.error), /bang/);
    });

    it("are watched and stopped from another thread", async () => {
      open();
      const watcher = system.spawn(parent, undefined, on(2));
      const seen = (): Promise<readonly string[]> =>
        watcher.ask((reply: Reply<readonly string[]>) => ({ kind: "seen", reply }));
      const ref = system.spawn(counter, 0, { name: "watched", ...on(1) });
      watcher.tell({ kind: "watch", ref });
      await seen();
      assert.deepEqual(await system.stop(ref), { kind: "stopped" });
      await eventually("the watcher was signalled", async () => (await seen()).length === 1);
      assert.deepEqual(await seen(), ["local/watched stopped"]);
      const letters = collect("dead-letter");
      ref.tell({ kind: "add", step: 1 });
      await eventually("it is a dead letter", () => letters.length === 1);
      assert.equal(letters[0]!.letter.reason, "stopped");
      watcher.tell({ kind: "watch", ref });
      await eventually("watching the dead is answered", async () => (await seen()).length === 2);
    });

    it("can be found by their addresses, wherever they are", async () => {
      open();
      const top = system.spawn(parent, undefined, { name: "top", ...on(1) });
      const child = await top.ask((reply: Reply<ActorRef<CounterMessage>>) => ({
        kind: "spawn",
        name: "below",
        placement: "local",
        reply,
      }));
      child.tell({ kind: "add", step: 5 });
      await assert.rejects(get(system.resolve("local/nobody#9")), {
        code: "ASK_TARGET_UNKNOWN",
      });
      assert.equal(await get(system.resolve(child.address) as ActorRef<CounterMessage>), 5);
    });
  });

  describe("a thread that dies", () => {
    for (const [way, why] of [
      ["exit", /left with code 3/],
      ["hang", /no sign of life for 400 ms/],
      ["fill", /memory|heap|left with code/i],
    ] as const) {
      it(`by ${way} fails its actors: their supervisor begins them anew elsewhere, under the same ref`, async () => {
        open({ count: 2, hangMs: way === "hang" ? 400 : 30_000, maxHeapMb: 64 });
        const lost = collect("thread-lost");
        const restarted = collect("actor-restarted");
        const ref = system.spawn(counter, 5, on(1));
        ref.tell({ kind: "add", step: 1 });
        const before = await where(ref);
        const waiting = assert.rejects(
          ref.ask((reply: Reply<number>) => ({ kind: "keep", reply }), { timeoutMs: 60_000 }),
          { code: "ASK_TARGET_FAILED" },
        );
        ref.tell({ kind: way });
        await waiting;
        await eventually("it is begun anew", () => restarted.length === 1);
        assert.equal(await get(ref), 5);
        assert.notEqual(await where(ref), before);
        assert.equal(lost.length, 1);
        assert.match(lost[0]!.why, why);
        assert.equal((restarted[0]!.error as { readonly code: string }).code, "THREAD_LOST");
        const there = await where(ref);
        assert.equal(await where(system.spawn(counter, 0, on(1))), there, "its slot is another thread's");
        await eventually("another thread has its place", () => {
          const { threads } = system.info();
          return threads.length === 3 && threads.every(({ ready }) => ready);
        });
        const late = system.spawn(counter, 9, on(1));
        assert.equal(await get(late), 9);
        const stopped = collect("actor-stopped");
        await system.stop(late);
        await eventually("its events come from there", () =>
          stopped.some(({ address }) => address === late.address),
        );
      });
    }

    it("of the only worker, again and again, never brings its actors to the main thread", async () => {
      open(1);
      const lost = collect("thread-lost");
      const ref = system.spawn(counter, 5, on(1));
      for (const key of ["a", "b"]) {
        ref.tell({ kind: "exit" });
        // Sent to a thread that starts: it waits there.
        await eventually(`thread-lost ${key}`, () => lost.length === (key === "a" ? 1 : 2));
        assert.notEqual(await where(system.spawn(counter, 1, { placement: "spread" })), 0);
        assert.notEqual(await where(ref), 0);
        assert.equal(await get(ref), 5);
      }
    });

    it("is learnt of by supervisors and watchers on other threads, once", async () => {
      open({ count: 3, hangMs: 2_000 });
      const top = system.spawn(parent, undefined, { name: "top", ...on(1) });
      const watcher = system.spawn(parent, undefined, { name: "watcher", ...on(3) });
      const spawn = (name: string, slot: number): Promise<ActorRef<CounterMessage>> =>
        top.ask((reply: Reply<ActorRef<CounterMessage>>) => ({ kind: "spawn", name, ...on(slot), reply }));
      const [near, far] = [await spawn("near", 1), await spawn("far", 2)];
      for (const ref of [top, near, far]) watcher.tell({ kind: "watch", ref });
      const seen = (): Promise<readonly string[]> =>
        watcher.ask((reply: Reply<readonly string[]>) => ({ kind: "seen", reply }));
      assert.deepEqual(await seen(), []);
      const restarted = collect("actor-restarted");
      near.tell({ kind: "exit" });
      await eventually("the top one is begun anew", () => restarted.length === 1);
      await eventually("its children are gone", async () => (await seen()).length === 2);
      assert.deepEqual((await seen()).toSorted(), [
        "local/top/far parent-stopped",
        "local/top/near failed THREAD_LOST",
      ]);
      assert.deepEqual(await top.ask((reply: Reply<readonly string[]>) => ({ kind: "seen", reply })), []);
      assert.equal(restarted.length, 1);
    });

    it("ends what its supervisor decides to stop, and tells so to all who watch", async () => {
      open({ count: 3, hangMs: 2_000 });
      const top = system.spawn(stopper, undefined, { name: "top", ...on(1) });
      const watcher = system.spawn(parent, undefined, on(3));
      const child = await top.ask((reply: Reply<ActorRef<CounterMessage>>) => ({
        kind: "spawn",
        name: "child",
        ...on(2),
        reply,
      }));
      watcher.tell({ kind: "watch", ref: child });
      const seen = (): Promise<readonly string[]> =>
        watcher.ask((reply: Reply<readonly string[]>) => ({ kind: "seen", reply }));
      await seen();
      child.tell({ kind: "exit" });
      await eventually("the watcher is signalled", async () => (await seen()).length === 1);
      assert.deepEqual(await seen(), ["local/top/child failed THREAD_LOST"]);
      await assert.rejects(get(child), { code: "ASK_TARGET_STOPPED" });
    });

    it("before it can run is given up after a few tries, and its actors live on", async () => {
      const broken = defineApp({
        actors: [counter],
        module: `data:text/javascript,throw new Error("not today")`,
      });
      system = createSystem({ app: broken, threads: 1 });
      const lost = collect("thread-lost");
      const ref = system.spawn(counter, 4, { placement: "spread" });
      await eventually("it is given up", () => lost.length === 3);
      assert.match(lost[0]!.why, /not today/);
      assert.equal(await get(ref), 4);
    });
  });

  describe("a worker whose app module starts threads of its own", () => {
    it("is ended and says why, instead of starting ever more", async () => {
      const ending = import.meta.url.endsWith(".ts") ? "ts" : "js";
      const module = new URL(`../kit/unguarded-app.${ending}`, import.meta.url).href;
      system = createSystem({ app: defineApp({ actors: [counter], module }), threads: 1 });
      const lost = collect("thread-lost");
      await eventually("it is given up", () => lost.length === 3);
      assert.match(lost[0]!.why, /isMainThread/);
    });
  });

  describe("a system with threads", () => {
    it("is refused without a module that its workers could import", () => {
      open(1);
      const lonely = actor({ name: "lonely", initial: () => null, receive: () => null });
      assert.throws(() => createSystem({ app: defineApp({ actors: [lonely] }), threads: 1 }), {
        code: "THREADS_INVALID",
      });
      for (const threads of [0, 64, 1.5, { count: 1, hangMs: 5 }, { count: 1, ringBytes: 5_000 }]) {
        assert.throws(() => createSystem({ app, threads }), { code: "THREADS_INVALID" });
      }
    });

    it("leaves nobody waiting: refs to actors that lived elsewhere answer like any that has stopped", async () => {
      open(1);
      const ref = system.spawn(counter, 0, on(1));
      assert.equal(await get(ref), 0);
      await system.shutdown();
      ref.tell({ kind: "add", step: 1 });
      assert.deepEqual(
        system.deadLetters.list().map(({ reason }) => reason),
        ["stopped"],
      );
      await assert.rejects(get(ref), { code: "ASK_TARGET_STOPPED" });
      assert.equal((await system.stop(ref)).kind, "shutdown");
      const resolved = system.resolve("local/nobody#4096") as ActorRef<CounterMessage>;
      await assert.rejects(get(resolved), { code: /^ASK_TARGET_(STOPPED|UNKNOWN)$/ });
    });

    it("stops the actors of all threads, and leaves no thread", async () => {
      open(2);
      const started = collect("actor-started");
      const stopped = collect("actor-stopped");
      // Only when this one is heard of do all threads know what is listened to.
      await eventually("the subscription has arrived", () => {
        system.spawn(counter, 0, on(1));
        return started.length > 0;
      });
      const top = system.spawn(parent, undefined, { name: "top", ...on(1) });
      for (const [name, slot] of [
        ["a", 2],
        ["b", 0],
        ["c", 1],
      ] as const) {
        await top.ask((reply: Reply<unknown>) => ({ kind: "spawn", name, ...on(slot), reply }) as never);
      }
      await system.shutdown();
      assert.deepEqual(
        stopped
          .map(({ address }) => address.split("#")[0]!)
          .filter((path) => path.startsWith("local/top"))
          .toSorted(),
        ["local/top", "local/top/a", "local/top/b", "local/top/c"],
      );
      assert.deepEqual(
        system.info().threads.map(({ slot }) => slot),
        [0],
      );
      assert.throws(() => system.spawn(counter, 0), { code: "SYSTEM_STOPPED" });
    });
  });
}
