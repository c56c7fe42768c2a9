import assert from "node:assert/strict";
import { describe, it } from "node:test";

import fc from "fast-check";

import { MyriadError, NO_STREAM } from "../../runtime/contracts/index.ts";
import type {
  Clock,
  Fence,
  Journal,
  JournalEvent,
  Revision,
  Snapshot,
} from "../../runtime/contracts/index.ts";

/** What every journal does. `open` gives an empty one; `release` takes back what it needed. */
export interface JournalFactory {
  open(clock: Clock): Promise<Journal>;
  release(journal: Journal): Promise<void>;
}

export function journalContract(name: string, factory: JournalFactory): void {
  describe(`a ${name} journal`, () => {
    const withJournal = (test: (journal: Journal) => Promise<void>) => async (): Promise<void> => {
      const journal = await factory.open(fixedClock);
      try {
        await test(journal);
      } finally {
        await factory.release(journal);
      }
    };
    appending(withJournal);
    fencing(withJournal);
    reading(withJournal);
    keepingData(withJournal);
    snapshots(withJournal);
    refusing(withJournal);
    closing(withJournal);
    modelled(factory);
  });
}

type WithJournal = (test: (journal: Journal) => Promise<void>) => () => Promise<void>;

const RECORDED_AT = 1_700_000_000_000;
const fixedClock: Clock = { now: () => RECORDED_AT, monotonic: () => 0, schedule: () => () => undefined };
const fence = (number: number): Fence => number as Fence;

function appending(withJournal: WithJournal): void {
  it(
    "gives back appended events in order, each with its revision and time",
    withJournal(async (journal) => {
      const first = await journal.append("s", NO_STREAM, ["a", "b"]);
      const second = await journal.append("s", first, [{ c: 1 }]);
      const events = await all(journal.read("s"));
      assert.deepEqual(
        events.map(({ event }) => event),
        ["a", "b", { c: 1 }],
      );
      assert.ok(events.every(({ stream, recordedAt }) => stream === "s" && recordedAt === RECORDED_AT));
      assert.equal(events[1]?.revision, first);
      assert.equal(events[2]?.revision, second);
      assert.equal(new Set(events.map(({ revision }) => revision)).size, 3);
    }),
  );

  it(
    "refuses an append at any revision but the stream's own, and writes nothing of it",
    withJournal(async (journal) => {
      const first = await journal.append("s", NO_STREAM, [1]);
      const second = await journal.append("s", first, [2]);
      await assert.rejects(journal.append("s", NO_STREAM, [3]), hasCode("JOURNAL_CONFLICT"));
      await assert.rejects(journal.append("s", first, [3]), hasCode("JOURNAL_CONFLICT"));
      await assert.rejects(journal.append("t", second, [3]), hasCode("JOURNAL_CONFLICT"));
      assert.deepEqual(await payloads(journal, "s"), [1, 2]);
      assert.equal(await journal.revision("s"), second);
      assert.equal(await journal.revision("t"), NO_STREAM);
      assert.deepEqual(await journal.streams(), ["s"]);
    }),
  );

  it(
    "lets exactly one of many writers win who append at the same revision",
    withJournal(async (journal) => {
      const start = await journal.append("s", NO_STREAM, ["start"]);
      const outcomes = await Promise.allSettled(
        range(20).map((writer) => journal.append("s", start, [writer, writer])),
      );
      const won = outcomes.filter(({ status }) => status === "fulfilled");
      assert.equal(won.length, 1);
      for (const outcome of outcomes)
        if (outcome.status === "rejected") assert.ok(hasCode("JOURNAL_CONFLICT")(outcome.reason));
      assert.equal((await payloads(journal, "s")).length, 3);
    }),
  );

  it(
    "writes nothing for an append of no events, yet checks its revision",
    withJournal(async (journal) => {
      assert.equal(await journal.append("s", NO_STREAM, []), NO_STREAM);
      assert.deepEqual(await journal.streams(), []);
      const revision = await journal.append("s", NO_STREAM, [1]);
      assert.equal(await journal.append("s", revision, []), revision);
      await assert.rejects(journal.append("s", NO_STREAM, []), hasCode("JOURNAL_CONFLICT"));
    }),
  );

  it(
    "keeps streams apart and lists them by prefix in the order of their first append",
    withJournal(async (journal) => {
      const names = ["b/2", "a/1", "b/1", "ü😀", "__proto__"];
      for (const stream of names) await journal.append(stream, NO_STREAM, [stream]);
      await journal.append("a/1", await journal.revision("a/1"), ["again"]);
      assert.deepEqual(await journal.streams(), names);
      assert.deepEqual(await journal.streams("b/"), ["b/2", "b/1"]);
      assert.deepEqual(await payloads(journal, "ü😀"), ["ü😀"]);
      assert.deepEqual(await payloads(journal, "a/1"), ["a/1", "again"]);
    }),
  );

  it(
    "refuses a name that is empty, too long or not well-formed text",
    withJournal(async (journal) => {
      for (const stream of ["", "x".repeat(1025), "\ud800"]) {
        await assert.rejects(journal.append(stream, NO_STREAM, [1]), hasCode("JOURNAL_EVENT_REFUSED"));
      }
    }),
  );
}

