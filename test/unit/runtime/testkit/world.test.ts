import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { ActorRef, Reply } from "../../../../runtime/index.ts";
import { createWorld } from "../../../../runtime/testkit/index.ts";
import { Directory } from "../../../../runtime/threads/directory.ts";
import { Asks } from "../../../../runtime/threads/asks.ts";
import { RemoteTarget, RemoteChild } from "../../../../runtime/threads/remote.ts";
import { RingWriter } from "../../../../runtime/threads/ring.ts";
import { app as threadApp, counter, type CounterMessage } from "../../../kit/thread-app.ts";
import { play } from "../../../kit/world-model.ts";

/** More of them at night: MYRIAD_SEEDS=10000. */
const SEEDS = Number(process.env["MYRIAD_SEEDS"] ?? 200);
const seeds = (from: number, count = SEEDS): number[] =>
  Array.from({ length: count }, (_, index) => from + index);
/** Several systems are several times the work. */
const SEEDS_OF_NODES = Math.ceil(SEEDS / 4);

describe("a world of simulated threads", () => {
  it("keeps order, delivery, asks and watches in every interleaving", async () => {
    for (const seed of seeds(1)) await play({ seed });
  });

  it("keeps them while threads die", async () => {
    for (const seed of seeds(100_001)) await play({ seed, killChance: 0.004 });
  });

  it("lets nobody be told, asked or watched in vain who is still on the way to its thread", async () => {
    for (const seed of seeds(300_001)) await play({ seed, peaceful: true, deeds: 30 });
  });

  it("keeps all this between nodes, though datagrams are lost, doubled and mixed up", async () => {
    const nodes = ["b", "c"];
    for (const seed of seeds(400_001, SEEDS_OF_NODES))
      await play({ seed, nodes, mishapChance: seed % 2 === 0 ? 0 : 0.05 });
    for (const seed of seeds(500_001, SEEDS_OF_NODES)) await play({ seed, nodes, peaceful: true, deeds: 30 });
  });

  it("keeps them between nodes while threads die", async () => {
    for (const seed of seeds(600_001, SEEDS_OF_NODES)) await play({ seed, nodes: ["b"], killChance: 0.004 });
  });

  it("takes the same steps for the same seed, and others for another", async () => {
    const steps = async (seed: number): Promise<number> => (await play({ seed, killChance: 0.004 })).steps;
    assert.equal(await steps(7), await steps(7));
    assert.notDeepEqual(await Promise.all([steps(8), steps(9)]), [await steps(7), await steps(7)]);
  });

  it("runs actors where they are placed, and begins them anew when their thread is killed", async () => {
    const world = createWorld({ app: threadApp, threads: 2, seed: 3 });
    const ref = world.system.spawn(counter, 5, { placement: { thread: 1 } });
    ref.tell({ kind: "add", step: 2 });
    const get = async (): Promise<number> => {
      const answer = ref.ask((reply: Reply<number>) => ({ kind: "get", reply }));
      await world.settle();
      return await answer;
    };
    assert.equal(await get(), 7);
    world.killThread(1);
    for (const none of [0, 3]) assert.throws(() => world.killThread(none), { code: "WORLD_INVALID" });
    await assert.rejects(get(), { code: "ASK_TARGET_FAILED" }, "its new life has not begun yet");
    assert.equal(await get(), 5);
    await world.shutdown();
  });
});

describe("the options of a world", () => {
  it("are refused with a code when they make no sense", () => {
    for (const options of [undefined, null, "x", { app: threadApp, threads: "x" }]) {
      assert.throws(() => createWorld(options as never), { code: "WORLD_INVALID" });
    }
    for (const threads of [NaN, -1, 64, 1.5]) {
      assert.throws(() => createWorld({ app: threadApp, threads }), { code: "WORLD_INVALID" });
    }
    for (const nodes of [["b", "b"], ["local"], [5], "bc", ["a/b"], [""], null]) {
      assert.throws(() => createWorld({ app: threadApp, nodes: nodes as never }), { code: "WORLD_INVALID" });
    }
    for (const app of [undefined, 5, {}]) {
      assert.throws(() => createWorld({ app: app as never }), { code: "APP_INVALID" });
    }
    for (const ringBytes of [5, NaN, "4096"]) {
      const options = { app: threadApp, ringBytes: ringBytes as never };
      assert.throws(() => createWorld(options), { code: "THREADS_INVALID" });
    }
    assert.throws(() => createWorld({ app: threadApp, journal: {} as never }), { code: "SYSTEM_INVALID" });
  });

  it("may leave each node with its main thread alone", async () => {
    const world = createWorld({ app: threadApp, threads: 0, nodes: ["b"] });
    world.node("b").spawn(counter, 5, { name: "sum" });
    const found = world.system.find("b/sum");
    await world.settle();
    const ref = (await found) as ActorRef<CounterMessage>;
    ref.tell({ kind: "add", step: 2 });
    const answer = ref.ask((reply: Reply<number>) => ({ kind: "get", reply }));
    await world.settle();
    assert.equal(await answer, 7);
    await world.shutdown();
  });
});

