import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { MyriadError, NO_STREAM } from "../../../../runtime/contracts/index.ts";
import type { Journal, Revision } from "../../../../runtime/contracts/index.ts";
import { actor, eventSourced } from "../../../../runtime/index.ts";
import type { AnyActorType, Directive, RuntimeEvent } from "../../../../runtime/index.ts";
import { createTestSystem } from "../../../../runtime/testkit/index.ts";
import type { TestSystem } from "../../../../runtime/testkit/index.ts";
import { openMemoryJournal } from "../../../../storage/index.ts";
import { account, add, balanceOf } from "../../../kit/account.ts";
import type { AccountDefinition, AccountRef, Added } from "../../../kit/account.ts";
import { scriptedJournal, type ScriptedJournal } from "../../../kit/scripted-journal.ts";

describe("an event-sourced actor", () => {
  for (const [what, decision, code] of [
    ["nothing", () => undefined, "PERSISTENCE_INVALID"],
    ["a number", () => 5, "PERSISTENCE_INVALID"],
    ["events that are no array", () => ({ events: 5 }), "PERSISTENCE_INVALID"],
    ["a text in the place of events", () => ({ events: "ab" }), "PERSISTENCE_INVALID"],
    ["a set of events", () => ({ events: new Set([1]) }), "PERSISTENCE_INVALID"],
    ["an effect that is no function", () => ({ events: [{ added: 1 }], effect: 5 }), "PERSISTENCE_INVALID"],
    ["a promise", () => Promise.reject(new Error("too late")), "ACTOR_RETURNED_PROMISE"],
  ] as const) {
    it(`that decides ${what} fails with a code, and keeps nothing`, () =>
      inWorld({ changes: { handle: decision as never } }, async ({ ref, scripted, world, failures }) => {
        ref.tell({ kind: "crash" });
        await world.settle();
        assert.deepEqual(codes(failures), [code]);
        assert.deepEqual(scripted.sizes, []);
      }));
  }

  it("whose message id is neither a text nor null fails, since all such commands would count as one", () =>
    inWorld({ changes: { messageId: () => undefined as never } }, async ({ ref, scripted, failures }) => {
      await assert.rejects(add(ref, 5), { code: "ASK_TARGET_FAILED" });
      assert.deepEqual(codes(failures), ["PERSISTENCE_INVALID"]);
      assert.deepEqual(scripted.sizes, []);
    }));

  it("that is drained keeps all that it has decided, and runs the effects, before it stops", () =>
    inWorld({}, async ({ ref, scripted, world }) => {
      scripted.hold();
      const replies = [1, 2, 3].map((amount) => add(ref, amount));
      await world.settle();
      const drainer = actor({
        name: "drainer",
        initial: (_: undefined, ctx) => ctx.drain(ref),
        receive: () => undefined,
      });
      world.system.spawn(drainer, undefined);
      await world.settle();
      const late = assert.rejects(add(ref, 4), hasCode("ASK_TARGET_STOPPED"));
      for (let append = 1; append <= 2; append++) {
        scripted.letGo();
        await world.settle();
      }
      assert.deepEqual(await Promise.all(replies), [1, 3, 6]);
      assert.deepEqual(scripted.sizes, [1, 2]);
      await late;
    }));

  it("whose apply or empty returns a promise fails, and keeps nothing", async () => {
    const later = (): never => Promise.reject(new Error("too late")) as never;
    for (const changes of [{ apply: later }, { empty: later }]) {
      await inWorld({ changes, decide: () => "stop" }, async ({ ref, scripted, failures }) => {
        await assert.rejects(add(ref, 5));
        assert.deepEqual(codes(failures), ["ACTOR_RETURNED_PROMISE"]);
        assert.deepEqual(scripted.sizes, []);
      });
    }
  });

  it("whose apply returns a promise amid several events fails, and hands it to no other apply", () => {
    const given: unknown[] = [];
    const changes = {
      handle: () => ({ events: [1, 2, 3].map((added) => ({ added })) }),
      apply: (state: number, { added }: Added): number => {
        given.push(state);
        return (added === 2 ? Promise.reject(new Error("too late")) : state + added) as number;
      },
    };
    return inWorld({ changes, decide: () => "resume" }, async ({ ref, scripted, world, failures }) => {
      ref.tell({ kind: "crash" });
      await world.settle();
      assert.deepEqual(given, [0, 1]);
      assert.deepEqual(codes(failures), ["ACTOR_RETURNED_PROMISE"]);
      assert.deepEqual(scripted.sizes, []);
    });
  });

  for (const [what, member] of [
    ["recovered", { recovered: tooLate }],
    ["stream", { stream: tooLate }],
    ["empty", { empty: tooLate }],
    ["messageId", { messageId: tooLate }],
  ] as const) {
    it(`whose ${what} returns a promise fails with a code, and that does not end the process`, () =>
      inWorld({ changes: member, decide: () => "stop" }, async ({ ref, scripted, failures }) => {
        await assert.rejects(add(ref, 5));
        await rejectionsAreHeard();
        assert.deepEqual(codes(failures), ["ACTOR_RETURNED_PROMISE"]);
        assert.deepEqual(scripted.sizes, []);
      }));
  }

  it("whose effect or duplicate returns a promise fails, keeps the events, and lets other effects run", () => {
    const handle: AccountDefinition["handle"] = (_, command) => {
      if (command.kind !== "add") return {};
      const { amount, reply } = command;
      const effect = amount === 7 ? tooLate : (state: number): void => reply?.send(state);
      return amount === 0 ? { effect: tooLate } : { events: [{ added: amount }], effect };
    };
    const changes = { handle, duplicate: tooLate };
    return inWorld({ changes, decide: () => "resume" }, async ({ ref, scripted, world, failures }) => {
      await assert.rejects(add(ref, 0), hasCode("ASK_TARGET_FAILED"));
      scripted.hold();
      const replies = [1, 7, 2].map((amount) => add(ref, amount, `id ${amount}`));
      replies[1]!.catch(() => undefined);
      await world.settle();
      scripted.letGo();
      await world.settle();
      scripted.letGo();
      assert.deepEqual(await Promise.all([replies[0], replies[2]]), [1, 10]);
      await assert.rejects(add(ref, 1, "id 1"), hasCode("ASK_TARGET_FAILED"));
      await rejectionsAreHeard();
      assert.deepEqual(codes(failures), new Array(3).fill("ACTOR_RETURNED_PROMISE"));
      assert.equal(Number(await scripted.journal.revision("a")), 3);
    });
  });

  it("whose apply or upcaster returns a promise on recovery does not recover, and that ends no process", async () => {
    const schema = { version: 3, upcasters: { 1: tooLate, 2: () => assert.fail("it got a promise") } };
    for (const changes of [{ apply: tooLate }, { schema }]) {
      await inWorld({ decide: () => "stop" }, async ({ ref, world, spawn, failures }) => {
        await add(ref, 1);
        await add(ref, 2);
        await world.system.stop(ref);
        await assert.rejects(balanceOf(spawn(account(changes))));
        await rejectionsAreHeard();
        assert.deepEqual(codes(failures), ["RECOVERY_FAILED"]);
        assert.ok(hasCode("ACTOR_RETURNED_PROMISE")((failures[0] as Error).cause));
      });
    }
  });

  it("whose stream is no name fails with a code before it reads or keeps anything", () =>
    inWorld({ decide: () => "stop" }, async ({ spawn, world, failures }) => {
      for (const stream of [5, "", undefined]) spawn(account({ stream: () => stream as never }));
      await world.settle();
      assert.deepEqual(codes(failures), new Array(3).fill("PERSISTENCE_INVALID"));
    }));

  it("is refused without the functions that it needs, or with members that are none", () => {
    const whole = { name: "a", stream: () => "a", empty: () => 0, handle: () => ({}), apply: () => 0 };
    const needed = ["stream", "empty", "handle", "apply"].map((member) => ({ [member]: undefined }));
    const optional = ["recovered", "signal", "messageId", "duplicate"].map((member) => ({ [member]: 5 }));
    for (const changes of [...needed, ...optional]) {
      assert.throws(() => eventSourced({ ...whole, ...changes }), hasCode("ACTOR_TYPE_INVALID"));
    }
    for (const definition of [undefined, null, 5]) {
      assert.throws(() => eventSourced(definition as never), hasCode("ACTOR_TYPE_INVALID"));
    }
    for (const changes of [{ journal: {} }, { schema: 5 }, { schema: { version: 2 } }]) {
      assert.throws(() => eventSourced({ ...whole, ...changes } as never), hasCode("PERSISTENCE_INVALID"));
    }
  });

  it("replies only once the journal has what it decided", () =>
    inWorld({}, async ({ ref, scripted, world }) => {
      scripted.hold();
      let replied = false;
      const reply = add(ref, 5).then((balance) => ((replied = true), balance));
      await world.settle();
      assert.deepEqual([scripted.held(), replied], [1, false]);
      scripted.letGo();
      assert.equal(await reply, 5);
    }));

  it("lets commands wait for the recovery, and handles them against what was recovered", () =>
    inWorld({}, async ({ ref, scripted, world, spawn }) => {
      await add(ref, 5);
      await world.system.stop(ref);
      let read: () => void = () => undefined;
      const gate = new Promise<void>((resolve) => (read = resolve));
      const slow: Journal = {
        ...scripted.journal,
        loadSnapshot: async (stream) => (await gate, scripted.journal.loadSnapshot(stream)),
      };
      const again = spawn(account({ journal: slow }));
      const balances = [add(again, 1), balanceOf(again), add(again, 1)];
      await world.settle();
      read();
      assert.deepEqual(await Promise.all(balances), [6, 6, 7]);
    }));

  it("gathers commands while an append is under way, and appends them together", () =>
    inWorld({}, async ({ ref, scripted, world }) => {
      scripted.hold();
      const replies = [1, 2, 3, 4].map((amount) => add(ref, amount));
      await world.settle();
      scripted.letGo();
      await world.settle();
      scripted.letGo();
      assert.deepEqual(await Promise.all(replies), [1, 3, 6, 10]);
      assert.deepEqual(scripted.sizes, [1, 3]);
    }));

  it("lets the answer of a command that keeps nothing wait for the events it has seen", () =>
    inWorld({}, async ({ ref, scripted, world }) => {
      scripted.hold();
      let seen = -1;
      const writing = add(ref, 5);
      const reading = balanceOf(ref).then((balance) => (seen = balance));
      await world.settle();
      assert.equal(seen, -1);
      scripted.letGo();
      await Promise.all([writing, reading]);
      assert.equal(seen, 5);
    }));

  it("holds its mailbox when enough commands have gathered", () =>
    inWorld({}, async ({ ref, scripted, world }) => {
      scripted.hold();
      const replies = Array.from({ length: 3_000 }, () => add(ref, 1));
      for (let round = 0; round < 4; round++) {
        await world.settle();
        if (scripted.held() > 0) scripted.letGo();
      }
      assert.deepEqual(
        await Promise.all(replies),
        replies.map((_, index) => index + 1),
      );
      assert.deepEqual(scripted.sizes, [1, 1_024, 1_024, 951]);
    }));

  it("keeps nothing of a command whose handle or apply throws", () =>
    inWorld({ decide: () => "resume" }, async ({ ref, scripted, world, spawn }) => {
      await add(ref, 1);
      ref.tell({ kind: "crash" });
      assert.equal(await balanceOf(ref), 1);
      const apply = (balance: number, { added }: Added): number => {
        if (added > 100) throw new Error("too much");
        return balance + added;
      };
      await world.system.stop(ref);
      const picky = spawn(account({ apply }));
      await assert.rejects(add(picky, 101), hasCode("ASK_TARGET_FAILED"));
      assert.equal(await add(picky, 2), 3);
      assert.equal(Number(await scripted.journal.revision("a")), 2);
    }));

  it("fails with a code when the journal refuses, runs no effect, and recovers what is true", () =>
    inWorld({}, async ({ ref, scripted, failures }) => {
      await add(ref, 1);
      scripted.refuse(() => new Error("disk full"));
      await assert.rejects(add(ref, 10), hasCode("ASK_TARGET_FAILED"));
      assert.deepEqual(codes(failures), ["EVENTS_NOT_KEPT"]);
      scripted.accept();
      assert.equal(await add(ref, 2), 3);
    }));

  it("fails what has gathered along with the append that was refused", () =>
    inWorld({}, async ({ ref, scripted, world }) => {
      scripted.hold();
      const replies = [add(ref, 1), add(ref, 2), balanceOf(ref)].map((reply) =>
        reply.catch((error: unknown) => (error as MyriadError).code),
      );
      await world.settle();
      scripted.refuse(() => new Error("disk full"));
      scripted.letGo();
      assert.deepEqual(
        await Promise.all(replies),
        replies.map(() => "ASK_TARGET_FAILED"),
      );
      scripted.accept();
      assert.equal(await balanceOf(ref), 0);
    }));

  it("handles nothing on a state that the journal does not have, even when it is resumed", () =>
    inWorld({ decide: () => "resume" }, async ({ ref, scripted, failures, world }) => {
      await add(ref, 1);
      scripted.refuse(() => new Error("disk full"));
      const lost = add(ref, 10);
      lost.catch(() => undefined);
      await world.settle();
      scripted.accept();
      await assert.rejects(balanceOf(ref), hasCode("ASK_TARGET_FAILED"));
      await assert.rejects(add(ref, 1), hasCode("ASK_TARGET_FAILED"));
      assert.ok(codes(failures).every((code) => code === "EVENTS_NOT_KEPT"));
    }));

  it("refuses to be one of two writers of a stream, and recovers what the other wrote", () =>
    inWorld({}, async ({ ref, spawn, failures }) => {
      const other = spawn(account());
      assert.equal(await add(other, 1), 1);
      assert.equal(await balanceOf(ref), 0);
      await assert.rejects(add(ref, 10), hasCode("ASK_TARGET_FAILED"));
      assert.deepEqual(codes(failures), ["STREAM_CONFLICT"]);
      assert.equal(await add(ref, 10), 11);
    }));

  it("waits, when it is restarted, for the append that its last life left under way", () =>
    inWorld({}, async ({ ref, scripted, world, failures }) => {
      scripted.hold();
      ref.tell({ kind: "add", amount: 5 });
      ref.tell({ kind: "crash" });
      await world.settle();
      const reply = add(ref, 1);
      await world.settle();
      assert.equal(scripted.held(), 1);
      scripted.goOn();
      assert.equal(await reply, 6);
      assert.equal(failures.length, 1);
    }));

  it("runs the effects of all commands of one append, whichever of them throws", () =>
    inWorld({}, async ({ ref, scripted, world }) => {
      scripted.hold();
      ref.tell({ kind: "add", amount: 1 });
      await world.settle();
      ref.tell({ kind: "crash-in-effect", amount: 2 });
      const after = add(ref, 3);
      await world.settle();
      scripted.goOn();
      assert.equal(await after, 6);
      assert.equal(await balanceOf(ref), 6);
    }));

  it("without a journal fails with JOURNAL_MISSING", async () => {
    const world = createTestSystem();
    const failures = failuresOf(world);
    const ref = world.system.spawn(account(), "a");
    await assert.rejects(balanceOf(ref));
    assert.ok(codes(failures).includes("JOURNAL_MISSING"));
    await world.system.shutdown();
  });

  it("decides about the stop of what it watches as about a command", async () => {
    const idle = actor<null, null, never>({ name: "idle", initial: () => null, receive: () => null });
    const journal = openMemoryJournal();
    const world = createTestSystem({ journal });
    const parent = world.system.spawn(
      eventSourced<string, string[], Reading, string>({
        name: "parent",
        stream: (stream) => stream,
        empty: () => [],
        recovered: (_names, ctx) => {
          const child = ctx.spawn(idle, null, { name: "child" });
          ctx.watch(child);
          ctx.stop(child);
        },
        handle: (names, { reply }) => ({ effect: () => reply.send(names) }),
        signal: (_names, { reason }) => ({ events: [reason.kind] }),
        apply: (names, name) => [...names, name],
      }),
      "p",
    );
    await world.settle();
    assert.deepEqual(await parent.ask<readonly string[]>((reply) => ({ reply })), ["stopped"]);
    assert.equal(Number(await journal.revision("p")), 1);
    await world.system.shutdown();
  });
});

