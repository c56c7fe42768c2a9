import assert from "node:assert/strict";
import { describe, it } from "node:test";

import fc from "fast-check";

import { MyriadError, NO_STREAM } from "../../../../runtime/contracts/index.ts";
import type { Journal } from "../../../../runtime/contracts/index.ts";
import { project } from "../../../../runtime/index.ts";
import type { Projected, Projection, ProjectionDefinition } from "../../../../runtime/index.ts";
import { openMemoryJournal } from "../../../../storage/index.ts";

describe("a projection", () => {
  it("folds the events of all its streams, each with where it stands", async () => {
    const journal = openMemoryJournal();
    await write(journal, "a", [1, 2]);
    await write(journal, "b", [3]);
    const { projection, saved } = sumOf(journal, { streams: ["a", "b"] });
    assert.equal(await projection.catchUp(), 3);
    assert.deepEqual(projection.model, { sum: 6, seen: ["a", "a", "b"] });
    assert.deepEqual(saved.at(-1), { model: projection.model, positions: projection.positions });
    assert.deepEqual(Object.keys(projection.positions), ["a", "b"]);
  });

  it("goes on behind what it has folded, and saves nothing when there was nothing", async () => {
    const journal = openMemoryJournal();
    const { projection, saved } = sumOf(journal, { streams: ["a"] });
    assert.equal(await projection.catchUp(), 0);
    assert.equal(saved.length, 0);
    await write(journal, "a", [1]);
    assert.equal(await projection.catchUp(), 1);
    await write(journal, "a", [2, 3]);
    assert.equal(await projection.catchUp(), 2);
    assert.equal(projection.model.sum, 6);
    assert.equal(saved.length, 2);
  });

  it("with a prefix takes in streams that begin later", async () => {
    const journal = openMemoryJournal();
    const { projection } = sumOf(journal, { streams: { prefix: "account/" } });
    await write(journal, "account/1", [1]);
    await projection.catchUp();
    await write(journal, "account/__proto__", [2]);
    await write(journal, "other/1", [100]);
    await projection.catchUp();
    assert.equal(projection.model.sum, 3);
  });

  it("carries out calls one after another, so that no event is folded twice", async () => {
    const journal = openMemoryJournal();
    await write(journal, "a", [1, 2, 3]);
    const { projection } = sumOf(journal, { streams: ["a"] });
    assert.deepEqual(await Promise.all([projection.catchUp(), projection.catchUp()]), [3, 0]);
    assert.equal(projection.model.sum, 6);
  });

  it("keeps what it has folded when an event cannot be, and goes on there", async () => {
    const journal = openMemoryJournal();
    await write(journal, "a", [1, 2, 3]);
    let isBroken = true;
    const { projection } = sumOf(journal, {
      streams: ["a"],
      apply(model, event, { stream }) {
        if (event === 2 && isBroken) throw new Error("cannot");
        return { sum: model.sum + event, seen: [...model.seen, stream] };
      },
    });
    await assert.rejects(projection.catchUp(), /cannot/);
    assert.equal(projection.model.sum, 1);
    isBroken = false;
    assert.equal(await projection.catchUp(), 2);
    assert.equal(projection.model.sum, 6);
  });

  it("reads old events by the upcasters", async () => {
    const journal = openMemoryJournal();
    await journal.append("a", NO_STREAM, [
      { v: 1, e: "7" },
      { v: 2, e: 8 },
    ]);
    const schema = { version: 2, upcasters: { 1: (event: unknown) => Number(event) } };
    const { projection } = sumOf(journal, { streams: ["a"], schema });
    await projection.catchUp();
    assert.equal(projection.model.sum, 15);
  });

  it("refuses options that make no sense", () => {
    for (const saveEvery of [0, 1.5, NaN]) {
      assert.throws(
        () => sumOf(openMemoryJournal(), { streams: [], saveEvery }),
        (thrown) => thrown instanceof MyriadError && thrown.code === "PERSISTENCE_INVALID",
      );
    }
  });

  it("refuses a definition that lacks what it needs", () => {
    const journal = openMemoryJournal();
    const whole = { journal, streams: ["a"], empty: 0, apply: () => 0, save: () => undefined };
    for (const definition of [
      undefined,
      null,
      {},
      { ...whole, journal: {} },
      { ...whole, streams: 5 },
      { ...whole, streams: [5] },
      { ...whole, streams: { prefix: 5 } },
      { ...whole, apply: 5 },
      { ...whole, save: undefined },
      { ...whole, schema: { version: 1 } },
    ]) {
      assert.throws(
        () => project(definition as never),
        (thrown) => thrown instanceof MyriadError && thrown.code === "PERSISTENCE_INVALID",
      );
    }
  });

  it("refuses an apply that returns a promise, folds nothing of it, and its rejection ends no process", async () => {
    const journal = openMemoryJournal();
    await write(journal, "a", [1, 2]);
    const apply = ((model: Sum, event: number) =>
      event === 2 ? Promise.reject(new Error("too late")) : { ...model, sum: model.sum + event }) as never;
    const { projection } = sumOf(journal, { streams: ["a"], apply });
    await assert.rejects(projection.catchUp(), { code: "ACTOR_RETURNED_PROMISE" });
    await new Promise(setImmediate);
    assert.equal(projection.model.sum, 1);
    assert.deepEqual(Object.keys(projection.positions), ["a"]);
  });

  it("has each event in its saved model once, wherever it dies", async () => {
    const step = fc.oneof(
      fc.record({
        stream: fc.constantFrom("a", "b", "c"),
        events: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 4 }),
      }),
      // It dies when it has saved so many times, or when so many events are folded.
      fc.record({ saves: fc.integer({ min: 0, max: 3 }), folds: fc.integer({ min: 0, max: 8 }) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 30 }),
        fc.integer({ min: 1, max: 4 }),
        async (steps, saveEvery) => {
          const journal = openMemoryJournal();
          let stored: Projected<Sum> | null = null;
          let total = 0;
          for (const next of steps) {
            if ("stream" in next) {
              await write(journal, next.stream, next.events);
              total += next.events.reduce((sum, event) => sum + event, 0);
            } else {
              const { saves, folds } = next;
              stored = await dieOnTheWay(journal, stored, { saves, folds, saveEvery });
            }
          }
          const last = sumOf(journal, { streams: { prefix: "" }, from: stored });
          await last.projection.catchUp();
          assert.equal(last.projection.model.sum, total);
        },
      ),
      { numRuns: 200 },
    );
  });
});