function fencing(withJournal: WithJournal): void {
  it(
    "refuses a writer whose fence is older than the newest one written to the stream",
    withJournal(async (journal) => {
      const first = await journal.append("s", NO_STREAM, [1], fence(3));
      const second = await journal.append("s", first, [2], fence(5));
      await assert.rejects(journal.append("s", second, [3], fence(4)), hasCode("JOURNAL_FENCED"));
      await assert.rejects(journal.append("s", first, [3], fence(4)), hasCode("JOURNAL_FENCED"));
      const third = await journal.append("s", second, [3], fence(5));
      assert.notEqual(third, second);
      await journal.append("t", NO_STREAM, [1], fence(0));
      assert.deepEqual(await payloads(journal, "s"), [1, 2, 3]);
    }),
  );

  it(
    "takes a new fence with the append that carries it, not with a refused one",
    withJournal(async (journal) => {
      const first = await journal.append("s", NO_STREAM, [1], fence(1));
      await assert.rejects(journal.append("s", NO_STREAM, [2], fence(9)), hasCode("JOURNAL_CONFLICT"));
      await journal.append("s", first, [2], fence(1));
      await assert.rejects(journal.append("s", first, [2], fence(-1)), hasCode("JOURNAL_EVENT_REFUSED"));
    }),
  );
}

function reading(withJournal: WithJournal): void {
  it(
    "reads the events after any revision, also one inside an append of several",
    withJournal(async (journal) => {
      const first = await journal.append("s", NO_STREAM, [0, 1, 2]);
      await journal.append("s", first, [3, 4]);
      const events = await all(journal.read("s"));
      for (const [position, { revision }] of events.entries()) {
        const rest = (await all(journal.read("s", revision))).map(({ event }) => event);
        assert.deepEqual(rest, range(5).slice(position + 1));
      }
    }),
  );

  it(
    "reads an unknown stream as empty and refuses a revision that the stream never had",
    withJournal(async (journal) => {
      assert.deepEqual(await payloads(journal, "nothing"), []);
      await journal.append("s", NO_STREAM, [1]);
      for (const strange of ["2", "-1", "x", "1.0", " 1", "1e0", "0"] as Revision[]) {
        await assert.rejects(all(journal.read("s", strange)), hasCode("JOURNAL_UNKNOWN_REVISION"));
      }
    }),
  );

  it(
    "shows a reader the stream as it stood when the reading began",
    withJournal(async (journal) => {
      const first = await journal.append("s", NO_STREAM, [1, 2]);
      const reading = journal.read("s");
      await journal.append("s", first, [3]);
      assert.deepEqual(
        (await all(reading)).map(({ event }) => event),
        [1, 2],
      );
      assert.deepEqual(await payloads(journal, "s"), [1, 2, 3]);
    }),
  );

  it(
    "lets a reader stop early",
    withJournal(async (journal) => {
      await journal.append("s", NO_STREAM, range(100));
      for await (const { event } of journal.read("s")) if (event === 3) break;
      assert.equal((await payloads(journal, "s")).length, 100);
    }),
  );
}

