import assert from "node:assert/strict";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";

import { NO_STREAM } from "../../../../runtime/contracts/index.ts";
import type { Journal, JournalEvent, Revision } from "../../../../runtime/contracts/index.ts";
import { openGuardedJournal } from "../../../../storage/journal/file-journal.ts";
import type { FileJournalOptions, OwnedJournal } from "../../../../storage/journal/file-journal.ts";
import type { Thinner } from "../../../../storage/journal/segment-thinning.ts";
import { hasCode } from "../../../contract/journal-contract.ts";

interface Sampled {
  readonly number: number;
  readonly samples: Float64Array;
}

const SAMPLES = 200;
const sampled = (number: number): Sampled => ({
  number,
  samples: Float64Array.from({ length: SAMPLES }, (_, at) => number + at),
});

/** Lets go of the samples of these streams. */
function thinnerOf(...streams: readonly string[]): Thinner {
  return {
    streams: new Set(streams),
    thin: (event) => {
      const { number, samples } = event as Sampled;
      return samples.length === 0 ? event : { number, samples: new Float64Array() };
    },
  };
}

async function withJournal(
  test: (journal: OwnedJournal, folder: string) => Promise<void>,
  options: FileJournalOptions = {},
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "thinning-"));
  const journal = await openGuardedJournal(folder, options);
  try {
    await test(journal, folder);
  } finally {
    await journal.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function fill(journal: Journal, streams: readonly string[], count: number): Promise<void> {
  const revisions = new Map<string, Revision>();
  for (let number = 0; number < count; number++) {
    for (const stream of streams) {
      const before = revisions.get(stream) ?? NO_STREAM;
      revisions.set(stream, await journal.append(stream, before, [sampled(number)]));
    }
  }
}

async function eventsOf(journal: Journal, stream: string): Promise<readonly JournalEvent[]> {
  const events: JournalEvent[] = [];
  for await (const event of journal.read(stream)) events.push(event);
  return events;
}

/** `3 with`, `4 without`. */
function shape({ event }: JournalEvent): string {
  const { number, samples } = event as Sampled;
  assert.ok(samples.length === 0 || samples[7] === number + 7);
  return `${number} ${samples.length === 0 ? "without" : "with"}`;
}

const numbered = (count: number, what: string): readonly string[] =>
  Array.from({ length: count }, (_, number) => `${number} ${what}`);

const SEGMENTS = { segmentBytes: 10_000 };

describe("a journal that is thinned", () => {
  for (const [name, options] of [
    ["of one segment", {}],
    ["of several", SEGMENTS],
    ["synced by nobody", { fsync: "never" }],
  ] as const) {
    it(`${name} keeps number, order, revisions and times, all other streams, and goes on`, () =>
      withJournal(async (journal, folder) => {
        await fill(journal, ["old", "new"], 12);
        const before = await eventsOf(journal, "old");
        const { events, bytesBefore, bytesAfter } = await journal.thin(thinnerOf("old"));
        assert.equal(events, 12);
        assert.ok(bytesBefore - bytesAfter > 12 * SAMPLES * 7, `${bytesBefore} to ${bytesAfter}`);
        const places = ({ revision, recordedAt }: JournalEvent): unknown => [revision, recordedAt];
        const holds = async (kept: Journal): Promise<void> => {
          const thinned = await eventsOf(kept, "old");
          assert.deepEqual(thinned.map(shape), numbered(12, "without"));
          assert.deepEqual(thinned.map(places), before.map(places));
          assert.deepEqual((await eventsOf(kept, "new")).map(shape).slice(0, 12), numbered(12, "with"));
        };
        await holds(journal);
        await journal.append("new", await journal.revision("new"), [sampled(12)]);
        await journal.close();
        const again = await openGuardedJournal(folder, options);
        assert.equal(again.recovery, null);
        await holds(again);
        assert.deepEqual((await eventsOf(again, "new")).length, 13);
        assert.equal((await again.thin(thinnerOf("old"))).events, 0, "once is enough");
        await again.close();
      }, options));
  }

  it("gives who is reading each event as it was or as it is", () =>
    withJournal(async (journal) => {
      await fill(journal, ["old"], 400);
      const reading = journal.read("old")[Symbol.asyncIterator]();
      const seen: string[] = [];
      const next = async (): Promise<boolean> => {
        const { value, done } = (await reading.next()) as IteratorResult<JournalEvent, undefined>;
        if (done !== true) seen.push(shape(value));
        return done !== true;
      };
      await next();
      const [half] = await Promise.all([eventsOf(journal, "old"), journal.thin(thinnerOf("old"))]);
      while (await next());
      assert.deepEqual(seen.map((one) => one.split(" ")[0]), numbered(400, "").map((one) => one.trim())); // prettier-ignore
      assert.deepEqual([seen[0], seen.at(-1)], ["0 with", "399 without"]);
      assert.equal(half.length, 400);
    }));

  it("takes appends meanwhile, also to a thinned stream", () =>
    withJournal(async (journal, folder) => {
      await fill(journal, ["old"], 12);
      const thinning = journal.thin(thinnerOf("old"));
      await fill(journal, ["meanwhile"], 12);
      await thinning;
      await journal.append("old", await journal.revision("old"), [sampled(12)]);
      await journal.close();
      const again = await openGuardedJournal(folder, SEGMENTS);
      assert.deepEqual((await eventsOf(again, "old")).map(shape), [...numbered(12, "without"), "12 with"]);
      assert.deepEqual((await eventsOf(again, "meanwhile")).map(shape), numbered(12, "with"));
      await again.close();
    }, SEGMENTS));

  it("is whole wherever it was killed: before a draft counted, and between two segments", () =>
    withJournal(async (journal, folder) => {
      await fill(journal, ["old"], 24);
      const untouched = new Map<string, Buffer>();
      for (const name of await segmentsIn(folder)) untouched.set(name, await readFile(join(folder, name)));
      assert.ok(untouched.size > 3);
      await journal.thin(thinnerOf("old"));
      await journal.close();
      for (const [at, cut] of [...untouched.keys()].entries()) {
        // As it was left by a process that had exchanged the segments before `cut` and was writing its draft.
        const killed = await mkdtemp(join(tmpdir(), "thinning-killed-"));
        for (const name of await segmentsIn(folder)) await copyFile(join(folder, name), join(killed, name));
        for (const [name, bytes] of [...untouched].slice(at)) await writeFile(join(killed, name), bytes);
        await writeFile(join(killed, `${cut}.thin`), untouched.get(cut)!.subarray(0, 1_000));
        const again = await openGuardedJournal(killed, SEGMENTS);
        assert.equal(again.recovery, null);
        assert.deepEqual((await readdir(killed)).filter((name) => name.endsWith(".thin")), []); // prettier-ignore
        const shapes = (await eventsOf(again, "old")).map(shape);
        const left = shapes.filter((one) => one.endsWith("with"));
        assert.ok(at === 0 ? left.length === 24 : left.length < 24, `${left.length} left from ${cut} on`);
        await again.thin(thinnerOf("old"));
        assert.deepEqual((await eventsOf(again, "old")).map(shape), numbered(24, "without"));
        await again.close();
        await rm(killed, { recursive: true });
      }
    }, SEGMENTS));

  it("loses nothing where the disk refuses, and can be asked again", () =>
    withJournal(async (journal, folder) => {
      await fill(journal, ["old"], 4);
      const inTheWay = join(folder, "00000001.journal.thin");
      await mkdir(inTheWay);
      await assert.rejects(journal.thin(thinnerOf("old")), hasCode("JOURNAL_WRITE_FAILED"));
      assert.deepEqual((await eventsOf(journal, "old")).map(shape), numbered(4, "with"));
      await rm(inTheWay, { recursive: true });
      assert.equal((await journal.thin(thinnerOf("old"))).events, 4);
    }));

  it("keeps what is appended after the disk refused it another segment", () =>
    withJournal(async (journal, folder) => {
      await fill(journal, ["old"], 4);
      // What is written there is taken, and cannot be synced: as where the disk fails once the file is made.
      const next = join(folder, "00000002.journal");
      await symlink("/dev/null", next);
      await assert.rejects(journal.thin(thinnerOf("old")), hasCode("JOURNAL_WRITE_FAILED"));
      await assert.rejects(journal.append("new", NO_STREAM, [sampled(1)]), hasCode("JOURNAL_WRITE_FAILED"));
      await rm(next);
      await journal.append("new", NO_STREAM, [sampled(2)]);
      assert.deepEqual(await segmentsIn(folder), ["00000001.journal", "00000002.journal"]);
      await journal.close();
      const again = await openGuardedJournal(folder, {});
      assert.deepEqual((await eventsOf(again, "old")).map(shape), numbered(4, "with"));
      assert.equal((await eventsOf(again, "new")).length, 1);
      await again.close();
    }));

  it("leaves a damaged segment as it is, and says where", () =>
    withJournal(async (journal, folder) => {
      await fill(journal, ["old"], 4);
      const file = join(folder, "00000001.journal");
      const bytes = await readFile(file);
      bytes[bytes.length - 5]! ^= 1;
      await writeFile(file, bytes);
      await assert.rejects(journal.thin(thinnerOf("old")), hasCode("JOURNAL_CORRUPT"));
      assert.deepEqual(await readFile(file), bytes);
    }));

  it("is thinned by one at a time, and by none once it is closed", () =>
    withJournal(async (journal) => {
      await fill(journal, ["a", "b"], 6);
      const both = await Promise.all([journal.thin(thinnerOf("a")), journal.thin(thinnerOf("b"))]);
      assert.deepEqual(both.map(({ events }) => events), [6, 6]); // prettier-ignore
      await journal.close();
      await assert.rejects(journal.thin(thinnerOf("a")), hasCode("JOURNAL_CLOSED"));
    }));
});

async function segmentsIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith(".journal")).sort();
}