interface Sum {
  readonly sum: number;
  readonly seen: readonly string[];
}

type Changes = Partial<ProjectionDefinition<Sum, number>> &
  Pick<ProjectionDefinition<Sum, number>, "streams">;

function sumOf(journal: Journal, changes: Changes): { projection: Projection<Sum>; saved: Projected<Sum>[] } {
  const saved: Projected<Sum>[] = [];
  const projection = project<Sum, number>({
    journal,
    empty: { sum: 0, seen: [] },
    apply: (model, event, { stream }) => ({ sum: model.sum + event, seen: [...model.seen, stream] }),
    save: (projected) => void saved.push(projected),
    ...changes,
  });
  return { projection, saved };
}

/** @returns what is stored after a run that ends at the first of its limits */
async function dieOnTheWay(
  journal: Journal,
  from: Projected<Sum> | null,
  limits: { readonly saves: number; readonly folds: number; readonly saveEvery: number },
): Promise<Projected<Sum> | null> {
  let stored = from;
  let { saves, folds } = limits;
  const { projection } = sumOf(journal, {
    streams: { prefix: "" },
    from,
    saveEvery: limits.saveEvery,
    apply(model, event, { stream }) {
      if (folds-- === 0) throw new Error("dead");
      return { sum: model.sum + event, seen: [...model.seen, stream] };
    },
    save(projected) {
      if (saves-- === 0) throw new Error("dead");
      // As through a file: what is stored shares nothing with the dead.
      stored = structuredClone(projected);
    },
  });
  await projection.catchUp().catch(() => undefined);
  return stored;
}

async function write(journal: Journal, stream: string, events: readonly number[]): Promise<void> {
  await journal.append(
    stream,
    await journal.revision(stream),
    events.map((e) => ({ v: 1, e })),
  );
}