function keepingData(withJournal: WithJournal): void {
  it(
    "keeps a key `toJSON` like any other, and refuses it when it is a function, which could change the event",
    withJournal(async (journal) => {
      const events = [
        { toJSON: "text" },
        { toJSON: { toJSON: [null] }, more: 1 },
        // Beside what takes an event out of the writer of plain records, and into each of the other forms.
        { toJSON: 1, at: new Date(0) },
        new Map([["m", { toJSON: undefined, odd: -0 }]]),
      ];
      const revision = await journal.append("s", NO_STREAM, events);
      assert.deepStrictEqual(await payloads(journal, "s"), events);
      await journal.saveSnapshot("s", { revision, state: events });
      assert.deepStrictEqual((await journal.loadSnapshot("s"))?.state, events);
      const event = { toJSON: () => "another" };
      await assert.rejects(journal.append("s", revision, [event]), hasCode("JOURNAL_EVENT_REFUSED"));
      assert.equal(await journal.revision("s"), revision);
    }),
  );

  it(
    "keeps typed arrays, maps, sets, dates and big integers as they are",
    withJournal(async (journal) => {
      const event = {
        means: new Float64Array([1.5, NaN, -0, Infinity]),
        bytes: new Uint8Array([0, 255]),
        map: new Map<unknown, unknown>([[{ key: 1 }, new Set(["a"])]]),
        at: new Date(RECORDED_AT),
        big: 2n ** 80n,
        nothing: undefined,
        none: null,
        negativeZero: -0,
      };
      await journal.append("s", NO_STREAM, [event]);
      assert.deepStrictEqual(await payloads(journal, "s"), [event]);
    }),
  );

  it(
    "is untouched by what writer and reader do to their objects afterwards",
    withJournal(async (journal) => {
      const event = { list: [1], bytes: new Uint8Array([1]) };
      const appended = journal.append("s", NO_STREAM, [event]);
      event.list.push(2);
      event.bytes[0] = 9;
      await appended;
      const [read] = (await payloads(journal, "s")) as (typeof event)[];
      assert.deepEqual(read, { list: [1], bytes: new Uint8Array([1]) });
      read.bytes[0] = 7;
      assert.deepEqual(await payloads(journal, "s"), [{ list: [1], bytes: new Uint8Array([1]) }]);
    }),
  );

  it(
    "keeps a hole in the place of an event as undefined",
    withJournal(async (journal) => {
      const events = ["a"];
      events[2] = "c";
      await journal.append("s", NO_STREAM, events);
      assert.deepStrictEqual(await payloads(journal, "s"), ["a", undefined, "c"]);
    }),
  );

  it(
    "refuses an append that holds what is not plain data, whole",
    withJournal(async (journal) => {
      for (const odd of [() => 1, Symbol("s"), new URL("a:b"), new WeakMap(), Promise.resolve()]) {
        await assert.rejects(journal.append("s", NO_STREAM, [1, { odd }]), hasCode("JOURNAL_EVENT_REFUSED"));
      }
      assert.equal(await journal.revision("s"), NO_STREAM);
    }),
  );
}

function snapshots(withJournal: WithJournal): void {
  it(
    "gives back the last snapshot saved for a stream",
    withJournal(async (journal) => {
      const first = await journal.append("s", NO_STREAM, [1]);
      const second = await journal.append("s", first, [2]);
      assert.equal(await journal.loadSnapshot("s"), null);
      await journal.saveSnapshot("s", { revision: first, state: { sum: 1 } });
      await journal.saveSnapshot("s", { revision: second, state: new Map([["sum", 3]]) });
      assert.deepEqual(await journal.loadSnapshot("s"), { revision: second, state: new Map([["sum", 3]]) });
      assert.equal(await journal.loadSnapshot("t"), null);
      assert.deepEqual(await payloads(journal, "s"), [1, 2]);
    }),
  );

  it(
    "refuses a snapshot at a revision that the stream never had",
    withJournal(async (journal) => {
      const snapshot = { revision: "1" as Revision, state: 0 };
      await assert.rejects(journal.saveSnapshot("s", snapshot), hasCode("JOURNAL_UNKNOWN_REVISION"));
    }),
  );
}

