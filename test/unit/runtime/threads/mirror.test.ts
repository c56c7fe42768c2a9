import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Mirror } from "../../../../runtime/threads/mirror.ts";
import { ringMemory, RingReader, RingWriter } from "../../../../runtime/threads/ring.ts";

/** Two threads that share nothing: each has its own copy of the ring that one writes and the other reads. */
function twoSides() {
  const empty = (): ArrayBuffer => ringMemory(4_096, false) as ArrayBuffer;
  const left = { peer: 2, out: empty(), in: empty() };
  const right = { peer: 1, out: empty(), in: empty() };
  const [leftMirror, rightMirror] = [new Mirror(left), new Mirror(right)];
  return {
    writer: new RingWriter(left.out),
    reader: new RingReader(right.in),
    /** News from the writer's side, as a port would carry them. */
    carry: () => told(leftMirror, rightMirror),
    carryBack: () => told(rightMirror, leftMirror),
  };
}

function told(from: Mirror, to: Mirror): boolean {
  const news = from.news();
  if (news !== null) to.apply(structuredClone(news));
  return news !== null;
}

function write(writer: RingWriter, value: number, bytes: number): boolean {
  const at = writer.claim(bytes);
  if (at < 0) return false;
  for (let offset = 0; offset < bytes; offset++) writer.bytes[at + offset] = (value + offset) & 255;
  writer.commit(at, value, bytes);
  return true;
}

function readAll(reader: RingReader): [kind: number, whole: boolean, bytes: number][] {
  const frames: [number, boolean, number][] = [];
  reader.read(Infinity, (kind, ring, body, bytes) => {
    const whole = Array.from({ length: bytes }, (_, offset) => offset).every(
      (offset) => ring.bytes[body + offset] === ((kind + offset) & 255),
    );
    frames.push([kind, whole, bytes]);
  });
  return frames;
}

describe("a mirrored ring", () => {
  it("gives every frame whole, in order and once, however it is written, carried and read", () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.nat(900).map((bytes) => ({ kind: "write", bytes }) as const) },
      fc.constantFrom("publish", "carry", "read", "back").map((kind) => ({ kind }) as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { writer, reader, carry, carryBack } = twoSides();
        const [sent, got]: [number[], number[]] = [[], []];
        const read = (): void => {
          for (const [kind, whole, bytes] of readAll(reader)) {
            assert.ok(whole);
            assert.equal(bytes, sent[kind]);
            got.push(kind);
          }
        };
        for (const one of steps) {
          if (one.kind === "write") {
            if (write(writer, sent.length, one.bytes)) sent.push(one.bytes);
          } else if (one.kind === "publish") writer.publish();
          else if (one.kind === "carry") carry();
          else if (one.kind === "back") carryBack();
          else read();
        }
        writer.publish();
        carry();
        read();
        assert.deepEqual(
          got,
          sent.map((_, index) => index),
        );
      }),
    );
  });

  it("tells of room, to a writer that waits for it", () => {
    const { writer, reader, carry, carryBack } = twoSides();
    let count = 0;
    while (write(writer, count, 100)) count += 1;
    writer.publish();
    writer.waitForRoom();
    assert.equal(carry(), true);
    assert.equal(reader.takeWaiting(), true);
    assert.equal(reader.takeWaiting(), false, "once");
    assert.equal(readAll(reader).length, count);
    assert.equal(write(writer, count, 100), false, "it is not told yet");
    carryBack();
    assert.equal(write(writer, count, 100), true);
  });

  it("has nothing to say when nothing has changed", () => {
    const { writer, reader, carry, carryBack } = twoSides();
    assert.equal(carry(), false);
    write(writer, 1, 8);
    assert.equal(carry(), false, "it is not visible yet");
    writer.publish();
    assert.equal(carry(), true);
    assert.equal(carry(), false);
    readAll(reader);
    assert.equal(carryBack(), true);
    assert.equal(carryBack(), false);
  });
});
