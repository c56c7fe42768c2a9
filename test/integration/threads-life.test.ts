/** What is built on refs, across real threads: links, waiting, draining, pools, flows, the registry. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import {
  askAll,
  askFirst,
  broadcast,
  createSystem,
  Registry,
  router,
  Flow,
  type ActorRef,
  type ActorSystem,
  type Reply,
} from "../../runtime/index.ts";
import { eventually } from "../kit/eventually.ts";
import * as kit from "../kit/life-app.ts";

let system: ActorSystem;
const open = (): ActorSystem =>
  (system = createSystem({ app: kit.app, threads: 2, supervision: { decide: () => "stop" } }));
afterEach(() => system.shutdown());

const on = (thread: number) => ({ placement: { thread } }) as const;
const patient = { timeoutMs: 20_000 };

describe("links across threads", () => {
  it("fail the other, whichever linked, and not after unlink", async () => {
    open();
    const link = (a: ActorRef<kit.LinkedMessage>, b: ActorRef<never>, kind: "link" | "unlink" = "link") =>
      a.ask((reply: Reply<null>) => ({ kind, to: b, reply }), patient);
    const stopped = new Map<string, string>();
    system.events.subscribe("actor-stopped", ({ address, reason }) => stopped.set(address, reason.kind));
    for (const [first, second] of [
      [0, 1],
      [1, 0],
      [1, 2],
    ] as const) {
      const linker = system.spawn(kit.linked, undefined, on(first));
      const peer = system.spawn(kit.linked, undefined, on(second));
      await link(linker, peer);
      // Whatever the peer handles from now on comes after the link: it went the same way.
      await link(peer, linker);
      (first === 1 ? linker : peer).tell({ kind: "crash", why: "test" });
      await eventually("both have stopped", () =>
        [linker, peer].every((ref) => stopped.get(ref.address) === "failed"),
      );
    }
    const [a, b] = [system.spawn(kit.linked, undefined, on(1)), system.spawn(kit.linked, undefined, on(2))];
    await link(a, b);
    await link(a, b, "unlink");
    b.tell({ kind: "crash", why: "test" });
    await eventually("one has stopped", () => stopped.get(b.address) === "failed");
    await link(a, system.spawn(kit.linked, undefined, on(0)));
    assert.equal(stopped.get(a.address), undefined);
  });
});

describe("a full mailbox on another thread that makes its senders wait", () => {
  it("gets all that an actor sends, in order, and refuses a sender that is no actor until there is room", async () => {
    open();
    const get = (ref: ActorRef<kit.ListMessage>) =>
      ref.ask((reply: Reply<readonly number[]>) => ({ kind: "get", reply }), patient);
    for (const [from, to] of [
      [1, 2],
      [0, 1],
      [1, 0],
    ] as const) {
      const list = system.spawn(kit.list, undefined, on(to));
      const sender = system.spawn(kit.sender, undefined, on(from));
      sender.tell({ to: list, from: 0, count: 5_000 });
      let items: readonly number[] = [];
      await eventually("all have come", async () => {
        await list.room();
        items = await get(list).catch(() => items);
        return items.length >= 5_000;
      });
      assert.deepEqual(
        items,
        Array.from({ length: 5_000 }, (_, index) => index),
      );
    }
    const list = system.spawn(kit.list, undefined, on(1));
    let refused = 0;
    for (let item = 0; item < 1_000; item++) {
      for (let sent = false; !sent;) {
        try {
          list.tell({ kind: "add", item });
          sent = true;
        } catch (error) {
          assert.equal((error as { code?: string }).code, "MAILBOX_FULL");
          refused += 1;
          await list.room();
        }
      }
    }
    await list.room();
    const items = await get(list);
    assert.equal(items.length, 1_000);
    assert.ok(refused > 0);
    assert.equal(system.deadLetters.total, 0);
  });
});

describe("patterns across threads", () => {
  it("actors by key live where their key places them, and are passivated without a loss", async () => {
    open();
    const keeper = system.spawn(kit.sessions, undefined);
    const keys = Array.from({ length: 20 }, (_, index) => `key ${index}`);
    const get = (key: string) =>
      keeper.ask(
        (reply: Reply<{ count: number; thread: number }>) => ({ key, message: { kind: "get", reply } }),
        patient,
      );
    for (const key of keys) keeper.tell({ key, message: { kind: "add" } });
    const first = await Promise.all(keys.map(get));
    assert.ok(first.every(({ count }) => count === 1));
    assert.equal(new Set(first.map(({ thread }) => thread)).size, 3);
    await eventually("all are passivated between two polls", async () =>
      (await Promise.all(keys.map(get))).every(({ count }) => count === 0),
    );
    assert.equal(system.deadLetters.total, 0);
  });

  it("a pool spreads its workers over the threads", async () => {
    open();
    const crew = system.spawn(kit.crew, { size: 4, args: "worker", placement: "spread" });
    const get = () =>
      crew.ask((reply: Reply<{ count: number; thread: number }>) => ({ kind: "get", reply }), patient);
    const threads = await Promise.all([1, 2, 3, 4].map(get));
    assert.equal(new Set(threads.map(({ thread }) => thread)).size, 2);
  });

  it("a pool refuses what cannot go to the thread of its worker, which lives on", async () => {
    open();
    const crew = system.spawn(kit.crew, { size: 1, args: "worker", ...on(1) });
    const unsendable = { kind: "add", then: () => undefined } as const;
    crew.tell({ kind: "add" });
    crew.tell(unsendable);
    await assert.rejects(
      crew.ask(() => unsendable),
      ({ code, cause }: { readonly code?: unknown; readonly cause?: unknown }) =>
        code === "MESSAGE_REFUSED" && (cause as { code?: unknown }).code === "MESSAGE_UNSENDABLE",
    );
    const get = (reply: Reply<{ count: number; thread: number }>) => ({ kind: "get", reply }) as const;
    assert.equal((await crew.ask(get, patient)).count, 1);
    const letters = system.deadLetters.list().map(({ message, reason }) => [message, reason]);
    assert.deepEqual(letters, new Array(2).fill([unsendable, "refused"]));
  });

  it("a registry on another thread refuses what is no message to it, and tells who asked", async () => {
    open();
    const directory = new Registry(system.spawn("registry", undefined, on(2)));
    const refused: unknown[] = [];
    system.events.subscribe("dead-letter", ({ letter }) => refused.push([letter.message, letter.reason]));
    await directory.register("a", system.spawn(kit.linked, undefined));
    directory.ref.tell({ kind: "join", key: "k", ref: 5 } as never);
    await assert.rejects(
      directory.ref.ask(() => ({ kind: "fnd" }) as never, patient),
      { code: "MESSAGE_REFUSED" },
    );
    assert.notEqual(await directory.find("a"), null);
    await eventually("its dead letters are known", () => refused.length === 2);
    assert.deepEqual(refused[0], [{ kind: "join", key: "k", ref: 5 }, "refused"]);
  });

  it("a flow runs through other threads, and fails with the cause from there", async () => {
    open();
    const got: number[] = [];
    const flow = Flow.from(kit.numbers, 3_000, on(1)).via(kit.doubling, null, on(2));
    assert.equal(await flow.via(kit.thirds, null, on(1)).into(system, kit.summing, got), 1_000);
    assert.deepEqual(
      got,
      Array.from({ length: 1_000 }, (_, index) => (index + 1) * 6),
    );
    await assert.rejects(flow.via(kit.failing, 20, on(2)).into(system, kit.summing, []), (error) => {
      const { code, cause } = error as { code: string; cause: Error };
      return code === "FLOW_FAILED" && cause.message === "not 20";
    });
  });

  it("a registry on another thread finds actors of all, and releases their names", async () => {
    open();
    const directory = new Registry(system.spawn("registry", undefined, on(2)));
    const [a, b] = [system.spawn(kit.linked, undefined, on(1)), system.spawn(kit.linked, undefined)];
    await directory.register("a", a);
    await directory.register("b", b);
    await assert.rejects(directory.register("a", b), { code: "REGISTRY_NAME_TAKEN" });
    assert.equal((await directory.find("a"))?.address, a.address);
    assert.equal(await directory.find("b"), b);
    await system.stop(a);
    await eventually("the name is free", async () => (await directory.find("a")) === null);
  });

  it("a subscriber on another thread than the registry is told what there is, and each change in order", async () => {
    open();
    const directory = new Registry(system.spawn("registry", undefined, on(2)));
    const subscriber = system.spawn(kit.news, undefined, on(1));
    const seen = () =>
      subscriber.ask((reply: Reply<readonly string[]>) => ({ kind: "news", reply }), patient);
    const [a, b] = [system.spawn(kit.linked, undefined, on(1)), system.spawn(kit.linked, undefined)];
    await directory.register("a", a);
    directory.join("workers", a);
    directory.subscribe(subscriber);
    directory.join("workers", b);
    assert.deepEqual(
      (await directory.list("workers")).map(({ address }) => address),
      [a.address, b.address],
    );
    await system.stop(a);
    await eventually("all is known", async () => (await seen()).length === 5);
    assert.deepEqual(await seen(), [
      "registered a",
      "joined workers",
      "joined workers",
      "released a",
      "left workers",
    ]);
  });

  it("routers lead to actors on other threads: by turns, by key, to all, to the first that answers", async () => {
    open();
    const refs = [0, 1, 2].map((thread) => system.spawn(kit.session, "s", on(thread)));
    type Answer = { readonly count: number; readonly thread: number };
    const get = (reply: Reply<Answer>): kit.SessionMessage => ({ kind: "get", reply });
    const counts = async () => (await askAll(refs, get, patient)).map(({ count }) => count);
    const inTurn = router(refs);
    for (let sent = 0; sent < 6; sent++) inTurn.tell({ kind: "add" });
    assert.deepEqual(await counts(), [2, 2, 2]);
    const byKey = router(refs, { key: () => "k" });
    for (let sent = 0; sent < 3; sent++) byKey.tell({ kind: "add" });
    assert.deepEqual((await counts()).toSorted(), [2, 2, 5]);
    broadcast(refs, { kind: "add" });
    assert.deepEqual((await counts()).toSorted(), [3, 3, 6]);
    assert.equal(new Set((await askAll(refs, get, patient)).map(({ thread }) => thread)).size, 3);
    assert.ok([3, 6].includes((await askFirst(refs, get, patient)).count));
    const least = router(refs, "least-mailbox");
    const picked = new Set<string>();
    for (let sent = 0; sent < 30; sent++) {
      const ref = least.pick({ kind: "add" });
      picked.add(ref.address);
      ref.tell({ kind: "add" });
    }
    assert.equal(picked.size, 3);
  });
});

describe("the example of runtime/README.md", () => {
  it("places actors on threads, and learns what becomes of a thread", async () => {
    const { app, session } = kit;
    const printed: unknown[] = [];
    const console = { log: (value: unknown) => printed.push(value) };
    // example
    system = createSystem({ app, threads: { count: 2, hangMs: 5_000 } });
    system.events.subscribe("thread-lost", ({ slot, why }) => console.log(`${slot}: ${why}`));
    const near = system.spawn(session, "ada");
    const far = system.spawn(session, "bob", { placement: { thread: 1 } });
    const somewhere = system.spawn("session", "eve", { placement: { key: "eve" } });
    for (const ref of [near, far, somewhere]) ref.tell({ kind: "add" });
    const answer = await far.ask((reply: Reply<{ count: number; thread: number }>) => ({
      kind: "get",
      reply,
    }));
    // end
    assert.equal(answer.count, 1);
    assert.notEqual(answer.thread, 0);
    assert.deepEqual(printed, []);
  });
});

describe("a system that cannot be made, since its transport does not open", () => {
  it("leaves no thread behind", async () => {
    const ports = (): number =>
      process.getActiveResourcesInfo().filter((kind) => kind === "MessagePort").length;
    await eventually("the threads of earlier systems have ended", () => ports() === 0);
    const open = (): never => {
      throw new Error("no network");
    };
    const transport = { maxBytes: 4_096, open, send: () => undefined, close: () => undefined };
    const options = { app: kit.app, threads: 2, nodes: { transport } };
    assert.throws(() => createSystem(options), { code: "TRANSPORT_FAILED" });
    assert.ok(ports() > 0);
    await eventually("its threads have ended", () => ports() === 0);
  });
});

describe("groups of children on several threads", () => {
  for (const [strategy, after] of [
    ["one-for-all", ["on-2 ended", "on-0 ended", "on-1 ended", "on-1 began", "on-0 began", "on-2 began"]],
    ["rest-for-one", ["on-2 ended", "on-0 ended", "on-0 began", "on-2 began"]],
  ] as const) {
    it(`come down and go up again by ${strategy}`, async () => {
      open();
      const group = system.spawn(
        strategy === "one-for-all" ? kit.oneForAll : kit.restForOne,
        undefined,
        on(2),
      );
      const log = () => group.ask((reply: Reply<readonly string[]>) => ({ kind: "log", reply }), patient);
      const members = await group.ask(
        (reply: Reply<readonly ActorRef<kit.MemberMessage>[]>) => ({ kind: "members", reply }),
        patient,
      );
      await eventually("all have begun", async () => (await log()).length === 3);
      members[1]!.tell({ kind: "crash" });
      await eventually("all have begun anew", async () => (await log()).length === 3 + after.length);
      const half = after.length / 2;
      const entries = (await log()).slice(3);
      assert.deepEqual(entries.slice(0, half), after.slice(0, half));
      // They begin in order, each on its own thread, so their messages may overtake each other.
      assert.deepEqual(entries.slice(half).toSorted(), after.slice(half).toSorted());
    });
  }
});