/** What the types forbid, from those who are not held to them. */
function refusing(withJournal: WithJournal): void {
  const noArrays: readonly unknown[] = [
    ...[undefined, null, 5, "abc", {}, new Set([1]), new Map(), new Uint8Array(2), () => 1],
    ...[
      { length: -1 },
      { length: 1.5 },
      { length: 4_294_967_296 },
      { length: 1, 0: "a" },
      Promise.resolve([]),
    ],
  ];
  const noNames: readonly unknown[] = [undefined, null, 5, {}, ["s"], Symbol("s"), new Date(0), "", "\ud800"];
  const noRevisions: readonly unknown[] = [null, 5, 0, {}, [], ["1"], Symbol("1"), NaN, true];
  const refused = hasCode("JOURNAL_EVENT_REFUSED");
  const unknown = hasCode("JOURNAL_UNKNOWN_REVISION");

  it(
    "refuses an append of what is no array, and writes nothing of it",
    withJournal(async (journal) => {
      for (const events of noArrays)
        await assert.rejects(journal.append("s", NO_STREAM, events as []), refused);
      await assert.rejects((journal.append as () => Promise<Revision>).call(journal), refused);
      assert.deepEqual(await journal.streams(), []);
      const revision = await journal.append("s", NO_STREAM, [1]);
      await assert.rejects(journal.append("s", revision, { length: 1, 0: 2 } as never), refused);
      await journal.append("s", revision, [2]);
      assert.deepEqual(await payloads(journal, "s"), [1, 2]);
    }),
  );

  it(
    "refuses events whose number changes while they are read",
    withJournal(async (journal) => {
      for (const change of [(list: unknown[]) => list.push(1), (list: unknown[]) => list.pop()]) {
        const events: unknown[] = ["first"];
        events.push(
          {
            at: new Date(0),
            get more(): number {
              change(events);
              return 1;
            },
          },
          "last",
        );
        await assert.rejects(journal.append("s", NO_STREAM, events), refused);
      }
      assert.deepEqual(await journal.streams(), []);
    }),
  );

  it(
    "refuses whatever is asked of what is no name of a stream",
    withJournal(async (journal) => {
      for (const name of noNames as readonly string[]) {
        await assert.rejects(journal.append(name, NO_STREAM, [1]), refused);
        await assert.rejects(journal.saveSnapshot(name, { revision: NO_STREAM, state: 1 }), refused);
        await assert.rejects(journal.loadSnapshot(name), refused);
        await assert.rejects(journal.revision(name), refused);
        await assert.rejects(all(journal.read(name)), refused);
      }
      for (const prefix of [null, 5, /x/, Symbol("s")] as unknown as readonly string[]) {
        await assert.rejects(journal.streams(prefix), refused);
      }
      assert.deepEqual(await journal.streams(), []);
    }),
  );

  it(
    "refuses a revision that is no text, and a fence that is no whole number, and goes on with others",
    withJournal(async (journal) => {
      const revision = await journal.append("s", NO_STREAM, [1]);
      for (const odd of noRevisions as readonly Revision[]) {
        const beside = journal.append("t", await journal.revision("t"), [1]);
        await assert.rejects(journal.append("s", odd, [2]), unknown);
        await assert.rejects(all(journal.read("s", odd)), unknown);
        await assert.rejects(journal.saveSnapshot("s", { revision: odd, state: 1 }), unknown);
        await beside;
      }
      await assert.rejects(journal.append("s", undefined as never, [2]), unknown);
      for (const odd of [null, "1", 1.5, -1, NaN, Symbol("1"), {}] as unknown as readonly Fence[]) {
        await assert.rejects(journal.append("s", revision, [2], odd), refused);
      }
      assert.deepEqual(await payloads(journal, "s"), [1]);
      assert.equal(await journal.loadSnapshot("s"), null);
    }),
  );

  it(
    "refuses a snapshot that is none, and keeps the one before it",
    withJournal(async (journal) => {
      const revision = await journal.append("s", NO_STREAM, [1]);
      await journal.saveSnapshot("s", { revision, state: "kept" });
      for (const odd of [undefined, null, 5, "1", [], () => 1] as unknown as readonly Snapshot[]) {
        await assert.rejects(journal.saveSnapshot("s", odd), refused);
      }
      await assert.rejects(journal.saveSnapshot("s", {} as never), unknown);
      await assert.rejects(journal.saveSnapshot("s", { revision, state: () => 1 }), refused);
      assert.deepEqual(await journal.loadSnapshot("s"), { revision, state: "kept" });
    }),
  );

  it(
    "saves a snapshot as it is at the call, whatever is done to its state afterwards",
    withJournal(async (journal) => {
      const revision = await journal.append("s", NO_STREAM, [1]);
      const state = [1];
      const saving = journal.saveSnapshot("s", { revision, state });
      state.push(2);
      await saving;
      assert.deepEqual(await journal.loadSnapshot("s"), { revision, state: [1] });
    }),
  );
}