describe("message ids", () => {
  it("let a repeated command change nothing, also after a crash, and give the sender its reply", () =>
    inWorld({}, async ({ ref, scripted }) => {
      assert.deepEqual(await Promise.all([add(ref, 5, "m1"), add(ref, 5, "m1")]), [5, 5]);
      ref.tell({ kind: "crash" });
      assert.equal(await add(ref, 5, "m1"), 5);
      assert.equal(await add(ref, 5, "m2"), 10);
      assert.equal(Number(await scripted.journal.revision("a")), 2);
    }));

  it("are remembered up to a number, the newest", () =>
    inWorld({ changes: { rememberedIds: 2 } }, async ({ ref }) => {
      for (const id of ["m1", "m2", "m3"]) await add(ref, 1, id);
      assert.deepEqual(
        [await add(ref, 1, "m3"), await add(ref, 1, "m2"), await add(ref, 1, "m1")],
        [3, 3, 4],
      );
    }));

  it("are known from a snapshot, but not those of commands that were not in the journal yet", () =>
    inWorld({ changes: { snapshotEvery: 1 } }, async ({ ref, scripted, world, spawn }) => {
      scripted.hold();
      const first = add(ref, 1, "m1");
      await world.settle();
      ref.tell({ kind: "add", amount: 2, id: "m2" });
      await world.settle();
      scripted.letGo();
      await first;
      await world.settle();
      // The second append is under way, the snapshot of the first is saved: here the process dies.
      const { state } = (await scripted.journal.loadSnapshot("a"))!;
      assert.deepEqual(state, { v: 1, s: 1, ids: ["m1"] });
      const journal = openMemoryJournal();
      const revision = await journal.append("a", NO_STREAM, [{ v: 1, e: { added: 1 }, id: "m1" }]);
      await journal.saveSnapshot("a", { revision, state });
      const next = spawn(account({ journal }));
      assert.deepEqual([await add(next, 1, "m1"), await add(next, 2, "m2")], [1, 3]);
      scripted.goOn();
    }));
});

