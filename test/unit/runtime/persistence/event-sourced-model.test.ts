/**
 * An event-sourced account against a plain fold. Commands with ids are sent, some twice or again after a
 * failure; between them the actor crashes, the journal refuses, holds back, or keeps the events and then says that it did
 * not, and the process dies (a new system over what the journal has). In the end the balance is the sum of
 * each confirmed command once, and of the unconfirmed ones those that the journal has, once.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import fc from "fast-check";

import type { Journal } from "../../../../runtime/contracts/index.ts";
import { createTestSystem } from "../../../../runtime/testkit/index.ts";
import type { TestSystem } from "../../../../runtime/testkit/index.ts";
import { openMemoryJournal } from "../../../../storage/index.ts";
import { account, add, balanceOf } from "../../../kit/account.ts";
import type { AccountRef } from "../../../kit/account.ts";
import { scriptedJournal } from "../../../kit/scripted-journal.ts";
import type { ScriptedJournal } from "../../../kit/scripted-journal.ts";

type Step =
  | { readonly kind: "send"; readonly command: number }
  | { readonly kind: "settle" | "crash" | "crash-in-effect" | "hold" | "let-go" | "go-on" | "die" }
  | { readonly kind: "refuse" | "lie" | "accept" };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("send" as const), command: fc.nat({ max: 12 }) }) },
  {
    weight: 5,
    arbitrary: fc
      .constantFrom(
        "settle",
        "settle",
        "crash",
        "crash-in-effect",
        "hold",
        "let-go",
        "go-on",
        "die",
        "refuse",
        "lie",
        "accept",
      )
      .map((kind) => ({ kind })),
  },
);

describe("any history of an event-sourced actor", () => {
  it("loses no confirmed command and keeps none twice", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.constantFrom(undefined, 1, 3),
        async (steps, snapshotEvery) => {
          const history = new History(snapshotEvery);
          for (const next of steps) await history.take(next);
          await history.check();
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** Command n adds 2ⁿ, so the balance tells which commands it holds, and a double one shows. */
class History {
  readonly #memory = openMemoryJournal();
  readonly #snapshotEvery: number | undefined;
  readonly #confirmed = new Set<number>();
  readonly #sent = new Set<number>();
  #scripted!: ScriptedJournal;
  #lying!: { now: boolean };
  #world!: TestSystem;
  #ref!: AccountRef;

  constructor(snapshotEvery: number | undefined) {
    this.#snapshotEvery = snapshotEvery;
    this.#live();
  }

  #live(): void {
    this.#scripted = scriptedJournal(this.#memory);
    this.#lying = { now: false };
    const journal = lyingJournal(this.#scripted.journal, this.#lying);
    this.#world = createTestSystem({ journal, supervision: { maxRestarts: Infinity } });
    const changes = this.#snapshotEvery === undefined ? {} : { snapshotEvery: this.#snapshotEvery };
    this.#ref = this.#world.system.spawn(account(changes), "a");
  }

  async take(next: Step): Promise<void> {
    switch (next.kind) {
      case "send":
        this.#send(next.command);
        return;
      case "settle": {
        await this.#world.settle();
        return;
      }
      case "crash":
        this.#ref.tell({ kind: "crash" });
        return;
      case "crash-in-effect":
        this.#ref.tell({ kind: "crash-in-effect", amount: 0 });
        return;
      case "hold":
        this.#scripted.hold();
        return;
      case "let-go":
        if (this.#scripted.held() > 0) this.#scripted.letGo();
        return;
      case "go-on":
        this.#scripted.goOn();
        return;
      case "refuse":
        this.#scripted.refuse(() => new Error("disk full"));
        return;
      case "lie":
        this.#lying.now = true;
        return;
      case "accept":
        this.#scripted.accept();
        this.#lying.now = false;
        return;
      case "die": {
        await this.#die();
        return;
      }
    }
  }

  #send(command: number): void {
    this.#sent.add(command);
    add(this.#ref, 2 ** command, `m${command}`).then(
      () => this.#confirmed.add(command),
      () => undefined,
    );
  }

  /** What had not reached the journal never does. */
  async #die(): Promise<void> {
    const dead = this.#world;
    this.#scripted.refuse(() => new Error("dead"));
    this.#scripted.goOn();
    await dead.settle();
    await dead.system.shutdown();
    this.#live();
  }

  async check(): Promise<void> {
    await this.take({ kind: "accept" });
    await this.take({ kind: "go-on" });
    await this.#world.settle();
    const balance = await balanceOf(this.#ref);
    for (const command of this.#confirmed) assert.ok(holds(balance, command), `lost ${command}`);
    assert.equal(balance, await foldOf(this.#memory), "the state is the fold of the journal");
    // Sent again, everything is there once.
    await Promise.all([...this.#sent].map((command) => add(this.#ref, 2 ** command, `m${command}`)));
    const expected = [...this.#sent].reduce((sum, command) => sum + 2 ** command, 0);
    assert.equal(await balanceOf(this.#ref), expected);
    await this.#world.system.shutdown();
  }
}

function holds(balance: number, command: number): boolean {
  return (balance & (2 ** command)) !== 0;
}

async function foldOf(journal: Journal): Promise<number> {
  let sum = 0;
  for await (const { event } of journal.read("a")) sum += (event as { e: { added: number } }).e.added;
  return sum;
}

/** Keeps the events and says that it has not, as when the answer of a server is lost. */
function lyingJournal(journal: Journal, lying: { readonly now: boolean }): Journal {
  return {
    ...journal,
    append: async (...call) => {
      const revision = await journal.append(...call);
      if (lying.now) throw new Error("no answer");
      return revision;
    },
  };
}