function closing(withJournal: WithJournal): void {
  it(
    "settles what was begun before it closes, and refuses what comes after",
    withJournal(async (journal) => {
      const begun = journal.append("s", NO_STREAM, [1]);
      await journal.close();
      await begun;
      await journal.close();
      const closed = hasCode("JOURNAL_CLOSED");
      await assert.rejects(journal.append("s", NO_STREAM, [1]), closed);
      await assert.rejects(all(journal.read("s")), closed);
      await assert.rejects(journal.revision("s"), closed);
      await assert.rejects(journal.streams(), closed);
      await assert.rejects(journal.loadSnapshot("s"), closed);
    }),
  );
}

/** Any sequence of appends leaves what the same sequence leaves in a map of arrays. */
function modelled(factory: JournalFactory): void {
  const append = fc.record({
    stream: fc.constantFrom("a", "b", "c"),
    events: fc.array(
      fc.anything({
        values: [
          fc.boolean(),
          fc.integer(),
          fc.double(),
          fc.string({ unit: "binary" }),
          fc.constantFrom(null, undefined),
          fc.bigInt(),
          // Node 20's assert calls two invalid dates different.
          fc.date({ noInvalidDate: true }),
        ],
        withMap: true,
        withSet: true,
        withTypedArray: true,
        withSparseArray: true,
      }),
      { maxLength: 4 },
    ),
    isStale: fc.boolean(),
  });
  it("agrees with a plain map of arrays for any sequence of appends", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(append, { maxLength: 20 }), async (appends) => {
        const journal = await factory.open(fixedClock);
        try {
          await replay(journal, appends);
        } finally {
          await factory.release(journal);
        }
      }),
      { numRuns: 40 },
    );
  });
}

interface ModelAppend {
  readonly stream: string;
  readonly events: readonly unknown[];
  readonly isStale: boolean;
}

async function replay(journal: Journal, appends: readonly ModelAppend[]): Promise<void> {
  const model = new Map<string, { events: unknown[]; revision: Revision }>();
  for (const { stream, events, isStale } of appends) {
    const known = model.get(stream) ?? { events: [], revision: NO_STREAM };
    if (isStale && known.events.length > 0) {
      await assert.rejects(journal.append(stream, NO_STREAM, events), hasCode("JOURNAL_CONFLICT"));
      continue;
    }
    const revision = await journal.append(stream, known.revision, events);
    if (events.length > 0) model.set(stream, { events: [...known.events, ...events], revision });
  }
  assert.deepEqual(await journal.streams(), [...model.keys()]);
  for (const [stream, { events, revision }] of model) {
    assert.equal(await journal.revision(stream), revision);
    assert.deepStrictEqual(
      await payloads(journal, stream),
      events.map((event) => structuredClone(event)),
    );
  }
}

export async function all(events: AsyncIterable<JournalEvent>): Promise<JournalEvent[]> {
  const read: JournalEvent[] = [];
  for await (const event of events) read.push(event);
  return read;
}

export async function payloads(journal: Journal, stream: string): Promise<unknown[]> {
  return (await all(journal.read(stream))).map(({ event }) => event);
}

export function hasCode(code: string): (thrown: unknown) => boolean {
  return (thrown) =>
    thrown instanceof MyriadError && thrown.code === code && thrown.message !== "" && thrown.hint !== null;
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