describe("snapshots", () => {
  it("are saved every so many events, and only what is behind them is read again", () =>
    inWorld({ changes: { snapshotEvery: 10 } }, async ({ ref, scripted, world, spawn }) => {
      for (let number = 0; number < 25; number++) await add(ref, 1);
      await world.settle();
      const snapshot = await scripted.journal.loadSnapshot("a");
      assert.deepEqual(snapshot?.state, { v: 1, s: 20, ids: [] });
      await world.system.stop(ref);
      const froms: (Revision | undefined)[] = [];
      const watched: Journal = {
        ...scripted.journal,
        read: (stream, from) => (froms.push(from), scripted.journal.read(stream, from)),
      };
      assert.equal(await balanceOf(spawn(account({ journal: watched }))), 25);
      assert.deepEqual(froms, [snapshot.revision]);
    }));

  it("that cannot be saved cost nothing but time, and are published", () =>
    inWorld({ changes: { snapshotEvery: 1 } }, async ({ ref, scripted, world }) => {
      const published: RuntimeEvent[] = [];
      world.system.events.subscribe("snapshot-failed", (event) => published.push(event));
      scripted.journal.saveSnapshot = () => Promise.reject(new Error("disk full"));
      await add(ref, 1);
      assert.equal(await add(ref, 1), 2);
      await world.settle();
      assert.equal(published.length, 2);
    }));

  it("of another version of the events are not used", () =>
    inWorld({ changes: { snapshotEvery: 1 } }, async ({ ref, world, spawn }) => {
      await add(ref, 1);
      await world.system.stop(ref);
      const doubled = spawn(
        account({
          schema: { version: 2, upcasters: { 1: (event) => ({ added: 2 * (event as Added).added }) } },
        }),
      );
      assert.equal(await balanceOf(doubled), 2);
    }));
});

