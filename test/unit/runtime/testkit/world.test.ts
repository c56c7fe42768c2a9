import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { Reply } from "../../../../runtime/index.ts";
import { createWorld } from "../../../../runtime/testkit/index.ts";
import { Directory } from "../../../../runtime/threads/directory.ts";
import { Asks } from "../../../../runtime/threads/asks.ts";
import { RemoteTarget, RemoteChild } from "../../../../runtime/threads/remote.ts";
import { RingWriter } from "../../../../runtime/threads/ring.ts";
import { app as threadApp, counter } from "../../../kit/thread-app.ts";
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
    assert.equal(world.killThread(1), true);
    assert.equal(world.killThread(1), false);
    await assert.rejects(get(), { code: "ASK_TARGET_FAILED" }, "its new life has not begun yet");
    assert.equal(await get(), 5);
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