describe("what a world is told", () => {
  it("is refused about nodes that it does not have", async () => {
    const world = createWorld({ app: threadApp, nodes: ["b"] });
    for (const node of ["c", "", 5 as never]) {
      assert.throws(() => world.node(node), { code: "NODE_UNKNOWN" });
      assert.throws(() => world.killNode(node), { code: "NODE_UNKNOWN" });
      assert.throws(() => world.killThread(1, node), { code: "NODE_UNKNOWN" });
      assert.throws(() => world.cut("local", node), { code: "NODE_UNKNOWN" });
      assert.throws(() => world.cut(node, "b"), { code: "NODE_UNKNOWN" });
    }
    assert.throws(() => world.cut("b", "b"), { code: "WORLD_INVALID" });
    await world.shutdown();
  });

  it("may be about the network of a node that is killed and not back", async () => {
    const world = createWorld({ app: threadApp, nodes: ["b"] });
    world.killNode("b");
    world.cut("local", "b");
    await world.shutdown();
  });

  it("is refused about slots that it does not have, and numbers of steps that are none", async () => {
    const world = createWorld({ app: threadApp, threads: 2 });
    for (const slot of [0, 3, -1, NaN, "1" as never]) {
      assert.throws(() => world.killThread(slot), { code: "WORLD_INVALID" });
    }
    for (const steps of [0, NaN, "x" as never]) {
      await assert.rejects(world.settle(steps), { code: "WORLD_INVALID" });
    }
    await world.shutdown();
  });
});

describe("a settled world", () => {
  it("has nothing on its way, though a ring was full", async () => {
    const world = createWorld({ app: threadApp, threads: 1, seed: 11 });
    const sum = world.system.spawn(counter, 0);
    const teller = world.system.spawn(counter, 0, { placement: { thread: 1 } });
    for (let step = 1; step <= 300; step++) {
      teller.tell({ kind: "tell", to: sum, message: { kind: "add", step, text: "y".repeat(200) } });
    }
    await world.settle();
    const answer = sum.ask((reply: Reply<number>) => ({ kind: "get", reply }));
    await world.settle();
    assert.equal(await answer, 45_150);
    await world.shutdown();
  });
});

/** A fault planted into the runtime itself. The world must find each of them. */
interface Mutant {
  readonly what: string;
  readonly killChance: number;
  plant(): () => void;
}

function replace<Subject extends object, Key extends keyof Subject>(
  subject: Subject,
  key: Key,
  make: (original: Subject[Key]) => Subject[Key],
): () => void {
  const original = subject[key];
  subject[key] = make(original);
  return () => {
    subject[key] = original;
  };
}

const MUTANTS: readonly Mutant[] = [
  {
    what: "asks that wait for a lost thread are forgotten",
    killChance: 0.004,
    plant: () => replace(Asks.prototype, "lose", () => () => undefined),
  },
  {
    what: "watches are not carried to the new thread of an actor whose own was lost",
    killChance: 0.004,
    plant: () =>
      replace(
        RemoteTarget.prototype,
        "moved",
        () =>
          function (this: RemoteTarget, thread) {
            this.peer = thread;
          },
      ),
  },
  {
    what: "the children of a lost supervisor are left unsupervised",
    killChance: 0.004,
    plant: () => replace(Directory.prototype, "lose", () => () => undefined),
  },
  {
    what: "a child that has halted on another thread is not reported",
    killChance: 0,
    plant: () => replace(RemoteChild.prototype, "halted", () => () => undefined),
  },
  {
    what: "some frames are published twice",
    killChance: 0,
    plant() {
      let commits = 0;
      return replace(
        RingWriter.prototype,
        "commit",
        (commit) =>
          function (this: RingWriter, body, kind, bytes) {
            commit.call(this, body, kind, bytes);
            if (++commits % 50 !== 0) return;
            const again = this.claim(bytes);
            if (again < 0) return;
            this.bytes.copyWithin(again, body, body + bytes);
            commit.call(this, again, kind, bytes);
          },
      );
    },
  },
];

describe("a planted fault is found", () => {
  let heal = (): void => undefined;
  afterEach(() => heal());

  for (const mutant of MUTANTS) {
    it(mutant.what, async () => {
      heal = mutant.plant();
      await assert.rejects(async () => {
        for (const seed of seeds(200_001).slice(0, 200)) await play({ seed, killChance: mutant.killChance });
      }, /seed \d+, after \d+ steps/);
    });
  }
});