describe("event versions", () => {
  const upcasters = {
    1: (event: unknown) => ({ amount: event }),
    2: (event: unknown) => ({ added: (event as { amount: number }).amount }),
  };

  it("are brought forward step by step, and new events stand in the newest", () =>
    inWorld({}, async ({ ref, scripted, world, spawn }) => {
      await world.system.stop(ref);
      await scripted.journal.append("a", NO_STREAM, [
        { v: 1, e: 1 },
        { v: 2, e: { amount: 10 } },
        { v: 3, e: { added: 100 } },
      ]);
      const next = spawn(account({ schema: { version: 3, upcasters } }));
      assert.equal(await add(next, 1_000), 1_111);
      const events: unknown[] = [];
      for await (const { event } of scripted.journal.read("a")) events.push(event);
      assert.deepEqual(events[3], { v: 3, e: { added: 1_000 } });
    }));

  it("newer than the code, or none at all, fail the recovery", async () => {
    for (const strange of [{ v: 4, e: 1 }, "text", null, { v: 0, e: 1 }, { v: 1 }]) {
      await inWorld({ decide: () => "stop" }, async ({ scripted, spawn, failures }) => {
        await scripted.journal.append("b", NO_STREAM, [strange]);
        await assert.rejects(balanceOf(spawn(account({ schema: { version: 3, upcasters } }), "b")));
        assert.deepEqual(codes(failures), ["RECOVERY_FAILED"]);
        assert.ok(hasCode("EVENT_VERSION_UNKNOWN")((failures[0] as Error).cause));
      });
    }
  });

  it("without an upcaster, and counts that are none, are refused", () => {
    const refused = hasCode("PERSISTENCE_INVALID");
    assert.throws(() => account({ schema: { version: 3, upcasters: { 1: (event) => event } } }), refused);
    assert.throws(() => account({ schema: { version: 0, upcasters: {} } }), refused);
    assert.throws(() => account({ snapshotEvery: 0 }), refused);
    assert.throws(() => account({ rememberedIds: 1.5 }), refused);
  });
});

