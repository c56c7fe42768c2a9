/** Two ends of a session over a network that does its worst. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Association, answerToUnknown } from "../../../../runtime/nodes/association.ts";
import { BatchWriter, readBatch } from "../../../../runtime/nodes/batch.ts";
import { FRAMES, ITEM, readDatagram } from "../../../../runtime/nodes/datagram.ts";
import { VirtualClock } from "../../../../runtime/testkit/index.ts";

interface End {
  readonly association: Association;
  readonly took: string[];
  readonly over: string[];
}

/** @param fate what happens to the next datagram: how often it arrives, and after how many milliseconds. */
function pair(clock: VirtualClock, fate: () => readonly number[], lostMs = 5_000): readonly [End, End] {
  const ends: End[] = [];
  const make = (index: number): End => {
    const [took, over]: [string[], string[]] = [[], []];
    const association = new Association(
      clock,
      7 + index,
      { aliveMs: 1_000, lostMs },
      Buffer.from(`hello ${index}`),
      {
        transmit(datagram) {
          for (const delayMs of fate()) {
            clock.schedule(delayMs, () => {
              ends[1 - index]!.association.received(readDatagram(datagram)!);
            });
          }
        },
        greeted: () => null,
        took: (kind, payload, more) => took.push(`${kind} ${payload.toString()}${more ? "…" : ""}`),
        eased: () => undefined,
        over: (why) => over.push(why),
      },
    );
    return { association, took, over };
  };
  ends.push(make(0), make(1));
  for (const { association } of ends) association.start();
  return [ends[0]!, ends[1]!];
}

describe("a session between two nodes", () => {
  it("brings everything once and in order, whatever is lost, doubled and delayed on the way", async () => {
    const fates = fc.infiniteStream(
      fc.oneof(
        { weight: 6, arbitrary: fc.constant([1]) },
        { weight: 1, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.constant([1, 30]) },
        { weight: 1, arbitrary: fc.tuple(fc.nat(900)) },
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fates,
        fc.array(fc.tuple(fc.boolean(), fc.nat(50)), { maxLength: 60 }),
        async (fate, sends) => {
          const clock = new VirtualClock(0, () => Promise.resolve());
          const [a, b] = pair(clock, () => fate.next().value as readonly number[], 60_000);
          const sent: Record<"toA" | "toB", string[]> = { toA: [], toB: [] };
          for (const [index, [fromA, pauseMs]] of sends.entries()) {
            (fromA ? a : b).association.send(
              index % 3 === 0 ? ITEM : FRAMES,
              Buffer.from(`${index}`),
              index % 2 === 0,
            );
            const text = `${index % 3 === 0 ? ITEM : FRAMES} ${index}${index % 2 === 0 ? "…" : ""}`;
            sent[fromA ? "toB" : "toA"].push(text);
            await clock.advance(pauseMs);
          }
          // A network that loses a ninth may well lose five signs of life in a row, but not sixty.
          await clock.advance(20_000);
          assert.deepEqual([a.over, b.over], [[], []]);
          assert.deepEqual([a.took, b.took], [sent.toA, sent.toB]);
          assert.deepEqual([a.association.unread(), b.association.unread()], [[], []]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("is over on both sides when nothing comes through, and keeps what was not taken", async () => {
    const clock = new VirtualClock(0, () => Promise.resolve());
    let isCut = false;
    const [a, b] = pair(clock, () => (isCut ? [] : [1]));
    a.association.send(FRAMES, Buffer.from("before"));
    await clock.advance(300);
    isCut = true;
    a.association.send(FRAMES, Buffer.from("after"));
    await clock.advance(20_000);
    assert.deepEqual(b.took, [`${FRAMES} before`]);
    assert.deepEqual(
      a.association.unread().map(({ payload }) => payload.toString()),
      ["after"],
    );
    const why = "it gave no sign of life for 5000 ms";
    assert.deepEqual([a.over, b.over], [[why], [why]]);
    assert.equal(clock.pending, 0, "no timer is left");
  });

  it("is full when four mebibytes are on their way, until some are taken", async () => {
    const clock = new VirtualClock(0, () => Promise.resolve());
    const [a] = pair(clock, () => [1]);
    await clock.advance(10);
    for (let count = 0; count < 64; count++) {
      assert.equal(a.association.isFull, false);
      a.association.send(FRAMES, Buffer.alloc(65_536));
    }
    assert.equal(a.association.isFull, true);
    await clock.advance(10);
    assert.equal(a.association.isFull, false);
  });

  it("is ended by whoever does not know it, and by an end that cannot read what comes", async () => {
    const clock = new VirtualClock(0, () => Promise.resolve());
    const [a] = pair(clock, () => [1]);
    await clock.advance(10);
    const strange = readDatagram(
      Buffer.from([0x4d, 1, FRAMES, 0, 9, 0, 0, 0, 7, 0, 0, 0, ...new Array<number>(8).fill(0)]),
    );
    assert.equal(a.association.received({ ...strange!, to: 99 }), false);
    const answer = readDatagram(answerToUnknown({ ...strange!, from: 9, to: 99 })!)!;
    assert.deepEqual([answer.from, answer.to], [99, 9]);
    assert.equal(answerToUnknown(answer), null, "an end is not answered");
    assert.equal(a.association.received({ ...answer, to: 7 }), true);
    assert.deepEqual(a.over, ["it has ended the session, or was started anew"]);
  });

  it("takes for a datagram only what is one, of this version", () => {
    assert.equal(readDatagram(new Uint8Array(0)), null);
    assert.equal(readDatagram(new Uint8Array(19).fill(0x4d)), null);
    const head = Buffer.alloc(20);
    head[0] = 0x4d;
    head[1] = 2;
    assert.equal(readDatagram(head), null);
    head[1] = 1;
    assert.notEqual(readDatagram(head), null);
  });
});

describe("a batch of frames", () => {
  const gathered = (): { readonly writer: BatchWriter; readonly batches: Uint8Array[] } => {
    const batches: Uint8Array[] = [];
    const writer = new BatchWriter(
      256,
      (batch) => batches.push(batch),
      () => false,
      () => batches,
    );
    return { writer, batches };
  };

  it("gives back all frames in order, in batches that are not longer than they may be", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 16, maxLength: 200 }), { maxLength: 40 }), (bodies) => {
        const { writer, batches } = gathered();
        for (const [kind, body] of bodies.entries()) {
          const at = writer.claim(body.length + 8);
          writer.bytes.set(body, at);
          writer.commit(at, kind, body.length);
        }
        writer.publish();
        const got: (readonly [number, Uint8Array])[] = [];
        for (const batch of batches) {
          assert.ok(batch.length <= 256);
          readBatch(batch, (kind, { bytes }, at, size) => {
            got.push([kind, new Uint8Array(bytes.subarray(at, at + size))]);
          });
        }
        assert.deepEqual(got, [...bodies.map((body, kind) => [kind, body] as const)]);
      }),
    );
  });

  it("is refused when its frames do not end where it does", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), (bytes) => {
        let read = 0;
        try {
          readBatch(bytes, (_kind, _memory, _at, size) => {
            read += size + 8;
          });
          assert.equal(read, bytes.length);
        } catch (error) {
          assert.equal((error as { readonly code?: string }).code, "NODE_FRAMES_INVALID");
          assert.ok(read < bytes.length);
        }
      }),
    );
  });
});
