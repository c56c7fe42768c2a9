import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { seededRandom } from "../../../../runtime/contracts/index.ts";
import { actor, defineApp } from "../../../../runtime/index.ts";
import type { ActorRef, ActorType, Reply } from "../../../../runtime/index.ts";
import { createWorld, faultyJournal } from "../../../../runtime/testkit/index.ts";
import type { FaultPlan, World } from "../../../../runtime/testkit/index.ts";
import { openMemoryJournal } from "../../../../storage/index.ts";
import { account, add, balanceOf, type AccountCommand, type Added } from "../../../kit/account.ts";
import { app as threadApp, counter, type CounterMessage } from "../../../kit/thread-app.ts";

const SEEDS = Number(process.env["MYRIAD_SEEDS"] ?? 200);

function worldWith(faults: FaultPlan, seed = 1): World {
  return createWorld({ app: threadApp, threads: 2, seed, faults });
}

async function countOf(world: World, ref: ActorRef<CounterMessage>): Promise<number> {
  world.stopFaults();
  const answer = ref.ask((reply: Reply<number>) => ({ kind: "get", reply }));
  await world.settle();
  return await answer;
}

const elsewhere = { placement: { thread: 1 } } as const;

describe("faults by plan", () => {
  it("lose, double and hold up messages between threads, about as often as they are to", async () => {
    for (const [plan, low, high] of [
      [{ drop: 0.3 }, 650, 750],
      [{ duplicate: 0.3 }, 1_250, 1_350],
      [{ delay: 0.3 }, 650, 750],
    ] as const) {
      const world = worldWith(plan);
      const ref = world.system.spawn(counter, 0, elsewhere);
      for (let count = 0; count < 1_000; count++) ref.tell({ kind: "add", step: 1 });
      await world.settle();
      const count = await countOf(world, ref);
      assert.ok(count > low && count < high, `${JSON.stringify(plan)}: ${count}`);
      await world.advance(1_000);
      if ("delay" in plan) assert.equal(await countOf(world, ref), 1_000, "late, and not lost");
      const { dropped, duplicated, delayed } = world.faults;
      assert.equal(dropped + duplicated + delayed, "delay" in plan ? 1_000 - count : Math.abs(count - 1_000));
      await world.shutdown();
    }
  });

  it("cost the senders no credit", async () => {
    const world = worldWith({ drop: 0.3, duplicate: 0.3, delay: 0.3, delayMs: 10 });
    const small = { ...elsewhere, mailbox: { capacity: 64 } };
    const ref = world.system.spawn(counter, 0, small);
    for (let round = 0; round < 200; round++) {
      // Of a window of 16, seven may stay unconfirmed, and each of these may be doubled.
      for (let count = 0; count < 4; count++) ref.tell({ kind: "add", step: 1 });
      await world.advance(20);
    }
    world.stopFaults();
    for (let count = 0; count < 4; count++) ref.tell({ kind: "add", step: 1 });
    await world.shutdown();
  });

  it("spare those who are to be spared", async () => {
    const world = worldWith({ drop: 1, crash: 0.2, spares: (address) => address.includes("/safe") });
    const safe = world.system.spawn(counter, 0, { ...elsewhere, name: "safe" });
    const other = world.system.spawn(counter, 0, { ...elsewhere, name: "other" });
    for (const ref of [safe, other])
      for (let count = 0; count < 50; count++) ref.tell({ kind: "add", step: 1 });
    await world.settle();
    assert.equal(await countOf(world, safe), 50);
    assert.equal(await countOf(world, other), 0);
    assert.equal(world.faults.dropped, 50);
    await world.shutdown();
  });

  it("crash actors, each time as a failure that its supervisor decides about", async () => {
    const faults = { crash: 0.01, spares: (address: string) => address.includes("/ward#") };
    const world = createWorld({ app: defineApp({ actors: [ward, patient] }), threads: 1, faults });
    const failures: unknown[] = [];
    world.system.events.subscribe("actor-failed", ({ error }) => failures.push(error));
    const patients = world.system.spawn(ward, null, { name: "ward" });
    for (let count = 0; count < 2_000; count++) patients.tell("on");
    await world.settle();
    assert.ok(world.faults.crashed > 5);
    assert.equal(failures.length, world.faults.crashed);
    for (const error of failures) assert.equal((error as { readonly code: string }).code, "FAULT_INJECTED");
    await world.shutdown();
  });

  it("are the same for the same seed", async () => {
    const countsOf = async (seed: number) => {
      const world = worldWith({ drop: 0.1, duplicate: 0.1, delay: 0.1, kill: 0.001 }, seed);
      const ref = world.system.spawn(counter, 0, elsewhere);
      for (let count = 0; count < 500; count++) ref.tell({ kind: "add", step: 1 });
      await world.advance(1_000);
      const { steps, faults } = world;
      await world.shutdown();
      return { steps, ...faults };
    };
    assert.deepEqual(await countsOf(5), await countsOf(5));
    assert.notDeepEqual(await countsOf(5), await countsOf(6));
  });

  it("are refused when they are no chances", () => {
    for (const faults of [{ drop: 2 }, { kill: -1 }, { crash: NaN }, { delayMs: 0 }]) {
      assert.throws(() => worldWith(faults), { code: "FAULTS_INVALID" });
    }
    for (const faults of [null, [], { drop: "0.5" }, { delayMs: "5" }, { spares: 5 }]) {
      assert.throws(() => worldWith(faults as never), { code: "FAULTS_INVALID" });
    }
  });

  it("are refused when one is misspelt, for it would test nothing", () => {
    for (const faults of [{ drp: 0.5 }, { drop: 0.5, looseDatagram: 0.1 }, { drops: undefined }]) {
      assert.throws(() => worldWith(faults), { code: "FAULTS_INVALID" });
    }
  });
});