interface Reading {
  readonly reply: { send(names: readonly string[]): void };
}

interface World {
  readonly world: TestSystem;
  readonly scripted: ScriptedJournal;
  /** An account on stream `a`. */
  readonly ref: AccountRef;
  /** Errors that supervisors have decided about. */
  readonly failures: readonly unknown[];
  readonly spawn: (type: AnyActorType, stream?: string) => AccountRef;
}

/** A rejection that nobody hears ends the process, and so the test, some way behind the turn that made it. */
function tooLate(): never {
  return Promise.reject(new Error("too late")) as never;
}

function rejectionsAreHeard(): Promise<void> {
  return new Promise(setImmediate);
}

async function inWorld(
  setting: {
    readonly changes?: Parameters<typeof account>[0];
    readonly decide?: () => Directive;
  },
  test: (world: World) => Promise<void>,
): Promise<void> {
  const scripted = scriptedJournal();
  const { changes = {}, decide } = setting;
  const world = createTestSystem({
    journal: scripted.journal,
    supervision: { maxRestarts: 100, ...(decide === undefined ? {} : { decide }) },
  });
  const failures = failuresOf(world);
  const spawn = (type: AnyActorType, stream = "a"): AccountRef => world.system.spawn(type, stream);
  const ref = spawn(account(changes));
  await world.settle();
  await test({ world, scripted, ref, failures, spawn });
  await world.system.shutdown();
}

function failuresOf(world: TestSystem): readonly unknown[] {
  const failures: unknown[] = [];
  world.system.events.subscribe("actor-failed", ({ error }) => failures.push(error));
  return failures;
}

function codes(failures: readonly unknown[]): readonly string[] {
  return failures.map((error) => (error instanceof MyriadError ? error.code : String(error)));
}

function hasCode(code: string): (thrown: unknown) => boolean {
  return (thrown) => thrown instanceof MyriadError && thrown.code === code;
}