const patient: ActorType<null, null, string> = actor({
  name: "patient",
  initial: () => null,
  receive: () => null,
});
const ward: ActorType<null, ActorRef<string>, string> = actor({
  name: "ward",
  initial: (_: null, ctx) => ctx.spawn(patient, null),
  receive(ref, message: string) {
    ref.tell(message);
    return ref;
  },
  supervision: { maxRestarts: Infinity },
});

// ---- what event-sourced actors promise under all of them -------------------------------------------

interface BankMessage {
  readonly kind: "open";
  readonly stream: string;
  readonly thread: number;
  readonly reply: Reply<ActorRef<AccountCommand>>;
}

const accountType = account();
const bank: ActorType<null, null, BankMessage> = actor({
  name: "bank",
  initial: () => null,
  receive(state, { stream, thread, reply }: BankMessage, ctx) {
    reply.send(ctx.spawn(accountType, stream, { name: stream, placement: { thread } }));
    return state;
  },
  supervision: { maxRestarts: Infinity },
});
const bankApp = defineApp({ actors: [bank, accountType] });

describe("event-sourced actors on threads that die, over a bad network, on a bad disk", () => {
  it("take every command once, as long as its sender repeats it until it is answered", async () => {
    let wrong = 0;
    for (let seed = 1; seed <= Math.ceil(SEEDS / 10); seed++) wrong += await repeatedCommands(seed);
    assert.ok(wrong > 0, "nothing went wrong: the test shows nothing");
  });
});

/** @returns how many faults there were. */
async function repeatedCommands(seed: number): Promise<number> {
  const kept = openMemoryJournal();
  const disk = { refuse: 0.05, loseConfirmation: 0.05, unreadable: 0.05 };
  const journal = faultyJournal(kept, disk, seededRandom(seed));
  const faults = { kill: 0.001, crash: 0.002, drop: 0.05, duplicate: 0.05, delay: 0.05 };
  const world = createWorld({
    app: bankApp,
    threads: 2,
    seed,
    journal,
    faults: { ...faults, spares: isBank },
  });
  const branch = world.system.spawn(bank, null, { name: "bank" });
  const streams = ["ada", "bob", "cyd"];
  const opened = Promise.all(
    streams.map((stream, thread) =>
      branch.ask<ActorRef<AccountCommand>>((reply) => ({ kind: "open", stream, thread, reply })),
    ),
  );
  await world.settle();
  const refs = await opened;
  let answered = 0;
  const commands = refs.flatMap((ref, owner) =>
    Array.from({ length: 10 }, async (_, number) => {
      await untilAnswered(() => add(ref, number + 1, `${owner}/${number}`));
      answered += 1;
    }),
  );
  for (let round = 0; answered < commands.length; round++) {
    assert.ok(round < 5_000, `seed ${seed}: ${answered} of ${commands.length} answered`);
    await world.advance(500);
  }
  await Promise.all(commands);
  world.stopFaults();
  for (const [index, ref] of refs.entries()) {
    const answers: number[] = [];
    void untilAnswered(() => balanceOf(ref)).then((balance) => answers.push(balance));
    for (let round = 0; answers.length === 0 && round < 100; round++) await world.advance(500);
    assert.deepEqual(answers, [55], `seed ${seed}`);
    let sum = 0;
    for await (const { event } of kept.read(streams[index]!)) sum += addedIn(event);
    assert.equal(sum, 55, `seed ${seed}`);
  }
  const { killed, crashed, dropped, duplicated, delayed } = world.faults;
  await world.shutdown();
  return killed + crashed + dropped + duplicated + delayed;
}

/** The bank itself is no part of what is shown. */
function isBank(address: string): boolean {
  return !address.includes("bank/");
}

async function untilAnswered<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await ask().catch(() => null);
    if (answer !== null) return answer;
  }
}

/** However an event is kept, its data are in it. */
function addedIn(event: unknown): number {
  const text = JSON.stringify(event);
  const found = [...text.matchAll(/"added":(\d+)/g)];
  return found.reduce((sum, [, added]) => sum + Number(added), 0) satisfies Added["added"];
}
